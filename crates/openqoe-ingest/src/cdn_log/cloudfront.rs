//! Amazon CloudFront: standard logs (tab-separated, their columns named by `#Fields`), and real-time logs, whose columns are those of
//! the log configuration (`fields=`). Both write the time when CloudFront finished responding, UTC; lengths are in seconds.
//! Source: Amazon CloudFront Developer Guide, "Standard log file fields" and "Understanding real-time log fields".

use super::field::{Field, Kind, OBJECT, REQUEST, SESSION, STATUS, Unit};
use super::layout::Format;

pub(super) static FORMAT: Format = Format {
    name: "cloudfront",
    cdn: "cloudfront",
    separator: '\t',
    // Standard logs before there were choices; those with choices name their columns.
    columns: "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) \
              cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken \
              x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version fle-status \
              fle-encrypted-fields c-port time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len \
              sc-range-start sc-range-end",
    fields: &[
        ("date", Field::Date),
        ("time", Field::Clock),
        ("timestamp", Field::Ended),
        ("timestamp(ms)", Field::Ended),
        ("x-edge-location", Field::Pop),
        ("sc-bytes", Field::Bytes),
        ("sc-status", Field::Status),
        ("cs-uri-stem", Field::Url),
        ("cs-uri-query", Field::Query),
        ("time-taken", Field::Duration(Unit::Seconds)),
        ("time-to-first-byte", Field::Ttfb(Unit::Seconds)),
        ("c-country", Field::Country),
        ("cs(User-Agent)", Field::Agent),
        ("cs-user-agent", Field::Agent),
        ("cs(CMCD-Request)", REQUEST),
        ("cs(CMCD-Object)", OBJECT),
        ("cs(CMCD-Status)", STATUS),
        ("cs(CMCD-Session)", SESSION),
        ("cmcd-encoded-bitrate", Field::Key("br", Kind::Number)),
        ("cmcd-buffer-length", Field::Key("bl", Kind::Number)),
        ("cmcd-buffer-starvation", Field::Key("bs", Kind::Flag)),
        ("cmcd-content-id", Field::Key("cid", Kind::Text)),
        ("cmcd-object-type", Field::Key("ot", Kind::Token)),
        ("cmcd-playback-rate", Field::Key("pr", Kind::Number)),
        ("cmcd-session-id", Field::Key("sid", Kind::Text)),
        ("cmcd-stream-type", Field::Key("st", Kind::Token)),
        ("cmcd-version", Field::Key("v", Kind::Number)),
    ],
    is_closed: false,
};
