//! The bytes that sops takes a value for, as Go writes it: what is sealed, and what goes into the MAC
//! (reference: sops.md section 3; sops, `ToBytes` in sops.go; go-yaml v3, resolve.go).

use std::fmt::Write;

use zeroize::Zeroizing;

use super::decrypt::Broken;
use super::seal::SealedType;
use super::walk::Visited;
use crate::yaml::kind::{is_rfc3339, is_timestamp};

/// The longest number written without an exponent has about 770 characters; nothing grows, so no copy is left.
const LONGEST: usize = 1 << 10;

/// How a whole number of a JSON file is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbers {
    /// As a float: every number of a JSON file up to sops 3.12.
    Float,
    /// As what it is.
    Int,
}

/// What was sealed, as it goes into the MAC: read as its type says, and written again.
pub(super) fn of_sealed(sealed_type: SealedType, bytes: Zeroizing<Vec<u8>>) -> Result<Zeroizing<Vec<u8>>, Broken> {
    let form = match sealed_type {
        SealedType::Str | SealedType::Comment => return Ok(bytes),
        SealedType::Bytes => return Err(Broken::Bytes),
        SealedType::Other => return Err(Broken::UnknownType),
        SealedType::Int => text(&bytes).and_then(|text| text.parse().ok()).map(int),
        SealedType::Float => text(&bytes).and_then(float),
        SealedType::Bool => match text(&bytes) {
            Some("1" | "t" | "T" | "true" | "True" | "TRUE") => Some(truth(true)),
            Some("0" | "f" | "F" | "false" | "False" | "FALSE") => Some(truth(false)),
            _ => None,
        },
        SealedType::Time => text(&bytes).filter(|text| is_rfc3339(text)).and_then(|text| moment(text, true)),
    };
    form.ok_or(Broken::NotItsType)
}

