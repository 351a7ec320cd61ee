//! Pins of npins, niv and tack. Each tool writes a list of what it pins and, beside it, the Nix that
//! fetches what is listed. What that Nix gives is known without running it: the pins, by name.

use serde_json::Value as Json;

use super::fetch;
use super::input;
use crate::nix::Symbol;
use crate::nix::builtins::text_of;
use crate::nix::eval::Eval;
use crate::nix::ir::FileId;
use crate::nix::path;
use crate::nix::value::Value;
use crate::nixos::world::{World, foreign_input};

/// The pins of one list.
struct Pins {
    /// The file that fetches them.
    file: FileId,
    pins: serde_json::Map<String, Json>,
    /// They are given as flakes.
    flakes: bool,
}

/// Lets the pins stand in for the Nix files that would fetch them.
pub fn install<'a>(eval: &Eval<'a>, world: &'a World<'a>) {
    for list in eval.tree.files.keys().filter(|path| eval.tree.is_visible(path)) {
        let (folder, name) = list.rsplit_once('/').unwrap_or(("", list));
        if !matches!(name, "sources.json" | "pins.lock.json") {
            continue;
        }
        let Some(json) = text_of(eval, eval.text(list)).ok().and_then(|text| serde_json::from_str(text).ok()) else {
            continue;
        };
        if let Some(pins) = pins(eval, folder, name, json) {
            eval.stand_in(pins.file, sources(eval, world, &pins));
        }
    }
}

fn pins(eval: &Eval<'_>, folder: &str, list: &str, mut json: Json) -> Option<Pins> {
    let (name, pins) = match (list, json.get("version")) {
        // tack: `{ NAME: … }`
        ("pins.lock.json", _) => ("default.nix", &mut json),
        // npins: `{ "pins": { NAME: … }, "version": 5 }`
        (_, Some(Json::Number(_))) => ("default.nix", json.get_mut("pins")?),
        // niv: `{ NAME: … }`
        _ => ("sources.nix", &mut json),
    };
    let file = path::file_in(folder, name);
    let file = *eval.program.by_path.get(file.as_str())?;
    Some(Pins { file, pins: std::mem::take(pins.as_object_mut()?), flakes: list == "pins.lock.json" })
}

/// The pins by name. Every tool's set can be called with settings.
fn sources<'a>(eval: &Eval<'a>, world: &'a World<'a>, pins: &Pins) -> Value<'a> {
    let pin = |(name, pin): (&String, &Json)| {
        let url = url(pin).unwrap_or_else(|| name.clone());
        let input = fetch::add(eval, world, name, input::project(eval, name, &url));
        let value = if pins.flakes {
            eval.lazy(move |eval| input::value(eval, world, eval.alloc(input)))
        } else {
            eval.done(foreign_input(eval, input.name, Vec::new(), None))
        };
        eval.attr(name, value)
    };
    let mut entries: Vec<_> = pins.pins.iter().map(pin).collect();
    let itself = eval.native("sources", 2, |eval, arguments| match arguments {
        &[sources, _] => eval.force(sources),
        _ => eval.fail("two arguments"),
    });
    let functor = Symbol::new("__functor");
    entries.retain(|attr| attr.name != functor);
    entries.push(eval.attr("__functor", eval.done(itself)));
    eval.attrs(entries)
}

/// Where a pin is fetched from. npins has `repository`; in niv's, `repo` is a url unless there is an `owner`.
fn url(pin: &Json) -> Option<String> {
    let text = |json: &Json, name: &str| json.get(name).and_then(Json::as_str).map(str::to_owned);
    let source = pin.get("repository").unwrap_or(pin);
    match (text(source, "owner"), text(source, "repo")) {
        (Some(owner), Some(repo)) => Some(format!("github:{owner}/{repo}")),
        (None, Some(repo)) => Some(repo),
        _ => text(source, "url").or_else(|| text(pin, "url")),
    }
}
