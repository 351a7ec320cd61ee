//! The file that a secret names lies outside the repository, where Nix does not take it from.

use crate::checks::declared::{Declared, Named, declared};
use crate::checks::{Rule, Verdict, World};
use crate::command;
use crate::finding::{Finding, Level};
use crate::source::{start, stored};

pub const RULE: Rule = Rule {
    id: "sops-file-outside-repository",
    level: Level::Error,
    page: include_str!("../../../docs/rules/sops-file-outside-repository.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for declared in declared(world.manifest) {
        let Named::Outside(path) = declared.file(world) else { continue };
        match refused(world, &declared, path) {
            Some(why) => verdict.findings.push(finding(&declared, path, why)),
            None => {
                let (name, owner) = (declared.name, declared.owner());
                let clause = format!("whether `{name}` of {owner} has its file: `{path}` lies outside the repository");
                verdict.undecided_of_secret(declared.host, name, clause);
            }
        }
    }
}

/// Why Nix does not take the file, as a sentence; nothing where it may.
fn refused(world: &World<'_>, declared: &Declared<'_>, path: &str) -> Option<&'static str> {
    let is_string = declared.secret.sops_file.known()?.kind.as_deref() == Some("string");
    if declared.sops.validate_sops_files.known() != Some(&true) || stored(path).is_some() {
        return None;
    }
    match (start::is_flake(world.entry), is_string) {
        (true, _) => Some("A flake cannot see it, and sops-nix takes files of the Nix store alone"),
        (false, true) => Some(
            "It is named as a string, which Nix does not copy into its store, and sops-nix takes files of the store alone",
        ),
        (false, false) => None,
    }
}

fn finding(declared: &Declared<'_>, path: &str, why: &str) -> Finding {
    let named_at = declared.field_label("sopsFile", "the file is named here");
    let file_name = path.rsplit('/').next().unwrap_or(path);
    // A path would be copied to the store all the same.
    let help = format!(
        "bring the sealed file into the repository, tell git with `git add`, and name it as a path, such as \
         `sopsFile = ./secrets/{file_name};`; or, to have it read on the host, unchecked, write \
         `sops.validateSopsFiles = false;` and the file as a string, `sopsFile = {};`",
        command::text(path)
    );
    Finding {
        help: Some(help),
        others: named_at.into_iter().collect(),
        names: vec![path.to_owned()],
        ..declared.finding(
            &RULE,
            format!("needs `{path}`"),
            format!(
                "Secret `{}` is to be read from `{path}`, outside the repository. {why}: the configuration does not \
                 build.",
                declared.name
            ),
        )
    }
}
