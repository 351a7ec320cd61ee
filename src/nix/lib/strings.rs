//! `lib.strings`: prefixes, suffixes, case, characters. A string made from one other keeps what is
//! inside and where it was written. Nix counts bytes; here a character that is not ASCII is never
//! cut in two, which is the one difference.

use super::calling::{Verdict, arguments, builtin, call, reworked, stop, text, verdict};
use super::gather::all_items;
use crate::nix::builtins::Function;
use crate::nix::eval::{Coercion, Eval, Found};
use crate::nix::symbol::Symbol;
use crate::nix::value::{Attr, Outcome, Str, Thunk, Value};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "addContextFrom", arity: 2, run: add_context_from },
    Function { name: "charToInt", arity: 1, run: char_to_int },
    Function { name: "fileContents", arity: 1, run: file_contents },
    Function { name: "getName", arity: 1, run: |eval, args| of_package(eval, args, "pname", "name") },
    Function { name: "getVersion", arity: 1, run: |eval, args| of_package(eval, args, "version", "version") },
    Function { name: "hasInfix", arity: 2, run: |eval, args| compared(eval, args, |part, whole| whole.contains(part)) },
    Function { name: "hasPrefix", arity: 2, run: |eval, args| compared(eval, args, |part, whole| whole.starts_with(part)) },
    Function { name: "hasSuffix", arity: 2, run: |eval, args| compared(eval, args, |part, whole| whole.ends_with(part)) },
    Function { name: "isCoercibleToString", arity: 1, run: is_convertible_with_string },
    Function { name: "isConvertibleWithToString", arity: 1, run: is_convertible_with_string },
    Function { name: "isStorePath", arity: 1, run: is_store_path },
    Function { name: "isStringLike", arity: 1, run: is_string_like },
    Function { name: "isValidPosixName", arity: 1, run: is_valid_posix_name },
    Function { name: "normalizePath", arity: 1, run: normalize_path },
    Function { name: "optionalString", arity: 2, run: optional_string },
    Function { name: "removePrefix", arity: 2, run: |eval, args| without(eval, args, |whole, part| whole.strip_prefix(part)) },
    Function { name: "removeSuffix", arity: 2, run: |eval, args| without(eval, args, |whole, part| whole.strip_suffix(part)) },
    Function { name: "replaceString", arity: 3, run: replace_string },
    Function { name: "sanitizeDerivationName", arity: 1, run: sanitize_derivation_name },
    Function { name: "stringAsChars", arity: 2, run: string_as_chars },
    Function { name: "stringToCharacters", arity: 1, run: string_to_characters },
    Function { name: "toCamelCase", arity: 1, run: to_camel_case },
    Function { name: "toLower", arity: 1, run: |eval, args| changed(eval, args, str::to_ascii_lowercase) },
    Function { name: "toSentenceCase", arity: 1, run: |eval, args| changed(eval, args, sentence_case) },
    Function { name: "toUpper", arity: 1, run: |eval, args| changed(eval, args, str::to_ascii_uppercase) },
    Function { name: "trim", arity: 1, run: trim },
    Function { name: "trimWith", arity: 2, run: trim_with },
    Function { name: "versionAtLeast", arity: 2, run: |eval, args| version_compares(eval, args, |order| order >= 0) },
    Function { name: "versionOlder", arity: 2, run: |eval, args| version_compares(eval, args, |order| order < 0) },
];

/// The characters that Nix takes for blanks at the ends of a string.
const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// What is no function.
pub fn values<'a>(eval: &Eval<'a>, _types: &'a Thunk<'a>) -> Vec<Attr<'a>> {
    let letters = |range: std::ops::RangeInclusive<char>| {
        let items: Vec<_> = range.map(|letter| eval.done(eval.string(&letter.to_string()))).collect();
        eval.done(eval.list(&items))
    };
    vec![eval.attr("lowerChars", letters('a'..='z')), eval.attr("upperChars", letters('A'..='Z'))]
}

fn compared<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>], holds: fn(&str, &str) -> bool) -> Outcome<'a> {
    let [part, whole] = arguments(eval, args)?;
    let part = text(eval, part)?.text;
    Ok(Value::Bool(holds(part, text(eval, whole)?.text)))
}

