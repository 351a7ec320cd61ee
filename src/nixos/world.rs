//! What one evaluator knows of NixOS: nixpkgs' lib with its types, and every
//! configuration that was made.

use std::cell::{Cell, OnceCell};
use std::collections::BTreeSet;

use super::configuration::Configuration;
use super::evaluated;
use super::hosts::input::Inputs;
use super::hosts::system;
use super::types;
use crate::nix::eval::Eval;
use crate::nix::ir::FileId;
use crate::nix::unknown::Reason;
use crate::nix::value::{Attr, Attrs, Thunk, Value};
use crate::nix::{Symbol, path};

/// Shared by everything that is evaluated for one repository.
pub struct World<'a> {
    lib: OnceCell<Value<'a>>,
    internal_options: OnceCell<&'a Thunk<'a>>,
    configurations: Cell<Option<&'a Registered<'a>>>,
    inputs: Cell<Option<&'a Inputs<'a>>>,
    untracked: Cell<&'a [&'a str]>,
    /// The flakes among the inputs that were called, by file.
    flakes: Cell<&'a [(&'a str, &'a Thunk<'a>)]>,
}

struct Registered<'a> {
    configuration: &'a Configuration<'a>,
    earlier: Option<&'a Registered<'a>>,
}

impl<'a> World<'a> {
    /// A world without configurations.
    pub fn new(eval: &Eval<'a>) -> &'a Self {
        eval.alloc(World {
            lib: OnceCell::new(),
            internal_options: OnceCell::new(),
            configurations: Cell::new(None),
            inputs: Cell::new(None),
            untracked: Cell::new(&[]),
            flakes: Cell::new(&[]),
        })
    }

    /// Notes a module that git does not track: Nix does not see it and stops.
    pub fn note_untracked(&self, eval: &Eval<'a>, path: String) {
        let mut paths = self.untracked.get().to_vec();
        paths.push(eval.text(&path));
        self.untracked.set(eval.slice(&paths));
    }

    /// The modules that git does not track.
    pub fn untracked(&self) -> &'a [&'a str] {
        self.untracked.get()
    }

    /// The flake's inputs, once they are read.
    pub fn inputs(&self) -> Option<&'a Inputs<'a>> {
        self.inputs.get()
    }

    /// The names of the inputs that were met.
    pub fn input_names(&self) -> BTreeSet<String> {
        self.inputs.get().into_iter().flat_map(Inputs::names).map(str::to_owned).collect()
    }

    /// Makes the flake's inputs known.
    pub fn set_inputs(&self, inputs: &'a Inputs<'a>) {
        self.inputs.set(Some(inputs));
    }

    /// The flake whose file is this, called once.
    pub fn flake(
        &self,
        eval: &Eval<'a>,
        file: &'a str,
        call: impl FnOnce(&Eval<'a>) -> &'a Thunk<'a>,
    ) -> &'a Thunk<'a> {
        if let Some((_, flake)) = self.flakes.get().iter().find(|(known, _)| *known == file) {
            return flake;
        }
        let flake = call(eval);
        let flakes: Vec<_> = self.flakes.get().iter().copied().chain([(file, flake)]).collect();
        self.flakes.set(eval.slice(&flakes));
        flake
    }

    /// nixpkgs' lib, with the module system in it.
    pub fn lib(&'a self, eval: &Eval<'a>) -> Value<'a> {
        *self.lib.get_or_init(|| {
            let mut extra = types::lib_entries(eval, self);
            extra.extend(system::nixpkgs_lib(eval, self));
            crate::nix::lib::lib(eval, extra)
        })
    }

    /// The options that every set of modules has.
    pub fn internal_options(&'a self, eval: &Eval<'a>) -> &'a Thunk<'a> {
        self.internal_options.get_or_init(|| eval.lazy(move |eval| Ok(evaluated::internal_options(eval, self))))
    }

    /// Remembers a configuration; its number is its scope.
    pub fn register(&self, eval: &Eval<'a>, configuration: &'a Configuration<'a>) {
        let earlier = self.configurations.get();
        self.configurations.set(Some(eval.alloc(Registered { configuration, earlier })));
    }

    /// The number that the next configuration gets.
    pub fn next_scope(&self) -> u32 {
        self.configurations.get().map_or(0, |last| last.configuration.scope + 1)
    }

    /// The configuration with this number.
    pub fn configuration(&self, scope: u32) -> Option<&'a Configuration<'a>> {
        let mut registered = self.configurations.get();
        while let Some(entry) = registered {
            if entry.configuration.scope == scope {
                return Some(entry.configuration);
            }
            registered = entry.earlier;
        }
        None
    }

    /// The value of one of sealnix's own Nix files.
    pub fn own_file(&self, eval: &Eval<'a>, name: &str) -> Option<&'a Thunk<'a>> {
        let id: FileId = *eval.program.by_path.get(name)?;
        Some(eval.file(id))
    }
}

/// A flake input that is not here: its paths are known by name, what it holds is not, but for what
/// `absent` says.
pub fn foreign_input<'a>(
    eval: &Eval<'a>,
    name: &'a str,
    entries: Vec<Attr<'a>>,
    absent: Option<&'a crate::nix::value::Absent<'a>>,
) -> Value<'a> {
    let why = eval.unknown(Reason::Input(name), None);
    let out_path = eval.string(&path::of_input(name));
    let source_info = eval.done(Value::Unknown(eval.unknown_attribute(why, Symbol::new("sourceInfo"))));
    let mut entries = entries;
    entries.push(eval.attr("outPath", eval.done(out_path)));
    entries.push(eval.attr("sourceInfo", source_info));
    let open = crate::nix::value::Open { why, absent };
    eval.attrs_of(Attrs { entries: eval.sorted(entries), open: Some(open) })
}
