//! What of `lib` is more easily said in Nix: a file of Nix a namespace, a function of `lib`, parsed
//! when it is first needed and once for all. It is written from what its functions are documented to
//! do and seen to do.

use std::sync::OnceLock;

use crate::nix::eval::Eval;
use crate::nix::ir::{Content, Node, Program};
use crate::nix::symbol::Symbol;
use crate::nix::unknown::{Reason, Stop};
use crate::nix::value::{Attr, Outcome, Thunk};

/// A namespace that is written in Nix, or that part of it which is.
pub struct File {
    /// The namespace's name.
    pub namespace: &'static str,
    text: &'static str,
    parsed: OnceLock<Content>,
}

/// What is written in Nix of nixpkgs' `lib`.
static NIXPKGS: [File; 13] = [
    File::new("customisation", include_str!("in_nix/customisation.nix")),
    File::new("debug", include_str!("in_nix/debug.nix")),
    File::new("fetchers", include_str!("in_nix/fetchers.nix")),
    File::new("generators", include_str!("in_nix/generators.nix")),
    File::new("gvariant", include_str!("in_nix/gvariant.nix")),
    File::new("kernel", include_str!("in_nix/kernel.nix")),
    File::new("meta", include_str!("in_nix/meta.nix")),
    File::new("misc", include_str!("in_nix/misc.nix")),
    File::new("modules", include_str!("in_nix/modules.nix")),
    File::new("network", include_str!("in_nix/network.nix")),
    File::new("options", include_str!("in_nix/options.nix")),
    File::new("sources", include_str!("in_nix/sources.nix")),
    File::new("strings", include_str!("in_nix/strings.nix")),
];

/// What is of `lib.types`, which is made with the module system.
pub static TYPES: File = File::new("types", include_str!("in_nix/types.nix"));

/// The file of a namespace of nixpkgs' `lib`.
pub fn file(namespace: &str) -> Option<&'static File> {
    NIXPKGS.iter().find(|file| file.namespace == namespace)
}

impl File {
    /// A file that was not parsed yet.
    pub const fn new(namespace: &'static str, text: &'static str) -> Self {
        File { namespace, text, parsed: OnceLock::new() }
    }

    /// What it gives for this `lib`.
    pub fn value<'a>(&'static self, eval: &Eval<'a>, lib: &'a Thunk<'a>) -> &'a Thunk<'a> {
        eval.lazy(move |eval| {
            let function = eval.suspend(self.code(eval)?, None);
            eval.call(eval.force(function)?, lib)
        })
    }

    fn code<'a>(&'static self, eval: &Eval<'a>) -> Outcome<'a, &'a Node> {
        match self.parsed.get_or_init(|| Program::parse_own(self.text)) {
            Content::Parsed(node) => Ok(node),
            _ => Err(Stop::Unknown(eval.unknown(Reason::Syntax(self.namespace), None))),
        }
    }
}

/// These names of what a file gives; it is looked at when one of them is needed.
pub fn entries<'a>(eval: &Eval<'a>, names: &[&str], file: &'a Thunk<'a>) -> Vec<Attr<'a>> {
    let of_file = |&name: &&str| {
        let symbol = Symbol::new(name);
        eval.attr(name, eval.lazy(move |eval| eval.select_name(eval.force(file)?, symbol, None)))
    };
    names.iter().map(of_file).collect()
}
