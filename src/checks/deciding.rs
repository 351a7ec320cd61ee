//! Which creation rule decides a file's recipients, and what the rule files call a recipient.

use crate::access::short;
use crate::policy::{Config, CreationRule, Policy, RuleRecipient};
use crate::source::Place;

/// The rule that takes a file, and its rule file.
pub struct Deciding<'a> {
    pub config: &'a Config,
    pub rule: &'a CreationRule,
}

impl Deciding<'_> {
    /// Whether the rule says of a file that it is meant to be sealed: it names some place, rather
    /// than every file or every file with some ending (a rule `\.yaml$` does not mean the
    /// repository's workflows and compose files).
    pub fn is_specific(&self) -> bool {
        let endings = ["", ".yaml", ".yml", ".json", ".env", ".ini", ".txt"];
        // Names that no rule has in mind.
        let anywhere = endings.iter().flat_map(|ending| [format!("q9x{ending}"), format!("q9x/x9q{ending}")]);
        let regex = self.rule.regex.as_ref();
        regex.is_some_and(|regex| !anywhere.into_iter().any(|path| regex.is_match(&path)))
    }

    /// Whether the rule takes every file with this ending in a folder, whatever its name.
    pub fn takes_any_name(&self, folder: &str, ending: &str) -> bool {
        let relative = |path: &str| self.config.relative(path).map(str::to_owned);
        relative(&format!("{folder}/q9x.{ending}")).is_some_and(|path| self.rule.matches(&path) == Some(true))
    }

    /// Whether a recipient that the rule names is none: an example's `age1...`, to be filled in. sops seals
    /// nothing by it yet.
    pub fn is_sketch(&self) -> bool {
        let index = self.config.rules.iter().position(|rule| std::ptr::eq(rule, self.rule));
        self.config.problems.iter().any(|problem| problem.is_recipient && problem.rule == index)
    }

    /// The rule's line, to tell it from the others of its file.
    pub fn named(&self) -> String {
        format!("the rule at `{}:{}`", self.config.path, self.rule.place.start.line)
    }

    /// The rule's recipients, of all groups.
    pub fn recipients(&self) -> impl Iterator<Item = &RuleRecipient> {
        self.rule.groups.iter().flatten()
    }

    /// Where the rule is best shown: its expression, else its first line.
    pub fn place(&self) -> Place {
        match &self.rule.path_regex {
            Some((_, place)) => place.clone(),
            None => Place { end: self.rule.place.start, ..self.rule.place.clone() },
        }
    }
}

/// The rule that decides a file; nothing where sops finds none, or stops before it.
pub fn deciding<'a>(policy: &'a Policy, path: &str) -> Option<Deciding<'a>> {
    policy.rule_for(path).map(|(config, _, rule)| Deciding { config, rule })
}

/// What people call a recipient: the name that a rule file gives it, before its shortened text.
pub fn called(policy: &Policy, identity: &str) -> String {
    let mut names = policy.configs.iter().flat_map(|config| &config.names);
    match names.find(|named| named.recipient == identity && named.is_anchor) {
        Some(named) => format!("`{}` ({})", named.name, short(identity)),
        None => format!("`{}`", short(identity)),
    }
}
