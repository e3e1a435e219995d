//! Akamai DataStream 2: JSON lines, or structured ones separated by spaces in the order of the stream's data set (`fields=`). The time
//! is when the edge accepted the request; lengths are in ms. Headers come as custom fields, of any of the names below.
//! Source: Akamai TechDocs, DataStream 2, "Data set parameters" and "Log format".

use super::field::{Field, OBJECT, REQUEST, SESSION, STATUS, Unit};
use super::layout::Format;

pub(super) static FORMAT: Format = Format {
    name: "akamai",
    cdn: "akamai",
    separator: ' ',
    columns: "",
    fields: &[
        ("reqTimeSec", Field::Began),
        ("statusCode", Field::Status),
        ("totalBytes", Field::Bytes),
        ("bytes", Field::Bytes),
        ("reqPath", Field::Url),
        ("queryStr", Field::Query),
        ("UA", Field::Agent),
        ("country", Field::Country),
        ("timeToFirstByte", Field::Ttfb(Unit::Ms)),
        // From the request's last byte to the answer's first, and from there to its last.
        ("turnAroundTimeMSec", Field::Duration(Unit::Ms)),
        ("transferTimeMSec", Field::Duration(Unit::Ms)),
        ("CMCD", Field::Cmcd),
        ("customField", Field::Cmcd),
        ("CMCD-Request", REQUEST),
        ("CMCD-Object", OBJECT),
        ("CMCD-Status", STATUS),
        ("CMCD-Session", SESSION),
        ("CMSD-Static", Field::CmsdStatic),
        ("CMSD-Dynamic", Field::CmsdDynamic),
    ],
    is_closed: false,
};
