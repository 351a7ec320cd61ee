//! A single value is read as an environment file.

use crate::checks::declared::{Declared, Named};
use crate::checks::{Rule, Verdict, World};
use crate::command;
use crate::environment::name;
use crate::finding::{Finding, Label, Level};
use crate::manifest::Use;
use crate::sops::{Found, Leaf};

use super::environment::{environment_files, secret_of};

pub const RULE: Rule = Rule {
    id: "environment-file-not-dotenv",
    level: Level::Warning,
    page: include_str!("../../../docs/rules/environment-file-not-dotenv.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for host in &world.manifest.hosts {
        for file in environment_files(host) {
            let Some(declared) = secret_of(host, file.used).filter(is_one_value) else { continue };
            match is_bare(world, &declared) {
                Some(true) => verdict.findings.push(finding(declared, file.used)),
                Some(false) => {}
                None => {
                    let clause = format!(
                        "whether secret `{}` of {} is made of lines `NAME=value`: it is sealed",
                        declared.name,
                        declared.owner()
                    );
                    verdict.undecided_of(host, clause);
                }
            }
        }
    }
}

/// A longer value may be a name, a `=` and what many services give out as a token: forty bytes and more.
const MAY_BE_A_LINE: usize = 50;

/// No line that sets a password to anything is as short.
const IS_NO_LINE: usize = 12;

/// Whether it is one value of a file that holds several.
fn is_one_value(declared: &Declared<'_>) -> bool {
    let (Some(format), Some(key)) = (declared.secret.format.known(), declared.secret.key.known()) else { return false };
    matches!(format.as_str(), "yaml" | "json") && !key.is_empty()
}

/// Whether the value is only what a line would set, by its names and by its length.
fn is_bare<'a>(world: &World<'a>, declared: &Declared<'a>) -> Option<bool> {
    let key = declared.secret.key.known()?;
    if [key, declared.name].into_iter().any(says_env) {
        return Some(false);
    }
    let Named::Read(document) = declared.file(world) else { return None };
    let Found::Leaf { leaf: Leaf::Sealed(seal), .. } = document.find(key) else { return None };
    let says_one = [key, declared.name].into_iter().any(says_one_value);
    match seal.length {
        length if length < IS_NO_LINE || (says_one && length < MAY_BE_A_LINE) => Some(true),
        _ => None,
    }
}

/// Whether a name ends in a word for a single value: `web/token`, `dbPassword`, `secret-key`.
fn says_one_value(name: &str) -> bool {
    const WORDS: [&str; 12] =
        ["token", "password", "passwd", "passphrase", "pass", "key", "secret", "pin", "hash", "cookie", "salt", "psk"];
    let name = name.to_ascii_lowercase();
    WORDS.iter().any(|word| name.ends_with(word))
}

/// Whether a word of a name is of the environment: `web/env`, `web-envfile`, `environment_file`, `dotenv`.
fn says_env(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    let is_env = |word: &str| matches!(word, "envs" | "envfile" | "envfiles" | "envvar" | "envvars");
    words.any(|word| word.ends_with("env") || word.starts_with("environment") || is_env(word))
}

fn finding(declared: Declared<'_>, used: &Use) -> Finding {
    let secret = declared.name;
    let key = declared.secret.key.known().map_or(secret, String::as_str);
    let last = key.rsplit('/').next().unwrap_or(key);
    let variable = name::of_key(last).unwrap_or_else(|| "NAME".to_owned());
    let template = command::attribute("sops.templates", &format!("{secret}.env"));
    let option = used.option.rsplit('.').next().unwrap_or(&used.option);
    Finding {
        certainty: used.certainty.clone().weaker(declared.secret.certainty.clone()),
        help: Some(format!(
            "write a template, `{template}.content = \"{variable}='${{config.{}}}'\";`, and its path here, \
             `config.{template}.path`; or end the secret's name in `env` if its value is made of such lines",
            command::attribute("sops.placeholder", secret)
        )),
        primary: Label::new(used.at.0.clone(), format!("`{option}` reads lines `NAME=value`")),
        others: vec![Label::new(declared.place(), format!("`{secret}` is the one value `{key}`"))],
        names: vec![used.option.clone()],
        ..declared.finding(
            &RULE,
            "",
            format!(
                "Secret `{secret}` is a single value, and `{option}` wants lines `NAME=value`. A value without a name \
                 sets nothing, and nothing fails: the program starts without its secret.",
            ),
        )
    }
}
