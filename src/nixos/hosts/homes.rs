//! Homes below a system's packages, where `home-manager switch` looks for them:
//! `legacyPackages.SYSTEM.homeConfigurations.NAME`, or `packages` in its place.

use super::listing::{Listing, attribute};
use crate::manifest::HostKind;
use crate::nix::eval::Eval;
use crate::nix::unknown::Reason;
use crate::nix::value::{Attr, Value};

/// The system whose homes are taken where several have homes of the same names.
const FIRST: &str = "x86_64-linux";

const HOMES: &str = "homeConfigurations";

/// Adds the homes of every system. Nothing else of its packages is looked at.
pub fn add<'a>(eval: &Eval<'a>, outputs: Value<'a>, listing: &mut Listing<'a>) {
    for output in ["legacyPackages", "packages"] {
        let Ok(Some(Value::Attrs(systems))) = attribute(eval, outputs, output) else { continue };
        let (first, others): (Vec<_>, Vec<_>) =
            systems.entries.iter().partition(|system| system.name.as_str() == FIRST);
        for system in first.into_iter().chain(others) {
            add_of_system(eval, output, system, listing);
        }
    }
}

fn add_of_system<'a>(eval: &Eval<'a>, output: &str, system: &Attr<'a>, listing: &mut Listing<'a>) {
    // Packages that cannot be read are no hosts, and nixpkgs has none of this name.
    let Ok(packages) = eval.force(system.value) else { return };
    let homes = match attribute(eval, packages, HOMES) {
        Ok(Some(Value::Unknown(why))) if why.reason == Reason::Package => return,
        Err(_) => return,
        homes => homes,
    };
    listing.add_set(eval, HostKind::Home, &format!("{output}.{}.{HOMES}", system.name), homes);
}
