//! The repository's owner forbids that a secret reaches a container or unit, and it does.

use crate::checks::{Rule, Undecided, Verdict, World};
use crate::config::{Deny, Target, Who};
use crate::finding::{Finding, Label, Level};
use crate::manifest::destination::is_host_path;
use crate::manifest::{Certainty, Destination, Host, Use, Used};
use crate::source::Place;

use super::delivered::{Delivered, delivered};

pub const RULE: Rule = Rule {
    id: "denied-by-policy",
    level: Level::Error,
    page: include_str!("../../../docs/rules/denied-by-policy.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    if world.config.deny.is_empty() {
        return;
    }
    let targets = world.config.deny.iter().flat_map(|deny| &deny.to);
    verdict.undecided.extend(targets.filter_map(|target| nobody(world, target)));
    for host in &world.manifest.hosts {
        let files = delivered(host);
        let reached = reached(host);
        for deny in &world.config.deny {
            let denied: Vec<_> = files.iter().filter(|file| file.holds(|name| deny.secrets.take(name))).collect();
            let mut said: Vec<(Reader<'_>, &str)> = Vec::new();
            for reach in &reached {
                let Some(target) = reach.reader.target(deny) else { continue };
                let reaching: Vec<_> = denied.iter().filter(|file| reach.gives(file)).copied().collect();
                let Some(first) = reaching.first().filter(|file| !said.contains(&(reach.reader, file.name))) else {
                    continue;
                };
                said.push((reach.reader, first.name));
                verdict.findings.push(finding(host, deny, target, reach, &reaching));
            }
        }
    }
}

/// A target that no host is known to have: a policy that says nothing looks like one that is kept.
fn nobody(world: &World<'_>, target: &Target) -> Option<Undecided> {
    let hosts = &world.manifest.hosts;
    let (called, is_there) = match &target.who {
        Who::Containers => return None,
        Who::Container(name) => {
            let has = |host: &Host| host.containers.contains_key(name) || host.oci_containers.contains_key(name);
            (format!("container `{name}`"), hosts.iter().any(has))
        }
        Who::Unit(name) => {
            let is_it = |of: Destination<'_>| matches!(of, Destination::Unit { name: it, .. } if it == name);
            let used = |host: &Host| host.uses.iter().any(|used| is_it(used.destination(host)));
            let has = |host: &Host| host.units.contains_key(name) || used(host);
            (format!("unit `{name}`"), hosts.iter().any(has))
        }
    };
    let line = target.place.start.line;
    let clause =
        format!("whether there is a {called}, which `sealnix.toml:{line}` denies secrets: no host is known to have it");
    (!is_there).then_some(Undecided::of_repository(clause))
}

/// Who gets something.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader<'a> {
    Container(&'a str),
    Unit(&'a str),
}

impl Reader<'_> {
    fn target<'d>(&self, deny: &'d Deny) -> Option<&'d Target> {
        match self {
            Reader::Container(name) => deny.container(name),
            Reader::Unit(name) => deny.unit(name),
        }
    }

    fn called(&self) -> String {
        match self {
            Reader::Container(name) => format!("container `{name}`"),
            Reader::Unit(name) => format!("unit `{name}`"),
        }
    }
}

/// Something of the host that a container or unit is given.
struct Reach<'a> {
    reader: Reader<'a>,
    what: What<'a>,
    place: Option<&'a Place>,
    option: String,
    certainty: Certainty,
}

enum What<'a> {
    /// A path of the host, and all that lies below it.
    Path(&'a str),
    /// The file of a secret or template, by its name.
    Named(&'a Used),
}

impl Reach<'_> {
    fn gives(&self, file: &Delivered<'_>) -> bool {
        match self.what {
            What::Path(path) => file.lies_in(path),
            What::Named(used) => file.is_path_of(used),
        }
    }
}

/// All that containers and units of a host are given. What is named comes before the folders.
fn reached(host: &Host) -> Vec<Reach<'_>> {
    let uses = host.uses.iter().filter(|used| used.user.is_none()).filter_map(|used| by_use(host, used));
    let containers = host.containers.iter().flat_map(|(name, container)| {
        container.bind_mounts.iter().filter_map(move |(path, mount)| {
            let at = mount.at.as_ref().map(|spot| &spot.0);
            let option = format!("containers.{name}.bindMounts.\"{path}\"");
            Some(by_path(Reader::Container(name), mount.host_path.known()?, at, option))
        })
    });
    let oci = host.oci_containers.iter().flat_map(|(name, container)| {
        container.volumes.iter().map(move |volume| {
            let at = volume.at.as_ref().map(|spot| &spot.0);
            let option = format!("virtualisation.oci-containers.containers.{name}.volumes");
            by_path(Reader::Container(name), &volume.host_path, at, option)
        })
    });
    let units = host.units.iter().flat_map(|(name, unit)| {
        unit.reads.iter().map(move |read| Reach {
            reader: Reader::Unit(name),
            what: What::Named(&read.what),
            place: None,
            option: format!("systemd.services.{name}.{}", read.option),
            certainty: Certainty::Certain,
        })
    });
    uses.chain(containers).chain(oci).chain(units).collect()
}

