//! A host declares a secret of a file that none of its keys opens.

use crate::access::another_key::{nothing_opens, opens, other_way};
use crate::access::short;
use crate::checks::deciding::{Deciding, deciding};
use crate::checks::declared::{containers, files as count, owner};
use crate::checks::{Rule, Verdict, World};
use crate::command::{self, SopsFile};
use crate::finding::{Finding, Label, Level};
use crate::identity::Held;
use crate::policy;
use crate::sops::Document;

use super::reader::{Needed, Reader, to_add, to_write};

pub const RULE: Rule = Rule {
    id: "host-not-a-recipient",
    level: Level::Error,
    page: include_str!("../../../docs/rules/host-not-a-recipient.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for reader in Reader::all(world) {
        let files = reader.needs(world);
        let who = owner(reader.host, reader.user);
        let held = match reader.holds(world) {
            Ok(held) => held,
            Err(_) if files.is_empty() => continue,
            Err(why) => {
                let files = count(files.len());
                let clause = format!("whether {who} can open the {files} of its secrets: {why}");
                verdict.undecided_of(reader.host, clause);
                continue;
            }
        };
        let documents: Vec<&Document> = files.values().map(|(document, _)| *document).collect();
        if let Some(why) = nothing_opens(world.policy, world.identities, held, &documents) {
            let clause = format!("whether {who} can open the {} of its secrets: {why}", count(files.len()));
            verdict.undecided_of(reader.host, clause);
            continue;
        }
        for (document, declared) in files.into_values() {
            // In any one group, or as an ssh key that sops-nix does not use: other rules' matter.
            if opens(held, document) {
                continue;
            }
            match other_way(reader.sops, held, document) {
                Some(way) => {
                    verdict.undecided_of(reader.host, format!("whether {who} can open `{}`: {way}", document.path));
                }
                None => {
                    let needed = Needed { who: who.clone(), reader, held, document, declared };
                    verdict.findings.push(finding(world, &needed));
                }
            }
        }
    }
    for (host, container, sops) in containers(world.manifest).filter(|(.., sops)| !sops.secrets.is_empty()) {
        let on = &host.name;
        let why = "nothing tells its key";
        let count = sops.secrets.len();
        verdict.undecided_of(
            host,
            format!("whether container `{container}` on `{on}` can open its {count} secrets: {why}"),
        );
    }
}

fn finding(world: &World<'_>, needed: &Needed<'_>) -> Finding {
    let Needed { who, held, document, declared, .. } = needed;
    let path = &document.path;
    let keys: Vec<String> = held.iter().map(|held| format!("`{}`", short(&held.recipient))).collect();
    let whose = if keys.len() == 1 { "its key" } else { "none of its keys" };
    let verb = if keys.len() == 1 { "is not" } else { "is" };
    let keys = keys.join(", ");
    let deciding = deciding(world.policy, path);
    let rule_at =
        deciding.as_ref().map(|deciding| Label::new(deciding.place(), "this rule decides who can open the file"));
    Finding {
        help: Some(help(world, held, document, deciding.as_ref())),
        others: needed.labels().into_iter().chain(rule_at).collect(),
        ..needed.finding(
            &RULE,
            Label::new(document.metadata.place.clone(), format!("{who} is not among these recipients")),
            format!(
                "{who} cannot open `{path}`, which it needs for `{}`: {whose} ({keys}) {verb} a recipient of the \
                 file. The build passes; activation then fails and installs no secret at all.",
                declared.name
            ),
        )
    }
}

fn help(world: &World<'_>, held: &[Held], document: &Document, deciding: Option<&Deciding<'_>>) -> String {
    let config = world.policy.config_for(&document.path);
    match deciding {
        Some(deciding) => {
            let update = command::updatekeys(SopsFile::read(document), Some(deciding.config));
            let mut listed = deciding.recipients();
            if listed.any(|one| held.iter().any(|held| held.is(one.kind, &one.identity))) {
                format!("{} already lists the key: run `{update}`", deciding.named())
            } else {
                format!("{}, then run `{update}`", to_add(deciding, held))
            }
        }
        None => format!(
            "no creation rule takes the file: add one with `path_regex: {}` and {} to `{}`, then run `{}`",
            policy::exactly(config.and_then(|config| config.relative(&document.path)).unwrap_or(&document.path)),
            to_write(config, held),
            config.map_or(".sops.yaml", |config| &config.path),
            command::updatekeys(SopsFile::read(document), config)
        ),
    }
}
