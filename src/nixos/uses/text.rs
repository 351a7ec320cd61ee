//! One text that an option is given: the secrets in its context, literal paths of secrets, and literal secrets.

use super::super::facts::Territory;
use super::paths::Handing;
use super::{Search, Sets, Way, paths, plain};
use crate::manifest::{Namespace, Used};
use crate::nix::Symbol;
use crate::nix::ir::Span;
use crate::nix::value::{Mark, Str, Value};

/// How something stands in a text.
#[derive(Clone)]
pub(super) struct Noted {
    pub(super) embedded: bool,
    pub(super) substituted: bool,
    /// The environment variable that it is the value of, where the text sets some.
    pub(super) variable: Option<String>,
}

impl Noted {
    pub(super) fn of(way: Way<'_, '_>) -> Self {
        Noted { embedded: way.embedded, substituted: false, variable: None }
    }
}

impl<'a> Search<'a, '_> {
    pub(super) fn text(&mut self, text: &'a Str<'a>, way: Way<'a, '_>) {
        for mark in text.context {
            let Some(sets) = self.sets.iter().find(|sets| sets.scope == mark.scope) else { continue };
            if let Some(what) = used(mark, way.read) {
                let noted = match way.embedded || !is_whole(text, mark) {
                    true => self.embedded(text, mark, sets, way),
                    false => Noted::of(way),
                };
                let is_command = noted.substituted && paths::is_command(&format!("{}{}", way.before, text.text));
                let through = if is_command { Some("sh -c") } else { way.through };
                self.note(what, sets.user, way.at, noted, Way { through, ..way });
            }
        }
        if text.context.is_empty() {
            let at = text.origin.filter(|span| self.is_own(*span));
            self.literal_paths(text.text, at.or(way.at), way);
            self.trigger(text.text, way);
            if at.is_some() && way.within.is_none() {
                self.plain_secrets(text.text, at, way);
            }
        }
    }

    pub(super) fn literal_paths(&mut self, text: &str, at: Option<Span>, way: Way<'a, '_>) {
        if !text.contains("/run/") {
            return;
        }
        let handing = self.handing();
        let text_of_host = handing.map_or(text, |handing| handing.of_host(text));
        let user = self.sets.first().and_then(|own| own.user);
        let length = text.len() as u32;
        for path in paths::literal_paths(text_of_host, handing.is_some()) {
            let what = match way.read {
                true => Used::LiteralReadAtEval { path: path.to_owned() },
                false => Used::LiteralPath { length, path: path.to_owned() },
            };
            let (before, after) = text_of_host.split_once(path).unwrap_or_default();
            let is_part = path.len() < text.trim_end_matches('/').len();
            let noted = self.standing((before, after), is_part, way);
            self.note(what, user, at, noted, way);
        }
    }

    /// How the path of a secret stands in a text of which it is a part.
    fn embedded(&self, text: &'a Str<'a>, mark: &Mark<'a>, sets: &Sets<'a>, way: Way<'a, '_>) -> Noted {
        let whole = Noted { embedded: true, ..Noted::of(way) };
        let Some(path) = self.path_of(mark, sets) else { return whole };
        let around = text
            .text
            .match_indices(path)
            .filter_map(|(at, _)| Some((text.text.get(..at)?, text.text.get(at + path.len()..)?)));
        let standings = around.map(|around| self.standing(around, true, way));
        standings
            .reduce(|first, later| if later.substituted && !first.substituted { later } else { first })
            .unwrap_or(whole)
    }

    /// How what has this before and after it stands in a text.
    fn standing(&self, (before, after): (&str, &str), is_part: bool, way: Way<'a, '_>) -> Noted {
        let before = format!("{}{before}", way.before);
        let variable = paths::assigned(&before).filter(|_| self.sets_variables());
        let is_value = variable.is_some() && !after.starts_with(|character: char| !is_end(character));
        Noted {
            embedded: way.embedded || is_part && !is_value,
            substituted: paths::is_substituted(&before),
            variable: variable.map(str::to_owned),
        }
    }

    /// Whether the current option is systemd's `Environment`, whose texts are assignments.
    fn sets_variables(&self) -> bool {
        let names = |step: &Symbol, names: &[&str]| names.contains(&step.as_str());
        matches!(self.path.as_slice(), [.., section, last] if names(section, &["serviceConfig", "Service"]) && names(last, &["Environment"]))
    }

    /// How the current option, or one around it, hands what the host has to something else.
    fn handing(&self) -> Option<Handing> {
        let handing = self.path.iter().find_map(|step| Handing::of(step.as_str()));
        // Other programs have an option of that name, too.
        let is_container = self.path.iter().any(|step| step.as_str() == "containers");
        handing.filter(|handing| is_container || *handing != Handing::Argument)
    }

    /// The path of the file that a mark is of.
    fn path_of(&self, mark: &Mark<'a>, sets: &Sets<'a>) -> Option<&'a str> {
        let of = match mark.kind.as_str() {
            "secret" => Namespace::Secrets,
            "age-secret" => Namespace::AgeSecrets,
            "template" => Namespace::Templates,
            _ => return None,
        };
        let (_, set) = sets.sets.iter().find(|(namespace, _)| *namespace == of)?;
        let value = self.eval.force(set.get(Symbol::new(mark.name))?.value).ok()?;
        match self.eval.settle(self.eval.select_name(value, Symbol::new("path"), None)) {
            Ok(Value::String(path)) => Some(path.text),
            _ => None,
        }
    }

    /// Notes literals that are secrets in clear, by the names of what they are given to.
    fn plain_secrets(&mut self, text: &str, at: Option<Span>, way: Way<'a, '_>) {
        let given: Vec<(&str, &str)> = match way.name {
            _ if self.sets_variables() => paths::assignments(text).collect(),
            Some(name) => vec![(name.as_str(), text)],
            None => Vec::new(),
        };
        for (name, value) in given {
            if self.is_plain_secret(name, value) {
                let what = Used::PlainLiteral { length: text.len() as u32, name: name.to_owned() };
                self.note(what, None, at, Noted::of(way), way);
            }
        }
    }

    /// Whether a literal is a secret in clear, by the name of what it is given to.
    fn is_plain_secret(&self, name: &str, text: &str) -> bool {
        let names_one =
            || self.sets.iter().flat_map(|sets| sets.sets).any(|(_, set)| set.get(Symbol::new(text)).is_some());
        // What tries a system out is no host.
        let is_trial = || {
            self.path.first().is_some_and(|first| first.as_str() == "virtualisation")
                && self.path.iter().any(|name| name.as_str().starts_with("vmVariant"))
        };
        // A choice among words, or not a text at all.
        let is_choice =
            || match self.configuration.class.table().map(|table| table.at(self.path.iter().map(|name| name.as_str())))
            {
                Some(Territory::Option(fact)) => fact.kind.ends_with("enum") || fact.kind.ends_with("bool"),
                _ => false,
            };
        plain::is_secret_name(name) && plain::may_be_secret(name, text) && !names_one() && !is_trial() && !is_choice()
    }
}