fn by_path<'a>(reader: Reader<'a>, path: &'a str, place: Option<&'a Place>, option: String) -> Reach<'a> {
    Reach { reader, what: What::Path(path), place, option, certainty: Certainty::Certain }
}

fn by_use<'a>(host: &'a Host, used: &'a Use) -> Option<Reach<'a>> {
    let reader = match used.destination(host) {
        Destination::Unit { name, setting } => {
            let scripts = ["script", "preStart", "postStart", "reload", "preStop", "postStop"];
            let is_given = ["serviceConfig.", "environment."].iter().any(|prefix| setting.starts_with(prefix));
            (is_given || scripts.contains(&setting)).then_some(Reader::Unit(name))?
        }
        Destination::Container { name, setting } if is_host_path(setting) || setting == "extraFlags" => {
            Reader::Container(name)
        }
        // Its login to a registry is the host's affair; a variable or an argument gives no file.
        Destination::OciContainer { name, setting: "environmentFiles" | "volumes" | "extraOptions" } => {
            Reader::Container(name)
        }
        _ => return None,
    };
    let what = match &used.what {
        Used::SecretPath { .. } | Used::TemplatePath { .. } | Used::AgeSecretPath { .. } => What::Named(&used.what),
        Used::LiteralPath { path, .. } => What::Path(path),
        _ => return None,
    };
    let (place, option) = (Some(&used.at.0), used.option.clone());
    Some(Reach { reader, what, place, option, certainty: used.certainty.clone() })
}

fn finding(host: &Host, deny: &Deny, target: &Target, reach: &Reach<'_>, files: &[&Delivered<'_>]) -> Finding {
    let reader = reach.reader.called();
    let denied = Label::new(target.place.clone(), "denied here");
    let place = reach.place.unwrap_or(&target.place).clone();
    let one = match files {
        [one] => Some(*one),
        _ => None,
    };
    let what = match (one, &reach.what) {
        (Some(file), What::Path(path)) if !file.is_at(path) => format!("`{path}`, in which {} lies,", file.called()),
        (Some(file), _) => file.called(),
        (None, What::Path(path)) => format!("`{path}`, in which {} lie,", count(files)),
        (None, What::Named(_)) => count(files),
    };
    let rendered = one.and_then(|file| file.rendered(|name| deny.secrets.take(name)));
    let rendered = rendered.map(|name| format!(" Secret `{name}` is rendered into it.")).unwrap_or_default();
    let others = files
        .iter()
        .take(3)
        .filter_map(|file| Some(Label::new(file.place?.clone(), format!("{} is declared here", file.called()))));
    let certainty = one.map_or(Certainty::Certain, |file| file.certainty.clone());
    let template = one.filter(|file| file.is_template).map(|file| file.name.to_owned());
    let path = match &reach.what {
        What::Path(path) => Some((*path).to_owned()),
        What::Named(_) => None,
    };
    Finding {
        hosts: vec![host.name.clone()],
        certainty: reach.certainty.clone().weaker(certainty),
        secret: one.filter(|file| !file.is_template).map(|file| file.name.to_owned()),
        others: [denied].into_iter().filter(|_| reach.place.is_some()).chain(others).collect(),
        help: Some(format!(
            "take it out of `{}` and give {reader} only what it needs, or change `[[policy.deny]]` in `sealnix.toml`",
            reach.option
        )),
        template,
        names: [reach.option.clone()].into_iter().chain(path).collect(),
        ..RULE.finding(
            Label::new(place, format!("given to {reader}")),
            format!(
                "{reader} is given {what} and `[[policy.deny]]` in `sealnix.toml` forbids it.{rendered} The build passes; \
                 whoever gets into {reader} can read the secret.",
            ),
        )
    }
}

/// `secret a and 3 others`.
fn count(files: &[&Delivered<'_>]) -> String {
    match files {
        [] => String::new(),
        [one] => one.called(),
        [first, second] => format!("{} and {}", first.called(), second.called()),
        [first, rest @ ..] => format!("{} and {} others that are denied", first.called(), rest.len()),
    }
}
