//! How systemd reads an environment file: a model of it, written from systemd.exec(5) (EnvironmentFile) and
//! reference/sops.md section 8, and systemd's own reader where it is installed.

use std::collections::BTreeMap;
use std::fs;
use std::iter::Peekable;
use std::process::Command;
use std::str::Chars;

use tempfile::TempDir;

const BREAKS: [char; 2] = ['\n', '\r'];
const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

/// The variables that a file sets.
pub fn read(text: &str) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    let mut rest = text.chars().peekable();
    loop {
        while rest.next_if(|c| BLANKS.contains(c)).is_some() {}
        match rest.peek() {
            None => return variables,
            Some('#' | ';') => {
                while rest.next_if(|c| !BREAKS.contains(c)).is_some() {}
                continue;
            }
            Some(_) => {}
        }
        let mut name = String::new();
        while let Some(c) = rest.next_if(|c| *c != '=' && !BREAKS.contains(c)) {
            name.push(c);
        }
        if rest.next_if_eq(&'=').is_none() {
            continue;
        }
        let value = value(&mut rest);
        let name = name.trim_end_matches(BLANKS);
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if plain && name.starts_with(|c: char| !c.is_ascii_digit()) {
            variables.insert(name.to_owned(), value);
        }
    }
}

/// What follows `=`: quoted parts one after the other, then perhaps a part without quotes.
fn value(rest: &mut Peekable<Chars<'_>>) -> String {
    let mut value = String::new();
    loop {
        match rest.peek() {
            Some('\'') => {
                rest.next();
                value.extend(rest.by_ref().take_while(|c| *c != '\''));
            }
            Some('"') => {
                rest.next();
                double_quoted(rest, &mut value);
            }
            Some(' ' | '\t') => drop(rest.next()),
            Some('\n' | '\r') | None => return value,
            Some(_) => return unquoted(rest, value),
        }
    }
}

fn double_quoted(rest: &mut Peekable<Chars<'_>>, value: &mut String) {
    while let Some(c) = rest.next() {
        match c {
            '"' => return,
            '\\' => match rest.next() {
                Some(escaped @ ('"' | '\\' | '`' | '$')) => value.push(escaped),
                Some('\n') | None => {}
                Some(other) => value.extend(['\\', other]),
            },
            c => value.push(c),
        }
    }
}

/// To the end of the line; blanks at its end do not count, unless escaped.
fn unquoted(rest: &mut Peekable<Chars<'_>>, mut value: String) -> String {
    let mut end = value.len();
    while let Some(c) = rest.next_if(|c| !BREAKS.contains(c)) {
        match c {
            '\\' => value.extend(rest.next().filter(|c| !BREAKS.contains(c))),
            c => value.push(c),
        }
        if c == '\\' || !BLANKS.contains(&c) {
            end = value.len();
        }
    }
    value.truncate(end);
    value
}

/// What systemd's generator of environments from files (environment.d(5)) reads from each of `files`, which
/// set different variables. It expands `$` afterwards, so there must be none.
pub fn really_read(files: &[String]) -> BTreeMap<String, String> {
    let folder = TempDir::new().expect("a temporary folder");
    let inside = folder.path().join("environment.d");
    fs::create_dir(&inside).expect("a folder");
    for (index, file) in files.iter().enumerate() {
        fs::write(inside.join(format!("{index:06}.conf")), file).expect("a file is written");
    }
    let output = Command::new(crate::support::installed::SYSTEMD.programs[0])
        .env_clear()
        .env("XDG_CONFIG_HOME", folder.path())
        .env("HOME", folder.path())
        .output()
        .expect("systemd's generator starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), unescaped(value))).collect()
}

/// The generator writes for a shell: in double quotes where it must, controls as in C.
fn unescaped(value: &str) -> String {
    let Some(quoted) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return value.to_owned() };
    let mut plain = String::new();
    let mut rest = quoted.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        plain.push(match rest.next().expect("what is escaped") {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'v' => '\u{b}',
            first @ '0'..='7' => {
                let digits: String = [first].into_iter().chain(rest.by_ref().take(2)).collect();
                char::from(u8::from_str_radix(&digits, 8).expect("octal"))
            }
            other => other,
        });
    }
    plain
}
