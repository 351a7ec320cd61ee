//! What Nix writes to its standard error when an evaluation fails: the message without trace and without
//! the values that Nix prints, and the innermost place that is in the repository.
//!
//! Nix 2.8 writes the message first and then the trace, the innermost place first. Later ones write
//! `error:`, the trace from the outside in, and the message last. `fixtures/by-nix/errors` has both.

use crate::manifest::{EvaluationError, Spot};
use crate::source::{Text, Tree};

/// Where messages begin, in columns: Nix indents all but the first line of what it says.
const INDENT: &str = "       ";

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

    /// A path of Nix' relative to the repository. Nix also writes `«git+file:///repo»/flake.nix`.
    fn inside<'p>(&self, path: &'p str) -> Option<&'p str> {
        if let Some((url, rest)) = path.strip_prefix('«').and_then(|path| path.split_once('»')) {
            let own =
                self.0.iter().any(|root| url.split('?').next().unwrap_or(url).ends_with(root.trim_end_matches('/')));
            return own.then(|| rest.trim_start_matches('/'));
        }
        self.0.iter().find_map(|root| path.strip_prefix(root.as_str()))
    }
}

/// Reads what Nix said.
pub fn read(said: &str, roots: &Roots, tree: &Tree) -> EvaluationError {
    let lines: Vec<&str> = said.lines().collect();
    let follows = |(line, next): (&&str, &&str)| *line == "error:" && next.trim().starts_with('…');
    let trace_first = lines.iter().zip(lines.iter().skip(1)).any(follows);
    let start = lines.iter().rposition(|line| {
        let line = if trace_first { line.strip_prefix(INDENT).unwrap_or_default() } else { line };
        line.split_whitespace().next() == Some("error:") && line.starts_with('e')
    });
    let after = start.and_then(|start| lines.get(start..)).unwrap_or_default();
    let message: Vec<&str> = after.iter().map(|line| line.trim()).take_while(|line| !ends_message(line)).collect();
    let hint = after.iter().map(|line| line.trim()).find(|line| line.starts_with("Did you mean "));
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
    let starts = ["… ", "Did you mean ", "(use '--show-trace'", "-->"];
    starts.iter().any(|start| line.starts_with(start)) || Place::of_line(line).is_some()
}

fn one_line(message: &[&str], hint: Option<&str>, roots: &Roots) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut in_definitions = false;
    for line in message {
        let line = line.strip_prefix("error:").unwrap_or(line).trim_start();
        // The module system prints what was defined, over as many lines as it takes.
        if let Some(file) = line.strip_prefix("- In `").filter(|_| in_definitions) {
            parts.push(format!("- In `{}'", file.split('\'').next().unwrap_or_default()));
        } else if !in_definitions && !line.is_empty() {
            parts.push(without_values(line));
        }
        in_definitions |= line.contains("efinition values:");
    }
    let mut text = parts.join(" ");
    if text.contains(DISABLED) {
        return EvaluationError::NEEDS_IMPORT.to_owned();
    }
    if let Some(hint) = hint.and_then(|hint| hint.strip_prefix('D')) {
        text.push_str(&format!("; d{hint}"));
    }
    for root in &roots.0 {
        text = text.replace(root.as_str(), "");
    }
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None if text.is_empty() => "Nix says nothing".to_owned(),
        None => text,
    }
}

/// After these the kind of a value follows, and behind a colon the value.
const KIND_AND_VALUE: [&str; 2] = [" but found ", "not a function but "];

/// After these a value follows to the end of the line.
const VALUE_TO_THE_END: [&str; 3] = [" to a string: ", "values are ", "last read: "];

/// After these a value follows in single quotes. It may hold such quotes: the last one ends it.
const VALUE_IN_QUOTES: [&str; 4] = ["string '", "value '", "regular expression '", "assertion '"];

/// A line of a message without the values in it, which may be secrets. Nix writes values in
/// double quotes, and names in single ones.
fn without_values(line: &str) -> String {
    let mut line = line.to_owned();
    for before in KIND_AND_VALUE {
        if let Some((head, tail)) = line.split_once(before)
            && let Some((kind, _)) = tail.split_once(": ")
        {
            line = format!("{head}{before}{kind}");
        }
    }
    for before in VALUE_TO_THE_END {
        if let Some((head, _)) = line.split_once(before) {
            line = format!("{head}{before}…");
        }
    }
    for before in VALUE_IN_QUOTES {
        let Some((head, tail)) = line.split_once(before) else { continue };
        // An apostrophe is followed by a letter: `doesn't`.
        let after = if tail.ends_with('\'') { None } else { tail.rsplit_once("' ") };
        let after = after.map(|(_, after)| format!(" {after}")).unwrap_or_default();
        line = format!("{head}{before}…'{after}");
    }
    without_double_quoted(&line)
}

fn without_double_quoted(line: &str) -> String {
    let mut kept = String::new();
    let mut in_quotes = false;
    let mut escaped = false;
    for character in line.chars() {
        let is_quote = character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        match (is_quote, in_quotes) {
            (true, false) => kept.push_str("\"…\""),
            (false, false) => kept.push(character),
            _ => {}
        }
        in_quotes ^= is_quote;
    }
    kept
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
        let text = tree.texts.get(roots.inside(self.file)?)?;
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
