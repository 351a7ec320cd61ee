//! Which rule takes which file.

use super::{Config, CreationRule, Policy, Problem};

/// What sops does when it is asked to seal a file (reference: sops.md section 4).
#[derive(Debug, Clone, Copy)]
pub enum Selection<'a> {
    /// No `.sops.yaml` lies on the file's way up.
    NoConfig,
    /// The nearest one is not readable, so sops stops.
    Unreadable(&'a Config),
    /// No rule of the nearest one matches.
    NoRule(&'a Config),
    /// This rule is reached and its expression does not compile, so sops stops.
    Stopped {
        /// The nearest rule file.
        config: &'a Config,
        /// The rule's index, from 0.
        index: usize,
        /// The rule.
        rule: &'a CreationRule,
    },
    /// This is the first rule that matches.
    Rule {
        /// The nearest rule file.
        config: &'a Config,
        /// The rule's index, from 0.
        index: usize,
        /// The rule.
        rule: &'a CreationRule,
    },
}

impl Policy {
    /// The nearest `.sops.yaml` on the way up from a file; outer ones are hidden by it. sops
    /// itself starts in the current folder: this is what it finds when run beside the file.
    pub fn config_for(&self, path: &str) -> Option<&Config> {
        // The path of another input, or outside the repository: whatever lies there, it is not ours.
        if path.starts_with('/') || path.starts_with("input:") {
            return None;
        }
        let inside = self.configs.iter().filter(|config| config.relative(path).is_some());
        inside.max_by_key(|config| config.folder().len())
    }

    /// What sops does with a file.
    pub fn select(&self, path: &str) -> Selection<'_> {
        let Some(config) = self.config_for(path) else { return Selection::NoConfig };
        if !config.readable {
            return Selection::Unreadable(config);
        }
        let relative = config.relative(path).unwrap_or(path);
        for (index, rule) in config.rules.iter().enumerate() {
            match rule.matches(relative) {
                Some(true) => return Selection::Rule { config, index, rule },
                Some(false) => {}
                None => return Selection::Stopped { config, index, rule },
            }
        }
        Selection::NoRule(config)
    }

    /// The rule that takes a file, with its file and its index from 0; nothing where sops finds
    /// none or stops before it ([`Policy::select`] tells which).
    pub fn rule_for(&self, path: &str) -> Option<(&Config, usize, &CreationRule)> {
        match self.select(path) {
            Selection::Rule { config, index, rule } => Some((config, index, rule)),
            _ => None,
        }
    }

    /// Why sops would not seal a file by the nearest `.sops.yaml`, where something in it is wrong.
    pub fn problem_for(&self, path: &str) -> Option<&Problem> {
        let config = self.config_for(path)?;
        let reached = match self.select(path) {
            Selection::Rule { index, .. } | Selection::Stopped { index, .. } => Some(index),
            _ => None,
        };
        let whole = config.problems.iter().find(|problem| problem.rule.is_none());
        whole.or_else(|| config.problems.iter().find(|problem| problem.rule.is_some() && problem.rule == reached))
    }

    /// Every rule of the nearest `.sops.yaml` that matches a file, the one that takes it first.
    pub fn rules_matching(&self, path: &str) -> Vec<(&Config, usize, &CreationRule)> {
        let Some(config) = self.config_for(path) else { return Vec::new() };
        let relative = config.relative(path).unwrap_or(path);
        let matching = config.rules.iter().enumerate().filter(|(_, rule)| rule.matches(relative) == Some(true));
        matching.map(|(index, rule)| (config, index, rule)).collect()
    }
}

impl Config {
    /// Its folder with a `/` at the end, "" for the root: what sops cuts off a file's path.
    pub fn folder(&self) -> &str {
        self.path.rfind('/').and_then(|slash| self.path.get(..=slash)).unwrap_or_default()
    }

    /// The path that is tested against the rules, for a file in or below its folder.
    pub fn relative<'a>(&self, path: &'a str) -> Option<&'a str> {
        path.strip_prefix(self.folder())
    }

    /// The index of the rule that takes a path relative to this file; nothing where none does, or where
    /// sops stops before it.
    pub fn first_matching(&self, relative: &str) -> Option<usize> {
        let index = self.rules.iter().position(|rule| rule.matches(relative) != Some(false))?;
        self.rules.get(index)?.matches(relative).map(|_| index)
    }
}

impl CreationRule {
    /// Whether it matches a path relative to its rule file; nothing where its expression does not
    /// compile. A rule without an expression matches everything.
    pub fn matches(&self, relative: &str) -> Option<bool> {
        match (&self.path_regex, &self.regex) {
            (None, _) => Some(true),
            (Some(_), Some(regex)) => Some(regex.is_match(relative)),
            (Some(_), None) => None,
        }
    }
}
