//! A single value is read as an environment file.

use crate::checks::declared::{Declared, declared};
use crate::checks::{Rule, Verdict, World};
use crate::environment::name;
use crate::finding::{Finding, Label, Level};
use crate::manifest::{Use, Used};

use super::environment::environment_files;

pub const RULE: Rule = Rule {
    id: "environment-file-not-dotenv",
    level: Level::Warning,
    page: include_str!("../../../docs/rules/environment-file-not-dotenv.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for host in &world.manifest.hosts {
        for file in environment_files(host) {
            let Used::SecretPath { name } = &file.used.what else { continue };
            let is_it = |declared: &Declared<'_>| {
                let same = (declared.user, declared.container) == (file.used.user.as_deref(), None);
                std::ptr::eq(declared.host, host) && same && declared.name == name
            };
            if let Some(declared) = declared(world.manifest).find(is_it).filter(is_single_value) {
                verdict.findings.push(finding(declared, file.used));
            }
        }
    }
}

/// Whether it is one value of a file that holds several, and nothing in its names says that this value
/// is an environment file by itself.
fn is_single_value(declared: &Declared<'_>) -> bool {
    let secret = declared.secret;
    let (Some(format), Some(key)) = (secret.format.known(), secret.key.known()) else { return false };
    matches!(format.as_str(), "yaml" | "json") && !key.is_empty() && ![key, declared.name].into_iter().any(says_env)
}

/// Whether a word of a name is of the environment: `web/env`, `web-envfile`, `environment_file`, `dotenv`.
fn says_env(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| word.ends_with("env") || word.starts_with("env"))
}

fn finding(declared: Declared<'_>, used: &Use) -> Finding {
    let secret = declared.name;
    let key = declared.secret.key.known().map_or(secret, String::as_str);
    let last = key.rsplit('/').next().unwrap_or(key);
    let variable = name::of_key(last).unwrap_or_else(|| "NAME".to_owned());
    let option = used.option.rsplit('.').next().unwrap_or(&used.option);
    Finding {
        certainty: used.certainty.clone().weaker(declared.secret.certainty.clone()),
        help: Some(format!(
            "write a template, `sops.templates.\"{secret}.env\".content = \"{variable}='${{config.sops.placeholder.\"{secret}\"}}'\";`, \
             and its path here, `config.sops.templates.\"{secret}.env\".path`; or end the secret's name in `env` if its \
             value is made of such lines"
        )),
        primary: Label::new(used.at.0.clone(), format!("`{option}` reads lines `NAME=value`")),
        others: vec![Label::new(declared.place(), format!("`{secret}` is the one value `{key}`"))],
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