fn without<'a>(
    eval: &Eval<'a>,
    args: &[&'a Thunk<'a>],
    strip: for<'t> fn(&'t str, &str) -> Option<&'t str>,
) -> Outcome<'a> {
    let [part, whole] = arguments(eval, args)?;
    let part = text(eval, part)?.text;
    let whole = text(eval, whole)?;
    Ok(reworked(eval, whole, strip(whole.text, part).unwrap_or(whole.text)))
}

fn changed<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>], change: fn(&str) -> String) -> Outcome<'a> {
    let [string] = arguments(eval, args)?;
    let string = text(eval, string)?;
    Ok(reworked(eval, string, &change(string.text)))
}

fn sentence_case(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters.map(|other| other.to_ascii_lowercase())).collect()
}

/// Words begin after `-`, `_`, a blank, and at a capital that follows a small letter.
fn to_camel_case<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [string] = arguments(eval, args)?;
    let string = eval.force_string(string)?;
    let mut words: Vec<String> = vec![String::new()];
    let mut before = ' ';
    for character in string.text.chars() {
        let separator = matches!(character, '-' | '_' | ' ');
        if separator || before.is_ascii_lowercase() && character.is_ascii_uppercase() {
            words.push(String::new());
        }
        if let (Some(word), false) = (words.last_mut(), separator) {
            word.push(character);
        }
        before = character;
    }
    let mut words = words.iter();
    let mut camel = words.next().map(|first| first.to_ascii_lowercase()).unwrap_or_default();
    camel.extend(words.map(|word| sentence_case(word)));
    Ok(reworked(eval, string, &camel))
}

fn trim<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    changed(eval, args, |text| text.trim_matches(BLANKS).to_owned())
}

fn trim_with<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [ends, string] = arguments(eval, args)?;
    let side = |name| -> Outcome<'a, bool> {
        match eval.look_up(eval.force(ends)?, Symbol::new(name))? {
            Found::Value(value) => eval.as_bool(value),
            Found::Absent => Ok(false),
            Found::Perhaps(why) => stop(why),
        }
    };
    let (start, end) = (side("start")?, side("end")?);
    let string = text(eval, string)?;
    let trimmed = if start { string.text.trim_start_matches(BLANKS) } else { string.text };
    let trimmed = if end { trimmed.trim_end_matches(BLANKS) } else { trimmed };
    Ok(reworked(eval, string, trimmed))
}

fn optional_string<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [condition, string] = arguments(eval, args)?;
    match verdict(eval, eval.force(condition))? {
        Verdict::Yes => eval.force(string),
        Verdict::No => Ok(eval.string("")),
        Verdict::Perhaps(why) => stop(why),
    }
}

fn replace_string<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [from, to, string] = arguments(eval, args)?;
    builtin(eval, "replaceStrings", &[eval.done(eval.list(&[from])), eval.done(eval.list(&[to])), string])
}

fn file_contents<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [path] = arguments(eval, args)?;
    let contents = eval.as_string(builtin(eval, "readFile", &[path])?)?;
    Ok(reworked(eval, contents, contents.text.strip_suffix('\n').unwrap_or(contents.text)))
}

/// Each character of a string, as a string that keeps what is inside.
fn characters<'a>(eval: &Eval<'a>, string: &Str<'a>) -> Vec<&'a Thunk<'a>> {
    let mut buffer = [0; 4];
    string.text.chars().map(|c| eval.done(reworked(eval, string, c.encode_utf8(&mut buffer)))).collect()
}

fn string_to_characters<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [string] = arguments(eval, args)?;
    Ok(eval.list(&characters(eval, text(eval, string)?)))
}

fn string_as_chars<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function, string] = arguments(eval, args)?;
    let string = text(eval, string)?;
    let mut all = String::new();
    for character in characters(eval, string) {
        all.push_str(eval.as_string(call(eval, function, &[character])?)?.text);
    }
    Ok(reworked(eval, string, &all))
}

fn char_to_int<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [character] = arguments(eval, args)?;
    match eval.force_string(character)?.text.as_bytes() {
        [byte] => Ok(Value::Int(i64::from(*byte))),
        _ => eval.fail("charToInt takes one ASCII character"),
    }
}

