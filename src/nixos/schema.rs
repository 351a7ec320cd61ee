//! The options of sops-nix and agenix, and the few of nixpkgs that matter, written as modules.

use super::configuration::{Class, Configuration};
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::value::{Mark, Outcome, Value};

/// sealnix's own Nix files, by the name that they have in the program.
pub const FILES: &[(&str, &str)] = &[
    ("«nixos»", include_str!("schema/nixos.nix")),
    ("«sops-nix»", include_str!("schema/sops-nix.nix")),
    ("«sops-nix-home»", include_str!("schema/sops-nix-home.nix")),
    ("«agenix»", include_str!("schema/agenix.nix")),
    ("«agenix-home»", include_str!("schema/agenix-home.nix")),
    ("«agenix-rekey»", include_str!("schema/agenix-rekey.nix")),
    ("«home»", include_str!("schema/home.nix")),
    ("«home-manager»", include_str!("schema/home-manager.nix")),
];

/// What the schemas can do that Nix cannot: the module argument `sealnix`.
pub fn primitives<'a>(eval: &Eval<'a>, configuration: &'a Configuration<'a>) -> Value<'a> {
    let (world, scope, class) = (configuration.world, configuration.scope, configuration.class);
    let mark = eval.native("mark", 3, move |eval, arguments| {
        let &[kind, name, text] = arguments else { return eval.fail("three arguments") };
        let (kind, name) = (eval.force_string(kind)?, eval.force_string(name)?);
        marked(eval, Mark { kind: Symbol::new(kind.text), scope, name: name.text }, eval.force(text)?)
    });
    let class = eval.string(if class == Class::Darwin { "darwin" } else { "nixos" });
    let mut entries = vec![eval.attr("mark", eval.done(mark)), eval.attr("class", eval.done(class))];
    // What modules that are not here may define: nothing, or anything.
    let lacking = eval.lazy(move |eval| {
        let open = configuration.collected(eval)?.open;
        Ok(open.map_or_else(|| eval.attrs(Vec::new()), Value::Unknown))
    });
    entries.push(eval.attr("lacking", lacking));
    // The foreign modules of this evaluation: others may be extended by what they declare.
    let foreign = eval.lazy(move |eval| {
        let foreign = configuration.collected(eval)?.foreign.iter();
        let modules: Vec<_> = foreign.map(|unknown| eval.done(Value::Unknown(unknown))).collect();
        Ok(eval.list(&modules))
    });
    entries.push(eval.attr("foreign", foreign));
    entries.extend(world.own_file(eval, "«home»").map(|home| eval.attr("home", home)));
    eval.attrs(entries)
}

/// A string that stands for something named.
fn marked<'a>(eval: &Eval<'a>, mark: Mark<'a>, text: Value<'a>) -> Outcome<'a> {
    let text = eval.coerce(text, crate::nix::eval::Coercion::Plain)?;
    let context = eval.join_contexts(&[text.context, eval.slice(&[mark])]);
    Ok(eval.string_of(text.text, context, text.origin))
}
