//! `flake.nix`: its outputs, called with `self` and its inputs.

use super::input::{self, Inputs};
use super::system;
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::ir::FileId;
use crate::nix::path;
use crate::nix::unknown::{Reason, Stop};
use crate::nix::value::{Attr, Attrs, Open, Outcome, Thunk, Value};
use crate::nixos::world::World;

/// The outputs of the flake whose file is `entry`.
pub fn outputs<'a>(eval: &Eval<'a>, world: &'a World<'a>, entry: &str) -> Outcome<'a> {
    let Some(&file) = eval.program.by_path.get(entry) else {
        return eval.fail(&format!("{entry} is not in the repository"));
    };
    if !entry.ends_with("flake.nix") {
        return Err(Stop::Unknown(
            eval.unknown(Reason::NotWritten("evaluation of a repository without flake.nix"), None),
        ));
    }
    call(eval, world, file, entry)
}

fn call<'a>(eval: &Eval<'a>, world: &'a World<'a>, file: FileId, entry: &str) -> Outcome<'a> {
    let flake = eval.force_attrs(eval.file(file))?;
    let Some(outputs) = flake.get(Symbol::new("outputs")) else { return eval.fail("the flake has no outputs") };
    let function = eval.force(outputs.value)?;
    let inputs = Inputs::read(eval, flake, function)?;
    let inputs: &'a Inputs<'a> = eval.alloc(inputs);
    world.set_inputs(inputs);
    system::install(eval, world);

    let entry = eval.text(entry);
    // `self` is known before the outputs are: modules and hosts refer to it.
    let result: &'a std::cell::OnceCell<&'a Thunk<'a>> = eval.alloc(std::cell::OnceCell::new());
    let own = own_flake(eval, entry, result);
    let mut arguments: Vec<Attr<'a>> = inputs.entries(eval, world);
    arguments.push(eval.attr("self", own));
    let set = eval.done(eval.attrs(arguments));
    let outputs = eval.lazy(move |eval| eval.call(function, set));
    let outputs = result.get_or_init(|| outputs);
    eval.force(outputs)
}

/// `self`: where it lies, and its outputs once they are asked for.
fn own_flake<'a>(eval: &Eval<'a>, entry: &'a str, outputs: &'a std::cell::OnceCell<&'a Thunk<'a>>) -> &'a Thunk<'a> {
    let folder = entry.strip_suffix("flake.nix").unwrap_or("").trim_end_matches('/');
    let out_path = eval.done(eval.string(&path::in_repository(folder)));
    let why = eval.unknown(Reason::Input("self"), None);
    let absent = move |eval: &Eval<'a>, name: Symbol| match outputs.get() {
        Some(outputs) => {
            let outputs = eval.force(outputs)?;
            eval.select_name(outputs, name, None)
        }
        None => eval.fail("self is used before the outputs are there"),
    };
    let open = Open { why, absent: Some(eval.alloc(absent)) };
    let lazy_outputs = eval.lazy(move |eval| match outputs.get() {
        Some(outputs) => eval.force(outputs),
        None => eval.fail("self is used before the outputs are there"),
    });
    let world = input::source_info(eval);
    let mut entries = vec![
        eval.attr("outPath", out_path),
        eval.attr("_type", eval.done(eval.string("flake"))),
        eval.attr("outputs", lazy_outputs),
        eval.attr("sourceInfo", eval.done(Value::Unknown(world))),
    ];
    for name in
        ["rev", "shortRev", "dirtyRev", "dirtyShortRev", "lastModified", "lastModifiedDate", "narHash", "revCount"]
    {
        entries.push(eval.attr(name, eval.done(Value::Unknown(eval.unknown_attribute(world, Symbol::new(name))))));
    }
    eval.done(eval.attrs_of(Attrs { entries: eval.sorted(entries), open: Some(open) }))
}
