//! The path of a secret or template leads nowhere.

use crate::checks::placed::{self, Placed};
use crate::checks::{Rule, Verdict, World};
use crate::command;
use crate::finding::{Finding, Label, Level};
use crate::manifest::HostKind;

pub const RULE: Rule = Rule {
    id: "path-not-absolute",
    level: Level::Error,
    page: include_str!("../../../docs/rules/path-not-absolute.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for configuration in placed::all(world.manifest) {
        let is_of_user = configuration.user.is_some() || configuration.host.kind == HostKind::Home;
        for placed in configuration.placed() {
            let Some(path) = placed.path().known() else { continue };
            // For a user sops-nix puts in what `%r` stands for.
            let is_absolute = path.starts_with('/') || (is_of_user && path.starts_with('%'));
            if !is_absolute {
                verdict.findings.push(relative(&placed, is_of_user, path));
            } else if path.ends_with('/') {
                verdict.findings.push(folder(&placed, path));
            }
        }
    }
}

fn relative(placed: &Placed<'_>, is_of_user: bool, path: &str) -> Finding {
    let called = placed.called();
    finding(
        placed,
        "does not begin with `/`",
        format!(
            "The `path` of {called} is `{path}`, which is relative. The build passes and nothing fails: the link is made \
             in whatever folder activation happens to run in, and what reads the secret finds no file."
        ),
        match in_home(path) {
            Some(below) => {
                let home = if is_of_user { "homeDirectory" } else { "users.NAME.home" };
                let set = if is_of_user { "home" } else { "users" };
                format!("only a shell knows whose home that is; write `path = \"${{config.{set}.{home}}}/{below}\";`")
            }
            None => format!(
                "write the whole path: `path = {};`, if that is what is meant",
                command::text(&format!("/{path}"))
            ),
        },
    )
}

/// What a path names below the home folder that a shell would put in front.
fn in_home(path: &str) -> Option<&str> {
    ["~/", "$HOME/", "${HOME}/"].iter().find_map(|home| path.strip_prefix(home))
}

fn folder(placed: &Placed<'_>, path: &str) -> Finding {
    let called = placed.called();
    finding(
        placed,
        "ends in `/`",
        format!(
            "The `path` of {called} is `{path}`, which names a folder. The build passes; activation fails to make a link \
             of that name, after the secrets themselves were exchanged."
        ),
        format!("name the file: `path = {};`", command::text(&format!("{path}{}", placed.name))),
    )
}

fn finding(placed: &Placed<'_>, label: &str, message: String, help: String) -> Finding {
    let primary = Label::new(placed.field_place("path"), label);
    let others = (primary.place != placed.place())
        .then(|| Label::new(placed.place(), format!("{} is declared here", placed.called())));
    Finding { help: Some(help), others: others.into_iter().collect(), ..placed.finding(&RULE, primary, message) }
}
