//! The waist: what each host declares and uses, each with where it was written and how sure it
//! is. Its JSON is a public contract, version 1; `docs/manifest.md` describes it.
//!
//! Types only. Declarations come from the static evaluator ([`crate::nixos`]) or from real Nix
//! (`sealnix check --manifest`), in the same types.

pub mod agenix;
pub mod certainty;
pub mod compare;
pub mod comparison;
mod complete;
pub mod destination;
pub mod fact;
mod host_fields;
pub mod join;
pub mod key_source;
pub mod machine;
pub mod read;
pub mod spot;
pub mod uses;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::environment::shape::Variable;
use crate::source::{Place, RepoPath};
pub use agenix::{Agenix, AgenixSecret, MasterIdentity, Rekey};
pub use certainty::{Certainty, Complete};
pub use destination::Destination;
pub use fact::Fact;
pub use key_source::{AgeKeys, GnupgKeys, KeySource};
pub use machine::{BindMount, Container, Group, OciContainer, Read, Unit, User, Volume};
pub use spot::Spot;
pub use uses::{Namespace, Use, Used};

/// The version of the JSON.
pub const VERSION: u32 = 1;

/// What every host of the repository declares and uses.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Always [`VERSION`].
    pub version: u32,
    /// Sorted by kind, then name.
    pub hosts: Vec<Host>,
    /// What stayed unknown about the repository as a whole, such as a host list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknowns: Vec<Unknown>,
}

impl Manifest {
    /// Every file that a sops secret is read from, as often as it is named.
    pub fn sops_files(&self) -> impl Iterator<Item = &RepoPath> {
        self.sops_secrets().map(|(path, _)| path)
    }

    /// Every sops secret whose file is known, with that file.
    pub fn sops_secrets(&self) -> impl Iterator<Item = (&RepoPath, &Secret)> {
        let configurations = self.hosts.iter().flat_map(|host| {
            let users = host.home_users.values().map(|user| &user.sops);
            let containers = host.containers.values().map(|container| &container.sops);
            std::iter::once(&host.sops).chain(users).chain(containers)
        });
        let secrets = configurations.flatten().flat_map(|sops| sops.secrets.values());
        secrets.filter_map(|secret| Some((&secret.sops_file.known()?.path, secret)))
    }

    /// Every file that an agenix secret is read from, as often as it is named.
    pub fn age_files(&self) -> impl Iterator<Item = &RepoPath> {
        let configurations = self.hosts.iter().flat_map(|host| {
            let users = host.home_users.values().map(|user| &user.agenix);
            let containers = host.containers.values().map(|container| &container.agenix);
            std::iter::once(&host.agenix).chain(users).chain(containers)
        });
        let secrets = configurations.flatten().flat_map(|agenix| agenix.secrets.values());
        secrets.filter_map(|secret| secret.file.known()).map(|file| &file.path)
    }
}

/// What kind of configuration a host is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HostKind {
    /// A NixOS system.
    #[default]
    Nixos,
    /// A nix-darwin system.
    Darwin,
    /// A home-manager configuration that stands alone.
    Home,
}

/// One evaluated configuration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Host {
    /// Its name in the flake: `web` of `nixosConfigurations.web`.
    pub name: String,
    /// NixOS, nix-darwin or home-manager alone.
    pub kind: HostKind,
    /// Its attribute path in the flake or the entry file, `nixosConfigurations.web`; empty where that
    /// file itself is the host.
    #[serde(default)]
    pub attr: String,
    /// Such as `x86_64-linux`.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub system: Fact<Option<String>>,
    /// `networking.hostName`.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub host_name: Fact<Option<String>>,
    /// Nix itself could not evaluate it: what else is said was found statically, unless only its units
    /// failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluation_error: Option<EvaluationError>,
    /// Which parts are known completely. In JSON what is not said is not complete.
    #[serde(default = "CompleteParts::not_said")]
    pub complete: CompleteParts,
    /// What sops-nix is told; absent where its module is not imported.
    #[serde(default)]
    pub sops: Option<Sops>,
    /// What agenix is told.
    #[serde(default)]
    pub agenix: Option<Agenix>,
    /// Home-manager users inside this host.
    #[serde(default)]
    pub home_users: BTreeMap<String, HomeUser>,
    /// `users.users`, as far as the repository says.
    #[serde(default)]
    pub users: BTreeMap<String, User>,
    /// `users.groups`, as far as Nix says.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<String, Group>,
    /// Systemd's units: services by name, others with their ending, `backup.timer`. Statically those
    /// services that the repository defines or adds to.
    #[serde(default)]
    pub units: BTreeMap<String, Unit>,
    /// NixOS containers, by name. What is declared inside them only Nix knows.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub containers: BTreeMap<String, Container>,
    /// Containers of podman or docker (`virtualisation.oci-containers`), by name. Only the static evaluator knows them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub oci_containers: BTreeMap<String, OciContainer>,
    /// What reads which secret. Only the static evaluator knows this.
    #[serde(default)]
    pub uses: Vec<Use>,
    /// Only the static evaluator knows these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed_assertions: Vec<FailedAssertion>,
    /// Every field that is absent above, and why.
    #[serde(default)]
    pub unknowns: Vec<Unknown>,
}

