//! `config.age`: the secrets of agenix, and what agenix-rekey is told.

use std::collections::BTreeMap;

use super::Reader;
use super::fields::file_of;
use super::places::{WrittenNames, spot};
use super::sops::certainty;
use crate::manifest::{Agenix, AgenixSecret, Certainty, Fact, MasterIdentity, Rekey, SopsFile, Spot};
use crate::nix::Symbol;
use crate::nix::path;
use crate::nix::unknown::Stop;
use crate::nix::value::{Attr, Attrs, Outcome, Value};
use crate::nixos::configuration::Configuration;
use crate::nixos::definition::{expand, live};

impl<'a> Reader<'a, '_> {
    pub(super) fn agenix(
        &mut self,
        configuration: &'a Configuration<'a>,
        config: &'a Attrs<'a>,
    ) -> Outcome<'a, Option<Agenix>> {
        let schemas = configuration.collected(self.eval)?.schemas;
        let is_imported = |names: &[&str]| names.iter().any(|name| schemas.contains(name));
        let written = self.written(configuration, &["age", "secrets"])?;
        // Its module may come by a way that is not known.
        if !is_imported(&["«agenix»", "«agenix-home»"]) && written.of.is_empty() {
            return Ok(None);
        }
        let Some(age) = config.get(Symbol::new("age")) else { return Ok(None) };
        let age = self.eval.force_attrs(age.value)?;
        let mut secrets = BTreeMap::new();
        if let Some(attrs) = self.declared(age, "secrets", "agenix.secrets")? {
            for attr in attrs.entries {
                secrets.insert(attr.name.to_string(), self.agenix_secret(attr, &written));
            }
        }
        let identity_paths = self.nested(age, &["identityPaths"]);
        Ok(Some(Agenix {
            assumed_absent: self
                .assumed_absent(configuration, ["age", "secrets"], |name| secrets.contains_key(name))?,
            secrets,
            identity_paths: self.texts(None, "agenix.identityPaths", identity_paths),
            rekey: if is_imported(&["«agenix-rekey»"]) { Some(self.rekey(configuration, age)?) } else { None },
        }))
    }

    fn agenix_secret(&mut self, attr: &Attr<'a>, written: &WrittenNames<'a>) -> AgenixSecret {
        let name = attr.name.as_str();
        let (at, origin, definitions) = self.places(attr, written);
        let secret = AgenixSecret { certainty: certainty(attr.doubt), at, origin, definitions, ..Default::default() };
        let label = |field: &str| format!("agenix.secrets.{name}.{field}");
        let attrs = match self.eval.settle(self.eval.force(attr.value)) {
            Ok(Value::Attrs(attrs)) => attrs,
            Ok(Value::Unknown(unknown)) => {
                self.note(None, &label("declared"), Stop::Unknown(unknown));
                return AgenixSecret { certainty: Certainty::Conditional(unknown.to_string()), ..secret };
            }
            Ok(_) => return secret,
            Err(stop) => {
                self.note(None, &label("declared"), stop);
                return secret;
            }
        };
        let eval = self.eval;
        let field =
            |name: &str| (label(name), eval.settle(eval.select_name(Value::Attrs(attrs), Symbol::new(name), None)));
        let has = |name: &str| attrs.get(Symbol::new(name)).is_some();
        let ((file, assumed), complete) = (eval.observe(|| field("file").1), self.complete(attr, written));
        let mut certainty = secret.certainty;
        if let Some(assumed) = assumed {
            certainty = certainty.weaker(Certainty::Assumed(assumed.to_string()));
        }
        if let Certainty::Conditional(why) = &certainty {
            self.push(None, &label("declared"), why.clone(), None);
        }
        let mut text = |name: &str| {
            let (label, value) = field(name);
            if has(name) { self.text(None, &label, value) } else { Fact::Unknown }
        };
        let (name, path, mode) = (text("name"), text("path"), text("mode"));
        let (owner, group) = (text("owner"), text("group"));
        let (symlink_label, symlink) = field("symlink");
        let rekey_file = field("rekeyFile").1;
        AgenixSecret {
            name,
            file: self.age_file(&label("file"), file),
            path,
            mode,
            owner,
            group,
            symlink: self.bool(None, &symlink_label, symlink),
            rekey_file: match rekey_file {
                _ if !has("rekeyFile") => Fact::Unknown,
                Ok(Value::Null) => Fact::Known(None),
                value => self
                    .age_file(&label("rekeyFile"), value)
                    .known()
                    .map_or(Fact::Unknown, |file| Fact::Known(Some(file.clone()))),
            },
            certainty,
            complete,
            ..secret
        }
    }

    fn age_file(&mut self, label: &str, value: Outcome<'a>) -> Fact<SopsFile> {
        match value {
            Ok(value @ (Value::Path(_) | Value::String(_))) => file_of(value).into(),
            Ok(Value::Attrs(attrs)) => {
                let coerced = self.eval.coerce(Value::Attrs(attrs), crate::nix::eval::Coercion::Plain);
                self.age_file(label, coerced.map(Value::String))
            }
            other => {
                self.note_value(None, label, other);
                Fact::Unknown
            }
        }
    }

    fn rekey(&mut self, configuration: &'a Configuration<'a>, age: &'a Attrs<'a>) -> Outcome<'a, Rekey> {
        let mut text = |name: &str| {
            let value = self.nested(age, &["rekey", name]);
            self.text(None, &format!("agenix.rekey.{name}"), value)
        };
        let (host_pubkey, storage_mode) = (text("hostPubkey"), text("storageMode"));
        let identities = self.nested(age, &["rekey", "masterIdentities"]);
        Ok(Rekey {
            // A key file ends in a newline.
            host_pubkey: host_pubkey.known().map_or(Fact::Unknown, |key| Fact::Known(key.trim().to_owned())),
            host_pubkey_at: self.setting(configuration, &["age", "rekey", "hostPubkey"])?,
            master_identities: self.master_identities(identities),
            storage_mode,
        })
    }

    /// Where an option is set.
    fn setting(&self, configuration: &'a Configuration<'a>, option: &[&str]) -> Outcome<'a, Option<Spot>> {
        let option: Vec<_> = option.iter().map(|name| Symbol::new(name)).collect();
        let definitions = configuration.definitions_at(self.eval, &option)?;
        let live = live(self.eval, expand(self.eval, &definitions)?)?;
        let mut own = live.iter().filter(|live| live.definition.module.own);
        Ok(own.find_map(|live| live.definition.place.of_name()).and_then(|span| spot(self.eval, span)))
    }

    fn master_identities(&mut self, identities: Outcome<'a>) -> Fact<Vec<MasterIdentity>> {
        let read = identities.and_then(|list| {
            let list = self.eval.as_list(list)?;
            match list.open {
                Some(open) => Err(Stop::Unknown(open)),
                None => list.items.iter().map(|item| self.master_identity(self.eval.force(item)?)).collect(),
            }
        });
        match read {
            Ok(identities) => Fact::Known(identities),
            Err(stop) => {
                self.note(None, "agenix.rekey.masterIdentities", stop);
                Fact::Unknown
            }
        }
    }

    fn master_identity(&self, value: Value<'a>) -> Outcome<'a, MasterIdentity> {
        let field = |name: &str| self.eval.select_name(value, Symbol::new(name), None);
        let identity = match field("identity")? {
            Value::Path(path) => path,
            other => self.eval.as_string(other)?.text,
        };
        let pubkey = match field("pubkey")? {
            Value::Null => None,
            key => Some(self.eval.as_string(key)?.text.trim().to_owned()),
        };
        Ok(MasterIdentity { identity: path::display(identity), pubkey })
    }
}
