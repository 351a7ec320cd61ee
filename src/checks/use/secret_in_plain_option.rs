//! A secret stands in clear in the configuration.

use std::collections::BTreeSet;

use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Label, Level};
use crate::manifest::{Host, Use, Used};

use super::file::finding as at_use;

pub const RULE: Rule = Rule {
    id: "secret-in-plain-option",
    level: Level::Warning,
    page: include_str!("../../../docs/rules/secret-in-plain-option.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for host in &world.manifest.hosts {
        let mut said = BTreeSet::new();
        for used in &host.uses {
            // One literal may end in several options.
            if let Used::PlainLiteral { name, .. } = &used.what
                && said.insert(&used.at.0)
            {
                verdict.findings.push(finding(host, used, name));
            }
        }
    }
}

fn finding(host: &Host, used: &Use, name: &str) -> Finding {
    let option = &used.option;
    let is_option = option.rsplit('.').next() == Some(name);
    let given = if is_option { format!("`{option}`") } else { format!("`{name}` in `{option}`") };
    // `API_KEY_FILE` is a variable of a program, `apiKeyFile` an option.
    let is_variable = !name.contains(|character: char| character.is_lowercase());
    let file = if is_variable { format!("{name}_FILE") } else { format!("{name}File") };
    let finding = at_use(
        &RULE,
        host,
        used,
        String::new(),
        format!(
            "{given} is given a literal text, and by its name it is a secret. It stands in clear in git, and in the Nix \
             store of every machine that builds or runs this, where every user and process can read it.",
        ),
    );
    Finding {
        primary: Label { masked: true, ..Label::new(used.at.0.clone(), format!("given to `{name}`, in clear")) },
        help: Some(format!(
            "put it into a sops file and change it, as it is known from now on; then give its path to `{file}` where there is \
             such an option, or render what holds it with `sops.templates`",
        )),
        names: vec![option.clone(), name.to_owned()],
        ..finding
    }
}
