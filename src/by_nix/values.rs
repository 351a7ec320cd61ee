//! What Nix prints of values in a message is cut from it: it may be a secret.

/// After these the kind of a value follows, and behind a colon the value.
const KIND_AND_VALUE: [&str; 2] = [" but found ", "not a function but "];

/// After these a value follows.
const VALUE_TO_THE_END: [&str; 3] = [" to a string: ", "values are ", "last read: "];

/// After these a value follows in single quotes. It may hold such quotes: the last one ends it.
const VALUE_IN_QUOTES: [&str; 6] =
    ["string '", "value '", "regular expression '", "assertion '", "hash '", "cannot convert '"];

/// What Nix puts around the text of `abort`.
const ABORT: &str = "evaluation aborted with the following error message: '";

/// A message, in one line, without the values in it. Nix writes values in double quotes, and names in single
/// ones; what a person wrote (`throw`, `abort`, assertions) keeps in single quotes what looks like a name.
pub fn without_values(message: &str) -> String {
    if let Some(text) = message.strip_prefix(ABORT) {
        return format!("{ABORT}{}'", without_values(text.strip_suffix('\'').unwrap_or(text)));
    }
    let mut message = without_what_urls_carry(message);
    for before in KIND_AND_VALUE {
        if let Some((head, tail)) = message.split_once(before)
            && let Some((kind, _)) = tail.split_once(": ")
        {
            message = format!("{head}{before}{kind}");
        }
    }
    for before in VALUE_TO_THE_END {
        if let Some((head, _)) = message.split_once(before) {
            message = format!("{head}{before}…");
        }
    }
    for before in VALUE_IN_QUOTES {
        let Some((head, tail)) = message.split_once(before) else { continue };
        // An apostrophe is followed by a letter: `doesn't`.
        let after = if tail.ends_with('\'') { None } else { tail.rsplit_once("' ") };
        let after = after.map(|(_, after)| format!(" {after}")).unwrap_or_default();
        message = format!("{head}{before}…'{after}");
    }
    // An indented string, which the module system prints so.
    if let Some((head, _)) = message.split_once("''") {
        message = format!("{head}''…''");
    }
    without_single_quoted(&without_double_quoted(&message))
}

/// A URL without user, password, query and fragment.
fn without_what_urls_carry(text: &str) -> String {
    const AROUND: [char; 8] = ['\'', '"', '`', '»', '>', ')', ',', ' '];
    let mut kept = String::new();
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once("://") {
        kept.push_str(head);
        kept.push_str("://");
        let (url, after) = tail.split_at(tail.find(AROUND).unwrap_or(tail.len()));
        let url = url.split(['?', '#']).next().unwrap_or_default();
        let (authority, path) = url.split_at(url.find('/').unwrap_or(url.len()));
        kept.push_str(authority.rsplit('@').next().unwrap_or_default());
        kept.push_str(path);
        rest = after;
    }
    kept + rest
}

fn without_double_quoted(text: &str) -> String {
    let mut kept = String::new();
    let mut pieces = unescaped_quotes(text);
    if pieces.len().is_multiple_of(2) {
        // One is alone, and nobody knows which.
        pieces.truncate(1);
        pieces.push("");
    }
    for (at, piece) in pieces.into_iter().enumerate() {
        kept.push_str(if at % 2 == 0 { piece } else { "\"…\"" });
    }
    kept
}

/// What is between the double quotes that no backslash escapes.
fn unescaped_quotes(text: &str) -> Vec<&str> {
    let mut escaped = false;
    text.split(|character| {
        let is_quote = character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        is_quote
    })
    .collect()
}

/// Cuts what is in single quotes and is neither a name, nor a path, nor a token of Nix.
fn without_single_quoted(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(start) = opening_quote(rest) {
        let (head, quoted) = rest.split_at(start);
        kept.push_str(head);
        let quoted = quoted.get(1..).unwrap_or_default();
        let Some(end) = closing_quote(quoted) else {
            kept.push_str("'…'");
            return kept;
        };
        let (quoted, after) = quoted.split_at(end);
        kept.push_str(&format!("'{}'", if is_named(quoted) { quoted } else { "…" }));
        rest = after.get(1..).unwrap_or_default();
    }
    kept + rest
}

/// A quote that no letter precedes, so no apostrophe; nor one that ends what a backtick began.
fn opening_quote(text: &str) -> Option<usize> {
    let mut before = ' ';
    let mut after_backtick = false;
    for (at, character) in text.char_indices() {
        match character {
            '\'' if after_backtick && before != ' ' => {
                after_backtick = before.is_alphanumeric() && follows_letter(text, at)
            }
            '\'' if !before.is_alphanumeric() => return Some(at),
            '`' => after_backtick = !after_backtick,
            _ => {}
        }
        before = character;
    }
    None
}

/// A quote that no letter follows.
fn closing_quote(quoted: &str) -> Option<usize> {
    quoted.match_indices('\'').map(|(at, _)| at).find(|at| !follows_letter(quoted, *at))
}

fn follows_letter(text: &str, quote: usize) -> bool {
    text.get(quote + 1..).and_then(|after| after.chars().next()).is_some_and(char::is_alphanumeric)
}

fn is_named(quoted: &str) -> bool {
    let is_token = quoted.len() <= 3 && !quoted.contains(char::is_alphanumeric);
    is_token || quoted.chars().all(|character| character.is_alphanumeric() || "._-+/:@~<>«»^".contains(character))
}
