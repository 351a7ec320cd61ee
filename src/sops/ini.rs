//! Reading the ini form: `[section]`, `key = value`; keys before the first section are in
//! `DEFAULT`; metadata in the section `sops` (reference: sops.md section 1).

use crate::source::Text;
use crate::yaml::{Entry, Node, Value, Yaml};

use super::flat::{self, Line};
use super::read::Refused;

/// The file as a tree; absent if it has no section `sops`.
pub(super) fn tree(text: &Text) -> Option<Result<Yaml, Refused>> {
    let mut sections: Vec<(Node, Vec<Entry>)> = vec![(flat::string("DEFAULT", 0, ""), Vec::new())];
    let mut metadata: Option<(Node, Vec<Line>)> = None;
    let mut in_metadata = false;
    let mut broken = None;
    let mut start = 0;
    for line in text.content().split('\n') {
        let here = start + (line.len() - line.trim_start().len());
        start += line.len() + 1;
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.rsplit_once(']')) {
            let name = flat::string(name.0.trim(), here, line);
            in_metadata = name.text() == Some("sops");
            if in_metadata {
                metadata.get_or_insert_with(|| (name, Vec::new()));
            } else {
                sections.push((name, Vec::new()));
            }
            continue;
        }
        let Some(entry) = entry(line, here) else {
            broken = broken.or(Some(here..here + line.len()));
            continue;
        };
        match (&mut metadata, sections.last_mut()) {
            (Some((_, lines)), _) if in_metadata => {
                let mut value = entry.value;
                if let Value::Scalar(scalar) = &mut value.value {
                    scalar.text = scalar.text.replace("\\n", "\n").into();
                }
                lines.push(Line { name: entry.key, value });
            }
            (_, Some((_, entries))) => entries.push(entry),
            _ => {}
        }
    }
    let (key, metadata) = metadata?;
    if let Some(span) = broken {
        return Some(Err(Refused {
            why: "has a line that is neither a section nor `key = value`, which sops refuses".into(),
            place: text.place(span),
        }));
    }
    sections.retain(|(name, entries)| !(entries.is_empty() && name.span.is_empty()));
    let data = sections.into_iter().map(|(key, entries)| Entry { key, value: flat::map(entries) }).collect();
    Some(Ok(flat::tree(data, key, metadata)))
}

/// `key = value` or `key: value`; quotes around the value are syntax.
fn entry(line: &str, start: usize) -> Option<Entry> {
    let (name, value) = line.split_once(['=', ':'])?;
    let value_start = start + (line.len() - value.trim_start().len());
    let name = name.trim();
    if name.is_empty() {
        return None;
    }
    let written = value.trim();
    let value = ['"', '\'', '`'].into_iter().find_map(|quote| written.strip_prefix(quote)?.strip_suffix(quote));
    Some(Entry {
        key: flat::string(name, start, name),
        value: flat::string(value.unwrap_or(written), value_start, written),
    })
}
