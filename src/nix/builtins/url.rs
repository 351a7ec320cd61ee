//! URLs (RFC 3986), as far as references to flakes need them.

use std::collections::BTreeMap;
use std::fmt;

/// A URL without a fragment.
pub struct Url<'t> {
    /// What is before the first colon.
    pub scheme: &'t str,
    /// What follows `//`, up to the path.
    pub authority: Option<&'t str>,
    /// The path, encoded.
    pub path: &'t str,
    /// The parameters, decoded. Of several with one name the first counts.
    pub query: BTreeMap<String, String>,
}

impl<'t> Url<'t> {
    /// None for what is not one.
    pub fn parse(text: &'t str) -> Option<Self> {
        let (scheme, rest) = text.split_once(':')?;
        let in_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(in_scheme) {
            return None;
        }
        let (hierarchy, query) = rest.split_once('?').unwrap_or((rest, ""));
        if !hierarchy.chars().all(|c| c.is_ascii_graphic() && !"\"<>\\^`{|}#".contains(c)) {
            return None;
        }
        let (authority, path) = match hierarchy.strip_prefix("//") {
            Some(hierarchy) => match hierarchy.find('/').and_then(|slash| hierarchy.split_at_checked(slash)) {
                Some((authority, path)) => (Some(authority), path),
                None => (Some(hierarchy), ""),
            },
            None => (None, hierarchy),
        };
        decode(path)?;
        authority.is_none_or(is_authority).then_some(())?;
        let mut parameters = BTreeMap::new();
        for (name, value) in query.split('&').filter_map(|parameter| parameter.split_once('=')) {
            parameters.entry(decode(name)?).or_insert(decode(value)?);
        }
        Some(Url { scheme, authority, path, query: parameters })
    }

    /// The parts of the path, decoded, without empty ones; none where one cannot be decoded.
    pub fn segments(&self) -> Option<Vec<String>> {
        self.path.split('/').filter(|segment| !segment.is_empty()).map(decode).collect()
    }
}

impl fmt::Display for Url<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:", self.scheme)?;
        if let Some(authority) = self.authority {
            write!(formatter, "//{authority}")?;
        }
        formatter.write_str(self.path)?;
        for (index, (name, value)) in self.query.iter().enumerate() {
            let before = if index == 0 { '?' } else { '&' };
            write!(formatter, "{before}{}={}", encode(name, ":@/?"), encode(value, ":@/?"))?;
        }
        Ok(())
    }
}

/// `user@host:port`
fn is_authority(text: &str) -> bool {
    let host = text.rsplit_once('@').map_or(text, |(_, host)| host);
    match host.rsplit_once(':') {
        Some((_, port)) => host.ends_with(']') || port.bytes().all(|byte| byte.is_ascii_digit()),
        None => true,
    }
}

/// The text that a part of a URL stands for.
pub fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

/// A text as a part of a URL; these characters may stay beside those that always may.
pub fn encode(text: &str, kept: &str) -> String {
    let stays = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || kept.as_bytes().contains(&byte);
    let encoded = |byte: u8| if stays(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(encoded).collect()
}
