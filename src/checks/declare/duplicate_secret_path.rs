//! Two secrets or templates end at one place.

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
        for (index, later) in placed.iter().enumerate() {
            let before = || placed.iter().take(index);
            let pair = |first| Pair { later, first };
            let shared = before().find_map(|first| Some((first, shared(first, later)?)));
            if let Some((first, shared)) = shared.filter(|(first, _)| pair(first).may_meet()) {
                verdict.findings.push(finding(&pair(first), &shared));
            }
        }
    }
}

/// What two have in common.
struct Shared {
    /// `path` or `name`.
    field: &'static str,
    value: String,
}

fn shared(first: &Placed<'_>, later: &Placed<'_>) -> Option<Shared> {
    if let (Some(path), true) = (first.path().known(), first.path() == later.path()) {
        return Some(Shared { field: "path", value: path.clone() });
    }
    let file = first.file().filter(|file| Some(file) == later.file().as_ref())?;
    Some(Shared { field: "name", value: file.rsplit(':').next().unwrap_or(&file).to_owned() })
}

fn finding(pair: &Pair<'_, '_>, shared: &Shared) -> Finding {
    let Pair { later, first } = pair;
    let Shared { field, value } = shared;
    let (called, other) = (later.called(), first.called());
    let (what, mend) = match *field {
        "path" => (format!("at `{value}`"), format!("give one of them another `{field}`, or leave it out")),
        _ => (format!("in one file, `{value}`"), format!("give one of them another `{field}`")),
    };
    Finding {
        certainty: pair.certainty(),
        help: Some(mend),
        others: vec![Label::new(first.field_place(field), format!("{other} is there too"))],
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