/// What Nix says of a host that it could not evaluate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvaluationError {
    /// Its message, without trace and without the values that Nix prints.
    pub message: String,
    /// The innermost place in the repository that it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Spot>,
    /// Only the host's units do not evaluate: all else that is said of it is Nix's.
    #[serde(rename = "unitsOnly", default, skip_serializing_if = "std::ops::Not::not")]
    pub units_only: bool,
}

impl EvaluationError {
    /// The message where Nix would have had to build something first.
    pub const NEEDS_IMPORT: &str = "not checked: needs import-from-derivation";
}

/// Per part of a host: complete, or why not. Rules about what is *not* there rest on this.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CompleteParts {
    /// `sops.secrets` and `age.secrets`.
    #[serde(default = "Complete::not_said")]
    pub secrets: Complete,
    /// `sops.templates`.
    #[serde(default = "Complete::not_said")]
    pub templates: Complete,
    /// `users.users` and `users.groups`.
    #[serde(default = "Complete::not_said")]
    pub users: Complete,
    /// Systemd's units.
    #[serde(default = "Complete::not_said")]
    pub units: Complete,
}

impl CompleteParts {
    fn not_said() -> Self {
        let part = Complete::not_said;
        CompleteParts { secrets: part(), templates: part(), users: part(), units: part() }
    }
}

/// A home-manager user inside a host.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HomeUser {
    /// What the user's sops-nix module is told.
    #[serde(default)]
    pub sops: Option<Sops>,
    /// What the user's agenix module is told.
    #[serde(default)]
    pub agenix: Option<Agenix>,
}

/// The `sops` options of one configuration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sops {
    /// By attribute name.
    pub secrets: BTreeMap<String, Secret>,
    /// By attribute name.
    #[serde(default)]
    pub templates: BTreeMap<String, Template>,
    /// `sops.defaultSopsFile`.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub default_sops_file: Fact<Option<SopsFile>>,
    /// `sops.age`.
    #[serde(default)]
    pub age: AgeKeys,
    /// `sops.gnupg`.
    #[serde(default)]
    pub gnupg: GnupgKeys,
    /// What is known besides their values of the options that name keys, by option beneath `sops`:
    /// `age.keyFile`. Those that neither are set nor have anything worth saying are left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub key_sources: BTreeMap<String, KeySource>,
    /// `sops.environment`, names only: values may be secrets.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub environment: Fact<Vec<String>>,
    /// Code that gives secrets and is assumed not to count: what the absence of further ones rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assumed_absent: Vec<AssumedAbsent>,
    /// `sops.validateSopsFiles`.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub validate_sops_files: Fact<bool>,
}

/// Secrets that are written for a configuration and that it is assumed not to declare.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssumedAbsent {
    /// Their names, sorted; none where it is not known which they are.
    #[serde(default)]
    pub secrets: Vec<String>,
    /// What was assumed.
    pub why: String,
    /// The first of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Spot>,
}

/// The file a secret is read from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SopsFile {
    /// Relative to the repository; `input:NAME/rest` in another flake input; else absolute.
    pub path: RepoPath,
    /// The type of the Nix value: `path` or `string`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// One `sops.secrets.<attr>`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Secret {
    /// Its file name under `/run/secrets`.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub name: Fact<String>,
    /// Where in the file its value is; "" is the whole file.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub key: Fact<String>,
    /// yaml, json, binary, dotenv or ini.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub format: Fact<String>,
    /// Where it is placed on the host.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub path: Fact<String>,
    /// Octal.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub mode: Fact<String>,
    /// The owner's name, null where the uid says it.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub owner: Fact<Option<String>>,
    /// The group's name, null where the gid says it.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub group: Fact<Option<String>>,
    /// The owner's number, which counts where there is no name. Only Nix gives it.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub uid: Fact<Option<u64>>,
    /// The group's number, likewise.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub gid: Fact<Option<u64>>,
    /// Decrypted before users exist, to `/run/secrets-for-users`.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub needed_for_users: Fact<bool>,
    /// Units restarted when it changes.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub restart_units: Fact<Vec<String>>,
    /// Units reloaded when it changes.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub reload_units: Fact<Vec<String>>,
    /// The encrypted file.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub sops_file: Fact<SopsFile>,
    /// Whether the host declares it at all.
    #[serde(flatten)]
    pub certainty: Certainty,
    /// Whether no other definition may say more of it. In JSON absent where it is.
    #[serde(default, skip_serializing_if = "Complete::is_complete")]
    pub complete: Complete,
    /// Where its name is written, as Nix says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Spot>,
    /// For a generated name: the literal it was generated from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Spot>,
    /// Every definition that adds to it.
    #[serde(default)]
    pub definitions: Vec<Definition>,
}

