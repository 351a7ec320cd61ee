//! A scalar as a value of a type, as go-yaml v3 decodes it into a field that has the type
//! (`scalar` in its decode.go). Null leaves a field as it is; that is for the caller to see.

use super::kind::{self, Kind};
use super::node::Scalar;

impl Scalar {
    /// As a truth. The words of YAML 1.1 are taken too, even in quotes; other quoted texts are not.
    pub fn truth(&self) -> Option<bool> {
        match (self.kind, &*self.text) {
            (Kind::Bool, text) => Some(text.eq_ignore_ascii_case("true")),
            (Kind::Str, "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON") => Some(true),
            (Kind::Str, "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF") => Some(false),
            _ => None,
        }
    }

    /// As a whole number; a fraction is cut off, a quoted number is none.
    pub fn whole(&self) -> Option<i64> {
        let plain = self.text.replace('_', "");
        match self.kind {
            Kind::Int => kind::int(&plain).and_then(|number| i64::try_from(number).ok()),
            // The bound is the library's own, compared as a number with a fraction.
            Kind::Float => plain
                .to_ascii_lowercase()
                .replace(".inf", "inf")
                .replace(".nan", "nan")
                .parse()
                .ok()
                .and_then(|number: f64| (number <= i64::MAX as f64).then_some(number as i64)),
            _ => None,
        }
    }
}
