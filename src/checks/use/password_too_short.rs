//! A user's password is read from a secret that is too short to be a hash.

use crate::checks::declared::Named;
use crate::checks::{Rule, Verdict, World};
use crate::command::{self, SopsFile};
use crate::finding::{Finding, Label, Level};
use crate::sops::{Child, Document, Found, Leaf};

use super::passwords::{Password, passwords};

pub const RULE: Rule = Rule {
    id: "password-too-short-for-a-hash",
    level: Level::Warning,
    page: include_str!("../../../docs/rules/password-too-short-for-a-hash.md"),
    check,
};

/// The shortest hash, that of DES: two characters of salt and eleven of the hash (crypt(5)).
const SHORTEST: usize = 13;

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for password in passwords(world) {
        let (Named::Read(document), Some(key)) = (password.declared.file(world), password.declared.secret.key.known())
        else {
            continue;
        };
        let Found::Leaf { leaf: Leaf::Sealed(seal), child } = document.find(key) else { continue };
        // One character alone, `!` or `*`, locks the password on purpose.
        if !key.is_empty() && (2..SHORTEST).contains(&seal.length) {
            verdict.findings.push(finding(&password, document, (key, child), seal.length));
        }
    }
}

fn finding(password: &Password<'_>, document: &Document, (key, child): (&str, &Child), length: usize) -> Finding {
    let Password { declared, user, .. } = password;
    let name = declared.name;
    let used = password.place.map(|place| Label::new(place.clone(), format!("the password of `{user}`")));
    let edit = command::edit(SopsFile::read(document));
    Finding {
        certainty: password.certainty.clone(),
        key: Some(key.to_owned()),
        help: Some(format!("make a hash with `mkpasswd --method=yescrypt`, and put it there with `{edit}`")),
        others: used.into_iter().collect(),
        primary: Label::new(child.key_place.clone(), format!("{length} bytes")),
        names: vec![user.to_string()],
        ..declared.finding(
            &RULE,
            "",
            format!(
                "User `{user}` has secret `{name}` as the hash of a password, but its value has {length} bytes and no \
                 hash is shorter than {SHORTEST}: it is probably the password itself. Nothing fails; nobody can log in \
                 as `{user}` with a password."
            ),
        )
    }
}
