//! Reading the dotenv form as sops does: `NAME=value` lines, split at the first `=`; no quotes, no
//! `export`, no trimming; `#` in the first column is a comment; metadata under `sops_…`
//! (reference: sops.md section 1).

use crate::source::Text;
use crate::yaml::{Comment, Entry, Yaml};

use super::flat::{self, Line, MAX_LINES};
use super::read::Refused;

const PREFIX: &str = "sops_";

/// The file as a tree; absent if it has no line of metadata.
pub(super) fn tree(text: &Text) -> Option<Result<Yaml, Refused>> {
    let mut data = Vec::new();
    let mut metadata = Vec::new();
    let mut comments = Vec::new();
    let mut key = None;
    let mut broken = None;
    let mut start = 0;
    for line in text.content().split('\n') {
        let here = start;
        start += line.len() + 1;
        if line.is_empty() {
            continue;
        }
        let span = here..here + line.len();
        if let Some(comment) = line.strip_prefix('#') {
            if comments.len() < MAX_LINES {
                comments.push(Comment { text: comment.into(), span });
            }
            continue;
        }
        let Some((name, value)) = line.split_once('=') else {
            broken = broken.or(Some((span, "has a line without `=`, which sops refuses".to_owned())));
            continue;
        };
        let count = data.len() + metadata.len() + comments.len();
        if count >= MAX_LINES {
            broken = broken.or(Some((span, format!("has more than {MAX_LINES} values"))));
            // Metadata shows what the file is.
            if !name.starts_with(PREFIX) || metadata.len() >= MAX_LINES {
                continue;
            }
        }
        let text = flat::string(&value.replace("\\n", "\n"), here + name.len() + 1, value);
        match name.strip_prefix(PREFIX) {
            Some(rest) => {
                key.get_or_insert_with(|| flat::string("sops", here, name));
                metadata.push(Line { name: flat::string(rest, here, name), value: text });
            }
            None => data.push(Entry { key: flat::string(name, here, name), value: text }),
        }
    }
    let key = key?;
    Some(match broken {
        Some((span, why)) => Err(Refused::new(why, text.place(span))),
        None => flat::tree(text, data, key, metadata).map(|yaml| Yaml { comments, ..yaml }),
    })
}
