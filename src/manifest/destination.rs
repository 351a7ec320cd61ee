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
            return split(rest, host.units.keys())
                .map_or(Destination::Other, |(name, setting)| Destination::Unit { name, setting });
        }
        if let Some(rest) = below("systemd.user.services.") {
            return split(rest, [].iter())
                .map_or(Destination::Other, |(name, setting)| Destination::UserUnit { name, setting });
        }
        if let Some(rest) = below("containers.") {
            return split(rest, host.containers.keys())
                .map_or(Destination::Other, |(name, setting)| Destination::Container { name, setting });
        }
        if let Some(rest) = below("virtualisation.oci-containers.containers.") {
            return split(rest, host.oci_containers.keys())
                .map_or(Destination::Other, |(name, setting)| Destination::OciContainer { name, setting });
        }
        Destination::Other
    }
}

/// The longest of the names that the text begins with, else up to the first dot; and what follows.
fn split<'a, 'n>(text: &'a str, names: impl Iterator<Item = &'n String>) -> Option<(&'a str, &'a str)> {
    let after = |name: &str| text.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
    let longest = names.filter(|name| after(name)).map(String::len).max();
    let (name, rest) = text.split_at_checked(longest.or_else(|| text.find('.'))?)?;
    Some((name, rest.strip_prefix('.')?))
}
