//! What fetchers and pins lead to: projects that are not here, as flake inputs are not. Which they
//! are is told by where they are fetched from.

use super::flake;
use super::input::{self, Input, Inputs, Project};
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::path::{self, Located};
use crate::nix::unknown::Reason;
use crate::nix::value::{Attrs, Open, Outcome, Value};
use crate::nixos::world::{World, foreign_input};

/// Makes fetchers give inputs.
pub fn install<'a>(eval: &Eval<'a>, world: &'a World<'a>) {
    eval.set_fetch(
        eval.alloc(move |eval: &Eval<'a>, fetcher: &'static str, url: &str| fetched(eval, world, fetcher, url)),
    );
}

fn fetched<'a>(eval: &Eval<'a>, world: &'a World<'a>, fetcher: &'static str, url: &str) -> Outcome<'a> {
    // `path:/…`, `git+file:///…?dir=nix`
    let location = url.split('?').next().unwrap_or(url);
    let location = location.rsplit_once(':').map_or(location, |(_, location)| location);
    if location.starts_with('/')
        && let Located::Repository(folder) = path::locate(&path::normalise(location))
    {
        return of_repository(eval, world, fetcher, folder);
    }
    let name = input::repository(url);
    let input = add(eval, world, name, input::project(eval, name, url));
    match fetcher {
        "getFlake" => input::value(eval, world, eval.alloc(input)),
        "fetchTarball" => Ok(eval.string(&path::of_input(input.name))),
        _ => Ok(foreign_input(eval, input.name, Vec::new(), None)),
    }
}

/// Makes a project one of the inputs.
pub fn add<'a>(eval: &Eval<'a>, world: &World<'a>, name: &str, project: Project) -> Input<'a> {
    let none = Inputs::none();
    let (inputs, input) = world.inputs().unwrap_or(&none).with(eval, name, project);
    world.set_inputs(eval.alloc(inputs));
    input
}

/// The repository itself, fetched from where it lies.
fn of_repository<'a>(eval: &Eval<'a>, world: &'a World<'a>, fetcher: &'static str, folder: &str) -> Outcome<'a> {
    if fetcher == "getFlake" {
        let entry = path::file_in(folder, "flake.nix");
        return flake::of_input(eval, world, eval.text(&entry));
    }
    let why = eval.unknown(Reason::World(fetcher), None);
    let out_path = eval.done(eval.string(&path::in_repository(folder)));
    let source = [eval.attr("outPath", out_path)];
    Ok(match fetcher {
        "fetchTarball" => eval.string(&path::in_repository(folder)),
        _ => eval.attrs_of(Attrs { entries: eval.slice(&source), open: Some(Open { why, absent: None }) }),
    })
}

/// The `flake.nix` of a project that is not here, for code that calls its outputs itself. What it takes
/// of its own inputs does not matter.
pub fn flake_file<'a>(eval: &Eval<'a>, world: &'a World<'a>, name: &'a str) -> Value<'a> {
    let project = world.inputs().map_or(Project::Private, |inputs| inputs.project_of(eval, name));
    let input: &'a Input<'a> = eval.alloc(Input { name, project, source: None });
    let outputs = eval.native("outputs", 1, move |eval, _| input::value(eval, world, input));
    eval.attrs(vec![eval.attr("inputs", eval.done(eval.attrs(Vec::new()))), eval.attr("outputs", eval.done(outputs))])
}

/// What flake-compat makes of the flake in the folder `src`: its outputs, as `nix-build` and
/// `nix-shell` want them.
pub fn flake_compat<'a>(eval: &Eval<'a>, world: &'a World<'a>) -> Value<'a> {
    eval.native("flake-compat", 1, move |eval, arguments| {
        let &[given] = arguments else { return eval.fail("one argument") };
        let folder = eval.select_name(eval.force(given)?, Symbol::new("src"), None)?;
        let folder = eval.coerce(folder, crate::nix::eval::Coercion::Plain)?.text;
        let outputs = eval.lazy(move |eval| fetched(eval, world, "getFlake", folder));
        let names = ["outputs", "defaultNix", "shellNix"];
        Ok(eval.attrs(names.into_iter().map(|name| eval.attr(name, outputs)).collect()))
    })
}
