//! Plaintexts that give nothing away: keys alone, every value empty or zero.

use crate::source::Text;
use crate::source::generated::after_header;
use crate::yaml;

use super::document::Format;

/// What the values of an example are.
const BLANK: [&str; 6] = ["", "0", "0.0", "false", "null", NO_DATE];
/// Go's zero date.
const NO_DATE: &str = "0001-01-01";
/// Largest JSON file that is looked at; it has no comment in which an example could say that it is one.
const MAX_JSON: usize = 64 << 10;

/// Whether a text is an example as `sealnix generate example` writes it: nobody has entered a value, nor
/// written a comment, which sops would seal too.
pub fn is_blank(text: &Text, format: Format) -> bool {
    let content = text.content();
    match (format, after_header(content)) {
        (Format::Json, _) => {
            content.len() <= MAX_JSON && serde_json::from_str(content).is_ok_and(|json| blank_json(&json))
        }
        (Format::Yaml, Some(rest)) => blank_yaml(text, content.len() - rest.len()),
        (Format::Dotenv, Some(rest)) => rest.lines().all(|line| line.is_empty() || blank_line(line, &['='])),
        (Format::Ini, Some(rest)) => rest.lines().map(str::trim).all(|line| {
            let is_section = line.starts_with('[') && line.ends_with(']');
            line.is_empty() || is_section || blank_line(line, &['=', ':'])
        }),
        (Format::Binary, _) | (_, None) => false,
    }
}

fn blank_line(line: &str, separators: &[char]) -> bool {
    !line.starts_with(['#', ';']) && line.split_once(separators).is_some_and(|(_, value)| value.trim().is_empty())
}

fn blank_yaml(text: &Text, header: usize) -> bool {
    let Ok(yaml) = yaml::parse(text) else { return false };
    let mut pending: Vec<&yaml::Node> = yaml.documents.iter().collect();
    while let Some(node) = pending.pop() {
        pending.extend(node.items());
        pending.extend(node.entries().iter().map(|entry| &entry.value));
        if node.text().is_some_and(|value| !BLANK.contains(&value)) {
            return false;
        }
    }
    yaml.comments.iter().all(|comment| comment.span.start < header)
}

/// As deep as the JSON library reads.
fn blank_json(json: &serde_json::Value) -> bool {
    match json {
        serde_json::Value::Object(entries) => entries.values().all(blank_json),
        serde_json::Value::Array(items) => items.iter().all(blank_json),
        serde_json::Value::String(text) => text.is_empty() || text == NO_DATE,
        other => BLANK.contains(&other.to_string().as_str()),
    }
}
