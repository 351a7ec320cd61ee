//! A template is read as an environment file, and systemd may change the values that are put in.

use crate::checks::declared::configurations;
use crate::checks::{Rule, Verdict, World};
use crate::command;
use crate::environment::shape::{Quote, Variable};
use crate::finding::{Finding, Label, Level};
use crate::manifest::{Host, Secret, Sops, Template, Use};

use super::environment::{Reader, environment_files, template_of};

pub const RULE: Rule = Rule {
    id: "environment-template-quoting",
    level: Level::Note,
    page: include_str!("../../../docs/rules/environment-template-quoting.md"),
    check,
};

/// How many names a message lists at most.
const SHOWN: usize = 6;

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for host in &world.manifest.hosts {
        let files = environment_files(host).filter(|file| file.reader == Reader::Systemd);
        for file in files {
            let user = file.used.user.as_deref();
            let own = configurations(world.manifest).find(|(other, of, _)| std::ptr::eq(*other, host) && *of == user);
            let Some((name, template)) = template_of(host, file.used) else { continue };
            let Some((.., sops)) = own else { continue };
            let read = Read { host, used: file.used, sops, name, template };
            verdict.findings.extend(read.broken().or_else(|| read.unquoted()));
        }
    }
}

/// A template that systemd reads.
struct Read<'a> {
    host: &'a Host,
    used: &'a Use,
    sops: &'a Sops,
    name: &'a str,
    template: &'a Template,
}

impl Read<'_> {
    /// The first thing that certainly goes wrong.
    fn broken(&self) -> Option<Finding> {
        let name = self.name;
        let wrong = self.template.variables.iter().find_map(|variable| {
            let called = called(variable);
            if variable.unclosed && !variable.secrets.is_empty() {
                return Some((
                    called.clone(),
                    format!(
                        "the quote in the value of {called} is never closed, so that all that follows is taken to belong \
                         to it"
                    ),
                    "close the quote".to_owned(),
                ));
            }
            let is_bare = |secret: &str| self.sops.secrets.get(secret).is_some_and(is_whole_file);
            let held = variable.secrets.iter().find(|held| held.quote == Quote::None && is_bare(&held.secret))?;
            let secret = &held.secret;
            Some((
                called.clone(),
                format!(
                    "secret `{secret}` is a whole file and stands without quotes in the value of {called}: at the first \
                     end of line the value is cut, and each further line sets what it likes"
                ),
                format!(
                    "write it between single quotes, or let the program read the file by its path, `config.{}.path`",
                    command::attribute("sops.secrets", secret)
                ),
            ))
        });
        let (called, what, help) = wrong?;
        let message = format!(
            "Template `{name}` is an environment file for systemd, and {what}. Nothing fails: the program starts with \
             another value."
        );
        Some(Finding { level: Level::Warning, names: vec![called], ..self.finding(message, help) })
    }

    /// One note for all values whose secret stands without quotes.
    fn unquoted(&self) -> Option<Finding> {
        let is_bare = |variable: &&Variable| variable.secrets.iter().any(|held| held.quote == Quote::None);
        let names: Vec<_> = self.template.variables.iter().filter(is_bare).map(called).collect();
        let first = names.first()?;
        let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
        let more = if names.len() > SHOWN { ", …" } else { "" };
        let (name, values) = (self.name, if names.len() == 1 { "value" } else { "values" });
        let message = format!(
            "Template `{name}` is an environment file for systemd, and the {values} of {shown}{more} {stand} without \
             quotes. systemd then reads another value where it holds a line break or a `\\`, begins with a quote, or \
             begins or ends with a blank.",
            stand = if names.len() == 1 { "stands" } else { "stand" },
        );
        let help = format!(
            "write {}='${{config.sops.placeholder.…}}': safe for every value without a `'`",
            first.trim_matches('`')
        );
        Some(self.finding(message, help))
    }

    fn finding(&self, message: String, help: String) -> Finding {
        let used = Label::new(self.used.at.0.clone(), format!("read by `{}`", self.used.option));
        Finding {
            certainty: self.used.certainty.clone().weaker(self.template.certainty.clone()),
            hosts: vec![self.host.name.clone()],
            user: self.used.user.clone(),
            help: Some(help),
            others: vec![used],
            template: Some(self.name.to_owned()),
            ..RULE.finding(Label::new(self.template.place("content"), "the lines of the environment"), message)
        }
    }
}

/// `NAME`, or the line where no name can be shown.
fn called(variable: &Variable) -> String {
    variable.name.as_ref().map_or_else(|| format!("line {}", variable.line), |name| format!("`{name}`"))
}

/// Whether all of a file is delivered, rather than one value of it.
fn is_whole_file(secret: &Secret) -> bool {
    match (secret.format.known().map(String::as_str), secret.key.known()) {
        (Some("yaml" | "json"), Some(key)) => key.is_empty(),
        (Some("binary" | "dotenv" | "ini"), _) => true,
        _ => false,
    }
}
