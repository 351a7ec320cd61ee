//! Two secrets or templates end at one place.

use std::collections::BTreeMap;

use crate::checks::placed::{self, Pair, Placed};
use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Label, Level};

pub const RULE: Rule = Rule {
    id: "duplicate-secret-path",
    level: Level::Error,
    page: include_str!("../../../docs/rules/duplicate-secret-path.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for configuration in placed::all(world.manifest) {
        let placed = configuration.placed();
        let mut before: BTreeMap<End, Vec<&Placed<'_>>> = BTreeMap::new();
        for later in &placed {
            let ends = ends(later);
            let found = ends.iter().find_map(|end| {
                let mut pairs = before.get(end)?.iter().map(|first| Pair { later, first });
                Some((pairs.find(Pair::may_meet)?, end))
            });
            verdict.findings.extend(found.map(|(pair, end)| finding(&pair, end)));
            for end in ends {
                before.entry(end).or_default().push(later);
            }
        }
    }
}

/// What two may have in common.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct End {
    /// `path` or `name`.
    field: &'static str,
    value: String,
}

fn ends(placed: &Placed<'_>) -> Vec<End> {
    let path = placed.path().known().map(|path| End { field: "path", value: path.clone() });
    path.into_iter().chain(placed.file().map(|value| End { field: "name", value })).collect()
}

fn finding(pair: &Pair<'_, '_>, end: &End) -> Finding {
    let Pair { later, first } = pair;
    let field = end.field;
    let value = end.value.rsplit(':').next().filter(|_| field == "name").unwrap_or(&end.value);
    let (called, other) = (later.called(), first.called());
    let (what, mend) = match field {
        "path" => (format!("at `{value}`"), format!("give one of them another `{field}`, or leave it out")),
        _ => (format!("in one file, `{value}`"), format!("give one of them another `{field}`")),
    };
    Finding {
        certainty: pair.certainty(),
        help: Some(mend),
        others: vec![Label::new(first.field_place(field), format!("{other} is there too"))],
        names: vec![first.name.to_owned(), (*value).to_owned()],
        ..later.finding(
            &RULE,
            Label::new(later.field_place(field), format!("{called} is put there")),
            format!(
                "Both {called} and {other} end {what}. The build passes and nothing fails: sops-nix writes one over the \
                 other, and whatever reads the one gets the value of the other."
            ),
        )
    }
}
