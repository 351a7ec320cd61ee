//! A unit reads a secret or template as a user that may not.

use std::collections::BTreeSet;

use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Label, Level};
use crate::manifest::{Fact, Host, HostKind, Read, Unit, Use};

use crate::checks::installed::Installed;

pub const RULE: Rule = Rule {
    id: "unit-cannot-read-secret",
    level: Level::Warning,
    page: include_str!("../../../docs/rules/unit-cannot-read-secret.md"),
    check,
};

/// What systemd itself reads, as root, before it becomes the unit's user.
const READ_BY_SYSTEMD: [&str; 3] = ["EnvironmentFile", "LoadCredential", "LoadCredentialEncrypted"];

fn check(world: &World<'_>, verdict: &mut Verdict) {
    let hosts = world.manifest.hosts.iter();
    for host in hosts.filter(|host| host.kind == HostKind::Nixos && host.complete.units.is_complete()) {
        for (name, unit) in &host.units {
            let reads = format!("units.{name}.reads");
            if host.unknowns.iter().any(|unknown| unknown.field == reads) {
                let clause = format!(
                    "whether unit `{name}` on `{}` can read what it names: Nix could not evaluate that",
                    host.name
                );
                verdict.undecided_of(host, clause);
            }
            let mut said = BTreeSet::new();
            for read in unit.reads.iter().filter(|read| is_of_unit(read)) {
                let Some(file) = Installed::of(host, &read.what).filter(|_| said.insert(&read.what)) else { continue };
                match Process::of(host, name, unit).and_then(|process| Ok((process.may_read(&file)?, process))) {
                    Ok((true, _)) => {}
                    Ok((false, process)) => verdict.findings.push(finding(host, name, read, &file, &process)),
                    Err(why) => {
                        let file = file.called();
                        let clause = format!("whether unit `{name}` on `{}` can read {file}: {why}", host.name);
                        verdict.undecided_of(host, clause);
                    }
                }
            }
        }
    }
}

/// Whether the unit's own process reads it, with its user's rights.
fn is_of_unit(read: &Read) -> bool {
    let setting = read.option.strip_prefix("serviceConfig.");
    !read.as_root && !setting.is_some_and(|setting| READ_BY_SYSTEMD.contains(&setting))
}

/// As whom a unit runs.
struct Process<'a> {
    user: &'a str,
    is_dynamic: bool,
    reads_all: &'a Fact<bool>,
    groups: BTreeSet<&'a str>,
}

impl<'a> Process<'a> {
    /// What is known of it; an error, as a clause, where a fact is missing.
    fn of(host: &'a Host, name: &'a str, unit: &'a Unit) -> Result<Self, String> {
        let unknown = |field: &str| format!("its `{field}` is not known");
        let user = unit.user.known().ok_or_else(|| unknown("User"))?;
        let is_dynamic = unit.dynamic_user.known().copied().ok_or_else(|| unknown("DynamicUser"))?;
        // systemd makes up a user of the unit's name.
        let user = user.as_deref().unwrap_or(if is_dynamic { name } else { "root" });
        let group = unit.group.known().ok_or_else(|| unknown("Group"))?;
        let more = unit.supplementary_groups.known().ok_or_else(|| unknown("SupplementaryGroups"))?;
        let mut groups: BTreeSet<&str> = group.as_deref().into_iter().chain(more.iter().map(String::as_str)).collect();
        if !matches!(user, "root" | "0") {
            groups.extend(groups_of(host, user, is_dynamic, group.is_none())?);
        }
        Ok(Process { user, is_dynamic, reads_all: &unit.reads_all, groups })
    }

