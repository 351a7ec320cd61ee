//! The name of a secret is the folder of another's.

use crate::checks::placed::{self, Pair};
use crate::checks::{Rule, Verdict, World};
use crate::command;
use crate::finding::{Finding, Label, Level};

pub const RULE: Rule = Rule {
    id: "secret-name-nests",
    level: Level::Error,
    page: include_str!("../../../docs/rules/secret-name-nests.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for configuration in placed::all(world.manifest) {
        let placed: Vec<_> = configuration.placed();
        let files: Vec<_> = placed.iter().filter_map(|placed| Some((placed, placed.file()?))).collect();
        for (outer, folder) in &files {
            let lies_in = |file: &String| file.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'));
            // One finding for a name, however many lie below it.
            let inner = files.iter().find(|(_, file)| lies_in(file));
            let Some((inner, file)) = inner else { continue };
            let pair = Pair { later: outer, first: inner };
            if pair.may_meet() {
                let plain = |file: &str| file.rsplit(':').next().unwrap_or(file).to_owned();
                verdict.findings.push(finding(&pair, &plain(folder), &plain(file)));
            }
        }
    }
}

fn finding(pair: &Pair<'_, '_>, folder: &str, file: &str) -> Finding {
    let Pair { later: outer, first: inner } = pair;
    let (called, other) = (outer.called(), inner.called());
    // The folder of templates is theirs alone.
    let new = if inner.is_template() { format!("{folder}-value") } else { format!("{folder}/value") };
    let key = outer.key().map(|key| format!("; its value stays where it is with `key = {};`", command::text(key)));
    let field = if outer.says("name") { "name" } else { "" };
    Finding {
        certainty: pair.certainty(),
        help: Some(format!(
            "give one of them another name, such as `{new}`{}",
            key.unwrap_or_default()
        )),
        others: vec![Label::new(inner.place(), format!("{other} lies in a folder of that name"))],
        ..outer.finding(
            &RULE,
            Label::new(outer.field_place(field), format!("{called} is a file")),
            format!(
                "The name `{folder}` is that of a file and of a folder: {called} is to be the file `{folder}`, and {other} \
                 the file `{file}`. The build passes; activation fails with \"not a directory\" and installs no secret \
                 at all."
            ),
        )
    }
}
