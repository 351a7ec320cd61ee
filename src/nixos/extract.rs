//! config → Manifest: what a host declares, each with its place and how sure it is.

mod absent;
mod agenix;
mod assertions;
mod fields;
mod key_sources;
mod machine;
mod nested;
mod placeholders;
mod places;
mod sops;

use std::collections::BTreeMap;

use super::configuration::{Class, Configuration};
use super::uses;
use super::world::World;
use crate::manifest::{Complete, Fact, HomeUser, Host, Unknown as UnknownFact, User};
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::unknown::{Stop, Unknown};
use crate::nix::value::{Attr, Attrs, Outcome, Value};
use places::spot;

/// The hidden attribute by which a configuration's set leads back to it.
pub const SCOPE: &str = " scope";

const NO_CONFIGURATION: &str = "it is no configuration that sealnix knows";

/// The configuration that a value was made by.
pub fn configuration_of<'a>(
    eval: &Eval<'a>,
    world: &'a World<'a>,
    value: Value<'a>,
) -> Outcome<'a, &'a Configuration<'a>> {
    let scope_of = |attrs: &Attrs<'a>| attrs.get(Symbol::new(SCOPE)).map(|scope| eval.force_int(scope.value));
    let attrs = eval.as_attrs(value)?;
    let scope = match (scope_of(attrs), attrs.get(Symbol::new("config"))) {
        (Some(scope), _) => scope?,
        // `{ config = HOST.config.home-manager.users.USER; }`
        (None, Some(config)) => match eval.force(config.value)? {
            Value::Attrs(config) => scope_of(config).unwrap_or_else(|| eval.fail(NO_CONFIGURATION))?,
            _ => return eval.fail(NO_CONFIGURATION),
        },
        (None, None) => return eval.fail(NO_CONFIGURATION),
    };
    match u32::try_from(scope).ok().and_then(|scope| world.configuration(scope)) {
        Some(configuration) => Ok(configuration),
        None => eval.fail("its configuration is gone"),
    }
}

/// Why evaluation stopped, as a clause.
pub fn why<'a>(eval: &Eval<'a>, stop: Stop<'a>) -> String {
    match stop {
        Stop::Unknown(unknown) => unknown.to_string(),
        Stop::Error(error) => match error.span.and_then(|span| eval.program.place(span)) {
            Some(place) => format!("{} ({}:{})", error.message, place.path, place.start.line),
            None => error.message.to_owned(),
        },
    }
}

/// Notes that a field of the host is unknown.
pub fn unknown<'a>(eval: &Eval<'a>, host: &mut Host, field: &str, why: &'a Unknown<'a>) {
    let place = why.span.and_then(|span| spot(eval, span));
    let (host_name, field, why) = (Some(host.name.clone()), field.to_owned(), why.to_string());
    host.unknowns.push(UnknownFact { host: host_name, field, why, place, ..UnknownFact::default() });
}

/// Fills in what the configuration says of a host: first what it declares, then what it uses. True
/// where a limit cut its declarations short, so that it was not looked at as a whole.
pub fn host<'a>(eval: &Eval<'a>, configuration: &'a Configuration<'a>, host: &mut Host) -> bool {
    let mut reader = Reader { eval, host: host.name.clone(), user: None, unknowns: Vec::new() };
    let mut limited = false;
    let homes = match reader.host(configuration, host) {
        Ok(homes) => homes,
        Err(stop) => {
            limited = matches!(stop, Stop::Unknown(unknown) if unknown.is_limit());
            reader.note(None, "declared", stop);
            Vec::new()
        }
    };
    eval.limits.set_steps(uses::STEPS);
    if let Err(stop) = reader.uses(configuration, &homes, host) {
        reader.note(None, "uses", stop);
    }
    let homes = homes.iter().map(|(user, home)| (Some(*user), *home));
    for (user, configuration) in [(None, configuration)].into_iter().chain(homes) {
        if let Err(stop) = reader.failed_assertions(configuration, user, &mut host.failed_assertions) {
            reader.note(None, "assertions", stop);
        }
    }
    reader.judge_completeness(host);
    host.unknowns.append(&mut reader.unknowns);
    limited
}

/// A home-manager user with its configuration.
type Home<'a> = (&'a str, &'a Configuration<'a>);

struct Reader<'a, 'e> {
    eval: &'e Eval<'a>,
    host: String,
    user: Option<String>,
    unknowns: Vec<UnknownFact>,
}

