//! `flake.nix`: its outputs, called with `self` and its inputs.

use std::cell::OnceCell;

use super::input::{self, Inputs};
use super::system;
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::ir::FileId;
use crate::nix::path;
use crate::nix::unknown::Reason;
use crate::nix::value::{Attr, Attrs, Open, Outcome, Thunk, Value};
use crate::nixos::world::World;

/// What is known only once the outputs are called, and referred to before.
type Later<'a> = &'a OnceCell<&'a Thunk<'a>>;

/// The outputs of the flake whose file is `entry`.
pub fn outputs<'a>(eval: &Eval<'a>, world: &'a World<'a>, entry: &str) -> Outcome<'a> {
    let Some(&file) = eval.program.by_path.get(entry) else {
        return eval.fail(&format!("{entry} is not in the repository"));
    };
    call(eval, world, file, entry)
}

fn call<'a>(eval: &Eval<'a>, world: &'a World<'a>, file: FileId, entry: &str) -> Outcome<'a> {
    let flake = eval.force_attrs(eval.file(file))?;
    let Some(outputs) = flake.get(Symbol::new("outputs")) else { return eval.fail("the flake has no outputs") };
    let function = eval.force(outputs.value)?;
    let inputs = Inputs::read(eval, flake, function)?;
    let inputs: &'a Inputs<'a> = eval.alloc(inputs);
    // Another flake, or what was fetched before, may be asked for still.
    world.set_inputs(eval.alloc(inputs.before(eval, world.inputs())));
    system::install(eval, world);

    let entry = eval.text(entry);
    // `self` is known before the outputs are: modules and hosts refer to it.
    let result: Later<'a> = eval.alloc(OnceCell::new());
    let all_inputs: Later<'a> = eval.alloc(OnceCell::new());
    let own = own_flake(eval, entry, result, all_inputs);
    let mut arguments: Vec<Attr<'a>> = inputs.entries(eval, world);
    all_inputs.get_or_init(|| eval.done(eval.attrs(arguments.clone())));
    arguments.push(eval.attr("self", own));
    let set = eval.done(eval.attrs(arguments));
    let outputs = eval.lazy(move |eval| eval.call(function, set));
    let outputs = result.get_or_init(|| outputs);
    eval.force(outputs)
}

/// `self`: where it lies, and its outputs once they are asked for.
fn own_flake<'a>(eval: &Eval<'a>, entry: &'a str, outputs: Later<'a>, inputs: Later<'a>) -> &'a Thunk<'a> {
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
    let later = |cell: Later<'a>| {
        eval.lazy(move |eval| match cell.get() {
            Some(thunk) => eval.force(thunk),
            None => eval.fail("self is used before the outputs are there"),
        })
    };
    let unknown = input::source_info(eval);
    let mut entries = vec![
        eval.attr("outPath", out_path),
        eval.attr("_type", eval.done(eval.string("flake"))),
        eval.attr("outputs", later(outputs)),
        eval.attr("inputs", later(inputs)),
        eval.attr("sourceInfo", eval.done(Value::Unknown(unknown))),
    ];
    for name in
        ["rev", "shortRev", "dirtyRev", "dirtyShortRev", "lastModified", "lastModifiedDate", "narHash", "revCount"]
    {
        entries.push(eval.attr(name, eval.done(Value::Unknown(eval.unknown_attribute(unknown, Symbol::new(name))))));
    }
    eval.done(eval.attrs_of(Attrs { entries: eval.sorted(entries), open: Some(open) }))
}
