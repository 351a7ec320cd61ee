//! A sops file lacks a recipient that its owner wants in every such file.

use crate::checks::deciding::deciding;
use crate::checks::{Rule, Verdict, World};
use crate::command::{self, SopsFile};
use crate::config::{Required, Wanted};
use crate::finding::{Finding, Label, Level};
use crate::nearest::nearest;
use crate::sops::Document;

pub const RULE: Rule = Rule {
    id: "required-recipient-missing",
    level: Level::Error,
    page: include_str!("../../../docs/rules/required-recipient-missing.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    let all_read = world.policy.configs.iter().all(|config| config.readable);
    for require in &world.config.require {
        let documents = world.vault.documents().filter(|document| require.files.take(&document.path));
        let documents: Vec<&Document> = documents.collect();
        for required in &require.recipients {
            match texts(world, required) {
                // What a rule file holds that cannot be read is not known; `policy-invalid` says why.
                texts if texts.is_empty() && !all_read => {}
                texts if texts.is_empty() => verdict.findings.push(no_such_name(world, required)),
                texts => {
                    let lacks = |document: &&&Document| !texts.iter().any(|text| document.metadata.names(text));
                    let lacking = documents.iter().filter(lacks);
                    verdict.findings.extend(lacking.map(|document| finding(world, document, required, &texts)));
                }
            }
        }
    }
}

/// The recipients that are meant: of a name all that rule files give it to.
fn texts(world: &World<'_>, required: &Required) -> Vec<String> {
    match &required.wanted {
        Wanted::Recipient(recipient) => vec![recipient.canonical().to_owned()],
        Wanted::Anchor(name) => {
            let names = world.policy.configs.iter().flat_map(|config| &config.names);
            names.filter(|named| named.name == *name).map(|named| named.recipient.clone()).collect()
        }
    }
}

/// As the owner calls it.
fn called(required: &Required) -> String {
    match &required.wanted {
        Wanted::Anchor(name) => name.clone(),
        Wanted::Recipient(recipient) => recipient.canonical().to_owned(),
    }
}

fn finding(world: &World<'_>, document: &Document, required: &Required, texts: &[String]) -> Finding {
    let (path, name) = (&document.path, called(required));
    let deciding = deciding(world.policy, path);
    let in_rule = deciding.as_ref().is_some_and(|rule| rule.recipients().any(|one| texts.contains(&one.identity)));
    let update = command::updatekeys(SopsFile::read(document), deciding.as_ref().map(|rule| rule.config));
    let first = match &deciding {
        Some(_) if in_rule => String::new(),
        Some(rule) => format!("add it to {}, then ", rule.named()),
        None => "add it to a creation rule for the file, then ".to_owned(),
    };
    Finding {
        help: Some(format!("{first}run `{update}`")),
        others: vec![Label::new(required.place.clone(), "wanted here")],
        names: vec![name.clone()],
        ..RULE.finding(
            Label::new(document.metadata.place.clone(), format!("without `{name}`")),
            format!(
                "`{path}` is not sealed for `{name}`, which `sealnix.toml` wants for it. When the others' keys are lost, so is \
                 what the file holds."
            ),
        )
    }
}

fn no_such_name(world: &World<'_>, required: &Required) -> Finding {
    let name = called(required);
    let names = world.policy.configs.iter().flat_map(|config| &config.names);
    let near =
        names.clone().find(|named| Some(&*named.name) == nearest(&name, names.clone().map(|named| &*named.name)));
    let help = match near {
        Some(near) => format!("write `{}`; or give the recipient the anchor `&{name}` in `.sops.yaml`", near.name),
        None => format!("give the recipient the anchor `&{name}` in `.sops.yaml`, or write the recipient itself"),
    };
    Finding {
        help: Some(help),
        suggestion: near.map(|near| near.name.clone()),
        others: near
            .map(|near| Label::new(near.place.clone(), format!("`{}` is named here", near.name)))
            .into_iter()
            .collect(),
        names: vec![name.clone()],
        ..RULE.finding(
            Label::new(required.place.clone(), "the name of no recipient"),
            format!(
                "No `.sops.yaml` has a recipient called `{name}`, so whether files are sealed for it cannot be checked."
            ),
        )
    }
}
