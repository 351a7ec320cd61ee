//! A `key` is set for a secret whose format delivers the whole file.

use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Label, Level};
use crate::sops::Format;

use super::form::{Fit, Formed, formed};

pub const RULE: Rule = Rule {
    id: "key-ignored-by-format",
    level: Level::Warning,
    page: include_str!("../../../docs/rules/key-ignored-by-format.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    let formed = formed(world).filter(|formed| formed.fit == Fit::Fits && formed.may_differ().is_none());
    verdict.findings.extend(formed.filter_map(|formed| finding(&formed)));
}

fn finding(formed: &Formed<'_>) -> Option<Finding> {
    let Formed { declared, document, format, .. } = formed;
    let (secret, path) = (declared.secret, &document.path);
    let key = secret.key.known().filter(|key| !key.is_empty() && secret.says("key"))?;
    let help = match format {
        Format::Yaml | Format::Json => return None,
        // What sops itself calls the one value of a binary file.
        Format::Binary if key == "data" => return None,
        Format::Binary => format!(
            "take `key` away, if the whole file is meant; else keep `{key}` in a YAML file, where it can be delivered \
             alone"
        ),
        Format::Dotenv => format!(
            "take `key` away, if the whole file is meant, as for an `EnvironmentFile`; else keep `{key}` in a YAML \
             file, where it can be delivered alone"
        ),
        Format::Ini => format!(
            "take `key` away, if the whole file is meant; else keep `{key}` in a YAML file, where it can be delivered \
             alone"
        ),
    };
    let key_at = secret.field_place("key").cloned();
    let finding = declared.finding(
        &RULE,
        "gets the whole file",
        format!(
            "`key` is set for `{}`, but sops-nix ignores it where the format is `{}`: the secret is the whole of \
             `{path}`, silently.",
            declared.name,
            format.word(),
        ),
    );
    let key_label = key_at.filter(|place| *place != declared.place()).map(|place| Label::new(place, "has no effect"));
    Some(Finding {
        key: Some(key.clone()),
        help: Some(help),
        others: key_label.into_iter().collect(),
        names: vec![path.to_string()],
        ..finding
    })
}
