//! Fastly: JSON lines, as the `log` statement of docs/guide/cdn-logs.md writes them. VCL variables behind the names: `begin`
//! `time.start`, `duration_us` `time.elapsed.usec`, `ttfb_s` `time.to_first_byte`, `bytes` `resp.bytes_written`, `pop`
//! `server.datacenter`, `country` `client.geo.country_code`. Source: Fastly documentation, "VCL variables" and "Custom log formats".

use super::field::{Field, OBJECT, REQUEST, SESSION, STATUS, Unit};
use super::layout::Format;

pub(super) static FORMAT: Format = Format {
    name: "fastly",
    cdn: "fastly",
    separator: '\t',
    columns: "",
    fields: &[
        ("begin", Field::Began),
        ("timestamp", Field::Began),
        ("time_start", Field::Began),
        ("url", Field::Url),
        ("query", Field::Query),
        ("status", Field::Status),
        ("bytes", Field::Bytes),
        ("resp_bytes", Field::Bytes),
        ("ttfb_s", Field::Ttfb(Unit::Seconds)),
        ("ttfb_ms", Field::Ttfb(Unit::Ms)),
        ("duration_us", Field::Duration(Unit::Us)),
        ("duration_ms", Field::Duration(Unit::Ms)),
        ("pop", Field::Pop),
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
    is_closed: false,
};
