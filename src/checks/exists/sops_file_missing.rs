//! The file that a secret names is not in the repository.

use crate::checks::declared::{Declared, Named, declared};
use crate::checks::{Rule, Verdict, World};
use crate::command::{self, SopsFile};
use crate::finding::{Finding, Label, Level};
use crate::nearest::nearest;
use crate::source::Place;

pub const RULE: Rule = Rule {
    id: "sops-file-missing",
    level: Level::Error,
    page: include_str!("../../../docs/rules/sops-file-missing.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for declared in declared(world.manifest) {
        let why = match declared.file(world) {
            Named::Missing(path) => {
                verdict.findings.push(finding(world, &declared, path));
                continue;
            }
            Named::Unknown => "which file it names is not known".to_owned(),
            Named::InInput(path) => format!("`{path}` lies in another flake input"),
            Named::InSubmodule(path) => format!("`{path}` lies in a git submodule"),
            // Other rules say it.
            Named::Outside(_)
            | Named::Untracked(_)
            | Named::Ignored(_)
            | Named::NotEncrypted(_)
            | Named::Unread(..)
            | Named::Read(_) => continue,
        };
        let (name, owner) = (declared.name, declared.owner());
        verdict.undecided_of_secret(declared.host, name, format!("whether `{name}` of {owner} has its file: {why}"));
    }
}

fn finding(world: &World<'_>, declared: &Declared<'_>, path: &str) -> Finding {
    let name = declared.name;
    if world.tree.is_folder(path) {
        return folder(world, declared, path);
    }
    let suggestion = nearest_file(world, path);
    let (instead, help) = match &suggestion {
        Some(near) => (
            format!("; `{near}` is"),
            format!(
                "name `{near}` in `sopsFile`, or make the missing file: `{}`",
                command::edit(SopsFile::of_secret(path, declared.secret))
            ),
        ),
        None => (
            String::new(),
            format!(
                "make it with `{}` and tell git with `{}`",
                command::edit(SopsFile::of_secret(path, declared.secret)),
                command::git_add(path)
            ),
        ),
    };
    let named_at = declared.field_label("sopsFile", "the file is named here");
    let near_at =
        suggestion.as_ref().map(|near| Label::new(Place::whole_file(near.as_str().into()), "this file is there"));
    Finding {
        help: Some(help),
        others: named_at.into_iter().chain(near_at).collect(),
        suggestion,
        names: vec![path.to_owned()],
        ..declared.finding(
            &RULE,
            format!("needs `{path}`"),
            format!(
                "Secret `{name}` is to be read from `{path}`, which is not in the repository{instead}. The \
                 configuration does not build."
            ),
        )
    }
}

/// A folder where a file is to be named.
fn folder(world: &World<'_>, declared: &Declared<'_>, path: &str) -> Finding {
    let inside = format!("{path}/");
    let suggestion = world.vault.files.keys().find(|file| file.starts_with(&inside)).map(ToString::to_string);
    let such = suggestion.as_ref().map(|file| format!(", such as `{file}`")).unwrap_or_default();
    Finding {
        help: Some(format!("name one file in `sopsFile`{such}")),
        others: declared.field_label("sopsFile", "the folder is named here").into_iter().collect(),
        suggestion,
        ..declared.finding(
            &RULE,
            "needs one file",
            format!(
                "Secret `{}` is to be read from `{path}`, which is a folder. The configuration does not build.",
                declared.name
            ),
        )
    }
}

/// A sops file with a name like it, or the only sops file of that name in another folder.
fn nearest_file(world: &World<'_>, path: &str) -> Option<String> {
    let files = || world.vault.files.keys().map(|path| &**path);
    let file_name = |path: &str| path.rsplit('/').next().map(str::to_owned);
    let mut namesakes = files().filter(|other| file_name(other) == file_name(path));
    let only_namesake = namesakes.next().filter(|_| namesakes.next().is_none());
    nearest(path, files()).or(only_namesake).map(str::to_owned)
}
