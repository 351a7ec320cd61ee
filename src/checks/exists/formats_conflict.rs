//! Two secrets of one host read one file in two formats.

use std::collections::BTreeMap;

use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Label, Level};
use crate::sops::Format;

use super::form::{Fit, Formed, formed};

pub const RULE: Rule = Rule {
    id: "formats-conflict",
    level: Level::Error,
    page: include_str!("../../../docs/rules/formats-conflict.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    let mut files: BTreeMap<_, Vec<Formed<'_>>> = BTreeMap::new();
    for formed in formed(world).filter(|formed| formed.fit == Fit::Fits && formed.may_differ().is_none()) {
        let declared = &formed.declared;
        // What is decrypted before users exist is a manifest of its own, which is not compared with the other.
        let early = declared.secret.needed_for_users.known() == Some(&true);
        let configuration = (declared.host.kind, &declared.host.name, declared.user, declared.container, early);
        files.entry((configuration, &*formed.document.path)).or_default().push(formed);
    }
    for mut of_file in files.into_values() {
        of_file.sort_by_key(|formed| formed.declared.place());
        let Some(first) = of_file.first() else { continue };
        let other = of_file.iter().find(|formed| formed.format != first.format);
        verdict.findings.extend(other.map(|other| finding(first, other)));
    }
}

fn finding(first: &Formed<'_>, other: &Formed<'_>) -> Finding {
    let path = &other.document.path;
    let (one, two) = (first.declared.name, other.declared.name);
    let (of_one, of_two) = (first.format.word(), other.format.word());
    let both_as = |word: &str| format!("write `format = \"{word}\";` for both");
    let help = match (first.format, other.format) {
        (Format::Yaml, Format::Json) | (Format::Json, Format::Yaml) => {
            format!("{}: JSON is read as YAML too, and nested keys only so", both_as("yaml"))
        }
        (Format::Binary, _) | (_, Format::Binary) => "keep what is delivered whole in a file of its own".to_owned(),
        _ => "give each its own file".to_owned(),
    };
    let certainty = other.declared.secret.certainty.clone().weaker(first.declared.secret.certainty.clone());
    let format_at = other.declared.field_label("format", "its format is written here");
    let first_at = Label::new(first.declared.place(), format!("`{one}` reads it as {}", first.as_declared()));
    let finding = other.declared.finding(
        &RULE,
        format!("reads it as {}", other.as_declared()),
        format!(
            "`{one}` reads `{path}` as {of_one} and `{two}` reads it as {of_two}. sops-nix takes one format for each \
             file of a host: the configuration does not build."
        ),
    );
    Finding {
        // It is a mistake of the two together.
        secret: None,
        certainty,
        help: Some(help),
        others: format_at.into_iter().chain([first_at]).collect(),
        names: vec![path.to_string()],
        ..finding
    }
}
