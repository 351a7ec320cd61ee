//! Something silences a rule where the rule says nothing. Only who has seen all findings can tell: `levels` does, after
//! every other rule, and has the words from here.

use crate::checks::{self, Rule};
use crate::finding::{Finding, Label, Level};
use crate::manifest::Certainty;
use crate::source::Place;

/// The rule.
pub const RULE: Rule = Rule {
    id: "unused-suppression",
    level: Level::Warning,
    page: include_str!("../../../docs/rules/unused-suppression.md"),
    check: |_, _| {},
};

/// The rules that look for something among all accounts and units of a host, which often only Nix knows.
pub const OF_ACCOUNTS_AND_UNITS: [&str; 3] = ["owner-unknown", "restart-unit-unknown", "unit-cannot-read-secret"];

/// What silences nothing.
#[derive(Debug, Clone, Copy)]
pub enum Silencer<'a> {
    /// A comment that names this rule.
    Comment(&'a str),
    /// A comment that names none.
    Unreadable,
    /// `rule = "off"` in `sealnix.toml`, for all files or those of a pattern.
    Setting(&'a str, Option<&'a str>),
}

/// The finding. Nothing of a silencer of this very rule, which would be judged by what it silences.
pub fn finding(place: Place, silencer: Silencer<'_>, sureness: impl Fn(&str) -> Certainty) -> Option<Finding> {
    let (rule, label, what) = match silencer {
        Silencer::Comment(rule) | Silencer::Setting(rule, _) if rule == RULE.id => return None,
        Silencer::Unreadable => {
            let message = "This comment is meant to silence a rule and names none, so it silences nothing.".to_owned();
            let help = Some("write `sealnix: ignore[RULE] reason`; `sealnix rules` lists the rules".to_owned());
            return Some(Finding { help, ..RULE.finding(Label::new(place, "names no rule"), message) });
        }
        Silencer::Comment(rule) if !checks::rules().any(|known| known.id == rule) => {
            return Some(no_such_rule(place, rule));
        }
        Silencer::Comment(rule) => (rule, "finds nothing here", "the comment".to_owned()),
        Silencer::Setting(rule, None) => (rule, "finds nothing", "the setting".to_owned()),
        Silencer::Setting(rule, Some(files)) => (rule, "finds nothing there", format!("the setting for `{files}`")),
    };
    let message = format!(
        "`{rule}` {label}, so {what} silences nothing. What it was written for is mended or has moved; the next such \
         mistake would go unseen."
    );
    let (files, entry) = match silencer {
        Silencer::Setting(_, files) => (files, format!("take `{rule}` out of `sealnix.toml`")),
        _ => (None, format!("take `{rule}` out of the comment, or the comment out if it names nothing else")),
    };
    Some(Finding {
        help: Some(entry),
        certainty: sureness(rule),
        names: [rule].into_iter().chain(files).map(str::to_owned).collect(),
        ..RULE.finding(Label::new(place, label), message)
    })
}

fn no_such_rule(place: Place, rule: &str) -> Finding {
    let nearest = checks::nearest_rule(rule);
    let instead = nearest.map_or_else(String::new, |nearest| format!("; `{nearest}` is one"));
    Finding {
        help: Some(match nearest {
            Some(nearest) => format!("write `{nearest}`"),
            None => "`sealnix rules` lists the rules".to_owned(),
        }),
        suggestion: nearest.map(str::to_owned),
        names: vec![rule.to_owned()],
        ..RULE.finding(
            Label::new(place, "is no rule"),
            format!("There is no rule `{rule}`{instead}. The comment silences nothing."),
        )
    }
}
