//! Whether a rule is for one host alone, and goes with it.

use std::ops::Range;

use crate::generate::rule_file::named_words;

/// Whether an expression is for somebody of these names alone: every alternative names it, each time as a whole
/// part of the path, and none of the others is named.
pub(super) fn is_for_alone(expression: &str, names: &[String], others: &[String]) -> bool {
    let its = named_words(expression, names);
    let is_its = |other: &Range<usize>| its.iter().any(|word| word.start <= other.start && other.end <= word.end);
    let names_it = |part: &Range<usize>| its.iter().any(|word| part.start <= word.start && word.end <= part.end);
    !its.is_empty()
        && its.iter().all(|word| is_part(expression, word))
        && named_words(expression, others).iter().all(is_its)
        && groups(expression).iter().all(|parts| parts.iter().all(names_it) || !parts.iter().any(names_it))
}

/// Whether a word is a whole name of a folder or file: `robin` of `^hosts/robin\.yaml$`, not of `kim@robin`.
fn is_part(expression: &str, word: &Range<usize>) -> bool {
    let before = expression.get(..word.start).unwrap_or_default();
    let after = expression.get(word.end..).unwrap_or_default();
    let begins = before.is_empty() || before.ends_with(['^', '/', '.', '(', '|', ':']);
    let ends = after.is_empty() || [r"\.", r"\/", ".", "/", "$", ")", "|"].iter().any(|end| after.starts_with(end));
    begins && ends
}

/// The alternatives of each group of an expression, and of the whole; one that may be missing has an empty one.
fn groups(expression: &str) -> Vec<Vec<Range<usize>>> {
    let mut closed = Vec::new();
    let mut open: Vec<(Vec<Range<usize>>, usize)> = vec![(Vec::new(), 0)];
    let (mut is_escaped, mut is_class) = (false, false);
    for (at, character) in expression.char_indices() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            ']' => is_class = false,
            '[' => is_class = true,
            _ if is_class => {}
            '(' => open.push((Vec::new(), at + 1)),
            '|' => {
                if let Some((parts, from)) = open.last_mut() {
                    parts.push(std::mem::replace(from, at + 1)..at);
                }
            }
            ')' => {
                let Some((mut parts, from)) = open.pop() else { continue };
                parts.push(from..at);
                let may_be_missing = expression.get(at + 1..).is_some_and(|rest| rest.starts_with(['?', '*', '{']));
                parts.extend(may_be_missing.then_some(at..at));
                closed.push(parts);
            }
            _ => {}
        }
    }
    for (mut parts, from) in open {
        parts.push(from..expression.len());
        closed.push(parts);
    }
    closed
}

/// Whether a folder on a path or its file is named after somebody: `hosts/robin/x.yaml`, `robin.yaml`.
pub(super) fn is_named_after(path: &str, names: &[String]) -> bool {
    let is_dot = |character: Option<char>| character.is_none_or(|character| character == '.');
    path.split('/').any(|part| {
        named_words(part, names).into_iter().any(|word| {
            let before = part.get(..word.start).and_then(|before| before.chars().next_back());
            let after = part.get(word.end..).and_then(|after| after.chars().next());
            is_dot(before) && is_dot(after)
        })
    })
}
