//! An environment file has a name that systemd drops.

use crate::checks::declared::Named;
use crate::checks::{Rule, Verdict, World};
use crate::environment::name::is_valid;
use crate::finding::{Finding, Label, Level};
use crate::manifest::{Host, Use};
use crate::sops::{Child, Document, Format, Value};

use super::environment::{Reader, environment_files, secret_of, template_of};

pub const RULE: Rule = Rule {
    id: "environment-name-invalid",
    level: Level::Warning,
    page: include_str!("../../../docs/rules/environment-name-invalid.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for host in &world.manifest.hosts {
        for file in environment_files(host).filter(|file| file.reader == Reader::Systemd) {
            verdict.findings.extend(in_template(host, file.used).or_else(|| in_file(world, host, file.used)));
        }
    }
}

fn in_template(host: &Host, used: &Use) -> Option<Finding> {
    let (name, template) = template_of(host, used)?;
    let names = template.variables.iter().filter_map(|variable| variable.name.as_deref());
    let dropped: Vec<&str> = names.filter(|name| !is_valid(name)).collect();
    let message = message(&format!("Template `{name}`"), &dropped)?;
    Some(Finding {
        certainty: used.certainty.clone().weaker(template.certainty.clone()),
        hosts: vec![host.name.clone()],
        user: used.user.clone(),
        help: Some(help(&dropped)),
        others: vec![read_by(used)],
        template: Some(name.to_owned()),
        names: dropped.iter().map(|&name| name.to_owned()).collect(),
        ..RULE.finding(Label::new(template.place("content"), "the lines of the environment"), message)
    })
}

/// The names of a dotenv file are in clear.
fn in_file<'a>(world: &World<'a>, host: &'a Host, used: &'a Use) -> Option<Finding> {
    let declared = secret_of(host, used)?;
    let Named::Read(document) = declared.file(world) else { return None };
    let dropped: Vec<&Child> = keys(document).filter(|child| !is_valid(trimmed(&child.key))).collect();
    let names: Vec<&str> = dropped.iter().map(|child| trimmed(&child.key)).collect();
    let message = message(&format!("`{}`", document.path), &names)?;
    let mut places = dropped.iter().map(|child| Label::new(child.key_place.clone(), "systemd drops this line"));
    let primary = places.next()?;
    let others = places.chain([read_by(used)]).collect();
    Some(Finding {
        certainty: used.certainty.clone().weaker(declared.secret.certainty.clone()),
        help: Some(help(&names)),
        primary,
        others,
        names: names.iter().map(|&name| name.to_owned()).collect(),
        ..declared.finding(&RULE, "", message)
    })
}

fn keys(document: &Document) -> impl Iterator<Item = &Child> {
    let root = document.parts.first().filter(|_| document.format == Format::Dotenv);
    let children = root.map_or(&[][..], |part| match &part.value {
        Value::Map(children) => children.as_slice(),
        Value::Leaf(_) | Value::List(_) => &[],
    });
    children.iter()
}

/// systemd takes blanks around a name away.
fn trimmed(key: &str) -> &str {
    key.trim_matches([' ', '\t'])
}

fn read_by(used: &Use) -> Label {
    Label::new(used.at.0.clone(), format!("read by `{}`", used.option))
}

fn message(file: &str, dropped: &[&str]) -> Option<String> {
    let names: Vec<String> = dropped.iter().map(|name| format!("`{name}`")).collect();
    let (verb, plural) = if names.len() == 1 { ("is", "that line") } else { ("are", "those lines") };
    (!names.is_empty()).then(|| {
        format!(
            "{file} is an environment file for systemd, and {} {verb} no name of a variable there: letters, digits and \
             `_` make one, and no digit begins it. systemd drops {plural} with no more than a line in its log, and the \
             program starts without the value.",
            names.join(", ")
        )
    })
}

fn help(dropped: &[&str]) -> String {
    let without_export = |name: &str| name.strip_prefix("export ").map(|name| name.trim_start().to_owned());
    let exported = dropped.iter().find_map(|name| without_export(name));
    let is_left = |name: &&str| !without_export(name).is_some_and(|name| is_valid(&name));
    let renamed = dropped.iter().any(is_left).then(|| {
        "rename what has other characters, with `_` in their place, and have the program read the new name".to_owned()
    });
    let exported = exported.map(|name| format!("leave `export` out, which is the shell's: `{name}=…`"));
    exported.into_iter().chain(renamed).collect::<Vec<_>>().join("; ")
}
