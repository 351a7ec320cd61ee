//! What uses which secret: every definition that the repository's own modules make is forced,
//! within bounds, and looked through for secrets' paths, placeholders and templates, which are in
//! the context of its strings. Code that Nix would not run may fail here; only a name that a set of
//! secrets surely lacks is then said.

mod paths;
pub mod plain;
mod shared;
mod text;
mod triggers;

use std::collections::{BTreeSet, HashMap, HashSet};

use foldhash::fast::RandomState;

use super::configuration::{Configuration, dotted};
use super::definition::{Definition, expand, live};
use crate::manifest::{Certainty, Namespace, Spot, Use, Used};
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::ir::Span;
use crate::nix::unknown::{EvalError, Reason, Stop, Unknown};
use crate::nix::value::{Attr, AttrPlace, Attrs, Outcome, Thunk, Value};
use shared::Found;
use text::Noted;

/// Steps that the uses of one configuration may take.
pub const STEPS: u64 = 1_000_000;

/// How deep a value is looked into.
const DEPTH: usize = 24;

/// The sets of one configuration that names of secrets are looked up in.
#[derive(Clone, Copy)]
pub struct Sets<'a> {
    /// Which configuration's they are: the home-manager user, or the host itself.
    pub user: Option<&'a str>,
    /// The scope of its marks.
    pub scope: u32,
    /// The set, and what it holds.
    pub sets: &'a [(Namespace, &'a Attrs<'a>)],
}

/// The sets of a configuration.
pub fn sets<'a>(eval: &Eval<'a>, configuration: &'a Configuration<'a>, user: Option<&'a str>) -> Outcome<'a, Sets<'a>> {
    let config = eval.force(configuration.config(eval))?;
    let mut sets = Vec::new();
    for of in [Namespace::Secrets, Namespace::Placeholder, Namespace::Templates, Namespace::AgeSecrets] {
        let [system, option] = of.option();
        let Value::Attrs(attrs) = config else { continue };
        let Some(options) = attrs.get(Symbol::new(system)) else { continue };
        let options = eval.force(options.value)?;
        if let Ok(Value::Attrs(set)) = eval.settle(eval.select_name(options, Symbol::new(option), None)) {
            sets.push((of, set));
        }
    }
    Ok(Sets { user, scope: configuration.scope, sets: eval.slice(&sets) })
}

/// What the own modules of a configuration use of the secrets in `sets`; these are those of the
/// configuration itself and, for a home-manager user, of its host. What was found before a limit is kept.
pub fn uses<'a>(
    eval: &Eval<'a>,
    configuration: &'a Configuration<'a>,
    sets: &[Sets<'a>],
    into: &mut Vec<Use>,
) -> Outcome<'a, ()> {
    let configs = sets.iter().filter_map(|sets| configuration.world.configuration(sets.scope));
    let roots = configs.filter_map(|configuration| match eval.force(configuration.config(eval)) {
        Ok(Value::Attrs(attrs)) => Some(std::ptr::from_ref(attrs) as usize),
        _ => None,
    });
    let mut search = Search {
        eval,
        configuration,
        sets,
        roots: roots.collect(),
        uses: Vec::new(),
        found: HashMap::default(),
        entered: HashSet::default(),
        path: Vec::new(),
    };
    let definitions = configuration.root_definitions(eval)?;
    let own: Vec<_> = definitions.into_iter().filter(|definition| definition.module.own).collect();
    let ended = search.definitions(&own, None, &Certainty::Certain, 0);
    let mut uses = search.uses;
    let key =
        |used: &Use| (used.at.clone(), used.what.clone(), used.option.clone(), used.variable.clone(), used.substituted);
    uses.sort_by_cached_key(key);
    uses.dedup_by(|later, first| key(later) == key(first));
    into.extend(uses);
    ended
}

struct Search<'a, 'e> {
    eval: &'e Eval<'a>,
    configuration: &'a Configuration<'a>,
    sets: &'e [Sets<'a>],
    uses: Vec<Use>,
    /// Unknowns that were looked through, by address, with what was found.
    found: HashMap<usize, Vec<Found>, RandomState>,
    /// Whole `config`s, by address: what is looked up in one does not use all of it.
    roots: BTreeSet<usize>,
    /// Sets and unknowns that were looked through in the current definition, by address.
    entered: HashSet<usize, RandomState>,
    path: Vec<Symbol>,
}

