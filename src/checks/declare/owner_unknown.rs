//! A secret or template is to belong to a user or group that the host does not have.

use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Label, Level};
use crate::manifest::{Host, HostKind, Unit};
use crate::nearest::nearest;

use crate::checks::installed::{Installed, installed};

pub const RULE: Rule = Rule {
    id: "owner-unknown",
    level: Level::Error,
    page: include_str!("../../../docs/rules/owner-unknown.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    // macOS has users that nix-darwin does not list.
    let all_known = |host: &&Host| host.kind == HostKind::Nixos && host.complete.users.is_complete();
    for file in world.manifest.hosts.iter().filter(all_known).flat_map(installed) {
        match unknown_accounts(&file) {
            Ok(unknown) => verdict.findings.extend(unknown.into_iter().map(|account| finding(&file, account))),
            Err(what) => {
                let clause = format!("whether the owner of {} on `{}` exists: {what}", file.called(), file.host.name);
                verdict.undecided_of(file.host, clause);
            }
        }
    }
}

/// What a file is to belong to.
enum Account<'a> {
    User(&'a str),
    /// A user whose attribute in `users.users` is another, where that is asked for.
    OtherAttribute(&'a str),
    Group(&'a str),
}

/// Whether Nix does not find the group: by default it is the owner's, looked for by the attribute in `users.users`.
fn lacks_group(file: &Installed<'_>, owner: &str) -> bool {
    owner != "root" && !file.says("group") && !file.host.users.contains_key(owner)
}

/// Those of its owner and group that the host does not have; an error, as a clause, where one is not
/// known.
fn unknown_accounts<'a>(file: &Installed<'a>) -> Result<Vec<Account<'a>>, &'static str> {
    match file.is_early {
        // Before there are users their names are not looked up: `early-secret-with-owner`.
        Some(true) => return Ok(Vec::new()),
        Some(false) => {}
        None => return Err("its `neededForUsers` is not known"),
    }
    let Some(owner) = file.owner.known() else { return Err("it is not known") };
    // Every system has root.
    let is_user = |name: &str| name == "root" || file.host.user(name).is_some();
    let is_group = |name: &str| name == "root" || file.host.groups_by_name().any(|(group, _)| group == name);
    let mut unknown = Vec::new();
    if let Some(owner) = owner.as_deref() {
        let breaks_build = lacks_group(file, owner);
        if !is_user(owner) {
            unknown.push(Account::User(owner));
        } else if breaks_build {
            unknown.push(Account::OtherAttribute(owner));
        }
        if breaks_build {
            return Ok(unknown);
        }
    }
    let Some(group) = file.group.known() else { return Err("its group is not known") };
    unknown.extend(group.as_deref().filter(|group| !is_group(group)).map(Account::Group));
    Ok(unknown)
}

fn finding(file: &Installed<'_>, account: Account<'_>) -> Finding {
    let (field, kind, name, near) = match account {
        Account::User(name) => ("owner", "user", name, nearest(name, file.host.user_names())),
        Account::OtherAttribute(name) => return without_group(file, name),
        Account::Group(name) => {
            ("group", "group", name, nearest(name, file.host.groups_by_name().map(|(group, _)| group)))
        }
    };
    let harm = if kind == "user" && lacks_group(file, name) {
        "The configuration does not build: the group is the owner's by default, and Nix says that the attribute is \
         missing."
            .to_owned()
    } else {
        format!(
            "The build passes; activation then fails with \"failed to lookup {kind}\" and installs no secret at all."
        )
    };
    let instead = near.map(|near| format!("; `{near}` is one")).unwrap_or_default();
    let others = (file.field_place(field) != file.place())
        .then(|| Label::new(file.place(), format!("{} is declared here", file.called())));
    Finding {
        help: Some(help(file.host, kind, name, near)),
        suggestion: near.map(str::to_owned),
        others: others.into_iter().collect(),
        names: vec![field.to_owned(), name.to_owned()],
        ..file.finding(
            &RULE,
            Label::new(file.field_place(field), format!("there is no {kind} `{name}`")),
            format!(
                "{} `{}` is to belong to `{name}`, which is no {kind} of the host{instead}. {harm}",
                file.kind, file.name
            ),
        )
    }
}

fn without_group(file: &Installed<'_>, owner: &str) -> Finding {
    Finding {
        help: Some("say its `group`".to_owned()),
        names: vec!["group".to_owned(), owner.to_owned()],
        ..file.finding(
            &RULE,
            Label::new(file.field_place("owner"), format!("there is no `users.users.{owner}`")),
            format!(
                "{} `{}` is to belong to `{owner}`, a user whose attribute in `users.users` is another. The configuration \
                 does not build: the group is that of `users.users.{owner}` by default, which is missing.",
                file.kind, file.name
            ),
        )
    }
}

fn help(host: &Host, kind: &str, name: &str, near: Option<&str>) -> String {
    let (field, id) = if kind == "user" { ("owner", "uid") } else { ("group", "gid") };
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()) {
        return format!("sops-nix looks `{field}` up by name: write `{id} = {name};` instead");
    }
    let runs_as = |(unit, found): (&String, &Unit)| {
        let user = found.user.known().and_then(Option::as_deref).unwrap_or(unit);
        (found.dynamic_user.known() == Some(&true) && user == name).then(|| unit.clone())
    };
    match (near, host.units.iter().find_map(runs_as)) {
        (_, Some(unit)) => format!(
            "`{unit}.service` has `DynamicUser`: its user is only there while it runs. Leave the secret to root and give \
             it to the service with `LoadCredential`"
        ),
        (Some(near), None) => format!("write `{field} = \"{near}\";`, or declare `users.{kind}s.{name}`"),
        (None, None) => format!("declare `users.{kind}s.{name}`, or leave `{field}` out: the file is then root's"),
    }
}
