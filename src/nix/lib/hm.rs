//! home-manager's `lib.hm`, written in Nix: a file in `hm/` for each of its sets.

use super::calling::arguments;
use super::constants::open_set;
use super::fixed_points::knot;
use super::in_nix::File;
use crate::nix::eval::Eval;
use crate::nix::symbol::Symbol;
use crate::nix::unknown::Reason;
use crate::nix::value::Thunk;

static FILES: [File; 14] = [
    File::new("assertions", include_str!("hm/assertions.nix")),
    File::new("booleans", include_str!("hm/booleans.nix")),
    File::new("dag", include_str!("hm/dag.nix")),
    File::new("darwin", include_str!("hm/darwin.nix")),
    File::new("deprecations", include_str!("hm/deprecations.nix")),
    File::new("generators", include_str!("hm/generators.nix")),
    File::new("git", include_str!("hm/git.nix")),
    File::new("gvariant", include_str!("hm/gvariant.nix")),
    File::new("mcp", include_str!("hm/mcp.nix")),
    File::new("nushell", include_str!("hm/nushell.nix")),
    File::new("shell", include_str!("hm/shell.nix")),
    File::new("strings", include_str!("hm/strings.nix")),
    File::new("types", include_str!("hm/types.nix")),
    File::new("zsh", include_str!("hm/zsh.nix")),
];

/// `lib.hm` beside this `lib`, which is nixpkgs'. What else home-manager may have is unknown.
pub fn hm<'a>(eval: &Eval<'a>, lib: &'a Thunk<'a>) -> &'a Thunk<'a> {
    let extended = eval.native("lib", 1, move |eval, args| {
        let [extended] = arguments(eval, args)?;
        let mut sets: Vec<_> = FILES.iter().map(|file| eval.attr(file.namespace, set(eval, file, extended))).collect();
        sets.push(eval.attr("maintainers", eval.done(open_set(eval, Vec::new(), Reason::Input(HOME_MANAGER)))));
        let hm = open_set(eval, sets, Reason::Input(HOME_MANAGER));
        eval.update(eval.force(lib)?, eval.attrs(vec![eval.attr("hm", eval.done(hm))]))
    });
    let extended = knot(eval, eval.done(extended));
    eval.lazy(move |eval| eval.select_name(eval.force(extended)?, Symbol::new("hm"), None))
}

const HOME_MANAGER: &str = "home-manager";

/// What a file gives. A later home-manager may have more.
fn set<'a>(eval: &Eval<'a>, file: &'static File, lib: &'a Thunk<'a>) -> &'a Thunk<'a> {
    let whole = file.value(eval, lib);
    eval.lazy(move |eval| {
        let entries = eval.force_attrs(whole)?.entries.to_vec();
        Ok(open_set(eval, entries, Reason::Input(HOME_MANAGER)))
    })
}
