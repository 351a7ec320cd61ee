//! Version numbers and the names of packages.

use std::cmp::Ordering;

use super::{Function, arguments};
use crate::nix::eval::Eval;
use crate::nix::value::{Outcome, Thunk, Value};

pub const FUNCTIONS: &[Function] = &[
    Function { name: "compareVersions", arity: 2, run: compare_versions },
    Function { name: "parseDrvName", arity: 1, run: parse_drv_name },
    Function { name: "splitVersion", arity: 1, run: split_version },
];

/// The parts of a version: runs of digits and runs of anything else, between dots and dashes.
fn parts(version: &str) -> impl Iterator<Item = &str> {
    let mut rest = version;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(['.', '-']);
        let first = rest.chars().next()?;
        let digits = first.is_ascii_digit();
        let end = rest.find(|c: char| matches!(c, '.' | '-') || c.is_ascii_digit() != digits).unwrap_or(rest.len());
        let (part, after) = rest.split_at_checked(end)?;
        rest = after;
        Some(part)
    })
}

/// The order that the manual gives at `builtins.compareVersions`.
fn compare(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (parts(left), parts(right));
    loop {
        let (a, b) = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (a, b) => (a.unwrap_or_default(), b.unwrap_or_default()),
        };
        if is_less(a, b) {
            return Ordering::Less;
        }
        if is_less(b, a) {
            return Ordering::Greater;
        }
    }
}

/// One part against another; a version that has ended has "" from there on.
fn is_less(a: &str, b: &str) -> bool {
    match (a.parse::<i32>(), b.parse::<i32>()) {
        (Ok(a), Ok(b)) => a < b,
        (_, Ok(_)) if a.is_empty() => true,
        _ if a == "pre" => b != "pre",
        _ if b == "pre" => false,
        // 2.3a comes before 2.3.1.
        (_, Ok(_)) => true,
        (Ok(_), _) => false,
        _ => a < b,
    }
}

fn compare_versions<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [left, right] = arguments(eval, args)?;
    let order = compare(eval.force_string(left)?.text, eval.force_string(right)?.text);
    Ok(Value::Int(order as i64))
}

fn split_version<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [version] = arguments(eval, args)?;
    let version = eval.force_string(version)?;
    let parts: Vec<_> = parts(version.text).map(|part| eval.done(eval.string_of(part, &[], version.origin))).collect();
    Ok(eval.list(&parts))
}

/// The version begins after the first dash that no letter follows.
fn parse_drv_name<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [text] = arguments(eval, args)?;
    let text = eval.force_string(text)?.text;
    let dash = text.match_indices('-').map(|(at, _)| at).find(|at| {
        let next = text.get(at + 1..).and_then(|rest| rest.chars().next());
        next.is_some_and(|next| !next.is_ascii_alphabetic())
    });
    let (name, version) = match dash {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default()),
        None => (text, ""),
    };
    let string = |text: &'a str| eval.done(eval.string_of(text, &[], None));
    Ok(eval.attrs(vec![eval.attr("name", string(name)), eval.attr("version", string(version))]))
}
