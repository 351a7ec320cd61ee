//! config → Manifest: what a host declares, each with its place and how sure it is.

use std::collections::BTreeMap;

use super::configuration::{Class, Configuration};
use super::definition::{Definition, expand, resolve};
use super::uses;
use super::world::World;
use crate::manifest::{
    AgeKeys, Certainty, Complete, Definition as Written, Fact, GnupgKeys, HomeUser, Host, Secret, Sops, SopsFile, Spot,
    Template, Unit, Unknown as UnknownFact, User,
};
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::ir::Span;
use crate::nix::path;
use crate::nix::unknown::{Stop, Unknown};
use crate::nix::value::{Attr, AttrPlace, Attrs, Doubt, Outcome, Value};

/// The hidden attribute by which a configuration's set leads back to it.
pub const SCOPE: &str = " scope";

/// The configuration that a value was made by.
pub fn configuration_of<'a>(
    eval: &Eval<'a>,
    world: &'a World<'a>,
    value: Value<'a>,
) -> Outcome<'a, &'a Configuration<'a>> {
    let attrs = eval.as_attrs(value)?;
    let scope = match attrs.get(Symbol::new(SCOPE)) {
        Some(scope) => eval.force_int(scope.value)?,
        None => return eval.fail("it is no configuration that sealnix knows"),
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
        host.users = self.users(config);
        host.units = self.units(config);
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
        User { group: field("group"), hashed_password_file: field("hashedPasswordFile") }
    }

    /// The services that the repository says something of.
    fn units(&self, config: &'a Attrs<'a>) -> BTreeMap<String, Unit> {
        let Ok(Value::Attrs(units)) = self.nested(config, &["systemd", "services"]) else { return BTreeMap::new() };
        let unit = |attr: &Attr<'a>| {
            let service = self.eval.settle(self.eval.force(attr.value)).ok()?;
            let service = self.eval.settle(self.eval.select_name(service, Symbol::new("serviceConfig"), None)).ok()?;
            let Value::Attrs(service) = service else { return Some(Unit::default()) };
            let field = |name: &str| service.get(Symbol::new(name)).map(|attr| self.eval.force(attr.value));
            Some(Unit {
                user: match field("User") {
                    Some(Ok(Value::String(text))) => Fact::Known(Some(text.text.to_owned())),
                    _ => Fact::Unknown,
                },
                dynamic_user: match field("DynamicUser") {
                    Some(Ok(Value::Bool(dynamic))) => Fact::Known(dynamic),
                    _ => Fact::Unknown,
                },
            })
        };
        units.entries.iter().map(|attr| (attr.name.to_string(), unit(attr).unwrap_or_default())).collect()
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
                self.sops(inner, config)
            });
            match home {
                Ok(sops) => {
                    host.home_users.insert(attr.name.to_string(), HomeUser { sops, agenix: None });
                }
                Err(stop) => self.note(None, "declared", stop),
            }
        }
        self.user = None;
        Ok(homes)
    }

    fn sops(&mut self, configuration: &'a Configuration<'a>, config: &'a Attrs<'a>) -> Outcome<'a, Option<Sops>> {
        let Some(sops) = config.get(Symbol::new("sops")) else { return Ok(None) };
        let sops = self.eval.force_attrs(sops.value)?;
        let written = |names: &[&str]| self.written(configuration, names);
        let (secrets, templates) = (written(&["sops", "secrets"])?, written(&["sops", "templates"])?);
        Ok(Some(Sops {
            secrets: self.secrets(sops, &secrets)?,
            templates: self.templates(configuration, sops, &templates)?,
            default_sops_file: self.default_file(sops),
            age: AgeKeys {
                key_file: self.nullable(None, "age.keyFile", self.nested(sops, &["age", "keyFile"])),
                ssh_key_paths: self.texts(None, "age.sshKeyPaths", self.nested(sops, &["age", "sshKeyPaths"])),
                generate_key: self.bool(None, "age.generateKey", self.nested(sops, &["age", "generateKey"])),
            },
            gnupg: GnupgKeys {
                home: self.nullable(None, "gnupg.home", self.nested(sops, &["gnupg", "home"])),
                ssh_key_paths: self.texts(None, "gnupg.sshKeyPaths", self.nested(sops, &["gnupg", "sshKeyPaths"])),
            },
            environment: match self.nested(sops, &["environment"]) {
                Ok(Value::Attrs(attrs)) => attrs.entries.iter().map(|attr| attr.name.to_string()).collect(),
                _ => Vec::new(),
            },
            validate_sops_files: self.bool(None, "validateSopsFiles", self.nested(sops, &["validateSopsFiles"])),
            placeholders: BTreeMap::new(),
        }))
    }

    fn default_file(&mut self, sops: &'a Attrs<'a>) -> Fact<Option<SopsFile>> {
        match self.nested(sops, &["defaultSopsFile"]) {
            Ok(value @ (Value::Path(_) | Value::String(_))) => Fact::Known(file_of(value)),
            Ok(Value::Unknown(unknown)) => {
                self.note(None, "defaultSopsFile", Stop::Unknown(unknown));
                Fact::Unknown
            }
            // Without a definition it has no value: most hosts that name every file do this.
            _ => Fact::Known(None),
        }
    }

    fn secrets(&mut self, sops: &'a Attrs<'a>, written: &WrittenNames<'a>) -> Outcome<'a, BTreeMap<String, Secret>> {
        let mut secrets = BTreeMap::new();
        let Some(attrs) = self.declared(sops, "secrets")? else { return Ok(secrets) };
        for attr in attrs.entries {
            let name = attr.name.to_string();
            let (secret, assumed) = self.eval.observe(|| self.secret(attr, written));
            let mut secret = secret;
            if let Some(assumed) = assumed {
                secret.certainty = secret.certainty.weaker(Certainty::Assumed(assumed.to_string()));
            }
            if let Certainty::Conditional(why) = &secret.certainty {
                self.push(Some(&name), "declared", why.clone(), None);
            }
            secrets.insert(name, secret);
        }
        Ok(secrets)
    }

    /// The set of secrets or templates; what may be in it besides is noted.
    fn declared(&mut self, sops: &'a Attrs<'a>, field: &str) -> Outcome<'a, Option<&'a Attrs<'a>>> {
        match self.nested(sops, &[field])? {
            Value::Attrs(attrs) => {
                if let Some(open) = attrs.open {
                    self.note(None, field, Stop::Unknown(open.why));
                }
                Ok(Some(attrs))
            }
            Value::Unknown(unknown) => {
                self.note(None, field, Stop::Unknown(unknown));
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    fn secret(&mut self, attr: &Attr<'a>, written: &WrittenNames<'a>) -> Secret {
        let name = attr.name.as_str();
        let certainty = certainty(attr.doubt);
        let (at, origin, definitions) = self.places(attr, written);
        let attrs = match self.eval.settle(self.eval.force(attr.value)) {
            Ok(Value::Attrs(attrs)) => attrs,
            Ok(Value::Unknown(unknown)) => {
                self.note(Some(name), "declared", Stop::Unknown(unknown));
                let certainty = Certainty::Conditional(unknown.to_string());
                return Secret { certainty, at, origin, definitions, ..Secret::default() };
            }
            Ok(_) => return Secret { certainty, at, origin, definitions, ..Secret::default() },
            Err(stop) => {
                self.note(Some(name), "declared", stop);
                return Secret { certainty, at, origin, definitions, ..Secret::default() };
            }
        };
        let field = |name: &str| self.nested(attrs, &[name]);
        let file = field("sopsFile");
        let (key, format, name_field) = (field("key"), field("format"), field("name"));
        // What only says how the secret is placed does not make the secret itself less sure.
        let (rest, _) = self.eval.observe(|| {
            ["path", "mode", "owner", "group", "neededForUsers", "restartUnits", "reloadUnits"]
                .map(|name| self.nested(attrs, &[name]))
        });
        let [path, mode, owner, group, needed, restart, reload] = rest;
        let has = |name: &str| attrs.get(Symbol::new(name)).is_some();
        let (owned, triggers) = (has("owner"), has("restartUnits"));
        Secret {
            name: self.text(Some(name), "name", name_field),
            key: self.text(Some(name), "key", key),
            format: self.text(Some(name), "format", format),
            path: self.text(Some(name), "path", path),
            mode: self.text(Some(name), "mode", mode),
            owner: if owned { self.nullable(Some(name), "owner", owner) } else { Fact::Unknown },
            group: if owned { self.nullable(Some(name), "group", group) } else { Fact::Unknown },
            needed_for_users: if owned { self.bool(Some(name), "neededForUsers", needed) } else { Fact::Unknown },
            restart_units: if triggers { self.texts(Some(name), "restartUnits", restart) } else { Fact::Unknown },
            reload_units: if triggers { self.texts(Some(name), "reloadUnits", reload) } else { Fact::Unknown },
            sops_file: self.file(name, file),
            certainty,
            at,
            origin,
            definitions,
        }
    }

    fn templates(
        &mut self,
        configuration: &'a Configuration<'a>,
        sops: &'a Attrs<'a>,
        written: &WrittenNames<'a>,
    ) -> Outcome<'a, BTreeMap<String, Template>> {
        let mut templates = BTreeMap::new();
        let Some(attrs) = self.declared(sops, "templates")? else { return Ok(templates) };
        for attr in attrs.entries {
            let template = self.template(configuration, attr, written);
            templates.insert(attr.name.to_string(), template);
        }
        Ok(templates)
    }

    fn template(
        &mut self,
        configuration: &'a Configuration<'a>,
        attr: &Attr<'a>,
        written: &WrittenNames<'a>,
    ) -> Template {
        let certainty = certainty(attr.doubt);
        let (at, _, definitions) = self.places(attr, written);
        let label = format!("templates.{}", attr.name);
        let attrs = match self.eval.settle(self.eval.force(attr.value)) {
            Ok(Value::Attrs(attrs)) => attrs,
            Ok(_) => return Template { certainty, at, definitions, ..Template::default() },
            Err(stop) => {
                self.note(None, &label, stop);
                return Template { certainty, at, definitions, ..Template::default() };
            }
        };
        let field = |name: &str| self.nested(attrs, &[name]);
        let (path, mode, owner, group, content) =
            (field("path"), field("mode"), field("owner"), field("group"), field("content"));
        let owned = attrs.get(Symbol::new("owner")).is_some();
        Template {
            path: self.text(None, &format!("{label}.path"), path),
            mode: self.text(None, &format!("{label}.mode"), mode),
            owner: if owned { self.nullable(None, &format!("{label}.owner"), owner) } else { Fact::Unknown },
            group: if owned { self.nullable(None, &format!("{label}.group"), group) } else { Fact::Unknown },
            placeholders: self.placeholders(configuration, &label, content),
            content: None,
            certainty,
            at,
            definitions,
        }
    }

    fn placeholders(
        &mut self,
        configuration: &Configuration<'a>,
        label: &str,
        content: Outcome<'a>,
    ) -> Fact<Vec<String>> {
        match content {
            Ok(Value::String(text)) => {
                let kind = Symbol::new("placeholder");
                let own = text.context.iter().filter(|mark| mark.kind == kind && mark.scope == configuration.scope);
                let mut names: Vec<_> = own.map(|mark| mark.name.to_owned()).collect();
                names.sort();
                names.dedup();
                Fact::Known(names)
            }
            Ok(Value::Unknown(unknown)) => {
                self.note(None, &format!("{label}.placeholders"), Stop::Unknown(unknown));
                Fact::Unknown
            }
            Ok(_) => Fact::Unknown,
            Err(stop) => {
                self.note(None, &format!("{label}.placeholders"), stop);
                Fact::Unknown
            }
        }
    }

    /// Every live definition below a path, by the names it gives.
    fn written(&self, configuration: &'a Configuration<'a>, names: &[&str]) -> Outcome<'a, WrittenNames<'a>> {
        let path: Vec<_> = names.iter().map(|name| Symbol::new(name)).collect();
        let definitions = configuration.definitions_at(self.eval, &path)?;
        let mut written = WrittenNames::new();
        let resolved = resolve(self.eval, expand(self.eval, &definitions)?)?;
        for live in resolved.certain.iter().chain(resolved.perhaps) {
            let Value::Attrs(attrs) = live.value else { continue };
            for attr in attrs.entries {
                written.entry(attr.name).or_default().push(live.definition.child(attr));
            }
        }
        Ok(written)
    }

    fn places(&self, attr: &Attr<'a>, written: &WrittenNames<'a>) -> (Option<Spot>, Option<Spot>, Vec<Written>) {
        let definitions = written.get(&attr.name).map_or(&[][..], Vec::as_slice);
        let live = expand(self.eval, definitions).and_then(|expanded| resolve(self.eval, expanded));
        let live = live.map_or_else(|_| Vec::new(), |resolved| [resolved.certain, resolved.perhaps].concat());
        let own = live.iter().filter(|live| live.definition.module.own);
        let listed: Vec<_> = own
            .map(|live| Written {
                file: live.definition.module.file.to_owned(),
                pos: match live.definition.place {
                    AttrPlace::Written(span) => spot(self.eval, span),
                    _ => None,
                },
                fields: match live.value {
                    Value::Attrs(attrs) => attrs.entries.iter().map(|attr| self.field_place(attr)).collect(),
                    _ => BTreeMap::new(),
                },
            })
            .collect();
        let origin = live.iter().find_map(|live| match live.definition.place {
            AttrPlace::Generated(span) => spot(self.eval, span),
            _ => None,
        });
        let first_field = || listed.iter().find_map(|written| written.fields.values().flatten().min().cloned());
        let at = listed.iter().find_map(|written| written.pos.clone()).or_else(first_field);
        (at, origin, listed)
    }

    fn field_place(&self, attr: &Attr<'a>) -> (String, Option<Spot>) {
        let place = match attr.place {
            AttrPlace::Written(span) => spot(self.eval, span),
            _ => None,
        };
        (attr.name.to_string(), place)
    }

    fn file(&mut self, secret: &str, value: Outcome<'a>) -> Fact<SopsFile> {
        match value {
            Ok(value @ (Value::Path(_) | Value::String(_))) => file_of(value).into(),
            Ok(Value::Attrs(attrs)) => {
                let coerced = self.eval.coerce(Value::Attrs(attrs), crate::nix::eval::Coercion::Plain);
                self.file(secret, coerced.map(Value::String))
            }
            other => {
                self.note_value(Some(secret), "sopsFile", other);
                Fact::Unknown
            }
        }
    }

    fn text(&mut self, secret: Option<&str>, field: &str, value: Outcome<'a>) -> Fact<String> {
        match value {
            Ok(Value::String(text)) => Fact::Known(path::display(text.text)),
            Ok(Value::Path(text)) => Fact::Known(path::display(text)),
            other => {
                self.note_value(secret, field, other);
                Fact::Unknown
            }
        }
    }

    fn nullable(&mut self, secret: Option<&str>, field: &str, value: Outcome<'a>) -> Fact<Option<String>> {
        match value {
            Ok(Value::Null) => Fact::Known(None),
            other => match self.text(secret, field, other) {
                Fact::Known(text) => Fact::Known(Some(text)),
                Fact::Unknown => Fact::Unknown,
            },
        }
    }

    fn bool(&mut self, secret: Option<&str>, field: &str, value: Outcome<'a>) -> Fact<bool> {
        match value {
            Ok(Value::Bool(value)) => Fact::Known(value),
            other => {
                self.note_value(secret, field, other);
                Fact::Unknown
            }
        }
    }

    fn texts(&mut self, secret: Option<&str>, field: &str, value: Outcome<'a>) -> Fact<Vec<String>> {
        let list = value.and_then(|value| {
            let list = self.eval.as_list(value)?;
            match list.open {
                Some(open) => Err(Stop::Unknown(open)),
                None => list.items.iter().map(|item| self.eval.force(item)).collect::<Outcome<'a, Vec<_>>>(),
            }
        });
        match list {
            Ok(values) => {
                let texts: Vec<_> = values.into_iter().map(|value| self.text(secret, field, Ok(value))).collect();
                texts.iter().map(|text| text.known().cloned()).collect::<Option<Vec<_>>>().into()
            }
            Err(stop) => {
                self.note(secret, field, stop);
                Fact::Unknown
            }
        }
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
                "secrets" => host.complete.secrets = incomplete(),
                "templates" => host.complete.templates = incomplete(),
                _ => {}
            }
        }
    }

    fn note_value(&mut self, secret: Option<&str>, field: &str, value: Outcome<'a>) {
        match value {
            Ok(Value::Unknown(unknown)) => self.note(secret, field, Stop::Unknown(unknown)),
            Ok(other) => self.push(secret, field, format!("it is {}", other.kind()), None),
            Err(stop) => self.note(secret, field, stop),
        }
    }

    fn note(&mut self, secret: Option<&str>, field: &str, stop: Stop<'a>) {
        let span = match stop {
            Stop::Unknown(unknown) => unknown.span,
            Stop::Error(error) => error.span,
        };
        let place = span.and_then(|span| spot(self.eval, span));
        let why = why(self.eval, stop);
        self.push(secret, field, why, place);
    }

    fn push(&mut self, secret: Option<&str>, field: &str, why: String, place: Option<Spot>) {
        self.unknowns.push(UnknownFact {
            host: Some(self.host.clone()),
            user: self.user.clone(),
            secret: secret.map(str::to_owned),
            field: field.to_owned(),
            why,
            place,
        });
    }
}

type WrittenNames<'a> = BTreeMap<Symbol, Vec<Definition<'a>>>;

fn certainty(doubt: Option<Doubt<'_>>) -> Certainty {
    match doubt {
        None => Certainty::Certain,
        Some(Doubt::Assumed(why)) => Certainty::Assumed(why.to_string()),
        Some(Doubt::MaybeAbsent(why)) => Certainty::Conditional(why.to_string()),
    }
}

fn file_of(value: Value<'_>) -> Option<SopsFile> {
    let (text, kind) = match value {
        Value::Path(text) => (text, "path"),
        Value::String(text) => (text.text, "string"),
        _ => return None,
    };
    Some(SopsFile { path: path::display(&path::normalise(text)).into(), kind: Some(kind.to_owned()) })
}

fn spot(eval: &Eval<'_>, span: Span) -> Option<Spot> {
    eval.program.place(span).filter(|place| !place.path.starts_with('«')).map(Spot)
}
