//! The name of a secret is the folder of another's.

use std::collections::BTreeMap;

use crate::checks::placed::{self, Pair, Placed};
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
        let mut files: BTreeMap<String, Vec<(usize, &Placed<'_>)>> = BTreeMap::new();
        for (index, placed) in placed.iter().enumerate() {
            if let Some(file) = placed.file() {
                files.entry(file).or_default().push((index, placed));
            }
        }
        for (folder, outers) in &files {
            let inside = format!("{folder}/");
            let below = files.range(inside.clone()..).take_while(|(file, _)| file.starts_with(&inside));
            let below: Vec<_> = below.flat_map(|(file, inner)| inner.iter().map(move |inner| (file, inner))).collect();
            for (_, outer) in outers {
                let pair = |inner| Pair { later: outer, first: inner };
                // One finding for a name, however many lie below it.
                let inner = below.iter().filter(|(_, (_, inner))| pair(inner).may_meet());
                if let Some((file, (_, inner))) = inner.min_by_key(|(_, (index, _))| index) {
                    let plain = |file: &str| file.rsplit(':').next().unwrap_or(file).to_owned();
                    verdict.findings.push(finding(&pair(inner), &plain(folder), &plain(file)));
                }
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
        names: vec![folder.to_owned()],
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