/// A value in clear, as it goes into the MAC.
pub(super) fn of_clear(value: Visited<'_>, json: Option<Numbers>) -> Result<Zeroizing<Vec<u8>>, Broken> {
    let form = match (value, json) {
        (Visited::Sealed(text) | Visited::Text(text) | Visited::Comment(text), _) => {
            Some(Zeroizing::new(text.as_bytes().to_vec()))
        }
        (Visited::Bool(text), _) => Some(truth(text.starts_with(['t', 'T']))),
        (Visited::Time(text), _) => Some(text).filter(|text| is_timestamp(text)).and_then(|text| moment(text, true)),
        (Visited::Int(text) | Visited::Float(text), Some(Numbers::Float)) => float(text),
        (Visited::Int(text) | Visited::Float(text), Some(Numbers::Int)) => {
            text.parse().map_or_else(|_| float(text), |number| Some(int(number)))
        }
        (Visited::Int(text), None) => yaml_int(text).map(int),
        (Visited::Float(text), None) => yaml_float(text),
    };
    form.ok_or(Broken::Unsupported)
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

fn written(form: std::fmt::Arguments<'_>) -> Zeroizing<Vec<u8>> {
    let mut text = String::with_capacity(LONGEST);
    // Writing to a text does not fail.
    let _ = text.write_fmt(form);
    Zeroizing::new(text.into_bytes())
}

fn int(number: i64) -> Zeroizing<Vec<u8>> {
    written(format_args!("{number}"))
}

fn truth(value: bool) -> Zeroizing<Vec<u8>> {
    written(format_args!("{}", if value { "True" } else { "False" }))
}

/// `strconv.ParseFloat`, except that what is too large for a float is none; then the shortest text that is the
/// same number, without an exponent.
fn float(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let number: f64 = text.parse().ok()?;
    // Rust takes `-nan` too.
    if number.is_nan() && text.starts_with(['+', '-']) {
        return None;
    }
    let says_infinite = text.contains(['i', 'I']);
    (number.is_finite() || number.is_nan() || says_infinite).then(|| of_float(number))
}

/// Rust writes floats as Go's `FormatFloat(x, 'f', -1, 64)` does, but for the infinite ones.
fn of_float(number: f64) -> Zeroizing<Vec<u8>> {
    match number {
        f64::INFINITY => written(format_args!("+Inf")),
        f64::NEG_INFINITY => written(format_args!("-Inf")),
        number => written(format_args!("{number}")),
    }
}

/// A whole number of YAML: `0x1F`, `0o17`, `017`, `0b11`, `1_000`. sops takes none above 63 bits.
fn yaml_int(text: &str) -> Option<i64> {
    let plain = text.replace('_', "");
    let (sign, digits) = match plain.strip_prefix(['+', '-']) {
        Some(digits) if plain.starts_with('-') => ("-", digits),
        Some(digits) => ("", digits),
        None => ("", plain.as_str()),
    };
    let (radix, digits) = match digits.split_at_checked(2) {
        Some(("0x" | "0X", digits)) => (16, digits),
        Some(("0o" | "0O", digits)) => (8, digits),
        Some(("0b" | "0B", digits)) => (2, digits),
        Some(_) if digits.starts_with('0') => (8, digits),
        _ => (10, digits),
    };
    i64::from_str_radix(&format!("{sign}{digits}"), radix).ok()
}

fn yaml_float(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    match text.trim_start_matches(['+', '-']) {
        ".inf" | ".Inf" | ".INF" if text.starts_with('-') => Some(of_float(f64::NEG_INFINITY)),
        ".inf" | ".Inf" | ".INF" => Some(of_float(f64::INFINITY)),
        ".nan" | ".NaN" | ".NAN" => Some(of_float(f64::NAN)),
        // `!!float 0x1F`, and every whole number beyond 64 bits.
        _ => match yaml_int(text) {
            Some(number) => Some(of_float(number as f64)),
            None => float(&text.replace('_', "")),
        },
    }
}

/// A moment written anew in RFC 3339, as Go does it: two digits everywhere, `Z` for no offset; with `fraction`
/// up to nine digits without zeros at the end, else none.
pub(super) fn moment(text: &str, fraction: bool) -> Option<Zeroizing<Vec<u8>>> {
    let (date, rest) = text.split_at(text.find(['T', 't', ' ']).unwrap_or(text.len()));
    let mut date = date.splitn(3, '-');
    let (year, month, day): (u32, u32, u32) = (number(date.next())?, number(date.next())?, number(date.next())?);
    let rest = rest.get(1..).unwrap_or("0:0:0");
    let (time, zone) = rest.split_at(rest.find(['Z', '+', '-']).unwrap_or(rest.len()));
    let (time, digits) = time.split_once(['.', ',']).unwrap_or((time, ""));
    let mut time = time.splitn(3, ':');
    let (hour, minute, second): (u32, u32, u32) = (number(time.next())?, number(time.next())?, number(time.next())?);
    let digits = digits.get(..9).unwrap_or(digits).trim_end_matches('0');
    let dot = if fraction && !digits.is_empty() { "." } else { "" };
    let digits = if fraction { digits } else { "" };
    let zone = if matches!(zone, "" | "+00:00" | "-00:00") { "Z" } else { zone };
    // Go writes no text for an offset of a day.
    if fraction && zone.get(1..3).is_some_and(|hours| hours > "23") {
        return None;
    }
    Some(written(format_args!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{dot}{digits}{zone}")))
}

fn number(digits: Option<&str>) -> Option<u32> {
    digits?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clear(value: Visited<'_>, json: Option<Numbers>) -> String {
        of_clear(value, json)
            .map_or_else(|_| "none".into(), |form| String::from_utf8(form.to_vec()).unwrap_or_default())
    }

    /// reference: sops.md sections 1 and 3, of the real program.
    #[test]
    fn numbers_are_written_as_go_writes_them() {
        for (written, form) in [
            ("1e21", "1000000000000000000000"),
            ("1e-7", "0.0000001"),
            ("2.0", "2"),
            ("1.50", "1.5"),
            ("-0.0", "-0"),
            (".inf", "+Inf"),
            ("-.inf", "-Inf"),
            (".nan", "NaN"),
            ("18446744073709551616", "18446744073709552000"),
        ] {
            assert_eq!(clear(Visited::Float(written), None), form);
        }
        for (written, form) in [
            ("0x1F", "31"),
            ("0o17", "15"),
            ("017", "15"),
            ("-0b11", "-3"),
            ("1_000", "1000"),
            ("+5", "5"),
            ("00", "0"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("18446744073709551615", "none"),
        ] {
            assert_eq!(clear(Visited::Int(written), None), form);
        }
        let large = Visited::Int("9007199254740993");
        assert_eq!(clear(large, Some(Numbers::Float)), "9007199254740992");
        assert_eq!(clear(large, Some(Numbers::Int)), "9007199254740993");
        assert_eq!(clear(Visited::Int("-0"), Some(Numbers::Float)), "-0");
    }

    #[test]
    fn dates_are_written_as_go_writes_them() {
        for (written, form) in [
            ("2024-01-02", "2024-01-02T00:00:00Z"),
            ("2024-1-2 3:4:5.1230", "2024-01-02T03:04:05.123Z"),
            ("2024-01-02t03:04:05+00:00", "2024-01-02T03:04:05Z"),
            ("2024-01-02T03:04:05.1234567891-07:30", "2024-01-02T03:04:05.123456789-07:30"),
            ("2024-01-02T03:04:05.000Z", "2024-01-02T03:04:05Z"),
        ] {
            assert_eq!(clear(Visited::Time(written), None), form);
        }
        assert_eq!(
            moment("2024-01-02T03:04:05.9+00:00", false).as_deref().map(Vec::as_slice),
            Some(&b"2024-01-02T03:04:05Z"[..])
        );
    }
}