impl<'a> Reader<'a, '_> {
    fn host(&mut self, configuration: &'a Configuration<'a>, host: &mut Host) -> Outcome<'a, Vec<Home<'a>>> {
        let config = self.eval.force_attrs(configuration.config(self.eval));
        let incomplete = configuration.incomplete(self.eval)?;
        let complete = incomplete.map_or(Complete::Yes, |why| Complete::No(why.to_string()));
        host.complete.secrets = complete.clone();
        host.complete.templates = complete;
        // Users and units of nixpkgs' own modules are never all known here.
        host.complete.users = Complete::No("modules of nixpkgs make users too".to_owned());
        host.complete.units = Complete::No("modules of nixpkgs make units too".to_owned());
        let config = config?;
        host.system = self.system(config);
        if configuration.class != Class::Home {
            host.host_name = self.nested(config, &["networking", "hostName"]).map_or(Fact::Unknown, |name| {
                self.text(None, "hostName", Ok(name))
                    .known()
                    .cloned()
                    .map_or(Fact::Unknown, |name| Fact::Known(Some(name)))
            });
        }
        host.sops = self.sops(configuration, config)?;
        host.agenix = self.agenix(configuration, config)?;
        host.users = self.users(config);
        host.units = self.units(config);
        host.containers = self.containers(config);
        host.oci_containers = self.oci_containers(config);
        self.nested_systems(configuration);
        self.home_users(configuration, config, host)
    }

    fn uses(&self, configuration: &'a Configuration<'a>, homes: &[Home<'a>], host: &mut Host) -> Outcome<'a, ()> {
        let of_host = uses::sets(self.eval, configuration, None)?;
        uses::uses(self.eval, configuration, &[of_host], &mut host.uses)?;
        for (user, home) in homes {
            let of_user = uses::sets(self.eval, home, Some(user))?;
            uses::uses(self.eval, home, &[of_user, of_host], &mut host.uses)?;
        }
        Ok(())
    }

    fn system(&mut self, config: &'a Attrs<'a>) -> Fact<Option<String>> {
        for names in [&["nixpkgs", "hostPlatform", "system"][..], &["nixpkgs", "hostPlatform"], &["nixpkgs", "system"]]
        {
            if let Ok(Value::String(text)) = self.nested(config, names) {
                return Fact::Known(Some(text.text.to_owned()));
            }
        }
        Fact::Unknown
    }

    fn nested(&self, config: &'a Attrs<'a>, names: &[&str]) -> Outcome<'a> {
        names.iter().try_fold(Value::Attrs(config), |value, name| {
            self.eval.settle(self.eval.select_name(value, Symbol::new(name), None))
        })
    }

    fn users(&mut self, config: &'a Attrs<'a>) -> BTreeMap<String, User> {
        let Ok(Value::Attrs(users)) = self.nested(config, &["users", "users"]) else { return BTreeMap::new() };
        users.entries.iter().map(|attr| (attr.name.to_string(), self.user(attr))).collect()
    }

    fn user(&mut self, attr: &Attr<'a>) -> User {
        let Ok(Value::Attrs(user)) = self.eval.settle(self.eval.force(attr.value)) else { return User::default() };
        let field =
            |name: &str| match user.get(Symbol::new(name)).map(|attr| self.eval.settle(self.eval.force(attr.value))) {
                Some(Ok(Value::String(text))) => Fact::Known(Some(text.text.to_owned())),
                Some(Ok(Value::Null)) => Fact::Known(None),
                _ => Fact::Unknown,
            };
        User { name: None, group: field("group"), hashed_password_file: field("hashedPasswordFile") }
    }

    fn home_users(
        &mut self,
        configuration: &'a Configuration<'a>,
        config: &'a Attrs<'a>,
        host: &mut Host,
    ) -> Outcome<'a, Vec<Home<'a>>> {
        let mut homes = Vec::new();
        if !configuration.collected(self.eval)?.schemas.contains(&"«home-manager»") {
            return Ok(homes);
        }
        let users = match self.nested(config, &["home-manager", "users"]) {
            Ok(Value::Attrs(users)) => users,
            Ok(_) => return Ok(homes),
            Err(stop) => {
                self.note(None, "homeUsers", stop);
                return Ok(homes);
            }
        };
        for attr in users.entries {
            self.user = Some(attr.name.to_string());
            let value = self.eval.force(attr.value);
            let home = value.and_then(|value| {
                let inner = configuration_of(self.eval, configuration.world, value)?;
                let config = self.eval.as_attrs(value)?;
                if let Some(why) = inner.incomplete(self.eval)? {
                    host.complete.secrets = Complete::No(why.to_string());
                }
                homes.push((attr.name.as_str(), inner));
                self.nested_systems(inner);
                Ok(HomeUser { sops: self.sops(inner, config)?, agenix: self.agenix(inner, config)? })
            });
            match home {
                Ok(user) => {
                    host.home_users.insert(attr.name.to_string(), user);
                }
                Err(stop) => self.note(None, "declared", stop),
            }
        }
        self.user = None;
        Ok(homes)
    }

    /// Where a set of secrets, or all that a configuration declares, is not known, something may be
    /// missing from the host.
    fn judge_completeness(&self, host: &mut Host) {
        for unknown in self.unknowns.iter().filter(|unknown| unknown.secret.is_none()) {
            let incomplete = || Complete::No(unknown.why.clone());
            match unknown.field.as_str() {
                "declared" | "homeUsers" => {
                    host.complete.secrets = incomplete();
                    host.complete.templates = incomplete();
                }
                "secrets" | "agenix.secrets" => host.complete.secrets = incomplete(),
                "templates" => host.complete.templates = incomplete(),
                _ => {}
            }
        }
    }
}
