//! Nodes of deploy-rs: `deploy.nodes.NODE.profiles.PROFILE.path` is made from a configuration, most often
//! from one that another output holds.

use super::built;
use super::listing::{Found, Listing, attribute, kind_of};
use crate::manifest::HostKind;
use crate::nix::eval::Eval;
use crate::nix::unknown::{Reason, Stop, Unknown};
use crate::nix::value::{Attr, Attrs, Value};
use crate::nixos::world::World;

/// The profile that is a whole system.
const SYSTEM: &str = "system";

/// Adds the configurations of the flake's nodes that no other output holds.
pub fn add<'a>(eval: &Eval<'a>, world: &'a World<'a>, outputs: Value<'a>, listing: &mut Listing<'a>) {
    let Some(nodes) = set(eval, outputs, "deploy").and_then(|deploy| set(eval, Value::Attrs(deploy), "nodes")) else {
        return;
    };
    for node in nodes.entries {
        let profiles = eval.force(node.value).ok().and_then(|node| set(eval, node, "profiles"));
        for profile in profiles.into_iter().flat_map(|profiles| profiles.entries) {
            add_profile(eval, world, node, profile, listing);
        }
    }
}

/// A set in a set. A library that makes nodes makes them of what other outputs hold, and what leaves
/// those unknown was said.
fn set<'a>(eval: &Eval<'a>, outer: Value<'a>, name: &str) -> Option<&'a Attrs<'a>> {
    match attribute(eval, outer, name) {
        Ok(Some(Value::Attrs(attrs))) => Some(attrs),
        _ => None,
    }
}

fn add_profile<'a>(
    eval: &Eval<'a>,
    world: &'a World<'a>,
    node: &Attr<'a>,
    profile: &Attr<'a>,
    listing: &mut Listing<'a>,
) {
    let (node_name, profile_name) = (node.name.as_str(), profile.name.as_str());
    let is_known = [HostKind::Nixos, HostKind::Darwin].iter().any(|kind| listing.has(*kind, node_name));
    if profile_name == SYSTEM && is_known {
        return;
    }
    let Ok(profile_set) = eval.force_attrs(profile.value) else { return };
    let Some(path) = profile_set.get(crate::nix::Symbol::new("path")) else { return };
    let attr = eval.text(&format!("deploy.nodes.{node_name}.profiles.{profile_name}.path"));
    let Some((value, configuration)) = built::behind(eval, world, path.value) else {
        if profile_name == SYSTEM
            && let Ok(Value::Unknown(unknown)) = eval.settle(eval.force(path.value))
            && let Some(why) = missing_input(eval, unknown)
        {
            listing.add_unknown(eval, attr, Stop::Unknown(why));
        }
        return;
    };
    let Some(kind) = kind_of(configuration.class) else { return };
    if listing.holds(eval, world, configuration) {
        return;
    }
    let name = match kind {
        HostKind::Home => eval.text(&format!("{profile_name}@{node_name}")),
        HostKind::Nixos | HostKind::Darwin => node_name,
    };
    listing.add(Found { kind, name, attr, value, doubt: node.doubt.or(profile.doubt) });
}

/// The input that something built was made from, where that is not here.
fn missing_input<'a>(eval: &Eval<'a>, built: &'a Unknown<'a>) -> Option<&'a Unknown<'a>> {
    built.parts.iter().find_map(|part| match eval.settle(eval.force(part)) {
        Ok(Value::Unknown(unknown)) if matches!(unknown.reason, Reason::Input(_)) => Some(unknown),
        _ => None,
    })
}
