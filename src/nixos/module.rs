//! Collecting modules: the closure of `imports` (nixpkgs, lib/modules.nix: collectModules).

mod disabled;
mod written;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use self::written::{Written, key_of};
use super::configuration::{Class, Configuration, Root};
use super::definition::failure;
use super::evaluated;
use crate::nix::Symbol;
use crate::nix::eval::{Coercion, Eval};
use crate::nix::path::{self, Located};
use crate::nix::unknown::{Reason, Stop, Unknown};
use crate::nix::value::{AttrPlace, Attrs, Outcome, Thunk, Value};

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
    /// Other foreign modules: what they declare is not known.
    pub foreign: &'a [&'a Unknown<'a>],
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

/// What was found in one of the `imports`.
#[derive(Clone, Copy)]
enum Found<'a> {
    /// Nothing yet, or nothing that counts.
    Nothing,
    Module(&'a Module<'a>),
    /// Something that may hold modules.
    Lacking(&'a Unknown<'a>),
    /// A foreign module that there is a schema of.
    Schema(&'static str),
    /// Another foreign module, assumed to define nothing of interest.
    Foreign(&'a Unknown<'a>),
}

/// One of the things that `imports` lead to, and where it leads.
struct Node<'a> {
    /// What nixpkgs knows a module by: its path, or its `key`.
    key: Option<String>,
    found: Found<'a>,
    /// Indices of nodes.
    imports: Vec<usize>,
}

/// A module to be looked at, and the node that imports it.
struct Pending<'a> {
    root: Root<'a>,
    parent: usize,
}

/// What a module comes to, its path followed and its function applied.
enum Applied<'a> {
    /// A node there already.
    Known(usize),
    New {
        value: Value<'a>,
        file: &'a str,
        own: bool,
        key: Option<String>,
    },
}

struct Collector<'a, 'e> {
    eval: &'e Eval<'a>,
    configuration: &'a Configuration<'a>,
    /// The first is the configuration itself.
    nodes: Vec<Node<'a>>,
    by_key: BTreeMap<String, usize>,
    disabled: BTreeSet<String>,
    queue: VecDeque<Pending<'a>>,
}

/// Collects the modules of a configuration, breadth first, each file once.
pub fn collect<'a>(eval: &Eval<'a>, configuration: &'a Configuration<'a>) -> Outcome<'a, &'a Collected<'a>> {
    let mut collector = Collector {
        eval,
        configuration,
        nodes: vec![Node { key: None, found: Found::Nothing, imports: Vec::new() }],
        by_key: BTreeMap::new(),
        disabled: BTreeSet::new(),
        queue: configuration.roots.iter().map(|&root| Pending { root, parent: 0 }).collect(),
    };
    while let Some(pending) = collector.queue.pop_front() {
        collector.visit(pending)?;
    }
    Ok(collector.enabled())
}