impl Secret {
    /// The best place to show: where a person wrote the name.
    pub fn place(&self) -> Option<&Place> {
        let definitions = self.definitions.iter().filter_map(|definition| definition.pos.as_ref());
        self.origin.as_ref().or(self.at.as_ref()).or(definitions.into_iter().next()).map(|spot| &spot.0)
    }

    /// Whether a definition that is known says this field.
    pub fn says(&self, field: &str) -> bool {
        self.definitions.iter().any(|definition| definition.fields.contains_key(field))
    }

    /// Where a field is written, else where the secret is.
    pub fn field_place(&self, field: &str) -> Option<&Place> {
        let written = self.definitions.iter().find_map(|definition| definition.fields.get(field)?.as_ref());
        written.map(|spot| &spot.0).or_else(|| self.place())
    }
}

/// One definition of a secret or template.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// The module it stands in.
    pub file: String,
    /// Where the name is written.
    #[serde(default)]
    pub pos: Option<Spot>,
    /// Where each field is written.
    #[serde(default)]
    pub fields: BTreeMap<String, Option<Spot>>,
}

/// One `sops.templates.<name>`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Template {
    /// Its file name under `/run/secrets/rendered`. Only the static evaluator gives it.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub name: Fact<String>,
    /// Where it is rendered to.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub path: Fact<String>,
    /// Octal.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub mode: Fact<String>,
    /// The owner's name.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub owner: Fact<Option<String>>,
    /// The group's name.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub group: Fact<Option<String>>,
    /// The owner's number, which counts where there is no name. Only Nix gives it.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub uid: Fact<Option<u64>>,
    /// The group's number, likewise.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub gid: Fact<Option<u64>>,
    /// Units restarted when it changes.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub restart_units: Fact<Vec<String>>,
    /// Units reloaded when it changes.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub reload_units: Fact<Vec<String>>,
    /// The secrets whose placeholder is in the content, sorted.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub placeholders: Fact<Vec<String>>,
    /// How many placeholders of the content are of no secret of the configuration. Only the static
    /// evaluator gives them, and what sets variables.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub stray_placeholders: u32,
    /// The variables that the content sets where it is read as an environment file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<Variable>,
    /// Whether the host declares it at all.
    #[serde(flatten)]
    pub certainty: Certainty,
    /// Where its name is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Spot>,
    /// Every definition that adds to it.
    #[serde(default)]
    pub definitions: Vec<Definition>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Template {
    /// Where a field is written, else where its name is; else the module that declares it.
    pub fn place(&self, field: &str) -> Place {
        let written = self.definitions.iter().find_map(|definition| definition.fields.get(field)?.as_ref());
        let named = self.definitions.iter().find_map(|definition| definition.pos.as_ref());
        let module = || self.definitions.first().map_or("flake.nix", |definition| &definition.file);
        let spot = written.or(self.at.as_ref()).or(named);
        spot.map_or_else(|| Place::whole_file(module().into()), |spot| spot.0.clone())
    }
}

/// An assertion of the repository's own modules that does not hold: Nix refuses to build the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedAssertion {
    /// Its message, where it is written as one plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The home-manager user in whose configuration it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Where it is written.
    pub at: Spot,
    /// Why it may not count.
    #[serde(flatten)]
    pub certainty: Certainty,
}

/// Something that could not be known, and why.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Unknown {
    /// The host.
    #[serde(default)]
    pub host: Option<String>,
    /// The home-manager user.
    #[serde(default)]
    pub user: Option<String>,
    /// The secret's attribute name.
    #[serde(default)]
    pub secret: Option<String>,
    /// The field that is absent; `declared` for the secret as a whole, `hosts` for a list of hosts.
    pub field: String,
    /// Why, as a clause.
    pub why: String,
    /// Where the reason stands.
    #[serde(default)]
    pub place: Option<Spot>,
}
