//! Reading the ini form as sops' ini library does: `[section]`, `key = value`; keys before the first
//! section are in `DEFAULT`; metadata in the section `sops` (source: the INI store of getsops/sops
//! and the parser of go-ini with its default options).

use std::collections::BTreeMap;
use std::mem;
use std::ops::Range;

use crate::source::Text;
use crate::yaml::{Comment, Entry, Node, Value, Yaml};

use super::flat::{self, Line, MAX_LINES};
use super::read::Refused;

/// The file as a tree; absent if it has no section `sops`.
///
/// A comment stands behind its key there, as in the tree of sops: its place is the end of the value.
pub(super) fn tree(text: &Text) -> Option<Result<Yaml, Refused>> {
    let is_sops = text.content().lines().any(|line| line.trim_start().starts_with("[sops]"));
    is_sops.then(|| parse(text))
}

fn parse(text: &Text) -> Result<Yaml, Refused> {
    let content: &str = text.content();
    let start = if content.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { 0 };
    let mut lines = Lines { content, at: start };
    let mut sections = vec![Section::new("DEFAULT", start..start)];
    let mut comments = Comments::default();
    let mut count = 0;
    while let Some((at, line)) = lines.next() {
        let refuse = |why: &str| {
            let why = format!("has {why}, which sops refuses");
            Refused::new(why, text.place(at..at + line.trim_end().len()))
        };
        if line.starts_with(['#', ';']) {
            comments.pending.push_str(line);
        } else if let Some(rest) = line.strip_prefix('[') {
            let (name, after) = rest.rsplit_once(']').ok_or_else(|| refuse("a section without its `]`"))?;
            if name.is_empty() {
                return Err(refuse("a section without a name"));
            }
            let span = at..at + line.trim_end().len();
            comments.pending.push_str(comment_in(after));
            comments.end_at(span.end);
            sections.push(Section::new(name, span));
        } else if !line.is_empty() {
            let (name, after) =
                key(line).ok_or_else(|| refuse("a line that is neither a section nor `key = value`"))?;
            let unclosed = || refuse("a value whose closing quote is missing");
            let (value, comment) = lines.value(at + line.len() - after.len(), after).ok_or_else(unclosed)?;
            comments.pending.push_str(comment);
            comments.end_at(value.span.end);
            count += 1;
            if count > MAX_LINES {
                return Err(refuse(&format!("more than {MAX_LINES} values")));
            }
            if let Some(section) = sections.last_mut() {
                section.add(flat::string(&name, at, line.get(..line.len() - after.len()).unwrap_or(line)), value);
            }
        }
    }
    joined(text, sections, comments.all)
}

/// The sections as a tree.
fn joined(text: &Text, sections: Vec<Section>, comments: Vec<Comment>) -> Result<Yaml, Refused> {
    let mut metadata: Option<Section> = None;
    let mut data = Vec::new();
    for section in sections {
        if section.name.text() == Some("sops") {
            if metadata.is_some() {
                let place = text.place(section.name.span);
                let why = "has a second section `[sops]`, which sops refuses";
                return Err(Refused { is_metadata: true, ..Refused::new(why, place) });
            }
            metadata = Some(section);
        } else if !(section.entries.is_empty() && section.name.span.is_empty()) {
            data.push(Entry { key: section.name, value: flat::map(section.entries) });
        }
    }
    let metadata = metadata.unwrap_or_else(|| Section::new("sops", 0..0));
    let lines = metadata.entries.into_iter().map(|entry| {
        let mut value = entry.value;
        if let Value::Scalar(scalar) = &mut value.value {
            scalar.text = scalar.text.replace("\\n", "\n").into();
        }
        Line { name: entry.key, value }
    });
    let yaml = flat::tree(text, data, metadata.name, lines.collect())?;
    Ok(Yaml { comments, ..yaml })
}

const BYTE_ORDER_MARK: char = '\u{feff}';

struct Section {
    name: Node,
    entries: Vec<Entry>,
    /// Where each key stands in `entries`: a later one of the same name takes its place.
    keys: BTreeMap<Box<str>, usize>,
    /// How many keys are called `-`, each of which stands for the next number.
    numbered: usize,
}

impl Section {
    fn new(name: &str, span: Range<usize>) -> Section {
        let name = Node { span, ..flat::string(name, 0, "") };
        Section { name, entries: Vec::new(), keys: BTreeMap::new(), numbered: 0 }
    }

    fn add(&mut self, key: Node, value: Node) {
        let mut key = key;
        if key.text() == Some("-") {
            self.numbered += 1;
            key = Node { span: key.span, ..flat::string(&format!("#{}", self.numbered), 0, "") };
        }
        let name: Box<str> = key.text().unwrap_or_default().into();
        match self.keys.get(&name).and_then(|&index| self.entries.get_mut(index)) {
            Some(entry) => entry.value = value,
            None => {
                self.keys.insert(name, self.entries.len());
                self.entries.push(Entry { key, value });
            }
        }
    }
}

