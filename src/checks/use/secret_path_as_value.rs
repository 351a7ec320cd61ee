//! The path of a secret stands where its value is meant.

use crate::checks::{Rule, Verdict, World};
use crate::command;
use crate::finding::{Finding, Level};
use crate::manifest::{Destination, Host, Use};

use super::file::File;

pub const RULE: Rule = Rule {
    id: "secret-path-as-value",
    level: Level::Warning,
    page: include_str!("../../../docs/rules/secret-path-as-value.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for host in &world.manifest.hosts {
        verdict.findings.extend(host.uses.iter().filter_map(|used| finding(host, used)));
    }
}

/// Where a text ends that is taken as it is.
enum Taken<'a> {
    /// In an environment variable.
    Variable(&'a str),
    /// Somewhere else that no shell reads; what, with its article.
    Text(&'static str),
}

fn finding(host: &Host, used: &Use) -> Option<Finding> {
    let file = File::of(host, used)?;
    let called = file.called();
    let taken = taken(host, used)?;
    let (label, message) = match taken {
        Taken::Text(what) if used.substituted => (
            "no shell reads this".to_owned(),
            format!(
                "`$(cat …)` around the path of {called} stands in {what}, which no shell reads. The build passes; the text \
                 `$(cat …)` itself is taken for the value."
            ),
        ),
        Taken::Variable(name) if used.substituted && is_unit(host, used) => (
            "no shell reads this".to_owned(),
            format!(
                "`$(cat …)` around the path of {called} stands in the variable `{name}` of a unit, which no shell reads. The \
                 build passes; the text `$(cat …)` itself is taken for the value."
            ),
        ),
        Taken::Variable(name) if !used.substituted && is_value(name, is_unit(host, used)) && !used.embedded => (
            format!("`{name}` is the path, not what is in the file"),
            format!(
                "`{name}` is given the path of {called}, and by its name it holds the value. The build passes; what reads the \
                 variable takes the path for the secret."
            ),
        ),
        _ => return None,
    };
    Some(Finding {
        help: Some(help(host, &file, &taken)),
        names: vec![used.option.clone()],
        ..file.finding(&RULE, label, message)
    })
}

/// What an option does with a text, as far as it is known that no shell is in between.
fn taken<'a>(host: &'a Host, used: &'a Use) -> Option<Taken<'a>> {
    // A text in a file of its own may be a script.
    let through = used.through.as_deref();
    let is_plain = matches!(through, None | Some("writeText" | "toFile"));
    let variable = |setting: &'a str| {
        let name = setting.strip_prefix("environment.").filter(|_| through.is_none())?;
        Some(Taken::Variable(name))
    };
    match used.destination(host) {
        Destination::Unit { setting, .. } | Destination::UserUnit { setting, .. } => {
            let exec = setting.rsplit('.').next().is_some_and(|name| name.starts_with("Exec"));
            match setting {
                "serviceConfig.Environment" | "Service.Environment" if through.is_none() => {
                    Some(used.variable.as_deref().map_or(Taken::Text("`Environment`"), Taken::Variable))
                }
                _ if exec && through.is_none() => Some(Taken::Text("an Exec line of systemd")),
                _ => variable(setting),
            }
        }
        Destination::OciContainer { setting, .. } => variable(setting),
        Destination::Container { .. } => None,
        Destination::Other => {
            let sessions = [
                "environment.variables.",
                "environment.sessionVariables.",
                "home.sessionVariables.",
                "systemd.user.sessionVariables.",
                "systemd.globalEnvironment.",
            ];
            let name = sessions.iter().find_map(|prefix| used.option.strip_prefix(prefix));
            match name {
                Some(name) if through.is_none() => Some(Taken::Variable(name)),
                None if is_plain && used.option.starts_with("services.") && used.option.ends_with(".initialScript") => {
                    Some(Taken::Text("a script of SQL"))
                }
                _ => None,
            }
        }
    }
}

/// Whether it is a unit's or container's, whose variables no shell sets.
fn is_unit(host: &Host, used: &Use) -> bool {
    used.destination(host) != Destination::Other
}

/// Whether a variable of this name holds a value: by custom a name says where it is a path. What a unit runs may be a
/// script of the repository, which knows what it is given: there the name must be that of a value.
fn is_value(name: &str, in_unit: bool) -> bool {
    const PATHS: [&str; 20] = [
        "FILE",
        "FILES",
        "PATH",
        "PATHS",
        "DIR",
        "DIRECTORY",
        "CONFIG",
        "CONF",
        "CREDENTIALS",
        "CERT",
        "NETRC",
        "LOCATION",
        "SOURCE",
        "YML",
        "YAML",
        "JSON",
        "TOML",
        "SSH_KEY",
        "KEYTAB",
        "IDENTITY",
    ];
    const VALUES: [&str; 9] =
        ["PASSWORD", "PASSWD", "PASS", "PASSPHRASE", "TOKEN", "SECRET", "KEY", "PSK", "CREDENTIAL"];
    let name = name.to_uppercase();
    let ends_in = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    !ends_in(&PATHS) && (!in_unit || ends_in(&VALUES))
}

fn help(host: &Host, file: &File<'_>, taken: &Taken<'_>) -> String {
    let option = file.option();
    let placeholder = match file.set {
        "sops.secrets" => {
            let placeholder = command::attribute("sops.placeholder", file.name);
            format!("render `NAME=${{config.{placeholder}}}` with `sops.templates`")
        }
        _ => "put `NAME=value` into the secret itself".to_owned(),
    };
    match taken {
        Taken::Text("a script of SQL") => {
            "run the statement in a unit's `script`, which a shell reads, or render the file with `sops.templates`"
                .to_owned()
        }
        _ if is_unit(host, file.used) => {
            format!(
                "{placeholder} and give its path to `EnvironmentFile`; or, where the program can read a file, set its `…_FILE` variable to `config.{option}.path`"
            )
        }
        Taken::Variable(name) => format!(
            "where the program can read a file, set `{name}_FILE` to the path; else let the shell of the session read it, \
             `export {name}=\"$(cat ${{config.{option}.path}})\"`"
        ),
        Taken::Text(_) => placeholder,
    }
}
