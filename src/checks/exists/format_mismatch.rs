//! The file has another form than the secret's `format` says.

use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Label, Level};
use crate::sops::Format;
use crate::source::Place;

use super::form::{Fit, Formed, formed};

pub const RULE: Rule = Rule {
    id: "format-mismatch",
    level: Level::Error,
    page: include_str!("../../../docs/rules/format-mismatch.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for formed in formed(world).filter(|formed| formed.fit != Fit::Fits) {
        match formed.may_differ() {
            Some(why) => {
                let (name, owner) = (formed.declared.name, formed.declared.owner());
                let clause = format!(
                    "whether the format of `{name}` of {owner} is that of its file: a definition that may say another \
                     is not known: {why}"
                );
                verdict.undecided_of_secret(formed.declared.host, formed.declared.name, clause);
            }
            None => verdict.findings.push(finding(&formed)),
        }
    }
}

fn finding(formed: &Formed<'_>) -> Finding {
    let Formed { declared, document, format, fit } = formed;
    let path = &document.path;
    // What can be read as binary has no `data` but the form of its name.
    let is = match fit {
        Fit::NoData => match Format::of(path) {
            Format::Binary => Format::Json,
            named => named,
        },
        Fit::OnlyData => Format::Binary,
        Fit::Fits | Fit::OtherForm => document.format,
    };
    let consequence = match (fit, format) {
        (Fit::NoData, _) => {
            "The build passes; activation then fails with \"no binary data found in tree\" and installs no secret at all."
        }
        (_, Format::Dotenv | Format::Ini) => "At the latest activation fails, and installs no secret at all.",
        _ => declared.fails(),
    };
    let format_at = declared.field_label("format", "its format is written here");
    let file_at = declared.field_label("sopsFile", "its file is named here");
    let in_file = Label::new(Place::whole_file(path.clone()), format!("this file is {}", is.word()));
    Finding {
        help: Some(help(is, *fit)),
        others: format_at.into_iter().chain(file_at).chain([in_file]).collect(),
        names: vec![path.to_string()],
        ..declared.finding(
            &RULE,
            format!("reads it as {}", format.word()),
            format!(
                "`{}` reads `{path}` as {}, but it is {}; sops-nix goes by `format` and not by the file's name. \
                 {consequence}",
                declared.name,
                formed.as_declared(),
                what(is, *fit),
            ),
        )
    }
}

fn help(is: Format, fit: Fit) -> String {
    match is {
        Format::Binary => "write `format = \"binary\";`: the whole file is the secret then".to_owned(),
        Format::Dotenv | Format::Ini => {
            format!("write `format = \"{}\";`: the whole file is the secret then, whatever its `key` is", is.word())
        }
        Format::Yaml | Format::Json => {
            let whole = match fit {
                Fit::NoData => ", and `key = \"\";` if the whole file is meant",
                _ => "",
            };
            format!("write `format = \"{}\";`{whole}", is.word())
        }
    }
}

fn what(is: Format, fit: Fit) -> String {
    match (is, fit) {
        (Format::Binary, _) => "a binary file: one value without keys".to_owned(),
        (_, Fit::NoData) => format!("a {} file without the one key `data` that a binary file has", is.word()),
        (Format::Ini, _) => "an ini file".to_owned(),
        _ => format!("a {} file", is.word()),
    }
}
