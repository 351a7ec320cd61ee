//! A value of a sops file that lies there in clear.

use std::collections::BTreeMap;

use crate::checks::deciding::deciding;
use crate::checks::declared::{Declared, Named, declared};
use crate::checks::{Rule, Verdict, World};
use crate::command::{self, SopsFile};
use crate::finding::{Finding, Label, Level};
use crate::manifest::Certainty;
use crate::sops::crypt::CryptRule;
use crate::sops::{Document, Format, Found, Leaf};
use crate::source::{Place, is_sample};

pub const RULE: Rule = Rule {
    id: "value-in-plaintext",
    level: Level::Error,
    page: include_str!("../../../docs/rules/value-in-plaintext.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    let mut wanted: BTreeMap<&str, Vec<Declared<'_>>> = BTreeMap::new();
    for declared in declared(world.manifest) {
        if let Named::Read(document) = declared.file(world) {
            wanted.entry(&document.path).or_default().push(declared);
        }
    }
    for document in world.vault.documents() {
        let declared = wanted.get(&*document.path).map_or(&[][..], Vec::as_slice);
        let entry = world.tree.files.get(&document.path);
        let is_ours = entry.is_some_and(|entry| entry.tracked) && !is_sample(&document.path);
        // What lies behind a link is told of what it leads to.
        if declared.is_empty() && (!is_ours || world.tree.behind_links(&document.path) != document.path) {
            continue;
        }
        let unsealed = document.unsealed();
        // Where nothing at all is sealed, `nothing-sealed` says it.
        let seals_some = document.count().sealed > 0;
        let meant = if seals_some { left_clear(document, declared) } else { BTreeMap::new() };
        let meant = meant.into_iter().filter(|(key, _)| !unsealed.contains_key(*key));
        verdict.findings.extend(meant.map(|(key, clear)| by_setting(world, document, key, &clear)));
        verdict.findings.extend(unsealed.iter().map(|(key, place)| by_hand(document, key, place.clone())));
    }
}

/// A value that is left in clear.
struct Clear<'d, 'a> {
    place: &'d Place,
    /// What a value that is no text is called.
    not_text: Option<&'static str>,
    /// The secrets that deliver it.
    declared: Vec<Declared<'a>>,
}

/// Those of secrets that the file's own settings leave in clear, by their keys. What is empty sops never seals.
fn left_clear<'d, 'a>(document: &'d Document, declared: &[Declared<'a>]) -> BTreeMap<&'a str, Clear<'d, 'a>> {
    let mut clear: BTreeMap<_, Clear<'_, '_>> = BTreeMap::new();
    for one in declared {
        let is_keyed = matches!(one.secret.format.known().map(String::as_str), Some("yaml" | "json"));
        let Some(key) = one.secret.key.known().filter(|key| is_keyed && !key.is_empty()) else { continue };
        let Found::Leaf { leaf, child } = document.find(key) else { continue };
        let not_text = match leaf {
            Leaf::ClearText { length: 1.. } => None,
            Leaf::ClearOther(sealed_type) => sealed_type.not_text(Format::of(&document.path)),
            Leaf::ClearText { length: 0 } | Leaf::Null | Leaf::Sealed(_) => continue,
        };
        let new = || Clear { place: &child.key_place, not_text, declared: Vec::new() };
        clear.entry(key.as_str()).or_insert_with(new).declared.push(*one);
    }
    clear
}

/// A value that was put there, or a key that was renamed, without sops.
fn by_hand(document: &Document, key: &str, place: Place) -> Finding {
    let path = &document.path;
    Finding {
        key: Some(key.to_owned()),
        help: Some(format!(
            "where the line was only added, take it out; where it stands for a sealed value, take the file from the last \
             commit in which sops opens it, `{}`. Then add a new value in `{}`: what was committed in clear stays in the \
             history",
            command::git_checkout("COMMIT", path),
            command::edit(SopsFile::read(document))
        )),
        ..RULE.finding(
            Label { masked: true, ..Label::new(place, "in clear") },
            format!(
                "`{key}` of `{path}` is in clear, though the file's own settings say that it is sealed. Whoever can read \
                 the repository can read it; and sops refuses the file, so activation fails and installs no secret at \
                 all."
            ),
        )
    }
}

/// A value that the settings leave in clear, and that a secret names.
fn by_setting(world: &World<'_>, document: &Document, key: &str, clear: &Clear<'_, '_>) -> Finding {
    let path = &document.path;
    let Clear { place, not_text, declared } = clear;
    let (option, text) = document.metadata.crypt.option();
    let mut others: Vec<Label> = Vec::new();
    for one in declared {
        let label = Label::new(one.place(), format!("`{}` is read from it", one.name));
        if !others.contains(&label) {
            others.push(label);
        }
    }
    let certainty = declared.iter().map(|one| one.secret.certainty.clone()).min().unwrap_or(Certainty::Certain);
    let name = declared.first().map_or(key, |one| one.name);
    let (harm, quoted) = match (not_text, declared.first()) {
        (Some(what), Some(one)) => (
            format!(
                "Everybody can read the value; and it is {what}, where sops-nix delivers only text. {}",
                one.fails()
            ),
            ", in quotes",
        ),
        _ => (
            "All works, and everybody can read the value, in the repository and in the Nix store of the machine."
                .to_owned(),
            "",
        ),
    };
    Finding {
        certainty,
        hosts: declared.iter().map(|one| one.host.name.clone()).collect(),
        key: Some(key.to_owned()),
        help: Some(format!(
            "{}; and change the value{quoted}: the old one stays in the history",
            how_to_seal(world, document, key)
        )),
        others,
        ..RULE.finding(
            Label::new((*place).clone(), "in clear"),
            format!(
                "`{key}` of `{path}`, which secret `{name}` delivers, is in clear: the file's `{option}` is `{text}`. \
                 {harm}"
            ),
        )
    }
}

/// sops does not seal by new settings what it left clear by others, so the file has to be sealed anew.
fn how_to_seal(world: &World<'_>, document: &Document, key: &str) -> String {
    let file = SopsFile::read(document);
    if let CryptRule::UnencryptedSuffix(suffix) = &document.metadata.crypt {
        return format!(
            "take `{suffix}` off the end of its name, in `{}` and in the configuration: sops seals it then",
            command::edit(file)
        );
    }
    let decrypt = command::decrypt(file);
    match deciding(world.policy, &document.path) {
        Some(rule) => format!(
            "see that {} has `{key}` sealed, then run `{decrypt}` and `{}`",
            rule.named(),
            command::encrypt_as(file, rule.config)
        ),
        None => format!(
            "write a creation rule for the file that has `{key}` sealed, then run `{decrypt}` and `{}`",
            command::encrypt(file)
        ),
    }
}
