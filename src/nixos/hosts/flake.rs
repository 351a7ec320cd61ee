//! `flake.nix`: its outputs, called with `self` and its inputs.

use std::cell::OnceCell;

use super::here;
use super::input::Inputs;
use super::system;
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::unknown::Reason;
use crate::nix::value::{Attr, Attrs, Open, Outcome, Thunk, Value};
use crate::nixos::world::World;

/// What is known only once the outputs are called, and referred to before.
type Later<'a> = &'a OnceCell<&'a Thunk<'a>>;

/// The outputs of the flake whose file is `entry`.
pub fn outputs<'a>(eval: &Eval<'a>, world: &'a World<'a>, entry: &str) -> Outcome<'a> {
    call(eval, world, eval.text(entry))
}

/// What another flake gets for an input whose file is here: its outputs, and where it lies.
pub fn of_input<'a>(eval: &Eval<'a>, world: &'a World<'a>, entry: &'a str) -> Outcome<'a> {
    eval.force(world.flake(eval, entry, |eval| eval.lazy(move |eval| input_value(eval, world, entry))))
}

fn input_value<'a>(eval: &Eval<'a>, world: &'a World<'a>, entry: &'a str) -> Outcome<'a> {
    let (flake, function) = read(eval, entry)?;
    let inputs = Inputs::read(eval, flake, function, folder_of(entry))?;
    let called = Called::new(eval, entry, function, inputs.nested(eval, world));
    let (outputs, open) = match eval.settle(eval.force(called.outputs))? {
        Value::Unknown(why) => (&[][..], Some(Open { why, absent: None })),
        outputs => {
            let outputs = eval.as_attrs(outputs)?;
            (outputs.entries, outputs.open)
        }
    };
    let own = |attr: &&Attr<'a>| !called.about.iter().any(|about| about.name == attr.name);
    let entries = outputs.iter().filter(own).chain(&called.about).copied().collect();
    Ok(eval.attrs_of(Attrs { entries: eval.sorted(entries), open }))
}

fn call<'a>(eval: &Eval<'a>, world: &'a World<'a>, entry: &'a str) -> Outcome<'a> {
    let (flake, function) = read(eval, entry)?;
    let inputs: &'a Inputs<'a> = eval.alloc(Inputs::read(eval, flake, function, folder_of(entry))?);
    // Another flake, or what was fetched before, may be asked for still.
    world.set_inputs(eval.alloc(inputs.before(eval, world.inputs())));
    system::install(eval, world);
    eval.force(Called::new(eval, entry, function, inputs.entries(eval, world)).outputs)
}

/// A flake's file, and its function of inputs.
fn read<'a>(eval: &Eval<'a>, entry: &str) -> Outcome<'a, (&'a Attrs<'a>, Value<'a>)> {
    let Some(&file) = eval.program.by_path.get(entry) else {
        return eval.fail(&format!("{entry} is not in the repository"));
    };
    let flake = eval.force_attrs(eval.file(file))?;
    match flake.get(Symbol::new("outputs")) {
        Some(outputs) => Ok((flake, eval.force(outputs.value)?)),
        None => eval.fail("the flake has no outputs"),
    }
}

fn folder_of(entry: &str) -> &str {
    entry.strip_suffix("flake.nix").unwrap_or("").trim_end_matches('/')
}

/// A flake, called with its inputs.
struct Called<'a> {
    outputs: &'a Thunk<'a>,
    /// What it has beside its outputs: where it lies, its inputs.
    about: Vec<Attr<'a>>,
}

impl<'a> Called<'a> {
    fn new(eval: &Eval<'a>, entry: &'a str, function: Value<'a>, inputs: Vec<Attr<'a>>) -> Self {
        // `self` is known before the outputs are: modules and hosts refer to it.
        let result: Later<'a> = eval.alloc(OnceCell::new());
        let later = eval.lazy(move |eval| match result.get() {
            Some(thunk) => eval.force(thunk),
            None => eval.fail("self is used before the outputs are there"),
        });
        let mut about = here::source(eval, folder_of(entry));
        about.push(eval.attr("_type", eval.done(eval.string("flake"))));
        about.push(eval.attr("outputs", later));
        about.push(eval.attr("inputs", eval.done(eval.attrs(inputs.clone()))));
        let absent = move |eval: &Eval<'a>, name: Symbol| {
            let outputs = eval.force(later)?;
            eval.select_name(outputs, name, None)
        };
        let open = Open { why: eval.unknown(Reason::Input("self"), None), absent: Some(eval.alloc(absent)) };
        let itself = eval.attrs_of(Attrs { entries: eval.sorted(about.clone()), open: Some(open) });
        let mut arguments = inputs;
        arguments.push(eval.attr("self", eval.done(itself)));
        let set = eval.done(eval.attrs(arguments));
        let outputs = eval.lazy(move |eval| eval.call(function, set));
        Called { outputs: result.get_or_init(|| outputs), about }
    }
}
