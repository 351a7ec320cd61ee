//! Pins of npins and niv. Each tool writes a `sources.json` and, beside it, the Nix that fetches what
//! is listed there. What that Nix gives is known without running it: the pins, by name.

use serde_json::Value as Json;

use super::fetch;
use super::input;
use crate::nix::Symbol;
use crate::nix::builtins::text_of;
use crate::nix::eval::Eval;
use crate::nix::ir::FileId;
use crate::nix::value::Value;
use crate::nixos::world::{World, foreign_input};

/// Lets the pins stand in for the Nix files that would fetch them.
pub fn install<'a>(eval: &Eval<'a>, world: &World<'a>) {
    let lists = eval.tree.files.keys().filter(|path| path.rsplit('/').next() == Some("sources.json"));
    for list in lists.filter(|path| eval.tree.is_visible(path)) {
        let folder = list.strip_suffix("sources.json").unwrap_or_default();
        let Some(json) = text_of(eval, eval.text(list)).ok().and_then(|text| serde_json::from_str(text).ok()) else {
            continue;
        };
        if let Some((file, pins)) = pins(eval, folder, &json) {
            eval.stand_in(file, sources(eval, world, pins));
        }
    }
}

/// The file that fetches pins, and the pins.
fn pins<'j>(eval: &Eval<'_>, folder: &str, json: &'j Json) -> Option<(FileId, &'j serde_json::Map<String, Json>)> {
    let (name, pins) = match json.get("version") {
        // npins: `{ "pins": { NAME: … }, "version": 5 }`
        Some(Json::Number(_)) => ("default.nix", json.get("pins")?.as_object()?),
        // niv: `{ NAME: … }`
        _ => ("sources.nix", json.as_object()?),
    };
    let file = eval.program.by_path.get(format!("{folder}{name}").as_str())?;
    Some((*file, pins))
}

/// The pins by name. Both tools' sets can be called with settings.
fn sources<'a>(eval: &Eval<'a>, world: &World<'a>, pins: &serde_json::Map<String, Json>) -> Value<'a> {
    let pin = |(name, pin): (&String, &Json)| {
        let url = url(pin).unwrap_or_else(|| name.clone());
        let input = fetch::add(eval, world, name, input::project(eval, name, &url));
        eval.attr(name, eval.done(foreign_input(eval, input.name, Vec::new(), None)))
    };
    let mut entries: Vec<_> = pins.iter().map(pin).collect();
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
