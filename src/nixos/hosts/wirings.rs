//! Libraries that flakes make their outputs with. Each is one file of Nix in `wirings/`, written from
//! the library's documentation: a function of what it needs that gives what the input offers, as far
//! as hosts depend on it. What it leaves out stays unknown.

use super::system;
use crate::nix::eval::Eval;
use crate::nix::value::{Attr, Outcome, Value};
use crate::nixos::configuration::Class;
use crate::nixos::world::World;

/// A library that sealnix knows.
#[derive(Debug, PartialEq, Eq)]
pub struct Wiring {
    /// Its repository's name, in lower case; one that says little has its owner before it.
    pub repository: &'static str,
    /// The name of its file in the program.
    pub file: &'static str,
    /// The file's text.
    pub text: &'static str,
}

impl Wiring {
    /// Whether the library's own modules declare secrets: those that clan generates.
    pub fn declares_secrets(&self) -> bool {
        self.repository == "clan-core"
    }
}

/// Every wiring.
pub const WIRINGS: &[Wiring] = &[
    Wiring { repository: "adios-flake", file: "«adios-flake»", text: include_str!("wirings/adios-flake.nix") },
    Wiring { repository: "clan-core", file: "«clan-core»", text: include_str!("wirings/clan-core.nix") },
    Wiring { repository: "colmena", file: "«colmena»", text: include_str!("wirings/colmena.nix") },
    Wiring { repository: "easy-hosts", file: "«easy-hosts»", text: include_str!("wirings/easy-hosts.nix") },
    Wiring {
        repository: "flake-input-patcher",
        file: "«flake-input-patcher»",
        text: include_str!("wirings/flake-input-patcher.nix"),
    },
    Wiring { repository: "flake-parts", file: "«flake-parts»", text: include_str!("wirings/flake-parts.nix") },
    Wiring { repository: "flake-utils", file: "«flake-utils»", text: include_str!("wirings/flake-utils.nix") },
    Wiring {
        repository: "flake-utils-plus",
        file: "«flake-utils-plus»",
        text: include_str!("wirings/flake-utils-plus.nix"),
    },
    Wiring { repository: "globset", file: "«globset»", text: include_str!("wirings/globset.nix") },
    Wiring { repository: "haumea", file: "«haumea»", text: include_str!("wirings/haumea.nix") },
    Wiring { repository: "import-tree", file: "«import-tree»", text: include_str!("wirings/import-tree.nix") },
    Wiring { repository: "lite-config", file: "«lite-config»", text: include_str!("wirings/lite-config.nix") },
    Wiring {
        repository: "nixos-raspberrypi",
        file: "«nixos-raspberrypi»",
        text: include_str!("wirings/nixos-raspberrypi.nix"),
    },
    Wiring { repository: "nixos-unified", file: "«nixos-unified»", text: include_str!("wirings/nixos-unified.nix") },
    Wiring { repository: "snowfallorg/lib", file: "«snowfall-lib»", text: include_str!("wirings/snowfall-lib.nix") },
];

/// The wiring of a repository, in lower case; `url` says where it lies.
pub fn of_repository(name: &str, url: &str) -> Option<&'static Wiring> {
    WIRINGS.iter().find(|wiring| match wiring.repository.split_once('/') {
        Some((_, repository)) => repository == name && url.to_ascii_lowercase().contains(wiring.repository),
        None => wiring.repository == name,
    })
}

/// What an input offers whose flake is this wiring: its file called with `lib` (nixpkgs'), `inputs`
/// (the flake's), `name` (that of the input) and `sealnix` (the makers of configurations, and under
/// `libraries` what other wirings offer).
pub fn offers<'a>(
    eval: &Eval<'a>,
    world: &'a World<'a>,
    wiring: &'static Wiring,
    name: &'a str,
) -> Outcome<'a, Vec<Attr<'a>>> {
    let Some(file) = world.own_file(eval, wiring.file) else { return Ok(Vec::new()) };
    let inputs = eval.lazy(move |eval| {
        let inputs = world.inputs().map(|inputs| inputs.entries(eval, world));
        Ok(eval.attrs(inputs.unwrap_or_default()))
    });
    let arguments = eval.attrs(vec![
        eval.attr("lib", eval.lazy(move |eval| Ok(world.lib(eval)))),
        eval.attr("inputs", inputs),
        eval.attr("name", eval.done(eval.string(name))),
        eval.attr("sealnix", eval.done(sealnix(eval, world, name))),
    ]);
    let offered = eval.call(eval.force(file)?, eval.done(arguments))?;
    Ok(eval.as_attrs(offered)?.entries.to_vec())
}

/// `sealnix.nixosSystem`, `.darwinSystem`, `.homeManagerConfiguration`, whatever the inputs are called, and
/// `sealnix.libraries`: what each wiring offers, for one that builds on it.
fn sealnix<'a>(eval: &Eval<'a>, world: &'a World<'a>, name: &'a str) -> Value<'a> {
    const MAKERS: [(&str, Class); 3] =
        [("nixosSystem", Class::Nixos), ("darwinSystem", Class::Darwin), ("homeManagerConfiguration", Class::Home)];
    let maker = |(name, class)| eval.attr(name, eval.done(system::maker(eval, world, name, class)));
    let library = |wiring: &'static Wiring| {
        let offered = eval.lazy(move |eval| Ok(eval.attrs(offers(eval, world, wiring, name)?)));
        eval.attr(wiring.repository, offered)
    };
    let libraries = eval.attrs(WIRINGS.iter().map(library).collect());
    let mut entries: Vec<_> = MAKERS.into_iter().map(maker).collect();
    entries.push(eval.attr("libraries", eval.done(libraries)));
    eval.attrs(entries)
}
