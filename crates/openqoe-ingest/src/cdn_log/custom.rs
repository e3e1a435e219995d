//! Any other log: its columns are named with `fields=`, in the words below, and `-` for what is read past; JSON lines may use the same
//! words. What is not known here is a mistake, for its sender has written it for us.

use super::field::{Field, OBJECT, REQUEST, SESSION, STATUS, Unit};
use super::layout::Format;

pub(super) static FORMAT: Format = Format {
    name: "custom",
    cdn: "",
    separator: ' ',
    columns: "",
    fields: &[
        ("time", Field::Ended),
        ("begin", Field::Began),
        ("date", Field::Date),
        ("clock", Field::Clock),
        ("uri", Field::Url),
        ("url", Field::Url),
        ("query", Field::Query),
        ("status", Field::Status),
        ("bytes", Field::Bytes),
        ("ttfb", Field::Ttfb(Unit::Seconds)),
        ("ttfb_ms", Field::Ttfb(Unit::Ms)),
        ("ttfb_us", Field::Ttfb(Unit::Us)),
        ("duration", Field::Duration(Unit::Seconds)),
        ("duration_ms", Field::Duration(Unit::Ms)),
        ("duration_us", Field::Duration(Unit::Us)),
        ("pop", Field::Pop),
        ("cdn", Field::Cdn),
        ("country", Field::Country),
        ("user_agent", Field::Agent),
        ("cmcd", Field::Cmcd),
        ("cmcd_request", REQUEST),
        ("cmcd_object", OBJECT),
        ("cmcd_status", STATUS),
        ("cmcd_session", SESSION),
        ("cmsd_static", Field::CmsdStatic),
        ("cmsd_dynamic", Field::CmsdDynamic),
    ],
    is_closed: true,
};
