//! What Nix writes to its standard error when an evaluation fails: the message without trace and without
//! the values that Nix prints, and the innermost place that is in the repository.
//!
//! Nix 2.8 writes the message first and then the trace, the innermost place first. Later ones write
//! `error:`, the trace from the outside in, and the message last. `fixtures/by-nix/errors` has both.

use super::values::without_values;
use crate::manifest::{EvaluationError, Spot};
use crate::source::{Text, Tree};

/// Where messages begin, in columns: Nix indents all but the first line of what it says.
const INDENT: &str = "       ";

/// How a line begins that names what is written alike.
const HINT: &str = "Did you mean ";

/// At most so many characters of a message are kept.
const LONGEST: usize = 1_000;

/// What Nix says where it would have to build something first, in every version.
const DISABLED: &str = "because the option 'allow-import-from-derivation' is disabled";

/// The paths under which Nix has the repository: on disk, and its copy in the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roots(Vec<String>);

impl Roots {
    /// Adds a path.
    pub fn add(&mut self, root: &str) {
        let root = format!("{}/", root.trim_end_matches('/'));
        if !self.0.contains(&root) {
            self.0.push(root);
        }
    }

    /// A path of Nix' relative to the repository. Nix also writes `«git+file:///repo»/flake.nix`: the top of
    /// the work tree, percent-encoded.
    fn inside(&self, path: &str) -> Option<String> {
        let path = match path.strip_prefix('«').and_then(|path| path.split_once('»')) {
            Some((url, rest)) => {
                let path = url.split('?').next().unwrap_or(url);
                let path = ["git+file://", "file://", "path:"].iter().find_map(|scheme| path.strip_prefix(scheme))?;
                format!("{}/{}", percent_decoded(path).trim_end_matches('/'), rest.trim_start_matches('/'))
            }
            None => path.to_owned(),
        };
        self.0.iter().find_map(|root| path.strip_prefix(root.as_str())).map(str::to_owned)
    }
}

/// Undoes percent-encoding (RFC 3986, 2.1); what is none stays.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).filter(|_| *first == b'%').and_then(|digits| str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads what Nix said.
pub fn read(said: &str, roots: &Roots, tree: &Tree) -> EvaluationError {
    let lines: Vec<&str> = said.lines().collect();
    let follows = |(line, next): (&&str, &&str)| *line == "error:" && next.trim().starts_with('…');
    let trace_first = lines.iter().zip(lines.iter().skip(1)).any(follows);
    let is_start = |line: &&str| {
        let line = if trace_first { line.strip_prefix(INDENT).unwrap_or_default() } else { line };
        line.split_whitespace().next() == Some("error:") && line.starts_with('e')
    };
    let start = if trace_first {
        // The first after the trace: a text of several lines may have more.
        let trace = lines.iter().rposition(|line| line.starts_with("       … ")).unwrap_or_default();
        let after = lines.get(trace..).unwrap_or_default().iter().position(is_start);
        after.map(|after| trace + after)
    } else {
        lines.iter().rposition(is_start)
    };
    let after = start.and_then(|start| lines.get(start..)).unwrap_or_default();
    let message: Vec<&str> = after.iter().take_while(|line| !ends_message(line.trim())).copied().collect();
    let hint = after.iter().map(|line| line.trim()).find(|line| line.starts_with(HINT));
    let mut places: Vec<Place<'_>> = lines.iter().filter_map(|line| Place::of_line(line)).collect();
    if trace_first {
        places.reverse();
    }
    EvaluationError {
        message: one_line(&message, hint, roots),
        at: places.into_iter().find_map(|place| place.spot(roots, tree)),
        units_only: false,
    }
}

/// Whether a line is no more of the message: a place, a step of the trace, a piece of code.
fn ends_message(line: &str) -> bool {
    let starts = ["… ", HINT, "(use '--show-trace'", "-->", "response body:"];
    starts.iter().any(|start| line.starts_with(start)) || Place::of_line(line).is_some()
}

fn one_line(message: &[&str], hint: Option<&str>, roots: &Roots) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let mut files = String::new();
    let mut in_definitions = false;
    for line in message {
        // The module system prints what was defined, over as many lines as it takes, each further in.
        if in_definitions {
            let file = line.strip_prefix(INDENT).and_then(|line| line.strip_prefix("- In `"));
            let ends = |(_, after): &(&str, &str)| after.is_empty() || after.starts_with(':');
            if let Some((file, _)) = file.and_then(|file| file.split_once('\'')).filter(ends) {
                files.push_str(&format!(" - In `{file}'"));
            }
            continue;
        }
        let line = line.trim();
        parts.push(line.strip_prefix("error:").unwrap_or(line).trim_start());
        in_definitions = line.contains("efinition values:");
    }
    parts.retain(|part| !part.is_empty());
    let without_roots = |text: &str| roots.0.iter().fold(text.to_owned(), |text, root| text.replace(root.as_str(), ""));
    let mut text = without_roots(&parts.join(" "));
    if text.contains(DISABLED) {
        return EvaluationError::NEEDS_IMPORT.to_owned();
    }
    text = without_values(&text) + &without_roots(&files);
    if let Some(hint) = hint.and_then(|hint| hint.strip_prefix('D')) {
        text.push_str(&format!(" (d{})", without_values(hint)));
    }
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None if text.is_empty() => "Nix says nothing".to_owned(),
        None => text,
    }
}

/// A place that Nix names.
#[derive(Debug, Clone, Copy)]
struct Place<'s> {
    file: &'s str,
    line: u32,
    column: u32,
}

impl<'s> Place<'s> {
    /// `at FILE:LINE:COLUMN:`
    fn of_line(line: &'s str) -> Option<Self> {
        let place = line.trim().strip_prefix("at ")?.strip_suffix(':')?;
        let (place, column) = place.rsplit_once(':')?;
        let (file, line) = place.rsplit_once(':')?;
        Some(Place { file, line: line.parse().ok()?, column: column.parse().ok()? })
    }

    fn spot(&self, roots: &Roots, tree: &Tree) -> Option<Spot> {
        let text = tree.texts.get(roots.inside(self.file)?.as_str())?;
        let start = text.offset_of_nix_position(self.line, self.column);
        Some(Spot(text.place(start..start + length_at(text, start))))
    }
}

/// The length of the word at a byte, else that of one character.
fn length_at(text: &Text, start: usize) -> usize {
    let rest = text.content().get(start..).unwrap_or_default();
    let is_of_word = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '\'' | '.');
    match rest.find(|character| !is_of_word(character)).unwrap_or(rest.len()) {
        0 => rest.chars().next().map_or(0, char::len_utf8),
        length => length,
    }
}
