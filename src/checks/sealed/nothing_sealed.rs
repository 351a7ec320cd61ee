//! A sops file of which no value is sealed.

use crate::checks::{Rule, Verdict, World};
use crate::command::{self, SopsFile};
use crate::finding::{Finding, Label, Level};
use crate::sops::{Count, Document};
use crate::source::is_sample;

pub const RULE: Rule = Rule {
    id: "nothing-sealed",
    level: Level::Error,
    page: include_str!("../../../docs/rules/nothing-sealed.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for document in world.vault.documents().filter(|document| is_ours(world, document)) {
        let Count { sealed, clear } = document.count();
        // What should be sealed by the file's own settings is said value by value.
        if sealed == 0 && clear > 0 && document.unsealed().is_empty() {
            verdict.findings.push(finding(document, clear));
        }
    }
}

fn is_ours(world: &World<'_>, document: &Document) -> bool {
    let path = &document.path;
    let is_tracked = world.tree.files.get(path).is_some_and(|entry| entry.tracked);
    let is_declared = world.manifest.sops_files().any(|file| file == path);
    is_tracked && (is_declared || !is_sample(path)) && world.tree.behind_links(path) == *path
}

fn finding(document: &Document, clear: usize) -> Finding {
    let path = &document.path;
    let (option, text) = document.metadata.crypt.option();
    let values = if clear == 1 { "Its one value is".to_owned() } else { format!("All its {clear} values are") };
    let why = if document.metadata.crypt.compiles() {
        format!("the file's `{option}` is `{text}`, and by that none is to be sealed")
    } else {
        format!(
            "the file's `{option}`, `{text}`, is no regular expression, and sops takes that for one that matches nothing"
        )
    };
    Finding {
        help: Some(format!(
            "mend `{option}` in the creation rule, take the metadata out of the file and seal it anew with `{}`; what was \
             committed in clear stays in the history, so change the values too",
            command::encrypt(SopsFile::read(document))
        )),
        ..RULE.finding(
            Label::new(document.metadata.place.clone(), "sops metadata, and nothing sealed"),
            format!(
                "`{path}` has the metadata of a sealed file and not one sealed value. {values} in clear: {why}. sops gave \
                 no error, and everybody can read it, in the repository and in the Nix store."
            ),
        )
    }
}
