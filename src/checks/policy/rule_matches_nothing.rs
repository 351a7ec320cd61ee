//! A creation rule that matches no file of the repository.

use std::collections::BTreeSet;

use crate::checks::deciding::Deciding;
use crate::checks::{Rule, Undecided, Verdict, World};
use crate::command;
use crate::finding::{Finding, Label, Level};
use crate::identity::{fold, without_affixes_of_host};
use crate::manifest::Host;
use crate::nearest::nearest;
use crate::policy::{self, Config, CreationRule};

pub const RULE: Rule = Rule {
    id: "rule-matches-nothing",
    level: Level::Warning,
    page: include_str!("../../../docs/rules/rule-matches-nothing.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for config in world.policy.configs.iter().filter(|config| world.seals_here(config)) {
        let files = world.in_scope(config);
        for idle in config.idle(files.iter().copied()).into_iter().filter(|idle| idle.matched == 0) {
            let Some(rule) = config.rules.get(idle.index) else { continue };
            let Some((expression, _)) = &rule.path_regex else { continue };
            let deciding = Deciding { config, rule };
            if world.has_submodule(config) {
                let clause = format!("whether {} matches a file: there are submodules", deciding.named());
                verdict.undecided.push(Undecided::of_repository(clause));
                continue;
            }
            // `sops-file-missing` says it.
            if world.wants(config, idle.index) {
                continue;
            }
            let folder = kept_ready(world, config, expression, &files)
                .filter(|_| newcomer(world, &deciding, expression).is_none())
                .filter(|_| Meant::of(config, rule, expression, &files).is_none());
            verdict.findings.push(match folder {
                Some(folder) => ready(&deciding, folder),
                None => finding(world, &deciding, expression, &files),
            });
        }
    }
}

impl World<'_> {
    /// Whether a secret names a file that a rule takes.
    fn wants(&self, config: &Config, rule: usize) -> bool {
        let named = self.manifest.sops_files().filter(|path| self.is_nearest(config, path));
        named.filter_map(|path| config.relative(path)).any(|path| config.first_matching(path) == Some(rule))
    }
}

/// Of the recipients of a rule the one whose own it is, by the names in its expression, where that one has no secret
/// yet: a host or person who is new.
fn newcomer<'a>(world: &World<'_>, deciding: &Deciding<'a>, expression: &str) -> Option<&'a str> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let expression = expression.replace(r"\-", "-");
    let words: BTreeSet<String> = expression.split(|c: char| !is_part(c)).map(fold).collect();
    let has_secrets = |host: &Host| host.sops.as_ref().is_some_and(|sops| !sops.secrets.is_empty());
    let old = world.manifest.hosts.iter().filter(|host| has_secrets(host)).map(|host| fold(&host.name));
    let old: BTreeSet<String> = old.collect();
    let is_own = |name: &str| words.contains(name) && !name.is_empty() && !old.contains(name);
    let names =
        deciding.config.names.iter().filter(|named| deciding.recipients().any(|one| one.identity == named.recipient));
    let mut names = names.map(|named| named.name.as_str());
    names.find(|name| is_own(&fold(name)) || without_affixes_of_host(name).iter().any(|name| is_own(&fold(name))))
}

/// The folder that an expression names, where there is one in which nothing is sealed yet: as of a host whose rule is
/// written with those of the others, before its first secret.
fn kept_ready<'e>(world: &World<'_>, config: &Config, expression: &'e str, files: &[&str]) -> Option<&'e str> {
    let inner = expression.strip_prefix('^').unwrap_or(expression);
    let plain = inner.split(['\\', '(', '|', '[', '+', '*', '?', '{', '^', '$', '.']).next()?;
    let folder = plain.get(..=plain.rfind('/')?)?;
    let mut within = files.iter().filter(|path| path.starts_with(folder)).peekable();
    within.peek()?;
    let is_sealed = |path: &&str| world.vault.is_sealed(&format!("{}{path}", config.folder()).into());
    (!within.any(is_sealed)).then_some(folder)
}

fn ready(deciding: &Deciding<'_>, folder: &str) -> Finding {
    Finding {
        level: Level::Note,
        help: Some("nothing has to be done; a rule that stands for good without a file can be taken out".to_owned()),
        ..RULE.finding(
            Label::new(deciding.place(), "matches no file yet"),
            format!("The rule seals nothing: `{folder}` is there, and no file in it that the rule matches."),
        )
    }
}

