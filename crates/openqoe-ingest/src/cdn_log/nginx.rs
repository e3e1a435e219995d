//! nginx: JSON lines by the `log_format` of docs/guide/cdn-logs.md. `$msec` is when the line was written, so when the request ended;
//! `$request_time` and `$upstream_header_time` are seconds. Source: nginx documentation, ngx_http_log_module and ngx_http_upstream_module.

use super::field::{Field, OBJECT, REQUEST, SESSION, STATUS, Unit};
use super::layout::Format;

pub(super) static FORMAT: Format = Format {
    name: "nginx",
    cdn: "",
    separator: '\t',
    columns: "",
    fields: &[
        ("msec", Field::Ended),
        ("time", Field::Ended),
        ("uri", Field::Url),
        ("args", Field::Query),
        ("status", Field::Status),
        ("bytes", Field::Bytes),
        ("request_time", Field::Duration(Unit::Seconds)),
        ("header_time", Field::Ttfb(Unit::Seconds)),
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
    is_closed: false,
};
