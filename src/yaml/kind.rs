//! What a scalar resolves to, as go-yaml v3 decides it (resolve.go): sops and sops-nix read YAML
//! with that library, so `yes` is a text, `0o17` a number and `2024-01-02` a date.

use super::node::Style;

/// The kind of a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Null, or nothing at all.
    Null,
    /// A boolean.
    Bool,
    /// A whole number of at most 64 bits.
    Int,
    /// A number.
    Float,
    /// A date, or a date with time.
    Timestamp,
    /// Text.
    Str,
}

const CORE: &str = "tag:yaml.org,2002:";

impl Kind {
    /// Resolves a scalar. An explicit core tag wins over the look of the text; of other tags only
    /// text is known.
    pub fn resolve(tag: Option<&str>, style: Style, text: &str) -> Kind {
        match tag {
            None | Some("!") if style == Style::Plain => of_plain(text),
            None | Some("!") => Kind::Str,
            Some(tag) => match tag.strip_prefix(CORE) {
                Some("null") => Kind::Null,
                Some("bool") => Kind::Bool,
                Some("int") => Kind::Int,
                Some("float") => Kind::Float,
                Some("timestamp") => Kind::Timestamp,
                _ => Kind::Str,
            },
        }
    }
}

fn of_plain(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Kind::Null,
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => return Kind::Bool,
        ".nan" | ".NaN" | ".NAN" => return Kind::Float,
        _ => {}
    }
    if matches!(text.trim_start_matches(['+', '-']), ".inf" | ".Inf" | ".INF") && text.len() <= 5 {
        return Kind::Float;
    }
    match text.bytes().next() {
        Some(b'.') if is_float(text) => Kind::Float,
        Some(b'0'..=b'9' | b'+' | b'-') => of_number(text),
        _ => Kind::Str,
    }
}

fn of_number(text: &str) -> Kind {
    if is_timestamp(text) {
        return Kind::Timestamp;
    }
    let plain = text.replace('_', "");
    if int(&plain).is_some() {
        Kind::Int
    } else if is_float(&plain) {
        Kind::Float
    } else {
        Kind::Str
    }
}

/// Go's `strconv.ParseInt` and `ParseUint` with base 0, and go-yaml's own octals; at most 64 bits.
pub(super) fn int(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix(['+', '-']) {
        Some(digits) => (text.starts_with('-'), digits),
        None => (false, text),
    };
    // The number parsers of Rust take a sign of their own.
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.split_at_checked(2) {
        Some(("0x", rest)) => (16, rest),
        Some(("0o", rest)) => (8, rest),
        Some(("0b", rest)) => (2, rest),
        _ if lower.len() > 1 && lower.starts_with('0') => (8, lower.trim_start_matches('0')),
        _ => (10, lower.as_str()),
    };
    if digits.is_empty() {
        return (lower.len() > 1 && lower.bytes().all(|byte| byte == b'0')).then_some(0);
    }
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    match sign {
        true => (magnitude <= i64::MIN.unsigned_abs()).then_some(-i128::from(magnitude)),
        false => Some(i128::from(magnitude)),
    }
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`, and finite.
fn is_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent))
        && text.parse::<f64>().is_ok_and(f64::is_finite)
}

/// The four forms that go-yaml takes for a date: `Y-m-d`, `Y-m-dTH:M:SZ` (or `t`, or an offset),
/// `Y-m-d H:M:S`; month, day, hour, minute and second may have one digit.
pub fn is_timestamp(text: &str) -> bool {
    let Some((date, rest)) = split_date(text) else { return false };
    if !date {
        return false;
    }
    if rest.is_empty() {
        return true;
    }
    let Some(zone) = rest.strip_prefix(['T', 't', ' ']).and_then(after_time) else { return false };
    if rest.starts_with(' ') { zone.is_empty() } else { is_zone(zone) }
}

/// RFC 3339 as Go's `time.RFC3339` reads it: the form of `lastmodified` and `created_at`.
pub fn is_rfc3339(text: &str) -> bool {
    let day_is_two_digits = text
        .get(4..11)
        .is_some_and(|part| part.starts_with('-') && part.ends_with('T') && part.as_bytes().get(3) == Some(&b'-'));
    day_is_two_digits && is_timestamp(text)
}

/// The days from 1970-01-01 to the date of a text in RFC 3339's form, in its own time zone.
pub fn day_of_rfc3339(text: &str) -> Option<i64> {
    let part = |range: std::ops::Range<usize>| text.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (part(0..4)?, part(5..7)?, part(8..10)?);
    // Counted from March, so that a leap day is a year's last (Howard Hinnant, "chrono-compatible low-level date
    // algorithms", days_from_civil).
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// Whether a text starts with a date of the calendar, and what follows; absent if it does not
/// even have a date's form.
fn split_date(text: &str) -> Option<(bool, &str)> {
    let (year, rest) = text.split_at_checked(4)?;
    let year: u32 = if year.bytes().all(|byte| byte.is_ascii_digit()) { year.parse().ok()? } else { return None };
    let (month, rest) = number(rest.strip_prefix('-')?)?;
    let (day, rest) = number(rest.strip_prefix('-')?)?;
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    Some(((1..=days).contains(&day), rest))
}

/// What follows `H:M:S` with an optional fraction.
fn after_time(text: &str) -> Option<&str> {
    let (hour, rest) = number(text)?;
    let (minute, rest) = number(rest.strip_prefix(':')?)?;
    let (second, rest) = number(rest.strip_prefix(':')?)?;
    let rest = match rest.strip_prefix(['.', ',']) {
        Some(fraction) if fraction.starts_with(|digit: char| digit.is_ascii_digit()) => {
            fraction.trim_start_matches(|digit: char| digit.is_ascii_digit())
        }
        Some(_) => return None,
        None => rest,
    };
    (hour < 24 && minute < 60 && second < 60).then_some(rest)
}

fn is_zone(text: &str) -> bool {
    if text == "Z" {
        return true;
    }
    let Some((hours, minutes)) = text.strip_prefix(['+', '-']).and_then(|rest| rest.split_once(':')) else {
        return false;
    };
    let below = |part: &str, limit: u32| part.len() == 2 && number(part).is_some_and(|(value, _)| value < limit);
    below(hours, 25) && below(minutes, 61)
}

/// A number of one or two digits, and what follows.
fn number(text: &str) -> Option<(u32, &str)> {
    let digits = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(digits)?;
    Some((number.parse().ok()?, rest))
}
