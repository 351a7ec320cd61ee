//! What of a host is not secrets: its users, groups, units and containers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Agenix, Fact, Host, Sops, Spot, Used};

impl Host {
    /// The user that the system calls so.
    pub fn user(&self, name: &str) -> Option<&User> {
        self.users.iter().find(|(attr, user)| user.name.as_ref().unwrap_or(attr) == name).map(|(_, user)| user)
    }

    /// What the system calls its users.
    pub fn user_names(&self) -> impl Iterator<Item = &str> {
        self.users.iter().map(|(attr, user)| user.name.as_ref().unwrap_or(attr).as_str())
    }

    /// The groups, with what the system calls them.
    pub fn groups_by_name(&self) -> impl Iterator<Item = (&str, &Group)> {
        self.groups.iter().map(|(attr, group)| (group.name.as_ref().unwrap_or(attr).as_str(), group))
    }
}

/// One of `users.users`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The system's name for it, where the attribute is another; sops-nix looks it up by this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The primary group's name.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub group: Fact<Option<String>>,
    /// The path given as `hashedPasswordFile`.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub hashed_password_file: Fact<Option<String>>,
}

/// One of `users.groups`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The system's name for it, where the attribute is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The users that are in it besides those whose primary group it is.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub members: Fact<Vec<String>>,
}

/// A unit of systemd. The fields are a service's; of other units all is unknown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unit {
    /// `serviceConfig.User`.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub user: Fact<Option<String>>,
    /// `serviceConfig.Group`.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub group: Fact<Option<String>>,
    /// `serviceConfig.SupplementaryGroups`.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub supplementary_groups: Fact<Vec<String>>,
    /// `serviceConfig.DynamicUser`.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub dynamic_user: Fact<bool>,
    /// Whether `serviceConfig.AmbientCapabilities` let it read any file: `CAP_DAC_READ_SEARCH` or
    /// `CAP_DAC_OVERRIDE` (capabilities(7)).
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub reads_all: Fact<bool>,
    /// It does its work and ends, so that each start reads its files anew: `Type = "oneshot"` or
    /// `RemainAfterExit`, or it is started by a timer, or when another unit ends. Only the static evaluator gives it.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub runs_once: Fact<bool>,
    /// The secrets and templates whose path is in its definition. Only Nix gives them, and it does
    /// not see into the programs that a unit starts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<Read>,
}

/// A path of a secret or template in a unit's definition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Read {
    /// `SecretPath` or `TemplatePath` of the host.
    #[serde(flatten)]
    pub what: Used,
    /// The option beneath the unit, `serviceConfig.EnvironmentFile`, `environment.TOKEN_FILE`.
    pub option: String,
    /// It stands in an Exec line that is run as root whatever the unit's user: `+` or `!` before it
    /// (systemd.service(5)).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub as_root: bool,
}

/// A container of NixOS (`containers.NAME`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Container {
    /// What sops-nix is told inside it.
    #[serde(default)]
    pub sops: Option<Sops>,
    /// What agenix is told inside it.
    #[serde(default)]
    pub agenix: Option<Agenix>,
    /// Where it sees the host's files, by its own path.
    #[serde(default)]
    pub bind_mounts: BTreeMap<String, BindMount>,
}

/// A folder or file of the host inside a container.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BindMount {
    /// The host's path.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub host_path: Fact<String>,
    /// Where it is written. Only the static evaluator knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Spot>,
}

/// A container of podman or docker.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OciContainer {
    /// Where it sees the host's files.
    #[serde(default)]
    pub volumes: Vec<Volume>,
}

/// One of `volumes`, `HOST:CONTAINER:OPTIONS`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Volume {
    /// The host's path; a named volume has none.
    pub host_path: String,
    /// Where it is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Spot>,
}