fn finding(world: &World<'_>, deciding: &Deciding<'_>, expression: &str, files: &[&str]) -> Finding {
    let meant = Meant::of(deciding.config, deciding.rule, expression, files);
    let why = match &meant {
        Some(Meant::Root(path)) => {
            format!(
                " sops tests paths from the rule file's own folder: `{path}`, not `{}{path}`.",
                deciding.config.folder()
            )
        }
        Some(Meant::Glob(path)) => format!(" Read as a glob it would match `{path}`; but it is a regular expression."),
        Some(Meant::Slash(path)) => format!(" It asks for a path that starts with a slash, and sops tests `{path}`."),
        Some(Meant::Near(path)) => format!(" `{path}` is there."),
        None => String::new(),
    };
    let newcomer = newcomer(world, deciding, expression).filter(|_| meant.is_none());
    let message = match newcomer {
        Some(name) => format!(
            "No file of the repository matches `{expression}` yet: the rule is that of `{name}`, for whom nothing of its own \
             is sealed so far."
        ),
        None => format!(
            "No file of the repository matches `{expression}`, so the rule seals nothing.{why} A file that it was meant for \
             is sealed by another rule, for other recipients, or by none."
        ),
    };
    let suggestion = meant.as_ref().map(|meant| meant.expression());
    Finding {
        help: Some(match &suggestion {
            Some(suggestion) => format!("write `path_regex: {suggestion}`"),
            None => match literal(expression) {
                // A rule is there before its file: sops seals a new file by it.
                Some(path) => format!(
                    "make the file with `{}`; or mend the expression, or take the rule out",
                    command::edit(&format!("{}{path}", deciding.config.folder()))
                ),
                None => "make a file that it matches, mend the expression, or take the rule out".to_owned(),
            },
        }),
        names: vec![expression.to_owned()],
        level: if newcomer.is_some() { Level::Note } else { Level::Warning },
        ..RULE.finding(Label::new(deciding.place(), "matches no file"), message)
    }
}

/// What was most likely meant.
enum Meant<'f> {
    /// The expression names the path from another folder than the rule file's.
    Root(&'f str),
    /// It is a glob.
    Glob(&'f str),
    /// It starts with a slash.
    Slash(&'f str),
    /// It is the path of a file, misspelt.
    Near(&'f str),
}

impl<'f> Meant<'f> {
    fn of(config: &Config, rule: &CreationRule, expression: &str, files: &[&'f str]) -> Option<Self> {
        let folder = config.folder();
        let first = |matches: &dyn Fn(&str) -> bool| files.iter().copied().find(|path| matches(path));
        let matches = |path: &str| rule.matches(path) == Some(true);
        let glob = rule.as_glob();
        let literal = literal(expression);
        // A file that has its own rule is not meant by this one.
        let steps = |path: &str| path.matches('/').count();
        let is_free = |path: &&str| config.first_matching(path).is_none() && steps(path) == steps(expression);
        None.or_else(|| first(&|path| !folder.is_empty() && matches(&format!("{folder}{path}"))).map(Meant::Root))
            .or_else(|| first(&|path| matches(&format!("/{path}")) || matches(&format!("./{path}"))).map(Meant::Slash))
            .or_else(|| first(&|path| glob.as_ref().is_some_and(|glob| glob.is_match(path))).map(Meant::Glob))
            .or_else(|| nearest(&literal?, files.iter().copied().filter(is_free)).map(Meant::Near))
    }

    /// An expression that matches the file.
    fn expression(&self) -> String {
        let (Meant::Root(path) | Meant::Glob(path) | Meant::Slash(path) | Meant::Near(path)) = self;
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        match (self, name.rsplit_once('.')) {
            (Meant::Glob(_), Some((_, ending))) => policy::every(folder, ending),
            _ => policy::exactly(path),
        }
    }
}

/// The one path that an expression stands for, if it has no other sign than dots.
fn literal(expression: &str) -> Option<String> {
    let inner = expression.strip_prefix('^').unwrap_or(expression);
    let inner = inner.strip_suffix('$').unwrap_or(inner).replace(r"\.", ".").replace(r"\-", "-");
    (!inner.contains(['\\', '(', '|', '[', '+', '*', '?', '{', '^', '$'])).then_some(inner)
}
