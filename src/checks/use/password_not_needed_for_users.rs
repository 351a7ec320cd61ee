//! A user's password is read from a secret that comes after the users.

use crate::checks::{Rule, Verdict, World};
use crate::command;
use crate::finding::{Finding, Label, Level};

use super::passwords::{Password, passwords};

pub const RULE: Rule = Rule {
    id: "password-not-needed-for-users",
    level: Level::Error,
    page: include_str!("../../../docs/rules/password-not-needed-for-users.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for password in passwords(world) {
        let (name, host) = (password.declared.name, password.declared.host);
        match password.declared.secret.needed_for_users.known() {
            Some(true) => {}
            Some(false) => verdict.findings.push(finding(&password)),
            None => {
                let clause = format!(
                    "whether secret `{name}` is there when `{}` on `{}` is made: its `neededForUsers` is not known",
                    password.user, host.name
                );
                verdict.undecided_of(host, clause);
            }
        }
    }
}

fn finding(password: &Password<'_>) -> Finding {
    let Password { declared, user, option, .. } = password;
    let name = declared.name;
    let at_declaration = Label::new(declared.place(), format!("`{name}` is declared without `neededForUsers`"));
    let (primary, others) = match password.place {
        Some(place) if *place != at_declaration.place => {
            (Label::new(place.clone(), format!("the password of `{user}`")), vec![at_declaration])
        }
        _ => (at_declaration, Vec::new()),
    };
    Finding {
        certainty: password.certainty.clone(),
        help: Some(format!("write `{}.neededForUsers = true;`", command::attribute("sops.secrets", name))),
        primary,
        others,
        names: vec![user.to_string()],
        ..declared.finding(
            &RULE,
            "",
            format!(
                "The `{option}` of user `{user}` is secret `{name}`, which is decrypted only after users are made. The \
                 build passes; when the machine starts the file is not there yet, and `{user}` is left without a \
                 password and cannot log in with one."
            ),
        )
    }
}
