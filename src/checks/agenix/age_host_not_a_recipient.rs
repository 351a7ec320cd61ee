//! A host declares an age file that it is not a recipient of.

use crate::access::{Access, AgeRule, File, Holder, Mark, State, Who};
use crate::checks::declared::owner;
use crate::checks::opens::reader::sureness;
use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Label, Level};
use crate::manifest::{Host, HostKind};

use super::access;
use super::declared::{Declared, declared};

pub const RULE: Rule = Rule {
    id: "age-host-not-a-recipient",
    level: Level::Error,
    page: include_str!("../../../docs/rules/age-host-not-a-recipient.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    let Some(access) = access(world) else { return };
    for (place, holder) in access.holders.iter().enumerate() {
        let (host, user) = match holder.who {
            Who::Host(host) => (host, None),
            Who::User(host, user) => (host, Some(user)),
            Who::Named(_) | Who::Nameless(_) => continue,
        };
        let mut unknown = 0;
        for file in access.files.iter().filter(|file| matches!(file.state, State::Age(_))) {
            let cell = access.cell(file, place);
            let Some(declared) = surest(world, host, user, &file.path).filter(|_| cell.declares) else { continue };
            match cell.mark {
                // That the file is not as the entry says is another rule's matter.
                Some(Mark::WantsUnread) if cell.named != Some(true) => {
                    verdict.findings.push(finding(access, file, holder, &declared));
                }
                Some(Mark::WantsUnknown) if cell.named != Some(true) => unknown += 1,
                _ => {}
            }
        }
        if unknown > 0 {
            let who = owner(host, user);
            let why = holder.unknown.map_or("the header of an age file does not name its recipients", |(why, _)| why);
            let files = crate::checks::declared::files(unknown);
            verdict.undecided_of(host, format!("whether {who} can open {files} of its age secrets: {why}"));
        }
    }
}

/// The declaration of somebody that wants a file most surely.
fn surest<'a>(world: &World<'a>, host: &Host, user: Option<&str>, path: &str) -> Option<Declared<'a>> {
    let own = declared(world.manifest).filter(|declared| std::ptr::eq(declared.host, host) && declared.user == user);
    own.filter(|declared| declared.path() == Some(path)).min_by_key(|declared| declared.secret.certainty.clone())
}

fn finding(access: &Access<'_>, file: &File<'_>, holder: &Holder<'_>, declared: &Declared<'_>) -> Finding {
    let (path, who) = (&file.path, declared.owner());
    let entry = file.age.as_ref().and_then(|age| age.rule).and_then(|rule| match rule {
        AgeRule::Entry(rules, entry) => Some((rules, entry)),
        AgeRule::Rekey => None,
    });
    let at = entry.and_then(|(_, entry)| entry.place.clone());
    let primary = match at {
        Some(at) => Label::new(at, format!("{who} is not among these recipients")),
        None => Label::new(declared.place(), format!("{who} cannot open its file")),
    };
    let needs = Label::new(declared.place(), format!("{who} needs the file for `{}`", declared.name));
    let needs = (needs.place != primary.place).then_some(needs);
    let keys = holder.keys.iter().map(|held| Label::new(held.place.clone(), format!("this is the key of {who}")));
    let consequence = match (declared.user, declared.host.kind) {
        (None, HostKind::Nixos) => {
            "The build passes; at activation agenix says that no identity matched, and the secret is not there."
        }
        _ => "The build passes; activation then stops at this secret, and those after it are not there either.",
    };
    Finding {
        certainty: declared.secret.certainty.clone().weaker(sureness(&holder.keys, &who)),
        hosts: vec![declared.host.name.clone()],
        user: declared.user.map(str::to_owned),
        secret: Some(declared.name.to_owned()),
        help: Some(help(access, file, &who)),
        others: needs.into_iter().chain(keys).collect(),
        names: vec![path.to_string()],
        ..RULE.finding(
            primary,
            format!(
                "{who} cannot open `{path}`, which it needs for `{}`: its key is not among the file's recipients. \
                 {consequence}",
                declared.name
            ),
        )
    }
}

fn help(access: &Access<'_>, file: &File<'_>, who: &str) -> String {
    let Some(mending) = access.mending(file) else {
        return format!("give it an entry in `secrets.nix` that names the key of {who}, then run `agenix --rekey`");
    };
    let keys: Vec<String> = mending.add.iter().map(|key| format!("`{key}`")).collect();
    match keys.is_empty() {
        true => format!("run `{}`", mending.command),
        false => format!("add {} to its `publicKeys`, then run `{}`", keys.join(", "), mending.command),
    }
}
