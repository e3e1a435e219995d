//! Which stream a point is of. Labels do not tell: browsers are many, and none of them is a label. So everything a sender says of
//! itself counts: resource, scope, metric, attributes, and for what is counted from a start, that start, to the nanosecond.

use std::hash::{DefaultHasher, Hash, Hasher};

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};

/// A hash under way. Two of 64 bits, so that no two streams of a tenant meet by chance. What is hashed is compared with nobody
/// else's, so whoever makes two of its own meet has cheated itself.
#[derive(Clone)]
pub(super) struct Identity(DefaultHasher, DefaultHasher);

impl Identity {
    /// Of a resource and a scope.
    pub(super) fn of(resource: &[KeyValue], scope: Option<&InstrumentationScope>) -> Identity {
        let mut second = DefaultHasher::new();
        second.write_u8(1);
        let identity = Identity(DefaultHasher::new(), second).with_attributes(resource);
        match scope {
            Some(scope) => identity.with(&(&scope.name, &scope.version)).with_attributes(&scope.attributes),
            None => identity,
        }
    }

    /// And of this.
    pub(super) fn with(mut self, what: &impl Hash) -> Identity {
        what.hash(&mut self.0);
        what.hash(&mut self.1);
        self
    }

    /// And of attributes, in whatever order they are told.
    pub(super) fn with_attributes(self, attributes: &[KeyValue]) -> Identity {
        let hash = |attribute: &KeyValue| {
            let mut hasher = DefaultHasher::new();
            attribute.key.hash(&mut hasher);
            hash_value(attribute.value.as_ref(), &mut hasher);
            hasher.finish()
        };
        let mut hashes: Vec<u64> = attributes.iter().map(hash).collect();
        hashes.sort_unstable();
        self.with(&hashes)
    }

    /// The number it comes to.
    pub(super) fn finish(&self) -> u128 {
        u128::from(self.0.finish()) << 64 | u128::from(self.1.finish())
    }
}

fn hash_value(value: Option<&AnyValue>, hasher: &mut DefaultHasher) {
    let Some(value) = value.and_then(|value| value.value.as_ref()) else { return hasher.write_u8(0) };
    std::mem::discriminant(value).hash(hasher);
    match value {
        Value::StringValue(text) => text.hash(hasher),
        Value::BoolValue(value) => value.hash(hasher),
        Value::IntValue(value) => value.hash(hasher),
        Value::DoubleValue(value) => value.to_bits().hash(hasher),
        Value::BytesValue(bytes) => bytes.hash(hasher),
        Value::StringValueStrindex(index) => index.hash(hasher),
        Value::ArrayValue(array) => array.values.iter().for_each(|value| hash_value(Some(value), hasher)),
        Value::KvlistValue(list) => list.values.iter().for_each(|pair| {
            pair.key.hash(hasher);
            hash_value(pair.value.as_ref(), hasher);
        }),
    }
}
