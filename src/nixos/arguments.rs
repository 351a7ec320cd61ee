//! What the functions of modules are called with (nixpkgs, lib/modules.nix: applyModuleArgs).

use super::configuration::{Class, Configuration};
use super::evaluated::extend_modules;
use super::packages;
use crate::nix::Symbol;
use crate::nix::eval::{Eval, Found};
use crate::nix::unknown::{ErrorKind, Reason};
use crate::nix::value::{Absent, Attr, Attrs, Open, Outcome, Thunk, Value};

impl<'a> Configuration<'a> {
    /// The set that a module function is called with: what does not come from modules, and the arguments
    /// that it names.
    pub fn called_with(&'a self, eval: &Eval<'a>, function: Value<'a>) -> Outcome<'a, &'a Thunk<'a>> {
        let all = self.arguments(eval);
        // Those of ours name none.
        if matches!(function, Value::Native(native) if native.formals.is_empty()) {
            return Ok(all);
        }
        let external = self.external(eval);
        let formals = eval.select_name(self.world.lib(eval), Symbol::new("functionArgs"), None)?;
        let formals = eval.as_attrs(eval.settle(eval.call(formals, eval.done(function)))?)?;
        let named = formals.entries.iter().filter(|formal| external.iter().all(|attr| attr.name != formal.name));
        let named = named.map(|formal| {
            let name = formal.name;
            eval.attr(name.as_str(), eval.lazy(move |eval| eval.select_name(eval.force(all)?, name, None)))
        });
        let entries = eval.sorted(external.iter().copied().chain(named).collect());
        let open = self.special_open.or(formals.open.map(|open| open.why));
        let open = open.map(|why| Open { why, absent: Some(self.absent_argument(eval)) });
        Ok(eval.done(eval.attrs_of(Attrs { entries, open })))
    }

    /// All arguments that a module function may name.
    pub fn arguments(&'a self, eval: &Eval<'a>) -> &'a Thunk<'a> {
        self.arguments.get_or_init(|| {
            let name = self.own_name().copied();
            let entries = eval.sorted(self.external(eval).iter().copied().chain(name).collect());
            let why = eval.unknown(Reason::UnsetOption("_module.args"), None);
            let open = Open { why, absent: Some(self.absent_argument(eval)) };
            eval.done(eval.attrs_of(Attrs { entries, open: Some(open) }))
        })
    }

    fn absent_argument(&'a self, eval: &Eval<'a>) -> &'a Absent<'a> {
        eval.alloc(move |eval: &Eval<'a>, name: Symbol| self.module_argument(eval, name))
    }

    /// The arguments that do not come from modules.
    fn external(&'a self, eval: &Eval<'a>) -> &'a [Attr<'a>] {
        self.external.get_or_init(|| {
            let own = self.own_name().map(|own| own.name);
            let given = self.special.iter().filter(|attr| Some(attr.name) != own).copied();
            // A special argument, so that `imports` may use it.
            let modules_path = self.modules_path(eval).map(|path| eval.attr("modulesPath", path));
            let special = eval.sorted(modules_path.into_iter().chain(given).collect());
            let mut entries = vec![eval.attr("lib", eval.lazy(move |eval| Ok(self.world.lib(eval))))];
            entries.extend_from_slice(special);
            let class = self.class_name().map_or(Value::Null, |class| eval.string(class));
            entries.push(eval.attr("_class", eval.done(class)));
            let prefix: Vec<_> = self.prefix.iter().map(|name| eval.done(eval.string(name.as_str()))).collect();
            entries.push(eval.attr("_prefix", eval.done(eval.list(&prefix))));
            if self.class == Class::Home {
                entries.push(eval.attr("lib", self.home_lib(eval)));
            }
            let open = self.special_open.map(|why| Open { why, absent: None });
            let special = eval.attrs_of(Attrs { entries: special, open });
            entries.push(eval.attr("specialArgs", eval.done(special)));
            entries.push(eval.attr("config", self.config(eval)));
            entries.push(eval.attr("options", self.options(eval)));
            eval.sorted(entries)
        })
    }

    /// The name of a submodule, which modules set as an argument.
    fn own_name(&self) -> Option<&'a Attr<'a>> {
        let is_submodule = !self.prefix.is_empty();
        self.special.iter().find(|attr| is_submodule && attr.name.as_str() == "name")
    }

    /// `modulesPath`, where the modules lie that come with it.
    pub(super) fn modules_path(&self, eval: &Eval<'a>) -> Option<&'a Thunk<'a>> {
        let given = self.special.iter().find(|attr| attr.name.as_str() == "modulesPath").map(|attr| attr.value);
        let of_nixpkgs = || eval.done(eval.string(&crate::nix::path::of_input("nixpkgs/nixos/modules")));
        given.or_else(|| (self.class != Class::Plain).then(of_nixpkgs))
    }

    /// home-manager adds its own functions to whatever lib there is.
    fn home_lib(&'a self, eval: &Eval<'a>) -> &'a Thunk<'a> {
        let given = self.special.iter().find(|attr| attr.name.as_str() == "lib").map(|attr| attr.value);
        eval.lazy(move |eval| {
            let nixpkgs = eval.done(self.world.lib(eval));
            let hm = eval.attr("hm", crate::nix::lib::hm(eval, nixpkgs));
            eval.update(eval.force(given.unwrap_or(nixpkgs))?, eval.attrs(vec![hm]))
        })
    }

    /// An argument that is no special one: `_module.args.NAME`, or what every module gets.
    fn module_argument(&'a self, eval: &Eval<'a>, name: Symbol) -> Outcome<'a> {
        if name.as_str() == "sealnix" {
            return Ok(super::schema::primitives(eval, self));
        }
        let mut args = eval.force(self.config(eval))?;
        for step in ["_module", "args"] {
            args = match eval.look_up(args, Symbol::new(step))? {
                Found::Attribute(value) => eval.force(value)?,
                Found::Absent => Value::Null,
                Found::Perhaps(why) => Value::Unknown(why),
            };
        }
        if let Value::Attrs(attrs) = args
            && attrs.get(name).is_some()
        {
            return eval.select_name(args, name, None);
        }
        if self.is_closed(eval) && !matches!(name.as_str(), "extendModules" | "moduleType") {
            return match args {
                Value::Attrs(attrs) => Err(eval.missing(name, attrs, None)),
                args => eval.select_name(args, name, None),
            };
        }
        Ok(self.given_argument(eval, name).unwrap_or_else(|| {
            let option = eval.text(&format!("_module.args.{name}"));
            eval.unknown_value(Reason::UnsetOption(option))
        }))
    }

