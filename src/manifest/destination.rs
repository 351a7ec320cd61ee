//! What an option belongs to that a use ends in: who reads it there.

use super::Host;

/// Whose setting an option is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination<'a> {
    /// `systemd.services.NAME.SETTING` of the system.
    Unit {
        /// Its name without the ending.
        name: &'a str,
        /// The rest of the option.
        setting: &'a str,
    },
    /// `systemd.user.services.NAME.SETTING`: NixOS' and home-manager's units of users.
    UserUnit {
        /// Its name without the ending.
        name: &'a str,
        /// The rest of the option.
        setting: &'a str,
    },
    /// `containers.NAME.SETTING` of NixOS.
    Container {
        /// Its name.
        name: &'a str,
        /// The rest of the option.
        setting: &'a str,
    },
    /// `virtualisation.oci-containers.containers.NAME.SETTING`.
    OciContainer {
        /// Its name.
        name: &'a str,
        /// The rest of the option.
        setting: &'a str,
    },
    /// Anything else.
    Other,
}

impl<'a> Destination<'a> {
    /// Of an option as people write it. A name may have dots: the host's own names say where it ends.
    pub fn of(option: &'a str, host: &Host) -> Self {
        let below = |prefix: &str| option.strip_prefix(prefix);
        if let Some(rest) = below("systemd.services.") {
            return split(rest, |name| host.units.contains_key(name))
                .map_or(Destination::Other, |(name, setting)| Destination::Unit { name, setting });
        }
        if let Some(rest) = below("systemd.user.services.") {
            return split(rest, |_| false)
                .map_or(Destination::Other, |(name, setting)| Destination::UserUnit { name, setting });
        }
        if let Some(rest) = below("containers.") {
            return split(rest, |name| host.containers.contains_key(name))
                .map_or(Destination::Other, |(name, setting)| Destination::Container { name, setting });
        }
        if let Some(rest) = below("virtualisation.oci-containers.containers.") {
            return split(rest, |name| host.oci_containers.contains_key(name))
                .map_or(Destination::Other, |(name, setting)| Destination::OciContainer { name, setting });
        }
        Destination::Other
    }
}

/// Whether a setting of a NixOS container names a path of the host: the `mountPoint` of a bind mount is one inside.
pub fn is_host_path(setting: &str) -> bool {
    setting.starts_with("bindMounts.") && setting.ends_with(".hostPath")
}

/// The longest name that there is and that the text begins with, else up to the first dot; and what follows.
fn split(text: &str, is_there: impl Fn(&str) -> bool) -> Option<(&str, &str)> {
    let longest = text.rmatch_indices('.').find(|&(dot, _)| text.get(..dot).is_some_and(&is_there));
    let (dot, _) = longest.or_else(|| text.match_indices('.').next())?;
    Some((text.get(..dot)?, text.get(dot + 1..)?))
}
