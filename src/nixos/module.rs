//! Collecting modules: the closure of `imports` (nixpkgs, lib/modules.nix: collectModules).

use std::collections::{BTreeSet, VecDeque};

use super::configuration::{Configuration, Root};
use super::definition::failure;
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::path::{self, Located};
use crate::nix::unknown::{ErrorKind, Reason, Unknown};
use crate::nix::value::{Attr, Attrs, Outcome, Thunk, Value};

/// One module, its function applied.
pub struct Module<'a> {
    /// Its file relative to the repository, or that of the module that holds it.
    pub file: &'a str,
    /// It is the repository's own, not one of sealnix's schemas.
    pub own: bool,
    /// `options`.
    pub options: Option<&'a Thunk<'a>>,
    /// `config`, or the whole set where the module is written without it.
    pub config: &'a Thunk<'a>,
    /// Why it may not count.
    pub doubt: Option<&'a Unknown<'a>>,
}

/// Every module of one configuration.
pub struct Collected<'a> {
    /// In the order in which definitions are merged.
    pub modules: &'a [&'a Module<'a>],
    /// A module of a private input, or something that did not evaluate: there may be more.
    pub open: Option<&'a Unknown<'a>>,
    /// Names of the schemas that came with known foreign modules.
    pub schemas: &'a [&'static str],
}

/// Modules that one configuration may have; nixpkgs itself has some 2 000.
const MOST_MODULES: usize = 20_000;

/// What a foreign module is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// One that sealnix has a schema of.
    Schema(&'static str),
    /// A public one: assumed to declare no secret.
    Public,
    /// It may declare secrets.
    Private,
}

struct Collector<'a, 'e> {
    eval: &'e Eval<'a>,
    configuration: &'a Configuration<'a>,
    modules: Vec<&'a Module<'a>>,
    seen: BTreeSet<String>,
    disabled: BTreeSet<String>,
    open: Option<&'a Unknown<'a>>,
    schemas: Vec<&'static str>,
    queue: VecDeque<Root<'a>>,
}

/// Collects the modules of a configuration, breadth first, each file once.
pub fn collect<'a>(eval: &Eval<'a>, configuration: &'a Configuration<'a>) -> Outcome<'a, &'a Collected<'a>> {
    let mut collector = Collector {
        eval,
        configuration,
        modules: Vec::new(),
        seen: BTreeSet::new(),
        disabled: BTreeSet::new(),
        open: None,
        schemas: Vec::new(),
        queue: configuration.roots.iter().copied().collect(),
    };
    while let Some(root) = collector.queue.pop_front() {
        collector.visit(root)?;
    }
    let Collector { mut modules, disabled, open, schemas, .. } = collector;
    modules.retain(|module| !disabled.contains(module.file));
    // nixpkgs merges the definitions of the last collected module first.
    modules.reverse();
    Ok(eval.alloc(Collected { modules: eval.slice(&modules), open, schemas: eval.slice(&schemas) }))
}

