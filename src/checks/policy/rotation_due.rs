//! A sops file whose values were not changed for longer than its owner wants.

use crate::checks::{Rule, Verdict, World};
use crate::command::{self, SopsFile};
use crate::config::Rotate;
use crate::finding::{Finding, Label, Level};
use crate::sops::Document;

pub const RULE: Rule = Rule {
    id: "rotation-due",
    level: Level::Warning,
    page: include_str!("../../../docs/rules/rotation-due.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for document in world.vault.documents() {
        let Some(changed) = document.metadata.last_modified_day() else { continue };
        let age = world.today - changed;
        // Of several policies the strictest is the one that counts.
        let policies = world.config.rotate.iter().filter(|rotate| rotate.files.take(&document.path));
        let strictest = policies.min_by_key(|rotate| rotate.days).filter(|rotate| age > i64::from(rotate.days));
        verdict.findings.extend(strictest.map(|rotate| finding(document, rotate, age)));
    }
}

fn finding(document: &Document, rotate: &Rotate, age: i64) -> Finding {
    let path = &document.path;
    let day = document.metadata.last_modified.as_deref().and_then(|time| time.get(..10)).unwrap_or_default();
    Finding {
        help: Some(format!(
            "give its secrets new values with `{}`; `{}` gives it a new data key, which takes the file from who was a \
             recipient once, and leaves the values as they are",
            command::edit(SopsFile::read(document)),
            command::rotate(SopsFile::read(document))
        )),
        others: vec![Label::new(rotate.place.clone(), format!("at most {} days", rotate.days))],
        ..RULE.finding(
            Label::new(document.metadata.place.clone(), format!("last changed on {day}")),
            format!(
                "`{path}` was last changed {age} days ago, and `sealnix.toml` wants that after {} days at the latest. Whoever \
                 has learned a value since can still use it.",
                rotate.days
            ),
        )
    }
}