    /// What every module gets besides.
    fn given_argument(&'a self, eval: &Eval<'a>, name: Symbol) -> Option<Value<'a>> {
        Some(match name.as_str() {
            "extendModules" => extend_modules(eval, self),
            "pkgs" => packages::of_configuration(eval, self),
            "utils" | "baseModules" | "extraModules" | "moduleType" => eval.unknown_value(Reason::Package),
            _ => return None,
        })
    }

    /// `_module.args.NAME` that no module of the repository sets: only a foreign one may.
    pub(super) fn unset_argument(&'a self, eval: &Eval<'a>, name: Symbol) -> Outcome<'a> {
        let collected = self.collected(eval)?;
        match (self.given_argument(eval, name), collected.open) {
            (Some(given), _) => Ok(given),
            (None, Some(why)) => Ok(Value::Unknown(why)),
            (None, None) => {
                if let Some(foreign) = collected.foreign.first() {
                    eval.assume(foreign);
                }
                Err(eval.error(ErrorKind::MissingAttribute, None, "no module sets this module argument"))
            }
        }
    }
}

/// A `config` in which `_module.args` has the name of a submodule, unless a module sets that.
pub fn with_arguments<'a>(eval: &Eval<'a>, configuration: &'a Configuration<'a>, config: Value<'a>) -> Value<'a> {
    let Value::Attrs(attrs) = config else { return config };
    let (module, args, name) = (Symbol::new("_module"), Symbol::new("args"), Symbol::new("name"));
    let given = configuration.special.iter().find(|attr| attr.name == name);
    let written = attrs.get(module).map(|attr| attr.value);
    if given.is_none() && (written.is_some() || attrs.open.is_some()) {
        return config;
    }
    let value = eval.lazy(move |eval| {
        let written = written.map(|written| eval.force_attrs(written)).transpose()?;
        let others =
            written.and_then(|written| written.get(args)).map(|attr| eval.force_attrs(attr.value)).transpose()?;
        let mut entries = others.map_or(Vec::new(), |others| others.entries.to_vec());
        if entries.iter().all(|attr| attr.name != name) {
            entries.extend(given);
        }
        let all = Attrs { entries: eval.sorted(entries), open: others.and_then(|others| others.open) };
        let mut module: Vec<_> = written.map_or(Vec::new(), |written| written.entries.to_vec());
        module.retain(|attr| attr.name != args);
        module.push(eval.attr("args", eval.done(eval.attrs_of(all))));
        Ok(eval.attrs(module))
    });
    let mut entries: Vec<_> = attrs.entries.iter().filter(|attr| attr.name != module).copied().collect();
    entries.push(eval.attr("_module", value));
    eval.attrs_of(Attrs { entries: eval.sorted(entries), open: attrs.open })
}

/// The `config` that is handed out: `_module` is the module system's own.
pub fn without_arguments<'a>(eval: &Eval<'a>, config: Value<'a>) -> Value<'a> {
    let Value::Attrs(attrs) = config else { return config };
    let shown: Vec<_> = attrs.entries.iter().filter(|attr| attr.name.as_str() != "_module").copied().collect();
    eval.attrs_of(Attrs { entries: eval.slice(&shown), open: attrs.open })
}