/// The comments of the file; those that wait belong to the next section or key.
#[derive(Default)]
struct Comments {
    pending: String,
    all: Vec<Comment>,
}

impl Comments {
    /// Makes one comment of what waits, without the sign that it starts with.
    fn end_at(&mut self, at: usize) {
        let pending = mem::take(&mut self.pending);
        let text = match pending.trim() {
            "" => return,
            text if text.starts_with(';') => text.trim_start_matches([';', ' ']),
            text => text.trim_start_matches(['#', ' ']),
        };
        self.all.push(Comment { text: text.into(), span: at..at });
    }
}

/// From the first `#` or `;` on.
fn comment_in(text: &str) -> &str {
    text.find(['#', ';']).and_then(|at| text.get(at..)).unwrap_or_default()
}

/// The key of a line and what follows its `=` or `:`. A key may stand in quotes.
fn key(line: &str) -> Option<(String, &str)> {
    const SEPARATORS: [char; 2] = ['=', ':'];
    let quote = match line {
        _ if line.starts_with("\"\"\"") && line.len() > 6 => "\"\"\"",
        _ if line.starts_with('"') => "\"",
        _ if line.starts_with('`') => "`",
        _ => {
            let (name, after) = line.split_once(SEPARATORS)?;
            return (!name.is_empty()).then(|| (name.trim().to_owned(), after));
        }
    };
    let (name, rest) = line.strip_prefix(quote)?.split_once(quote)?;
    let (_, after) = rest.split_once(SEPARATORS)?;
    (!name.trim().is_empty()).then(|| (name.trim().to_owned(), after))
}

struct Lines<'t> {
    content: &'t str,
    at: usize,
}

impl<'t> Lines<'t> {
    /// The next line from its first character that is no blank, with its line feed; and where it is.
    fn next(&mut self) -> Option<(usize, &'t str)> {
        let rest = self.content.get(self.at..).filter(|rest| !rest.is_empty())?;
        let line = rest.split_inclusive('\n').next()?;
        let from = self.at;
        self.at += line.len();
        let trimmed = line.trim_start();
        Some((from + line.len() - trimmed.len(), trimmed))
    }

    /// The value that starts in a line at `start`, and the comment behind it. It may go on over
    /// further lines, in quotes or after a `\`. Absent if a quote is not closed.
    fn value(&mut self, start: usize, line: &'t str) -> Option<(Node, &'t str)> {
        let written = line.trim_start();
        let start = start + line.len() - written.len();
        let quote = match written {
            _ if written.starts_with("\"\"\"") && written.len() > 3 => Some("\"\"\""),
            _ if written.starts_with('`') => Some("`"),
            _ => None,
        };
        if let Some((quote, inner)) = quote.and_then(|quote| Some((quote, written.strip_prefix(quote)?))) {
            return match inner.rsplit_once(quote) {
                Some((value, _)) => Some((flat::string(value, start, written.trim_end()), "")),
                None => self.quoted(start, inner, quote),
            };
        }
        let written = written.trim_end();
        if let Some(first) = written.strip_suffix('\\') {
            return Some((self.continued(start, first), ""));
        }
        let comment = comment_in(written);
        let written = written.get(..written.len() - comment.len()).unwrap_or(written).trim_end();
        let inner = ['\'', '"'].into_iter().find_map(|quote| {
            let inner = written.strip_prefix(quote)?.strip_suffix(quote)?;
            (!inner.contains(quote)).then_some(inner)
        });
        Some((flat::string(inner.unwrap_or(written), start, written), comment))
    }

    /// A value whose closing quote is on a later line.
    fn quoted(&mut self, start: usize, first: &str, quote: &str) -> Option<(Node, &'t str)> {
        let mut value = first.to_owned();
        loop {
            let from = self.at;
            self.next()?;
            let line = self.content.get(from..self.at)?;
            if let Some((last, after)) = line.rsplit_once(quote) {
                value.push_str(last);
                let source = self.content.get(start..self.at - after.len())?;
                return Some((flat::string(&value, start, source), comment_in(after).trim()));
            }
            value.push_str(line);
        }
    }

    /// A value whose lines end in `\`; neither quotes nor comments mean anything in it.
    fn continued(&mut self, start: usize, first: &str) -> Node {
        let mut value = first.to_owned();
        let mut end = start + first.len();
        while let Some((at, line)) = self.next() {
            let line = line.trim_end();
            end = at + line.len();
            if line.is_empty() {
                break;
            }
            match line.strip_suffix('\\') {
                Some(line) => value.push_str(line),
                None => {
                    value.push_str(line);
                    break;
                }
            }
        }
        flat::string(&value, start, self.content.get(start..end).unwrap_or_default())
    }
}
