//! A secret is read while Nix evaluates, before there is one and in clear.

use crate::checks::{Rule, Verdict, World};
use crate::command;
use crate::finding::{Finding, Label, Level};
use crate::manifest::{Host, Use, Used};

use super::file::finding as at_use;

pub const RULE: Rule = Rule {
    id: "secret-read-at-eval",
    level: Level::Error,
    page: include_str!("../../../docs/rules/secret-read-at-eval.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for host in &world.manifest.hosts {
        verdict.findings.extend(host.uses.iter().filter_map(|used| finding(host, used)));
    }
}

fn finding(host: &Host, used: &Use) -> Option<Finding> {
    let (name, path, what, set) = match &used.what {
        Used::ReadAtEval { name } => (Some(name), None, format!("secret `{name}`"), "sops.secrets"),
        Used::AgeReadAtEval { name } => (Some(name), None, format!("secret `{name}`"), "age.secrets"),
        Used::LiteralReadAtEval { path } if path.starts_with("/run/agenix") => {
            (None, Some(path), format!("`{path}`"), "age.secrets")
        }
        Used::LiteralReadAtEval { path } => (None, Some(path), format!("`{path}`"), "sops.secrets"),
        _ => return None,
    };
    let shown = name.map_or("NAME", String::as_str);
    let declared = name.and_then(|name| declared(host, used, set, name));
    // agenix has no templates.
    let render = (set == "sops.secrets").then(|| {
        let placeholder = command::attribute("sops.placeholder", shown);
        format!(", or render what holds the value with `sops.templates` and `config.{placeholder}`")
    });
    Some(Finding {
        secret: name.cloned(),
        help: Some(format!(
            "hand on the path, `config.{}.path`, to an option that reads a file at run time{}",
            command::attribute(set, shown),
            render.unwrap_or_default()
        )),
        others: declared.into_iter().collect(),
        names: [&used.option].into_iter().chain(path).cloned().collect(),
        ..at_use(
            &RULE,
            host,
            used,
            "read by Nix, not by the host".to_owned(),
            format!(
                "The file of {what} is read while Nix evaluates, for `{}`. A flake refuses that (\"access to absolute path is \
                 forbidden in pure evaluation mode\"); with `--impure` or without a flake Nix reads the secret of the machine \
                 that builds, and its text goes in clear to the Nix store, where every user can read it.",
                used.option,
            ),
        )
    })
}

fn declared(host: &Host, used: &Use, set: &str, name: &str) -> Option<Label> {
    let (sops, agenix) = match &used.user {
        Some(user) => host.home_users.get(user).map(|home| (home.sops.as_ref(), home.agenix.as_ref()))?,
        None => (host.sops.as_ref(), host.agenix.as_ref()),
    };
    let place = match set {
        "age.secrets" => &agenix?.secrets.get(name)?.at.as_ref()?.0,
        _ => sops?.secrets.get(name)?.place()?,
    };
    Some(Label::new(place.clone(), format!("`{name}` is declared here")))
}
