//! Which configurations an entry file holds, and where.

use std::collections::BTreeSet;

use super::{colmena, deploy, flake, flakeless, homes};
use crate::manifest::HostKind;
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::unknown::{Stop, Unknown};
use crate::nix::value::{Doubt, Outcome, Thunk, Value};
use crate::nixos::configuration::{Class, Configuration};
use crate::nixos::extract;
use crate::nixos::world::World;
use crate::source::start::is_flake;

/// A configuration, not evaluated yet.
#[derive(Clone, Copy)]
pub struct Found<'a> {
    /// What it configures.
    pub kind: HostKind,
    /// The host's name.
    pub name: &'a str,
    /// Where it is, from the entry file's value.
    pub attr: &'a str,
    /// The configuration.
    pub value: &'a Thunk<'a>,
    /// Why it may not be there.
    pub doubt: Option<Doubt<'a>>,
}

/// The configurations of an entry file.
#[derive(Default)]
pub struct Listing<'a> {
    /// Those that are known, one a kind and name: what is listed twice was listed here first.
    pub hosts: Vec<Found<'a>>,
    /// Why there may be more.
    pub unknowns: Vec<String>,
    /// A limit was the reason of one of them.
    pub is_cut_short: bool,
    names: BTreeSet<(HostKind, &'a str)>,
}

impl<'a> Listing<'a> {
    /// The configurations of an entry file.
    pub fn of_entry(eval: &Eval<'a>, world: &'a World<'a>, entry: &str) -> Self {
        let mut listing = Listing::default();
        eval.pure.set(is_flake(entry));
        if is_flake(entry) {
            match flake::outputs(eval, world, entry) {
                Ok(outputs) => listing.add_outputs(eval, world, outputs),
                Err(stop) => listing.add_unknown(eval, entry, stop),
            }
        } else if let Err(stop) = flakeless::list(eval, world, entry, &mut listing) {
            listing.add_unknown(eval, entry, stop);
        }
        listing
    }

    /// Adds a host, unless it is there already.
    pub fn add(&mut self, host: Found<'a>) {
        if self.names.insert((host.kind, host.name)) {
            self.hosts.push(host);
        }
    }

    /// Whether there is a host of this kind and name.
    pub fn has(&self, kind: HostKind, name: &'a str) -> bool {
        self.names.contains(&(kind, name))
    }

    /// Whether one of the hosts is this configuration.
    pub fn holds(&self, eval: &Eval<'a>, world: &'a World<'a>, configuration: &Configuration<'a>) -> bool {
        self.hosts.iter().any(|host| {
            let value = eval.force(host.value);
            let known = value.and_then(|value| extract::configuration_of(eval, world, value));
            known.is_ok_and(|known| known.scope == configuration.scope)
        })
    }

    /// Notes that something may hold more.
    pub fn add_unknown(&mut self, eval: &Eval<'a>, what: &str, stop: Stop<'a>) {
        self.is_cut_short |= matches!(stop, Stop::Unknown(unknown) if unknown.is_limit());
        self.unknowns.push(format!("{what}: {}", extract::why(eval, stop)));
    }

    /// Notes that a set may hold more.
    pub fn add_open(&mut self, what: &str, why: &Unknown<'a>) {
        self.is_cut_short |= why.is_limit();
        self.unknowns.push(format!("{what} may hold more: {why}"));
    }

    fn add_outputs(&mut self, eval: &Eval<'a>, world: &'a World<'a>, outputs: Value<'a>) {
        const SETS: [(HostKind, &str); 3] = [
            (HostKind::Nixos, "nixosConfigurations"),
            (HostKind::Darwin, "darwinConfigurations"),
            (HostKind::Home, "homeConfigurations"),
        ];
        let unknown_at_all = matches!(outputs, Value::Unknown(_));
        for (kind, attr) in SETS {
            self.add_set(eval, kind, attr, attribute(eval, outputs, attr));
            if unknown_at_all {
                return;
            }
        }
        self.add_hive(eval, world, outputs);
        homes::add(eval, outputs, self);
        deploy::add(eval, world, outputs, self);
    }

    fn add_hive(&mut self, eval: &Eval<'a>, world: &'a World<'a>, outputs: Value<'a>) {
        let is_hive_written = matches!(outputs, Value::Attrs(all) if all.get(Symbol::new("colmenaHive")).is_some());
        let hive = match attribute(eval, outputs, "colmenaHive") {
            Ok(Some(hive)) => ("colmenaHive.nodes", attribute(eval, hive, "nodes")),
            Ok(None) => {
                let raw = attribute(eval, outputs, "colmena");
                let nodes = raw.and_then(|raw| raw.map(|raw| colmena::nodes(eval, world, raw)).transpose());
                ("colmena", nodes)
            }
            Err(stop) if is_hive_written => ("colmenaHive", Err(stop)),
            // What leaves any output open leaves this one open too, and was said.
            Err(_) => return,
        };
        self.add_set(eval, HostKind::Nixos, hive.0, hive.1);
    }

    /// Adds the configurations of a set by name; the set is at `attr`, or is all there is.
    pub fn add_set(&mut self, eval: &Eval<'a>, kind: HostKind, attr: &str, set: Outcome<'a, Option<Value<'a>>>) {
        let what = if attr.is_empty() { "the hive" } else { attr };
        match set.and_then(|set| set.map(|set| eval.as_attrs(set)).transpose()) {
            Ok(None) => {}
            Ok(Some(attrs)) => {
                for entry in attrs.entries {
                    let name = entry.name.as_str();
                    let attr = if attr.is_empty() { name } else { eval.text(&format!("{attr}.{name}")) };
                    self.add(Found { kind, name, attr, value: entry.value, doubt: entry.doubt });
                }
                if let Some(open) = attrs.open {
                    self.add_open(what, open.why);
                }
            }
            Err(stop) => self.add_unknown(eval, what, stop),
        }
    }
}

/// An attribute of a set; none where it is surely not there.
pub fn attribute<'a>(eval: &Eval<'a>, set: Value<'a>, name: &str) -> Outcome<'a, Option<Value<'a>>> {
    let set = eval.as_attrs(set)?;
    match (set.get(Symbol::new(name)), set.open) {
        (Some(attr), _) => Ok(Some(eval.force(attr.value)?)),
        (None, Some(open)) => Err(Stop::Unknown(open.why)),
        (None, None) => Ok(None),
    }
}

/// The kind of host that a configuration of a class makes, if it makes one.
pub fn kind_of(class: Class) -> Option<HostKind> {
    match class {
        Class::Nixos => Some(HostKind::Nixos),
        Class::Darwin => Some(HostKind::Darwin),
        Class::Home => Some(HostKind::Home),
        Class::Plain => None,
    }
}