    /// Whether it may read a file (path_resolution(7)): the owner's bits count for the owner alone, then
    /// the group's, then the others'.
    fn may_read(&self, file: &Installed<'_>) -> Result<bool, String> {
        let whose = |field: &str| format!("the {field} of the file is not known");
        if matches!(self.user, "root" | "0") || self.reads_all.known() == Some(&true) {
            return Ok(true);
        }
        let mode = file.mode.known().and_then(|mode| u32::from_str_radix(mode, 8).ok()).ok_or_else(|| whose("mode"))?;
        let (owner, group) = match file.is_early.ok_or_else(|| whose("owner"))? {
            true => ("root", "root"),
            false => {
                (file.owner_name().ok_or_else(|| whose("owner"))?, file.group_name().ok_or_else(|| whose("group"))?)
            }
        };
        let may_read = match () {
            () if owner == self.user => mode & 0o400 != 0,
            () if self.groups.contains(group) => mode & 0o040 != 0,
            () => mode & 0o004 != 0,
        };
        match () {
            () if may_read => Ok(true),
            () if self.reads_all.is_unknown() => Err("its capabilities are not known".to_owned()),
            () if self.groups.iter().any(|group| is_number(group)) => Err("one of its groups is a number".to_owned()),
            () => Ok(false),
        }
    }
}

fn is_number(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_digit())
}

/// The groups that a user is in: those that have it as a member, and the primary one unless the unit's `Group`
/// takes its place.
fn groups_of<'a>(host: &'a Host, user: &str, is_dynamic: bool, with_primary: bool) -> Result<Vec<&'a str>, String> {
    if !host.complete.users.is_complete() {
        return Err(format!("the groups of `{user}` are not known"));
    }
    let mut groups = Vec::new();
    match host.user(user) {
        Some(_) if !with_primary => {}
        Some(found) => {
            let primary = found.group.known().ok_or_else(|| format!("the group of `{user}` is not known"))?;
            groups.extend(primary.as_deref());
        }
        None if is_dynamic => {}
        // By number, or by a specifier such as `%i`.
        None => return Err(format!("`{user}` is no user of the host")),
    }
    for (name, group) in host.groups_by_name() {
        let members = group.members.known().ok_or_else(|| format!("the members of `{name}` are not known"))?;
        if members.iter().any(|member| member == user) {
            groups.push(name);
        }
    }
    Ok(groups)
}

fn finding(host: &Host, unit: &str, read: &Read, file: &Installed<'_>, process: &Process<'_>) -> Finding {
    let option = format!("systemd.services.{unit}.{}", read.option);
    let used = host.uses.iter().find(|used| is_at(used, &option, read));
    let declared = Label::new(file.field_place("owner"), format!("{} belongs to {}", file.called(), whose(file)));
    let (primary, others) = match used {
        Some(used) => (Label::new(used.at.0.clone(), format!("unit `{unit}` reads it")), vec![declared]),
        None => (declared, Vec::new()),
    };
    let user = process.user;
    let as_whom = if process.is_dynamic { format!("`{user}`, made by `DynamicUser`,") } else { format!("`{user}`") };
    Finding {
        help: Some(help(file, process)),
        others,
        names: vec![unit.to_owned()],
        ..file.finding(
            &RULE,
            primary,
            format!(
                "Unit `{unit}` runs as {as_whom} and reads {} in `{}`, but the file belongs to {}. The build passes; \
                 the unit is refused the file with \"Permission denied\".",
                file.called(),
                read.option,
                whose(file),
            ),
        )
    }
}

fn is_at(used: &Use, option: &str, read: &Read) -> bool {
    used.user.is_none() && used.option == option && used.what == read.what
}

/// `root:keys` with mode 0440.
fn whose(file: &Installed<'_>) -> String {
    let mode = file.mode.known().map_or("0400", String::as_str);
    match file.is_early {
        Some(true) => format!("`root:root` with mode {mode}, as `neededForUsers` has it"),
        _ => {
            let [owner, group] = [file.owner_name(), file.group_name()].map(|name| name.unwrap_or("root"));
            format!("`{owner}:{group}` with mode {mode}")
        }
    }
}

fn help(file: &Installed<'_>, process: &Process<'_>) -> String {
    let credential = "hand it in with `LoadCredential` and let the unit read it in `$CREDENTIALS_DIRECTORY`";
    if process.is_dynamic || file.is_early == Some(true) {
        return credential.to_owned();
    }
    format!("write `owner = \"{}\";` in {}, or {credential}", process.user, file.called())
}