impl<'a> Collector<'a, '_> {
    /// What is reached without going through a disabled module (nixpkgs: filterModules).
    fn enabled(&self) -> &'a Collected<'a> {
        let (mut modules, mut open) = (Vec::new(), self.configuration.open);
        let (mut schemas, mut foreign) = (Vec::new(), Vec::new());
        let mut reached = BTreeSet::from([0]);
        let mut queue = VecDeque::from([0]);
        while let Some(node) = queue.pop_front().and_then(|index: usize| self.nodes.get(index)) {
            if node.key.as_ref().is_some_and(|key| self.disabled.contains(key)) {
                continue;
            }
            match node.found {
                Found::Nothing => {}
                Found::Module(module) => modules.push(module),
                Found::Lacking(unknown) => open = open.or(Some(unknown)),
                Found::Schema(name) => schemas.push(name),
                Found::Foreign(unknown) => foreign.push(unknown),
            }
            queue.extend(node.imports.iter().filter(|&&index| reached.insert(index)));
        }
        if self.configuration.class == Class::Plain {
            modules.push(evaluated::internal(self.eval, self.configuration));
        }
        // nixpkgs merges the definitions of the last collected module first.
        modules.reverse();
        let (modules, schemas) = (self.eval.slice(&modules), self.eval.slice(&schemas));
        self.eval.alloc(Collected { modules, open, schemas, foreign: self.eval.slice(&foreign) })
    }

    /// Adds a node that `parent` imports.
    fn node(&mut self, parent: usize, key: Option<String>, found: Found<'a>) -> usize {
        let index = self.nodes.len();
        if let Some(key) = &key {
            self.by_key.insert(key.clone(), index);
        }
        self.nodes.push(Node { key, found, imports: Vec::new() });
        self.link(parent, index);
        index
    }

    fn link(&mut self, parent: usize, node: usize) {
        if let Some(parent) = self.nodes.get_mut(parent) {
            parent.imports.push(node);
        }
    }

    fn visit(&mut self, Pending { root, parent }: Pending<'a>) -> Outcome<'a, ()> {
        let _depth = self.eval.limits.enter(self.eval)?;
        self.eval.limits.size_of_at_most(self.eval, self.nodes.len(), MOST_MODULES)?;
        let (read, assumed) = self.eval.observe(|| self.read(root, parent));
        if let Some(assumed) = assumed {
            self.eval.assume(assumed);
        }
        match read {
            Ok(()) => {}
            Err(stop @ Stop::Error(_)) if self.refuses(root) && assumed.is_none() => return Err(stop),
            Err(stop) => {
                if let Some(unknown) = failure(self.eval, stop)? {
                    self.foreign(unknown, parent);
                }
            }
        }
        Ok(())
    }

    /// Whether an error in a module is one of the evaluation. Of a host it is said, and the rest is read.
    fn refuses(&self, root: Root<'a>) -> bool {
        self.configuration.class == Class::Plain && root.doubt.is_none()
    }

    fn read(&mut self, root: Root<'a>, parent: usize) -> Outcome<'a, ()> {
        let value = match self.eval.force(root.module)? {
            Value::Attrs(set) if set.get(Symbol::new("__functor")).is_none() => written::directly(self.eval, set)?,
            value => value,
        };
        match self.apply(value, root.file, root.own)? {
            Applied::Known(node) => self.link(parent, node),
            Applied::New { value: Value::Unknown(unknown), .. } => self.foreign(unknown, parent),
            Applied::New { value, file, own, key } => {
                let Value::Attrs(attrs) = value else {
                    return self.eval.fail(&format!("a module is {}, not a set", value.kind()));
                };
                let node = self.node(parent, key, Found::Nothing);
                self.add(attrs, Root { file, own, ..root }, node)?;
            }
        }
        Ok(())
    }

    /// Follows a path to its file and a function to its result.
    fn apply(&self, value: Value<'a>, file: &'a str, own: bool) -> Outcome<'a, Applied<'a>> {
        let is_function = match value {
            Value::Path(path) => return self.apply_path(path, own),
            Value::String(text) if text.text.starts_with('/') => return self.apply_path(text.text, own),
            Value::Closure(_) | Value::Native(_) => true,
            Value::Attrs(attrs) => attrs.get(Symbol::new("__functor")).is_some(),
            _ => false,
        };
        let (file, own) = self.written_in(value).filter(|&(_, owned)| owned != own).unwrap_or((file, own));
        let value = if is_function {
            self.eval.settle(self.eval.call(value, self.configuration.called_with(self.eval, value)?))?
        } else {
            value
        };
        let key = key_of(self.eval, value);
        match key.as_ref().and_then(|key| self.by_key.get(key)) {
            Some(&node) => Ok(Applied::Known(node)),
            None => Ok(Applied::New { value, file, own, key }),
        }
    }

    /// The file that a module value stands in, and whether that is the repository's: a wiring's module
    /// imports the repository's, and the other way round.
    fn written_in(&self, value: Value<'a>) -> Option<(&'a str, bool)> {
        let span = match value {
            Value::Closure(closure) => closure.span,
            Value::Attrs(attrs) => attrs.entries.iter().find_map(|attr| match attr.place {
                AttrPlace::Written(span) => Some(span),
                AttrPlace::Generated(_) | AttrPlace::GeneratedAt(_) | AttrPlace::Nowhere => None,
            })?,
            _ => return None,
        };
        let file = &*self.eval.program.files.get(span.file.0 as usize)?.path;
        Some((file, !file.starts_with('«')))
    }

    fn apply_path(&self, absolute: &str, own: bool) -> Outcome<'a, Applied<'a>> {
        let eval = self.eval;
        let unknown = |unknown| Applied::New { value: Value::Unknown(unknown), file: "", own, key: None };
        let relative = match path::locate(absolute) {
            Located::Repository(relative) => relative,
            Located::Input { name, path, .. } if eval.tree.has_input(name) => path,
            Located::Input { name, rest, .. } => {
                let names: Vec<_> = rest.split('/').map(Symbol::new).collect();
                let why = eval.unknown(Reason::Input(eval.text(name)), None);
                return Ok(unknown(eval.alloc(Unknown { path: eval.slice(&names), ..*why })));
            }
            Located::Outside(outside) => {
                let message = eval.text(&format!("the module {outside} lies outside the repository"));
                return Ok(unknown(eval.unknown(Reason::Failure(message), None)));
            }
        };
        if let Some(&node) = self.by_key.get(absolute) {
            return Ok(Applied::Known(node));
        }
        let Some(id) = eval.file_at(relative) else {
            if let Some(path) = eval.untracked_file(relative) {
                self.configuration.world.note_untracked(eval, path);
            }
            return Err(eval.no_file(relative));
        };
        let file = eval.program.files.get(id.0 as usize).map_or("", |file| &*file.path);
        let path = Some(absolute.to_owned());
        match eval.force(eval.file(id))? {
            // A file that holds a path or a string is no module that nixpkgs would take.
            value @ (Value::Path(_) | Value::String(_)) => Ok(Applied::New { value, file, own, key: path }),
            value => match self.apply(value, file, !file.starts_with('«'))? {
                Applied::New { value, file, own, key } => Ok(Applied::New { value, file, own, key: key.or(path) }),
                known @ Applied::Known(_) => Ok(known),
            },
        }
    }

    fn add(&mut self, attrs: &'a Attrs<'a>, root: Root<'a>, node: usize) -> Outcome<'a, ()> {
        let eval = self.eval;
        written::check_class(eval, attrs, self.configuration.class_name())?;
        let file = match attrs.get(Symbol::new("_file")).map(|file| eval.force(file.value)) {
            Some(Ok(file)) => {
                eval.coerce(file, Coercion::Full).map_or(root.file, |file| eval.text(&path::display(file.text)))
            }
            _ => root.file,
        };
        let root = Root { file, ..root };
        let written = written::written(eval, attrs)?;
        for imports in written.imports {
            self.imports(imports, root, node)?;
        }
        if let Some(disabled) = written.disabled {
            self.disabled.extend(disabled::keys(eval, self.configuration, disabled)?);
        }
        let Root { own, doubt, .. } = root;
        let Written { options, config, .. } = written;
        let module = eval.alloc(Module { file, own, options, config, doubt });
        if let Some(node) = self.nodes.get_mut(node) {
            node.found = Found::Module(module);
        }
        Ok(())
    }

    fn imports(&mut self, imports: &'a Thunk<'a>, root: Root<'a>, node: usize) -> Outcome<'a, ()> {
        match self.eval.settle(self.eval.force(imports)) {
            Ok(Value::List(list)) => {
                if let Some(open) = list.open {
                    self.foreign(open, node);
                }
                let pending = |&module: &&'a Thunk<'a>| Pending { root: Root { module, ..root }, parent: node };
                self.queue.extend(list.items.iter().map(pending));
            }
            Ok(Value::Unknown(unknown)) => self.foreign(unknown, node),
            Ok(other) => return self.eval.fail(&format!("`imports` is {}, not a list", other.kind())),
            Err(stop) => {
                if let Some(unknown) = failure(self.eval, stop)? {
                    self.lacking(unknown, node);
                }
            }
        }
        Ok(())
    }

    fn foreign(&mut self, unknown: &'a Unknown<'a>, parent: usize) {
        match self.configuration.foreign(self.eval, unknown) {
            Foreign::Public => {
                self.node(parent, None, Found::Foreign(unknown));
            }
            Foreign::Private => self.lacking(unknown, parent),
            Foreign::Schema(name) => {
                if let Some(&node) = self.by_key.get(name) {
                    return self.link(parent, node);
                }
                let node = self.node(parent, Some(name.to_owned()), Found::Schema(name));
                if let Some(module) = self.configuration.world.own_file(self.eval, name) {
                    let root = Root { module, file: name, own: false, doubt: None };
                    self.queue.push_back(Pending { root, parent: node });
                }
            }
        }
    }

    fn lacking(&mut self, unknown: &'a Unknown<'a>, parent: usize) {
        self.node(parent, None, Found::Lacking(unknown));
    }
}
