//! The services and containers that the repository says something of.

use std::collections::{BTreeMap, BTreeSet};

use super::Reader;
use super::places::spot;
use crate::manifest::{BindMount, Container, Fact, OciContainer, Unit, Volume};
use crate::nix::Symbol;
use crate::nix::unknown::Reason;
use crate::nix::value::{Attr, Attrs, Open, Value};

impl<'a> Reader<'a, '_> {
    pub(super) fn units(&self, config: &'a Attrs<'a>) -> BTreeMap<String, Unit> {
        let after_others = self.started_after(config);
        let timers = self.nested(config, &["systemd", "timers"]).ok().and_then(|timers| match timers {
            Value::Attrs(timers) => Some(timers),
            _ => None,
        });
        self.each(config, &["systemd", "services"], |name, service| {
            let settings = match self.of(service, "serviceConfig") {
                Some(Value::Attrs(settings)) => Some(settings),
                _ => None,
            };
            let field = |name: &str| self.of(settings?, name);
            let is_timed = timers.is_some_and(|timers| timers.get(name).is_some()) || self.says(service, "startAt");
            let is_job = is_timed || after_others.contains(name.as_str());
            Unit {
                user: match field("User") {
                    Some(Value::String(text)) => Fact::Known(Some(text.text.to_owned())),
                    _ => Fact::Unknown,
                },
                dynamic_user: match field("DynamicUser") {
                    Some(Value::Bool(dynamic)) => Fact::Known(dynamic),
                    _ => Fact::Unknown,
                },
                runs_once: match is_job {
                    true => Fact::Known(true),
                    false => self.runs_once(service, settings),
                },
                ..Unit::default()
            }
        })
    }

    /// The services that run when another one ends or fails.
    fn started_after(&self, config: &'a Attrs<'a>) -> BTreeSet<&'a str> {
        let mut names = BTreeSet::new();
        self.each(config, &["systemd", "services"], |_, service| {
            for list in ["onFailure", "onSuccess"].into_iter().filter_map(|name| self.of(service, name)) {
                let Value::List(list) = list else { continue };
                for item in list.items {
                    if let Ok(Value::String(text)) = self.eval.settle(self.eval.force(item)) {
                        names.insert(text.text.strip_suffix(".service").unwrap_or(text.text));
                    }
                }
            }
        });
        names
    }

    /// systemd.service(5): `simple` where nothing is said. Of a unit whose program is not written here, nixpkgs may
    /// say more.
    fn runs_once(&self, service: &'a Attrs<'a>, settings: Option<&'a Attrs<'a>>) -> Fact<bool> {
        let says = |name: &str| settings.is_some_and(|settings| self.says(settings, name));
        if !says("ExecStart") && !self.says(service, "script") {
            return Fact::Unknown;
        }
        let may_end = !says("Restart") && self.is_helper(service);
        let goes_on = if may_end { Fact::Unknown } else { Fact::Known(false) };
        let Some(settings) = settings else { return goes_on };
        let is_oneshot = match self.of(settings, "Type") {
            Some(Value::String(text)) => text.text == "oneshot",
            Some(_) => return Fact::Unknown,
            None if self.says(settings, "Type") => return Fact::Unknown,
            None => false,
        };
        // What is active after its program has ended does its work once.
        let remains = match self.of(settings, "RemainAfterExit") {
            Some(Value::Bool(remains)) => remains,
            Some(Value::String(text)) => matches!(text.text, "yes" | "true" | "1" | "on"),
            _ => false,
        };
        if is_oneshot || remains { Fact::Known(true) } else { goes_on }
    }

    /// Whether only services pull the unit in: it may do something before them and end, or run beside them.
    fn is_helper(&self, service: &'a Attrs<'a>) -> bool {
        let mut names = Vec::new();
        for list in ["wantedBy", "requiredBy"].into_iter().filter_map(|name| self.of(service, name)) {
            let Value::List(list) = list else { return false };
            names.extend(list.items.iter().map(|item| self.eval.settle(self.eval.force(item))));
        }
        let is_service = |name: &_| matches!(name, Ok(Value::String(text)) if text.text.ends_with(".service"));
        !names.is_empty() && names.iter().all(is_service)
    }

    pub(super) fn containers(&self, config: &'a Attrs<'a>) -> BTreeMap<String, Container> {
        self.each(config, &["containers"], |_, container| {
            let Some(Value::Attrs(mounts)) = self.of(container, "bindMounts") else { return Container::default() };
            let mount = |attr: &Attr<'a>| {
                let at = attr.place.of_name().and_then(|span| spot(self.eval, span));
                (attr.name.to_string(), BindMount { host_path: self.host_path(attr), at })
            };
            Container { bind_mounts: mounts.entries.iter().map(mount).collect(), ..Container::default() }
        })
    }

    /// The path on the host, which is that in the container where nothing is said (nixpkgs, nixos-containers.nix:
    /// `mkBindFlag`); that is the mount's name unless `mountPoint` says otherwise.
    fn host_path(&self, mount: &Attr<'a>) -> Fact<String> {
        let Ok(Value::Attrs(set)) = self.eval.settle(self.eval.force(mount.value)) else { return Fact::Unknown };
        let said = |name: &str| match self.of(set, name) {
            Some(Value::String(text)) => Fact::Known(Some(text.text.to_owned())),
            Some(Value::Path(path)) => Fact::Known(Some(path.to_owned())),
            Some(Value::Null) => Fact::Known(None),
            None if set.get(Symbol::new(name)).is_none() && set.open.is_none_or(is_unset) => Fact::Known(None),
            _ => Fact::Unknown,
        };
        match (said("hostPath"), said("mountPoint")) {
            (Fact::Known(Some(path)), _) | (Fact::Known(None), Fact::Known(Some(path))) => Fact::Known(path),
            (Fact::Known(None), Fact::Known(None)) => Fact::Known(mount.name.to_string()),
            _ => Fact::Unknown,
        }
    }

    pub(super) fn oci_containers(&self, config: &'a Attrs<'a>) -> BTreeMap<String, OciContainer> {
        self.each(config, &["virtualisation", "oci-containers", "containers"], |_, container| {
            let Some(Value::List(list)) = self.of(container, "volumes") else { return OciContainer::default() };
            let volumes = list.items.iter().filter_map(|item| match self.eval.settle(self.eval.force(item)) {
                Ok(Value::String(text)) => {
                    let host_path = text.text.split(':').next().filter(|path| path.starts_with('/'))?.to_owned();
                    Some(Volume { host_path, at: text.origin.and_then(|span| spot(self.eval, span)) })
                }
                _ => None,
            });
            OciContainer { volumes: volumes.collect() }
        })
    }

    /// What `read` says of every set in the set at a path.
    fn each<T: Default>(
        &self,
        config: &'a Attrs<'a>,
        path: &[&str],
        mut read: impl FnMut(Symbol, &'a Attrs<'a>) -> T,
    ) -> BTreeMap<String, T> {
        let Ok(Value::Attrs(set)) = self.nested(config, path) else { return BTreeMap::new() };
        let mut one = |attr: &Attr<'a>| match self.eval.settle(self.eval.force(attr.value)) {
            Ok(Value::Attrs(attrs)) => read(attr.name, attrs),
            _ => T::default(),
        };
        set.entries.iter().map(|attr| (attr.name.to_string(), one(attr))).collect()
    }

    /// Whether something is said of an attribute: null and an empty list say nothing.
    fn says(&self, set: &'a Attrs<'a>, name: &str) -> bool {
        let is_nothing = |value| match value {
            Value::Null => true,
            Value::List(list) => list.items.is_empty() && list.open.is_none(),
            Value::String(text) => text.text.is_empty(),
            _ => false,
        };
        set.get(Symbol::new(name)).is_some() && !self.of(set, name).is_some_and(is_nothing)
    }

    fn of(&self, set: &'a Attrs<'a>, name: &str) -> Option<Value<'a>> {
        let attr = set.get(Symbol::new(name))?;
        self.eval.settle(self.eval.force(attr.value)).ok()
    }
}

/// Whether a set is open only because its options have defaults that are not known here.
fn is_unset(open: Open<'_>) -> bool {
    matches!(open.why.reason, Reason::UnsetOption(_))
}
