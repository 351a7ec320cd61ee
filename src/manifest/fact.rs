//! A field that may be unknown: absent in JSON, while null is a value.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// A field's value, or nothing known of it (then the host's `unknowns` says why).
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fact<T> {
    /// Its value.
    Known(T),
    /// Not known.
    #[default]
    Unknown,
}

impl<T> Fact<T> {
    /// The value, if known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Fact::Known(value) => Some(value),
            Fact::Unknown => None,
        }
    }

    /// Whether nothing is known of it.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Fact::Unknown)
    }
}

impl<T> From<Option<T>> for Fact<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Fact::Unknown, Fact::Known)
    }
}

/// The JSON of a known field.
pub(super) fn value<T: Serialize>(fact: &Fact<T>) -> Option<Value> {
    serde_json::to_value(fact.known()?).ok()
}

impl<T: Serialize> Serialize for Fact<T> {
    /// Fields skip an unknown fact, so it is only ever written as null by itself.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.known().serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Fact<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Fact::Known)
    }
}