fn add_context_from<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [from, to] = arguments(eval, args)?;
    let (from, to) = (text(eval, from)?, text(eval, to)?);
    let context = eval.join_contexts(&[from.context, to.context]);
    Ok(eval.string_of(to.text, context, to.origin.or(from.origin)))
}

fn is_valid_posix_name<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [name] = arguments(eval, args)?;
    Ok(Value::Bool(posix_name(eval.force_string(name)?.text)))
}

/// Whether a shell takes this for a variable's name.
pub fn posix_name(name: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(letter) && name.chars().all(|c| letter(c) || c.is_ascii_digit())
}

fn is_string_like<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [value] = arguments(eval, args)?;
    string_like(eval, eval.force(value)?).map(Value::Bool)
}

/// Whether interpolation takes a value.
pub fn string_like<'a>(eval: &Eval<'a>, value: Value<'a>) -> Outcome<'a, bool> {
    match value {
        Value::String(_) | Value::Path(_) => Ok(true),
        Value::Unknown(why) => stop(why),
        Value::Attrs(_) => {
            for name in ["outPath", "__toString"] {
                match eval.look_up(value, Symbol::new(name))? {
                    Found::Value(_) => return Ok(true),
                    Found::Absent => {}
                    Found::Perhaps(why) => return stop(why),
                }
            }
            Ok(false)
        }
        _ => Ok(false),
    }
}

fn is_convertible_with_string<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [value] = arguments(eval, args)?;
    convertible(eval, value).map(Value::Bool)
}

fn convertible<'a>(eval: &Eval<'a>, thunk: &'a Thunk<'a>) -> Outcome<'a, bool> {
    let _depth = eval.limits.enter(eval)?;
    match eval.force(thunk)? {
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => Ok(true),
        Value::List(list) => {
            for item in all_items(list)? {
                if !convertible(eval, item)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        value => string_like(eval, value),
    }
}

fn is_store_path<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [value] = arguments(eval, args)?;
    let value = eval.force(value)?;
    if !string_like(eval, value)? {
        return Ok(Value::Bool(false));
    }
    let path = eval.coerce(value, Coercion::Full)?.text;
    Ok(Value::Bool(path.strip_prefix("/nix/store/").is_some_and(|name| !name.is_empty() && !name.contains('/'))))
}

fn normalize_path<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    changed(eval, args, |path| {
        let mut normal = String::with_capacity(path.len());
        for character in path.chars() {
            if character != '/' || !normal.ends_with('/') {
                normal.push(character);
            }
        }
        normal
    })
}

/// The longest name that the store takes with room for an extension.
const LONGEST_NAME: usize = 207;

fn sanitize_derivation_name<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    changed(eval, args, |name| {
        let valid = |c: char| c.is_ascii_alphanumeric() || "+._?=-".contains(c);
        let mut clean = String::with_capacity(name.len());
        let mut replaced = false;
        for character in name.trim_start_matches('.').chars() {
            match (valid(character), replaced) {
                (true, _) => clean.push(character),
                (false, false) => clean.push('-'),
                (false, true) => {}
            }
            replaced = !valid(character);
        }
        // All of it is ASCII now.
        let clean = clean.get(clean.len().saturating_sub(LONGEST_NAME)..).unwrap_or_default();
        if clean.is_empty() { "unknown".to_owned() } else { clean.to_owned() }
    })
}

fn version_compares<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>], wanted: fn(i64) -> bool) -> Outcome<'a> {
    let [left, right] = arguments(eval, args)?;
    Ok(Value::Bool(wanted(eval.as_int(builtin(eval, "compareVersions", &[left, right])?)?)))
}

/// A package's attribute `own`, else what `parseDrvName` makes of its name.
fn of_package<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>], own: &str, parsed: &str) -> Outcome<'a> {
    let [package] = arguments(eval, args)?;
    let value = eval.force(package)?;
    let name = match value {
        Value::String(_) => package,
        value => match eval.look_up(value, Symbol::new(own))? {
            Found::Value(value) => return Ok(value),
            Found::Perhaps(why) => return stop(why),
            Found::Absent => eval.done(eval.select_name(value, Symbol::new("name"), None)?),
        },
    };
    let name = builtin(eval, "parseDrvName", &[name])?;
    eval.select_name(name, Symbol::new(parsed), None)
}
