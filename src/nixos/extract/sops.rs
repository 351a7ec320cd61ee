//! `config.sops`: secrets, templates and key sources.

use std::collections::{BTreeMap, BTreeSet};

use super::Reader;
use super::fields::file_of;
use super::placeholders::Content;
use super::places::WrittenNames;
use crate::manifest::{AgeKeys, Certainty, Fact, GnupgKeys, Secret, Sops, SopsFile, Template};
use crate::nix::Symbol;
use crate::nix::unknown::Stop;
use crate::nix::value::{Attr, Attrs, Doubt, Outcome, Value};
use crate::nixos::configuration::Configuration;

impl<'a> Reader<'a, '_> {
    pub(super) fn sops(
        &mut self,
        configuration: &'a Configuration<'a>,
        config: &'a Attrs<'a>,
    ) -> Outcome<'a, Option<Sops>> {
        let Some(sops) = config.get(Symbol::new("sops")) else { return Ok(None) };
        let sops = self.eval.force_attrs(sops.value)?;
        let written = |names: &[&str]| self.written(configuration, names);
        let (secrets, templates) = (written(&["sops", "secrets"])?, written(&["sops", "templates"])?);
        let secrets = self.secrets(sops, &secrets)?;
        let names = secrets.keys().map(String::as_str).collect();
        let templates = self.templates(configuration, sops, &templates, &names)?;
        Ok(Some(Sops {
            assumed_absent: self
                .assumed_absent(configuration, ["sops", "secrets"], |name| secrets.contains_key(name))?,
            secrets,
            templates,
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
            key_sources: self.key_sources(configuration, sops),
            environment: match self.nested(sops, &["environment"]) {
                Ok(Value::Attrs(attrs)) => {
                    Fact::Known(attrs.entries.iter().map(|attr| attr.name.to_string()).collect())
                }
                _ => Fact::Unknown,
            },
            validate_sops_files: self.bool(None, "validateSopsFiles", self.nested(sops, &["validateSopsFiles"])),
        }))
    }

    pub(super) fn default_file(&mut self, sops: &'a Attrs<'a>) -> Fact<Option<SopsFile>> {
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

    pub(super) fn secrets(
        &mut self,
        sops: &'a Attrs<'a>,
        written: &WrittenNames<'a>,
    ) -> Outcome<'a, BTreeMap<String, Secret>> {
        let mut secrets = BTreeMap::new();
        let Some(attrs) = self.declared(sops, "secrets", "secrets")? else { return Ok(secrets) };
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
    /// `label` is what it is called there.
    pub(super) fn declared(
        &mut self,
        options: &'a Attrs<'a>,
        field: &str,
        label: &str,
    ) -> Outcome<'a, Option<&'a Attrs<'a>>> {
        match self.nested(options, &[field])? {
            Value::Attrs(attrs) => {
                if let Some(open) = attrs.open {
                    self.note(None, label, Stop::Unknown(open.why));
                }
                Ok(Some(attrs))
            }
            Value::Unknown(unknown) => {
                self.note(None, label, Stop::Unknown(unknown));
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    pub(super) fn secret(&mut self, attr: &Attr<'a>, written: &WrittenNames<'a>) -> Secret {
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
        let (eval, of) = (self.eval, Some(name));
        // What only says how the secret is placed does not make the secret itself less sure.
        let (placed, _) = eval.observe(|| self.placed(attrs, of));
        Secret {
            name: self.text(of, "name", name_field),
            key: self.text(of, "key", key),
            format: self.text(of, "format", format),
            sops_file: self.file(name, file),
            certainty,
            complete: self.complete(attr, written),
            at,
            origin,
            definitions,
            ..placed
        }
    }

    /// What says where the secret is put, whose it is, and what starts anew with it; home-manager has no owners.
    fn placed(&mut self, attrs: &'a Attrs<'a>, of: Option<&str>) -> Secret {
        let field = |name: &str| self.nested(attrs, &[name]);
        let (path, mode, owner, group) = (field("path"), field("mode"), field("owner"), field("group"));
        let (needed, restart, reload) = (field("neededForUsers"), field("restartUnits"), field("reloadUnits"));
        let has = |name: &str| attrs.get(Symbol::new(name)).is_some();
        let (owned, triggers) = (has("owner"), has("restartUnits"));
        Secret {
            path: self.text(of, "path", path),
            mode: self.text(of, "mode", mode),
            owner: if owned { self.nullable(of, "owner", owner) } else { Fact::Unknown },
            group: if owned { self.nullable(of, "group", group) } else { Fact::Unknown },
            needed_for_users: if owned { self.bool(of, "neededForUsers", needed) } else { Fact::Unknown },
            restart_units: if triggers { self.texts(of, "restartUnits", restart) } else { Fact::Unknown },
            reload_units: if triggers { self.texts(of, "reloadUnits", reload) } else { Fact::Unknown },
            ..Secret::default()
        }
    }

    pub(super) fn templates(
        &mut self,
        configuration: &'a Configuration<'a>,
        sops: &'a Attrs<'a>,
        written: &WrittenNames<'a>,
        secrets: &BTreeSet<&str>,
    ) -> Outcome<'a, BTreeMap<String, Template>> {
        let mut templates = BTreeMap::new();
        let Some(attrs) = self.declared(sops, "templates", "templates")? else { return Ok(templates) };
        for attr in attrs.entries {
            let template = self.template(configuration, attr, written, secrets);
            templates.insert(attr.name.to_string(), template);
        }
        Ok(templates)
    }

    pub(super) fn template(
        &mut self,
        configuration: &'a Configuration<'a>,
        attr: &Attr<'a>,
        written: &WrittenNames<'a>,
        secrets: &BTreeSet<&str>,
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
        let (path, mode, owner, group) = (field("path"), field("mode"), field("owner"), field("group"));
        let (name, content) = (field("name"), field("content"));
        let (restart, reload) = (field("restartUnits"), field("reloadUnits"));
        let has = |name: &str| attrs.get(Symbol::new(name)).is_some();
        let (owned, triggers) = (has("owner"), has("restartUnits"));
        let mut units = |name: &str, value| match triggers {
            true => self.texts(None, &format!("{label}.{name}"), value),
            false => Fact::Unknown,
        };
        let (restart_units, reload_units) = (units("restartUnits", restart), units("reloadUnits", reload));
        let Content { placeholders, strays: stray_placeholders, variables } =
            self.content(configuration, &label, content, secrets);
        Template {
            name: self.text(None, &format!("{label}.name"), name),
            path: self.text(None, &format!("{label}.path"), path),
            mode: self.text(None, &format!("{label}.mode"), mode),
            owner: if owned { self.nullable(None, &format!("{label}.owner"), owner) } else { Fact::Unknown },
            group: if owned { self.nullable(None, &format!("{label}.group"), group) } else { Fact::Unknown },
            restart_units,
            reload_units,
            uid: Fact::Unknown,
            gid: Fact::Unknown,
            placeholders,
            stray_placeholders,
            variables,
            certainty,
            at,
            definitions,
        }
    }
}

pub(super) fn certainty(doubt: Option<Doubt<'_>>) -> Certainty {
    match doubt {
        None => Certainty::Certain,
        Some(Doubt::Assumed(why)) => Certainty::Assumed(why.to_string()),
        Some(Doubt::MaybeAbsent(why)) => Certainty::Conditional(why.to_string()),
    }
}
