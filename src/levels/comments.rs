//! Where the comments of a file are: what stands in a string is none. JSON has none, nor has a file of no known form.

use std::ops::Range;

use crate::nix;
use crate::sops::document::Format;
use crate::source::Text;
use crate::yaml;

/// A comment, with the signs that begin and end it.
pub(super) type Comment = Range<usize>;

/// In order. None of a YAML file that does not parse.
pub(super) fn comments(text: &Text) -> Vec<Comment> {
    let content = text.content();
    if text.path().ends_with(".nix") {
        return nix::comments::comments(content);
    }
    match Format::of(text.path()) {
        Format::Yaml => {
            let comments = yaml::parse(text).map(|yaml| yaml.comments).unwrap_or_default();
            comments.into_iter().map(|comment| comment.span).collect()
        }
        // Sops takes a line for a comment that begins with `#` in its first column, and knows no other.
        Format::Dotenv => lines(content).filter(|(_, line)| line.starts_with('#')).map(|(span, _)| span).collect(),
        Format::Ini => ini(content),
        Format::Json | Format::Binary => Vec::new(),
    }
}

/// Each line without its end.
fn lines(content: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    content.split_inclusive('\n').scan(0, |start, line| {
        let from = *start;
        *start += line.len();
        let line = line.trim_end();
        Some((from..from + line.len(), line))
    })
}

/// Lines that begin with `#` or `;`, outside of values that go on over several lines: in quotes, or after a `\`.
fn ini(content: &str) -> Vec<Comment> {
    let mut found = Vec::new();
    let mut quote = None;
    let mut goes_on = false;
    for (span, line) in lines(content) {
        let written = line.trim_start();
        match quote {
            Some(sign) => quote = Some(sign).filter(|sign| line.matches(*sign).count() % 2 == 0),
            None if !goes_on && written.starts_with(['#', ';']) => {
                found.push(span.end - written.len()..span.end);
            }
            None => {
                quote = ["\"\"\"", "`"].into_iter().find(|sign| line.matches(*sign).count() % 2 == 1);
                goes_on = line.ends_with('\\');
            }
        }
    }
    found
}
