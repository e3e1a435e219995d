//! What a column of a log, or a member of its JSON, may hold. Everything else is read past.

/// The unit a log gives a length of time in.
#[derive(Clone, Copy, Debug)]
pub(super) enum Unit {
    Seconds,
    Ms,
    Us,
}

impl Unit {
    /// Ms of a number in this unit.
    pub(super) fn ms(self, text: &str) -> Option<u64> {
        let value: f64 = text.parse().ok()?;
        let ms = match self {
            Unit::Seconds => value * 1000.0,
            Unit::Ms => value,
            Unit::Us => value / 1000.0,
        };
        // Nothing takes longer than a day; negative is what some write for unknown.
        (0.0..=86_400_000.0).contains(&ms).then(|| ms.round() as u64)
    }
}

/// The type of a CMCD key that a log gives a column of its own.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Number,
    Token,
    Text,
    Flag,
}

/// One field of a line.
#[derive(Clone, Copy, Debug)]
pub(super) enum Field {
    /// When the request came.
    Began,
    /// When its answer was sent.
    Ended,
    /// The day of the end, where its time stands beside it.
    Date,
    /// The time of that day, UTC.
    Clock,
    /// What was asked for, with or without its query.
    Url,
    Query,
    Status,
    Bytes,
    /// From the request to the first byte of the answer.
    Ttfb(Unit),
    /// From the request to the last byte. Parts add up.
    Duration(Unit),
    Pop,
    Cdn,
    Country,
    Agent,
    /// A whole dictionary.
    Cmcd,
    /// One of the four headers of §4.2.
    Header(usize),
    /// One key.
    Key(&'static str, Kind),
    CmsdStatic,
    CmsdDynamic,
}

/// The headers of CMCD in the order of [`Field::Header`].
pub(super) const REQUEST: Field = Field::Header(0);
pub(super) const OBJECT: Field = Field::Header(1);
pub(super) const STATUS: Field = Field::Header(2);
pub(super) const SESSION: Field = Field::Header(3);