/// How a value was come to.
#[derive(Clone, Copy)]
struct Way<'a, 'w> {
    at: Option<Span>,
    /// The last name on the way, of an option or of an attribute beneath it.
    name: Option<Symbol>,
    certainty: &'w Certainty,
    /// The function that it was given to.
    through: Option<&'a str>,
    /// What stands before it in the text that it is a piece of.
    before: &'w str,
    /// The unknown that it is a part of: code there may never run.
    within: Option<&'a Unknown<'a>>,
    embedded: bool,
    read: bool,
    depth: usize,
}

impl<'a> Search<'a, '_> {
    /// Looks through what modules give to the option at `self.path`.
    fn definitions(
        &mut self,
        definitions: &[Definition<'a>],
        at: Option<Span>,
        outer: &Certainty,
        depth: usize,
    ) -> Outcome<'a, ()> {
        if depth > DEPTH || self.is_skipped() {
            return Ok(());
        }
        for live in live(self.eval, expand(self.eval, definitions)?)? {
            let mut certainty = outer.clone();
            if let Some(assumed) = live.definition.assumed {
                certainty = certainty.weaker(Certainty::Assumed(assumed.to_string()));
            }
            if let Some(doubt) = live.doubt() {
                certainty = certainty.weaker(Certainty::Conditional(doubt.to_string()));
            }
            let at = self.own_name(live.definition.place).or(at);
            match live.value {
                Value::Attrs(attrs) if !is_package(attrs) => {
                    for attr in attrs.entries {
                        self.path.push(attr.name);
                        let child = live.definition.child(attr);
                        self.definitions(&[child], self.own_name(attr.place).or(at), &certainty, depth + 1)?;
                        self.path.pop();
                    }
                }
                value => {
                    let name = self.path.last().copied();
                    let way = Way {
                        at,
                        name,
                        certainty: &certainty,
                        through: None,
                        before: "",
                        within: None,
                        embedded: false,
                        read: false,
                        depth,
                    };
                    self.entered.clear();
                    self.value(value, live.definition.value, way)?;
                }
            }
        }
        Ok(())
    }

    /// Secrets themselves are declarations, as is where a template lies; users' homes are configurations of their own, and what
    /// modules are given as arguments (often the whole flake) is used where they use it.
    fn is_skipped(&self) -> bool {
        let [first, second, rest @ ..] = self.path.as_slice() else { return false };
        let is_own_path = matches!(rest, [_, field] if field.as_str() == "path");
        if (first.as_str(), second.as_str()) == ("sops", "templates") {
            return is_own_path;
        }
        matches!(
            (first.as_str(), second.as_str()),
            ("sops", "secrets" | "placeholder")
                | ("age", "secrets")
                | ("home-manager", "users" | "extraSpecialArgs")
                | ("_module", "args")
        )
    }

    fn thunk(&mut self, thunk: &'a Thunk<'a>, way: Way<'a, '_>) -> Outcome<'a, ()> {
        if way.depth > DEPTH {
            return Ok(());
        }
        let _depth = self.eval.limits.enter(self.eval)?;
        match self.eval.force(thunk) {
            Ok(value) => self.value(value, thunk, Way { depth: way.depth + 1, ..way }),
            Err(stop) => self.stopped(stop, way),
        }
    }

    fn value(&mut self, value: Value<'a>, thunk: &'a Thunk<'a>, way: Way<'a, '_>) -> Outcome<'a, ()> {
        match value {
            Value::String(text) => {
                self.text(text, way);
                Ok(())
            }
            Value::Path(path) => {
                self.literal_paths(path, way.at, way);
                self.trigger(path, way);
                Ok(())
            }
            Value::List(list) => {
                for item in list.items {
                    self.thunk(item, Way { name: None, ..way })?;
                }
                match list.open {
                    Some(open) => self.unknown(open, way),
                    None => Ok(()),
                }
            }
            Value::Attrs(attrs) if is_package(attrs) || is_configuration(attrs) || is_lib(attrs) => Ok(()),
            // A set that leads back to itself, as `config` does, is looked through once.
            Value::Attrs(attrs) if !self.enters(attrs) => Ok(()),
            Value::Attrs(attrs) => attrs.entries.iter().try_for_each(|attr| self.attribute(attr, way)),
            Value::Unknown(unknown) => match self.eval.force(thunk) {
                // A definition that failed is known as unknown; the failure says more.
                Err(stop) => self.stopped(stop, way),
                Ok(_) => self.unknown(unknown, way),
            },
            _ => Ok(()),
        }
    }

    /// Whether to look through a set: for the first time in this definition.
    fn enters(&mut self, attrs: &Attrs<'a>) -> bool {
        let address = std::ptr::from_ref(attrs) as usize;
        !self.roots.contains(&address) && self.entered.insert(address)
    }

    fn attribute(&mut self, attr: &Attr<'a>, way: Way<'a, '_>) -> Outcome<'a, ()> {
        self.thunk(attr.value, Way { at: self.own_name(attr.place).or(way.at), name: Some(attr.name), ..way })
    }

    fn unknown(&mut self, unknown: &'a Unknown<'a>, way: Way<'a, '_>) -> Outcome<'a, ()> {
        let address = std::ptr::from_ref(unknown) as usize;
        if !self.entered.insert(address) || self.again(address, way) {
            return Ok(());
        }
        let first = self.uses.len();
        let ended = self.look_through(unknown, way);
        self.keep(address, first, way);
        ended
    }

    fn look_through(&mut self, unknown: &'a Unknown<'a>, way: Way<'a, '_>) -> Outcome<'a, ()> {
        let read = way.read || matches!(unknown.reason, Reason::World(builtin) if builtin.starts_with("readFile"));
        let way = Way { within: Some(unknown), embedded: true, read, depth: way.depth + 1, ..way };
        if !unknown.pieces.is_empty() {
            return self.pieces(unknown.pieces, way);
        }
        let function = match (unknown.path.last(), unknown.reason) {
            (Some(name), _) => Some(name.as_str()),
            (None, Reason::World(builtin)) => Some(builtin),
            (None, _) => way.through,
        };
        unknown.parts.iter().try_for_each(|part| self.thunk(part, Way { through: function, before: "", ..way }))
    }

    /// The pieces of a text, in order.
    fn pieces(&mut self, pieces: &[&'a Thunk<'a>], way: Way<'a, '_>) -> Outcome<'a, ()> {
        let mut before = way.before.to_owned();
        for piece in pieces {
            self.thunk(piece, Way { before: &before, ..way })?;
            match self.eval.force(piece) {
                Ok(Value::String(text)) => before.push_str(text.text),
                _ => before.push(char::REPLACEMENT_CHARACTER),
            }
        }
        Ok(())
    }

    fn stopped(&mut self, stop: Stop<'a>, way: Way<'a, '_>) -> Outcome<'a, ()> {
        match stop {
            Stop::Unknown(unknown) if unknown.is_limit() => Err(stop),
            Stop::Unknown(unknown) => self.unknown(unknown, way),
            Stop::Error(error) => {
                self.failed(error, way);
                Ok(())
            }
        }
    }

    /// An error of code that Nix may never run is none of ours, but for a name that a set of
    /// secrets lacks.
    fn failed(&mut self, error: &'a EvalError<'a>, way: Way<'a, '_>) {
        let Some(missing) = error.missing else { return };
        let found = self.sets.iter().find_map(|sets| {
            let (of, _) = sets.sets.iter().find(|(_, set)| std::ptr::eq(*set, missing.set))?;
            Some((*of, sets.user))
        });
        if let Some((of, user)) = found {
            let at = error.span.filter(|span| self.is_own(*span)).or(way.at);
            let what = Used::NotDeclared { of, name: missing.name.to_string() };
            let perhaps = way.within.map(|unknown| Certainty::Conditional(unknown.to_string()));
            let mut certainty = perhaps.map_or(way.certainty.clone(), |perhaps| way.certainty.clone().weaker(perhaps));
            // Which of its options a module reads is known of nixpkgs' and the repository's own.
            if self.is_foreign_option() {
                let of_foreign = format!("{} is an option of a module that is not here", dotted(&self.path));
                certainty = certainty.weaker(Certainty::Assumed(of_foreign));
            }
            self.note(what, user, at, Noted::of(way), Way { certainty: &certainty, ..way });
        }
    }

    fn is_own(&self, span: Span) -> bool {
        self.eval.program.file(span.file).is_some_and(|file| !file.path.starts_with('«'))
    }

    /// Where the repository writes a name; a function of a library may have written it, as the `data` of
    /// `lib.hm.dag.entryAfter`.
    fn own_name(&self, place: AttrPlace<'_>) -> Option<Span> {
        place.of_name().filter(|span| self.is_own(*span))
    }

    fn note(&mut self, what: Used, user: Option<&str>, at: Option<Span>, noted: Noted, way: Way<'a, '_>) {
        let Some(place) = at.and_then(|span| self.eval.program.place(span)) else { return };
        let Some(certainty) = self.gated(&what, way.certainty) else { return };
        self.uses.push(Use {
            what,
            user: user.map(str::to_owned),
            option: dotted(&self.path),
            at: Spot(place),
            embedded: noted.embedded,
            substituted: noted.substituted,
            variable: noted.variable,
            through: way.through.map(str::to_owned),
            certainty,
        });
    }

    /// How sure a use at the current option is; none where it does not count.
    fn gated(&self, what: &Used, certainty: &Certainty) -> Option<Certainty> {
        match self.gate() {
            // What is off is not read, so that nothing is missed there.
            Gate::Closed(_) if matches!(what, Used::NotDeclared { .. }) => None,
            Gate::Closed(option) | Gate::Doubtful(option) => {
                let why = format!("{option}.enable is not known to be true");
                Some(certainty.clone().weaker(Certainty::Assumed(why)))
            }
            Gate::Open => Some(certainty.clone()),
        }
    }

    /// Whether neither nixpkgs nor a module of the repository declares the current option.
    fn is_foreign_option(&self) -> bool {
        if !self.configuration.is_foreign(&self.path) {
            return false;
        }
        let mut options = self.eval.force(self.configuration.options(self.eval));
        for name in &self.path {
            options = options.and_then(|options| match self.eval.as_attrs(options)?.get(*name) {
                Some(attr) => self.eval.force(attr.value),
                None => self.eval.fail("undeclared"),
            });
            // An option is a set that says so; what lies below one is in its value.
            let is_option = |options: &Value<'a>| match options {
                Value::Attrs(attrs) => attrs.get(Symbol::new("_type")).is_some(),
                _ => false,
            };
            if options.as_ref().is_ok_and(is_option) {
                return false;
            }
        }
        true
    }

    /// Whether an option around the current one has an `enable` that is off; the outermost counts.
    fn gate(&self) -> Gate {
        let Ok(mut value) = self.eval.force(self.configuration.config(self.eval)) else { return Gate::Open };
        for (index, name) in self.path.iter().enumerate() {
            let (next, _) = self.eval.observe(|| self.eval.settle(self.eval.select_name(value, *name, None)));
            let (Ok(Value::Attrs(attrs)), Some(around)) = (next, self.path.get(..=index)) else { return Gate::Open };
            value = Value::Attrs(attrs);
            match attrs.get(Symbol::new("enable")) {
                Some(enable) => match self.eval.observe(|| self.eval.force(enable.value)) {
                    (Ok(Value::Bool(true)), _) => {}
                    (Ok(Value::Bool(false)), None) if enable.doubt.is_none() => return Gate::Closed(dotted(around)),
                    _ => return Gate::Doubtful(dotted(around)),
                },
                None if self.configuration.is_service(around) => return Gate::Doubtful(dotted(around)),
                None => {}
            }
        }
        Gate::Open
    }
}

/// Whether what is written to an option counts, by the `enable` of an option around it.
enum Gate {
    /// It does, as far as is known.
    Open,
    /// This option is surely off.
    Closed(String),
    /// This option is not known to be on.
    Doubtful(String),
}

fn is_package(attrs: &Attrs<'_>) -> bool {
    attrs.get(Symbol::new("outPath")).is_some() || attrs.get(Symbol::new("drvPath")).is_some()
}

/// What `nixosSystem` and its kin give: another host.
fn is_configuration(attrs: &Attrs<'_>) -> bool {
    attrs.get(Symbol::new(super::extract::SCOPE)).is_some()
}

/// nixpkgs' lib, perhaps with more in it: code that is given it uses no secret by that.
fn is_lib(attrs: &Attrs<'_>) -> bool {
    attrs.get(Symbol::new("evalModules")).is_some()
}
