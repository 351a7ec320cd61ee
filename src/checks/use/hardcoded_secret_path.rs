//! The path of a secret is written out instead of taken from its declaration.

use std::collections::BTreeSet;

use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Label, Level};
use crate::manifest::destination::is_host_path;
use crate::manifest::{Destination, Host, Use, Used};
use crate::nearest::nearest;
use crate::source::Place;

use super::delivered::delivered;
use super::file::finding as at_use;

pub const RULE: Rule = Rule {
    id: "hardcoded-secret-path",
    level: Level::Warning,
    page: include_str!("../../../docs/rules/hardcoded-secret-path.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for host in &world.manifest.hosts {
        let mut said = BTreeSet::new();
        for used in &host.uses {
            let Used::LiteralPath { path, .. } = &used.what else { continue };
            if is_below(path)
                && is_of_host(host, used)
                && installs(host, path)
                && may_be_declared(world, host, used, path)
                && !asks_first(world, used, path)
                && let Some(place) = written(world, host, used, path)
                && said.insert(place.clone())
            {
                let found = finding(host, used, path);
                let primary = Label { place: place.place, ..found.primary };
                verdict.findings.push(Finding { primary, ..found });
            }
        }
    }
}

/// Whether it is a file in one of the folders, not such a folder itself.
fn is_below(path: &str) -> bool {
    path.strip_prefix("/run/").is_some_and(|rest| rest.contains('/'))
}

/// Whether the option is one of the host's own system: inside a container the same path is another file. Where the
/// keys lie that open the secrets other rules look at.
fn is_of_host(host: &Host, used: &Use) -> bool {
    let of_keys = ["sops.age.", "sops.gnupg.", "age.identityPaths"];
    let inside = match used.destination(host) {
        Destination::Container { setting, .. } => !is_host_path(setting),
        Destination::OciContainer { setting, .. } => !matches!(setting, "volumes" | "environmentFiles"),
        _ => used.option.starts_with("virtualisation.arion.") || used.option.starts_with("virtualisation.quadlet."),
    };
    !inside && !of_keys.iter().any(|option| used.option.starts_with(option))
}

/// Whether the module that fills the folder is there at all.
fn installs(host: &Host, path: &str) -> bool {
    if path.starts_with("/run/agenix") { host.agenix.is_some() } else { host.sops.is_some() }
}

/// Whether the host's configuration may have a `.path` for it. A folder of several has none, nor has a file that only
/// another host installs: something else runs there. Of a path within a text nothing is known where nobody installs it.
fn may_be_declared(world: &World<'_>, host: &Host, used: &Use, path: &str) -> bool {
    let files = delivered(host);
    if path.starts_with("/run/secrets.d/") || files.iter().any(|file| file.is_at(path)) {
        return true;
    }
    let elsewhere = || world.manifest.hosts.iter().any(|other| delivered(other).iter().any(|file| file.is_at(path)));
    !used.embedded && !files.iter().any(|file| file.lies_in(path)) && !elsewhere()
}

/// Whether the script asks whether the file is there, as in `[ -r PATH ]`: it is meant for hosts that may lack it.
fn asks_first(world: &World<'_>, used: &Use, path: &str) -> bool {
    let tests = ["-r ", "-f ", "-e ", "-s "];
    let asks = |before: &str| tests.iter().any(|test| before.trim_end_matches(['"', '\'']).ends_with(test));
    let code = code(world, used).unwrap_or_default();
    code.match_indices(path).filter_map(|(at, _)| code.get(..at)).any(asks)
}

/// What is written at the place of a use.
fn code<'w>(world: &'w World<'_>, used: &Use) -> Option<&'w str> {
    let here = &used.at.0;
    let content: &str = world.tree.texts.get(&here.path)?.content();
    content.get(here.start.byte as usize..here.end.byte as usize)
}

/// Where a path is written out.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Written {
    place: Place,
    /// Nothing where the path is put together there, of which there may be many.
    path: Option<String>,
}

/// The place of a use where the code there has the path, or puts it together; elsewhere that in the same file where
/// it is written out, such as a `let`. What is read from another file has none.
fn written(world: &World<'_>, host: &Host, used: &Use, path: &str) -> Option<Written> {
    let here = &used.at.0;
    let text = world.tree.texts.get(&here.path)?;
    let content: &str = text.content();
    let code = code(world, used)?;
    let place = here.clone();
    if code.contains(path) {
        return Some(Written { place, path: Some(path.to_owned()) });
    }
    if ["/run/secrets", "/run/agenix"].iter().any(|folder| code.contains(folder)) {
        return Some(Written { place, path: None });
    }
    let is_comment = |at: usize| {
        content.get(..at).and_then(|before| before.rsplit('\n').next()).is_some_and(|line| line.contains('#'))
    };
    let found = content.match_indices(path).map(|(at, _)| at).find(|at| !is_comment(*at))?;
    let place = text.place(found..found + path.len());
    // The whole text may be used as well.
    let is_around = |other: &&Use| {
        let at = &other.at.0;
        at.path == place.path && at.start <= place.start && place.end <= at.end
    };
    let whole = host.uses.iter().find(|other| {
        matches!(&other.what, Used::LiteralPath { path: other, .. } if other == path) && is_around(other)
    });
    let place = whole.map_or(place, |whole| whole.at.0.clone());
    Some(Written { place, path: Some(path.to_owned()) })
}

fn finding(host: &Host, used: &Use, path: &str) -> Finding {
    let by_generation = path.starts_with("/run/secrets.d/");
    let current = match path.strip_prefix("/run/secrets.d/").and_then(|rest| rest.split_once('/')) {
        Some((_, rest)) => format!("/run/secrets/{rest}"),
        None => path.to_owned(),
    };
    let files = delivered(host);
    let declared = files.iter().find(|file| file.is_at(&current));
    let near = match declared {
        Some(_) => None,
        None => nearest(&current, files.iter().filter_map(|file| file.path)),
    };
    let near = near.and_then(|near| files.iter().find(|file| file.is_at(near)));
    let harm = match (declared, near) {
        _ if by_generation => "sops-nix makes such a folder anew at each activation and removes the old ones: after the next one this path is gone.".to_owned(),
        (Some(_), _) => "The build passes, and goes on passing when the secret is renamed, moved or removed: then the file is not there at run time.".to_owned(),
        (None, Some(near)) => format!("This host installs no such file; `{}` is that of {}. The build passes, and the file is not there at run time.", near.path.unwrap_or_default(), near.option()),
        (None, None) => "Nothing in this configuration is known to install such a file. The build passes whether it is there or not.".to_owned(),
    };
    let meant = declared.or(near);
    let help = match meant {
        // The `config` of a home-manager user is another one than the system's.
        Some(file) => format!(
            "write `{}.{}.path`: Nix then says where it is, and that it is missing",
            if used.user.is_some() { "osConfig" } else { "config" },
            file.option()
        ),
        None => "declare the secret and write `config.sops.secrets.\"NAME\".path`: Nix then says where it is, and that it is missing".to_owned(),
    };
    let other =
        meant.and_then(|file| Some(Label::new(file.place?.clone(), format!("{} is declared here", file.option()))));
    let secret = declared.filter(|file| !file.is_template);
    Finding {
        secret: secret.map(|file| file.name.to_owned()),
        suggestion: near.map(|near| near.name.to_owned()),
        help: Some(help),
        others: other.into_iter().collect(),
        names: vec![path.to_owned()],
        ..at_use(
            &RULE,
            host,
            used,
            "a path written out".to_owned(),
            format!("`{path}` is written out here instead of taken from the declaration. {harm}"),
        )
    }
}