impl<'a> Collector<'a, '_> {
    fn visit(&mut self, root: Root<'a>) -> Outcome<'a, ()> {
        let _depth = self.eval.limits.enter(self.eval)?;
        self.eval.limits.size_of_at_most(self.eval, self.modules.len(), MOST_MODULES)?;
        let applied = self.eval.force(root.module).and_then(|value| self.apply(value, root.file, root.own));
        match applied {
            Ok(Some((Value::Attrs(attrs), file, own))) => self.add(attrs, Root { file, own, ..root }),
            Ok(Some((Value::Unknown(unknown), ..))) => {
                self.foreign(unknown);
                Ok(())
            }
            Ok(Some((other, file, _))) => {
                let message = self.eval.text(&format!("a module of {file} is {}, not a set", other.kind()));
                self.lacking(self.eval.unknown(Reason::Failure(message), None));
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(stop) => {
                if let Some(unknown) = failure(self.eval, stop)? {
                    self.foreign(unknown);
                }
                Ok(())
            }
        }
    }

    /// Follows a path to its file and a function to its result. None: seen before.
    fn apply(&mut self, value: Value<'a>, file: &'a str, own: bool) -> Outcome<'a, Option<(Value<'a>, &'a str, bool)>> {
        match value {
            Value::Path(path) => self.apply_path(path, own),
            Value::String(text) if text.text.starts_with('/') => self.apply_path(text.text, own),
            Value::Closure(_) | Value::Native(_) => {
                let result = self.eval.settle(self.eval.call(value, self.configuration.arguments(self.eval)))?;
                self.apply_result(result, file, own)
            }
            Value::Attrs(attrs) if attrs.get(Symbol::new("__functor")).is_some() => {
                let result = self.eval.settle(self.eval.call(value, self.configuration.arguments(self.eval)))?;
                self.apply_result(result, file, own)
            }
            value => self.apply_result(value, file, own),
        }
    }

    fn apply_result(
        &mut self,
        value: Value<'a>,
        file: &'a str,
        own: bool,
    ) -> Outcome<'a, Option<(Value<'a>, &'a str, bool)>> {
        if let Value::Attrs(attrs) = value
            && let Some(key) = attrs.get(Symbol::new("key"))
            && let Ok(key) = self.eval.force_string(key.value)
            && !self.seen.insert(key.text.to_owned())
        {
            return Ok(None);
        }
        Ok(Some((value, file, own)))
    }

    fn apply_path(&mut self, absolute: &str, own: bool) -> Outcome<'a, Option<(Value<'a>, &'a str, bool)>> {
        let eval = self.eval;
        let relative = match path::locate(absolute) {
            Located::Repository(relative) => relative,
            Located::Input { name, rest } => {
                let names: Vec<_> = rest.split('/').map(Symbol::new).collect();
                let why = eval.unknown(Reason::Input(eval.text(name)), None);
                let why = eval.alloc(Unknown { path: eval.slice(&names), ..*why });
                return Ok(Some((Value::Unknown(why), "", own)));
            }
            Located::Outside(outside) => {
                let message = eval.text(&format!("the module {outside} lies outside the repository"));
                return Ok(Some((Value::Unknown(eval.unknown(Reason::Failure(message), None)), "", own)));
            }
        };
        if !self.seen.insert(absolute.to_owned()) {
            return Ok(None);
        }
        let Some(id) = eval.file_at(relative) else {
            return Err(eval.error(ErrorKind::Other, None, &format!("the module '{relative}' does not exist")));
        };
        let file = eval.program.files.get(id.0 as usize).map_or("", |file| &*file.path);
        let value = eval.force(eval.file(id))?;
        match value {
            // A file that holds a path or a list is no module that nixpkgs would take.
            Value::Path(_) => Ok(Some((value, file, own))),
            value => self.apply(value, file, own && !file.starts_with('«')),
        }
    }

    fn add(&mut self, attrs: &'a Attrs<'a>, root: Root<'a>) -> Outcome<'a, ()> {
        let eval = self.eval;
        let field = |name: &str| attrs.get(Symbol::new(name)).map(|attr| attr.value);
        let file = match field("_file").map(|file| eval.force(file)) {
            Some(Ok(Value::Path(path))) => eval.text(&path::display(path)),
            Some(Ok(Value::String(text))) => eval.text(&path::display(text.text)),
            _ => root.file,
        };
        let root = Root { file, ..root };
        for name in ["imports", "require"] {
            if let Some(imports) = field(name) {
                self.imports(imports, root)?;
            }
        }
        if let Some(disabled) = field("disabledModules") {
            self.disable(disabled)?;
        }
        let structured = field("config").is_some() || field("options").is_some();
        let config = match field("config") {
            Some(config) => config,
            None if structured => eval.done(eval.attrs(Vec::new())),
            None => eval.done(shorthand(eval, attrs)),
        };
        let Root { own, doubt, .. } = root;
        self.modules.push(eval.alloc(Module { file, own, options: field("options"), config, doubt }));
        Ok(())
    }

    fn imports(&mut self, imports: &'a Thunk<'a>, root: Root<'a>) -> Outcome<'a, ()> {
        match self.eval.settle(self.eval.force(imports)) {
            Ok(Value::List(list)) => {
                if let Some(open) = list.open {
                    self.foreign(open);
                }
                self.queue.extend(list.items.iter().map(|&module| Root { module, ..root }));
            }
            Ok(Value::Unknown(unknown)) => self.foreign(unknown),
            Ok(other) => {
                let message = self.eval.text(&format!("imports of {} is {}, not a list", root.file, other.kind()));
                self.lacking(self.eval.unknown(Reason::Failure(message), None));
            }
            Err(stop) => {
                if let Some(unknown) = failure(self.eval, stop)? {
                    self.lacking(unknown);
                }
            }
        }
        Ok(())
    }

    fn disable(&mut self, disabled: &'a Thunk<'a>) -> Outcome<'a, ()> {
        let Ok(list) = self.eval.force_list(disabled) else { return Ok(()) };
        for item in list.items {
            let name = match self.eval.force(item) {
                Ok(Value::Path(path)) => path,
                Ok(Value::String(text)) => text.text,
                _ => continue,
            };
            if let Located::Repository(relative) = path::locate(name) {
                self.disabled.insert(relative.to_owned());
                self.disabled.insert(format!("{relative}/default.nix"));
            }
        }
        Ok(())
    }

    fn foreign(&mut self, unknown: &'a Unknown<'a>) {
        match self.configuration.foreign(self.eval, unknown) {
            Foreign::Public => {}
            Foreign::Private => self.lacking(unknown),
            Foreign::Schema(name) => {
                if !self.schemas.contains(&name) {
                    self.schemas.push(name);
                    if let Some(schema) = self.configuration.world.own_file(self.eval, name) {
                        self.queue.push_back(Root { module: schema, file: name, own: false, doubt: None });
                    }
                }
            }
        }
    }

    fn lacking(&mut self, unknown: &'a Unknown<'a>) {
        self.open = self.open.or(Some(unknown));
    }
}

/// A module without `config` and `options` is all config but for what modules have beside it.
fn shorthand<'a>(eval: &Eval<'a>, attrs: &'a Attrs<'a>) -> Value<'a> {
    const BESIDE: [&str; 7] = ["_class", "_file", "key", "disabledModules", "require", "imports", "freeformType"];
    let entries: Vec<Attr<'a>> =
        attrs.entries.iter().filter(|attr| !BESIDE.contains(&attr.name.as_str())).copied().collect();
    eval.attrs_of(Attrs { entries: eval.slice(&entries), open: attrs.open })
}
