//! A value of CMCD, wherever it comes from: a structured field (RFC 8941), or JSON. Readers take what they can use and leave the
//! rest: a value of another type is one key less, not one record less (CTA-5004-B §3).

use serde_json::Value as Json;
use sfv::{BareItem, ListEntry};

/// The value of one key.
#[derive(Debug)]
pub(super) enum Value<'a> {
    Field(&'a ListEntry),
    Json(&'a Json),
}

/// One member of a list with the object type it is about (`5000;v`), if it says so.
struct Member<'a> {
    number: u64,
    /// Bitrates come with fractions of a kbit/s: hls.js divides bit/s by 1000.
    is_whole: bool,
    about: Option<&'a str>,
}

impl<'a> Value<'a> {
    /// A whole number, not below 0; of a list, the one it has.
    pub(super) fn number(&self) -> Option<u64> {
        match self.members().as_slice() {
            [only] if only.is_whole => Some(only.number),
            _ => None,
        }
    }

    pub(super) fn decimal(&self) -> Option<f64> {
        let value = match self {
            Value::Field(ListEntry::Item(item)) => match &item.bare_item {
                BareItem::Decimal(value) => f64::from(*value),
                BareItem::Integer(value) => i64::from(*value) as f64,
                _ => return None,
            },
            Value::Field(ListEntry::InnerList(_)) => return None,
            Value::Json(value) => value.as_f64()?,
        };
        (value.is_finite() && value >= 0.0).then_some(value)
    }

    pub(super) fn flag(&self) -> Option<bool> {
        match self {
            Value::Field(ListEntry::Item(item)) => item.bare_item.as_boolean(),
            Value::Field(ListEntry::InnerList(_)) => None,
            Value::Json(value) => value.as_bool(),
        }
    }

    /// A string or a token of 1 to `most` characters.
    pub(super) fn text(&self, most: usize) -> Option<Box<str>> {
        let text = match self {
            Value::Field(ListEntry::Item(item)) => words(&item.bare_item),
            Value::Field(ListEntry::InnerList(_)) => None,
            Value::Json(value) => value.as_str(),
        }?;
        let is_sound = !text.is_empty() && text.len() <= most && !text.chars().any(char::is_control);
        is_sound.then(|| text.into())
    }

    /// The first text of a list, or the only one. dash.js numbers its errors.
    pub(super) fn first_text(&self, most: usize) -> Option<Box<str>> {
        if let Some(number) = self.members().first() {
            return Some(number.number.to_string().into());
        }
        let text = match self {
            Value::Field(ListEntry::InnerList(list)) => words(&list.items.first()?.bare_item)?,
            Value::Json(Json::Array(list)) => list.first()?.as_str()?,
            _ => return self.text(most),
        };
        let end = text.char_indices().map(|(at, _)| at).take_while(|at| *at <= most).last();
        let text = if text.len() <= most { text } else { &text[..end?] };
        (!text.is_empty() && !text.chars().any(char::is_control)).then(|| text.into())
    }

    /// What is declared for everything on the screen, of a list that may tell video and sound apart: `av`, or the sum of `v` and
    /// `a`, or what is said of nothing in particular.
    pub(super) fn total(&self) -> Option<u64> {
        let members = self.members();
        let of = |about: Option<&str>| {
            members.iter().filter(|member| member.about == about).map(|member| member.number).max()
        };
        let both = || match (of(Some("v")), of(Some("a"))) {
            (None, None) => None,
            (video, sound) => Some(video.unwrap_or_default() + sound.unwrap_or_default()),
        };
        of(Some("av")).or_else(both).or_else(|| of(None))
    }

    /// All members together.
    pub(super) fn sum(&self) -> Option<u64> {
        self.members().iter().map(|member| member.number).reduce(u64::saturating_add)
    }

    /// The smallest member: a player goes on for as long as the shortest of its buffers.
    pub(super) fn least(&self) -> Option<u64> {
        self.members().iter().map(|member| member.number).min()
    }

    /// What is said of the picture, and whether it is said of the picture alone.
    pub(super) fn of_picture(&self) -> Option<(u64, bool)> {
        let of = |about: &[Option<&str>]| {
            let members = self.members();
            members.iter().filter(|member| about.contains(&member.about)).map(|member| member.number).min()
        };
        of(&[Some("v"), Some("av")]).map(|ms| (ms, true)).or_else(|| Some((of(&[None])?, false)))
    }

    fn members(&self) -> Vec<Member<'a>> {
        match self {
            Value::Field(ListEntry::Item(item)) => member(&item.bare_item, None).into_iter().collect(),
            Value::Field(ListEntry::InnerList(list)) => list
                .items
                .iter()
                .filter_map(|item| {
                    let about = item.params.keys().next().map(|key| key.as_str());
                    member(&item.bare_item, about)
                })
                .collect(),
            Value::Json(Json::Array(list)) => list.iter().filter_map(json_member).collect(),
            Value::Json(value) => json_member(value).into_iter().collect(),
        }
    }
}

fn member<'a>(item: &BareItem, about: Option<&'a str>) -> Option<Member<'a>> {
    match item {
        BareItem::Integer(value) => {
            let number = u64::try_from(i64::from(*value)).ok()?;
            Some(Member { number, is_whole: true, about })
        }
        BareItem::Decimal(value) => rounded(f64::from(*value), about),
        _ => None,
    }
}

fn json_member<'a>(value: &Json) -> Option<Member<'a>> {
    match value.as_u64() {
        Some(number) => Some(Member { number, is_whole: true, about: None }),
        None => rounded(value.as_f64()?, None),
    }
}

fn rounded(value: f64, about: Option<&str>) -> Option<Member<'_>> {
    (value >= 0.0).then(|| Member { number: value.round() as u64, is_whole: false, about })
}

fn words(item: &BareItem) -> Option<&str> {
    match item {
        BareItem::String(text) => Some(text.as_str()),
        BareItem::Token(text) => Some(text.as_str()),
        _ => None,
    }
}