/// Whether a character ends a word of systemd's `Environment`.
fn is_end(character: char) -> bool {
    character.is_whitespace() || matches!(character, '"' | '\'')
}

fn used(mark: &Mark<'_>, read: bool) -> Option<Used> {
    let name = mark.name.to_owned();
    Some(match mark.kind.as_str() {
        "secret" if read => Used::ReadAtEval { name },
        "secret" => Used::SecretPath { name },
        "age-secret" if read => Used::AgeReadAtEval { name },
        "age-secret" => Used::AgeSecretPath { name },
        "placeholder" => Used::Placeholder { name },
        "file-hash" => Used::FileHash { name },
        "template" => Used::TemplatePath { name },
        _ => return None,
    })
}

/// Whether a text is nothing but what the mark stands for: it has no other one, and ends in its name
/// or is one word.
fn is_whole(text: &Str<'_>, mark: &Mark<'_>) -> bool {
    let one_word = !text.text.contains(char::is_whitespace);
    text.context.len() == 1
        && one_word
        && match mark.kind.as_str() {
            "placeholder" => text.text.starts_with("<SOPS:") && text.text.ends_with(":PLACEHOLDER>"),
            // In home-manager agenix' paths begin with a variable or command of the shell.
            _ => text.text.starts_with(['/', '%', '~', '$']),
        }
}
