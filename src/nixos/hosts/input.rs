//! Flake inputs: which they are, by their url, and what is known of each although it is not here.

use super::here::Source;
use super::system;
use super::wirings::{self, Wiring};
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::ir::Param;
use crate::nix::path;
use crate::nix::unknown::{ErrorKind, Reason, Stop, Unknown};
use crate::nix::value::{Absent, Attr, Attrs, Outcome, Thunk, Value};
use crate::nixos::configuration::Class;
use crate::nixos::module::Foreign;
use crate::nixos::packages;
use crate::nixos::world::{World, foreign_input};
use crate::source::Origin;

/// What an input is, as far as sealnix knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Project {
    /// NixOS/nixpkgs, or a fork by name.
    Nixpkgs,
    /// nix-community/home-manager.
    HomeManager,
    /// nix-darwin.
    NixDarwin,
    /// Mic92/sops-nix.
    SopsNix,
    /// ryantm/agenix, or ragenix, which has its module.
    Agenix,
    /// oddlama/agenix-rekey.
    AgenixRekey,
    /// flake-compat: flakes where there are none.
    FlakeCompat,
    /// One of nix-systems: a list of systems, as `import` gives it.
    Systems(&'static [&'static str]),
    /// A library that makes outputs.
    Library(&'static Wiring),
    /// One whose flake-parts module makes hosts in a way that is not written yet.
    HostMaker,
    /// Any other that everyone can read.
    Public,
    /// One that may hold the owner's own modules: over ssh, a path, a file, another repository of theirs.
    Private,
}

/// What each repository of nix-systems lists, as its README says.
const SYSTEMS: [(&str, &[&str]); 7] = [
    ("default", &["aarch64-darwin", "aarch64-linux", "x86_64-darwin", "x86_64-linux"]),
    ("default-darwin", &["aarch64-darwin", "x86_64-darwin"]),
    ("default-linux", &["aarch64-linux", "x86_64-linux"]),
    ("aarch64-darwin", &["aarch64-darwin"]),
    ("aarch64-linux", &["aarch64-linux"]),
    ("x86_64-darwin", &["x86_64-darwin"]),
    ("x86_64-linux", &["x86_64-linux"]),
];

/// Repositories of flake-parts modules that make hosts.
const HOST_MAKERS: [&str; 3] = ["den", "ez-configs", "unify"];

/// One input.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// Its name in the flake.
    pub name: &'a str,
    /// What it is.
    pub project: Project,
    /// Where it lies, if it is here.
    pub source: Option<Source<'a>>,
}

impl<'a> Input<'a> {
    fn read(eval: &Eval<'a>, declared: &Attr<'a>, folder: &str) -> Outcome<'a, Self> {
        let name = declared.name.as_str();
        let url = url(eval, declared)?;
        let more = match eval.force(declared.value)? {
            Value::Attrs(attrs) => Some(attrs),
            _ => None,
        };
        let source = Source::of(eval, name, url, more, folder);
        // A folder of the repository is what it holds, whatever it is called.
        let is_given = source.is_none() || eval.tree.has_input(name);
        let project = if is_given { project(eval, name, url) } else { Project::Private };
        Ok(Input { name, project, source })
    }
}

/// The inputs of the flake.
pub struct Inputs<'a> {
    inputs: &'a [Input<'a>],
}

impl<'a> Inputs<'a> {
    /// No inputs: what a repository without a flake begins with.
    pub fn none() -> Self {
        Inputs { inputs: &[] }
    }

    /// These inputs and another, and the name that it got: its own, unless another project has that.
    pub fn with(&self, eval: &Eval<'a>, name: &str, project: Project) -> (Self, Input<'a>) {
        let is_free = |name: &str| self.project(name).is_none_or(|taken| taken == project);
        let numbered = (2..).map(|number| format!("{name}-{number}"));
        let name = std::iter::once(name.to_owned()).chain(numbered).find(|name| is_free(name)).unwrap_or_default();
        if let Some(known) = self.inputs.iter().find(|known| known.name == name) {
            return (Inputs { inputs: self.inputs }, *known);
        }
        let input = Input { name: eval.text(&name), project, source: None };
        (Inputs { inputs: eval.appended(self.inputs, input) }, input)
    }

    /// These inputs, and others by the names that are free.
    pub fn before(&self, eval: &Eval<'a>, others: Option<&Inputs<'a>>) -> Self {
        let others = others.map_or(&[][..], |others| others.inputs);
        let others = others.iter().filter(|other| self.project(other.name).is_none());
        let inputs: Vec<_> = self.inputs.iter().chain(others).copied().collect();
        Inputs { inputs: eval.slice(&inputs) }
    }

    /// Reads `inputs` of the flake in `folder`, and the names that `outputs` takes beside them.
    pub fn read(eval: &Eval<'a>, flake: &'a Attrs<'a>, outputs: Value<'a>, folder: &str) -> Outcome<'a, Self> {
        let mut inputs: Vec<Input<'a>> = Vec::new();
        if let Some(declared) = flake.get(Symbol::new("inputs")) {
            for attr in eval.force_attrs(declared.value)?.entries {
                inputs.push(Input::read(eval, attr, folder)?);
            }
            let declared = eval.force_attrs(declared.value)?.entries;
            let followed: Vec<_> = declared.iter().map(|attr| followed(eval, attr, &inputs)).collect();
            for (input, followed) in
                inputs.iter_mut().zip(followed).filter(|(input, _)| input.project == Project::Public)
            {
                input.project = followed.unwrap_or(input.project);
            }
        }
        if let Value::Closure(closure) = outputs
            && let Param::Pattern { formals, .. } = &closure.lambda.param
        {
            for formal in formals {
                let name = formal.name.as_str();
                if name != "self" && !inputs.iter().any(|input| input.name == name) {
                    let source = Source::of(eval, name, name, None, folder);
                    inputs.push(Input { name, project: project(eval, name, name), source });
                }
            }
        }
        Ok(Inputs { inputs: eval.slice(&inputs) })
    }

    /// The inputs as `outputs` gets them.
    pub fn entries(&'a self, eval: &Eval<'a>, world: &'a World<'a>) -> Vec<Attr<'a>> {
        self.inputs
            .iter()
            .map(|input| eval.attr(input.name, eval.lazy(move |eval| value(eval, world, input))))
            .collect()
    }

    /// These inputs of a flake among the inputs, as its `outputs` gets them: what the first flake has by
    /// the same name is the same. The others get names that are free.
    pub fn nested(&self, eval: &Eval<'a>, world: &'a World<'a>) -> Vec<Attr<'a>> {
        let none = Inputs::none();
        let nested = self.inputs.iter().map(|input| {
            let all = world.inputs().unwrap_or(&none);
            let known = all.inputs.iter().find(|known| known.name == input.name && known.project == input.project);
            let adopted = match (input.source, known) {
                (None, Some(known)) => *known,
                (None, None) => {
                    let (more, renamed) = all.with(eval, input.name, input.project);
                    world.set_inputs(eval.alloc(more));
                    renamed
                }
                (Some(_), _) => {
                    world.set_inputs(eval.alloc(all.before(eval, Some(&Inputs { inputs: eval.slice(&[*input]) }))));
                    *input
                }
            };
            eval.attr(input.name, eval.lazy(move |eval| value(eval, world, eval.alloc(adopted))))
        });
        nested.collect()
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.inputs.iter().map(|input| input.name)
    }

    /// The project of an input.
    pub fn project(&self, name: &str) -> Option<Project> {
        self.inputs.iter().find(|input| input.name == name).map(|input| input.project)
    }

    /// The project of an input, or of what `<name>` leads to: nothing tells where that is from.
    pub fn project_of(&self, eval: &Eval<'a>, name: &str) -> Project {
        self.project(name).unwrap_or_else(|| match project(eval, name, name) {
            Project::Public => Project::Private,
            known => known,
        })
    }

    /// What a foreign module is taken for. One that was made from the repository's own modules
    /// (`import-tree ./modules`, a path under an unknown condition) may declare anything.
    pub fn foreign(&self, eval: &Eval<'a>, unknown: &Unknown<'a>, class: Class) -> Foreign {
        let Reason::Input(name) = unknown.reason else { return Foreign::Private };
        if unknown.parts.iter().any(|part| holds_own_module(eval, part)) {
            return Foreign::Private;
        }
        let for_home = class == Class::Home || unknown.path.iter().any(|step| step.as_str().starts_with("home"));
        match self.project_of(eval, name) {
            Project::SopsNix if for_home => Foreign::Schema("«sops-nix-home»"),
            Project::SopsNix if class != Class::Plain => Foreign::Schema("«sops-nix»"),
            Project::Agenix if for_home => Foreign::Schema("«agenix-home»"),
            Project::Agenix if class != Class::Plain => Foreign::Schema("«agenix»"),
            Project::AgenixRekey if class != Class::Plain => Foreign::Schema("«agenix-rekey»"),
            Project::HomeManager if matches!(class, Class::Nixos | Class::Darwin) => Foreign::Schema("«home-manager»"),
            Project::HostMaker if class == Class::Plain => Foreign::Private,
            Project::Library(wiring) if wiring.declares_secrets() => Foreign::Private,
            Project::Private => Foreign::Private,
            _ => Foreign::Public,
        }
    }
}

/// Whether a value is, or lists, a file or function that may be a module of the repository.
fn holds_own_module<'a>(eval: &Eval<'a>, part: &'a Thunk<'a>) -> bool {
    let is_own = |value: &Value<'a>| match value {
        Value::Path(path) => match path::locate(path) {
            path::Located::Repository(_) => true,
            path::Located::Input { name, .. } => eval.tree.has_input(name),
            path::Located::Outside(_) => false,
        },
        Value::Closure(_) => true,
        _ => false,
    };
    match eval.force(part) {
        Ok(Value::List(list)) => list.items.iter().any(|item| eval.force(item).is_ok_and(|value| is_own(&value))),
        Ok(value) => is_own(&value),
        // `throw` in place of a module that is not there: Nix would have stopped.
        Err(Stop::Error(error)) => error.kind != ErrorKind::Thrown,
        Err(Stop::Unknown(_)) => true,
    }
}

/// The url of an input: `inputs.x.url = "…"` or `inputs.x = { owner, repo, … }`.
fn url<'a>(eval: &Eval<'a>, attr: &Attr<'a>) -> Outcome<'a, &'a str> {
    let Value::Attrs(attrs) = eval.force(attr.value)? else { return Ok(attr.name.as_str()) };
    let text = |name: &str| match attrs.get(Symbol::new(name)).map(|attr| eval.force(attr.value)) {
        Some(Ok(Value::String(text))) => Some(text.text),
        _ => None,
    };
    Ok(match (text("url"), text("owner"), text("repo"), text("type")) {
        (Some(url), ..) => url,
        (None, Some(owner), Some(repo), _) => eval.text(&format!("github:{owner}/{repo}")),
        (None, _, _, Some(kind)) => eval.text(&format!("{kind}:{}", attr.name)),
        // `follows`, or a name of the registry.
        _ => attr.name.as_str(),
    })
}

/// What an input with `follows` is, as far as the inputs on the way tell: another input itself, or one of
/// a private input's, which may be as private.
fn followed<'a>(eval: &Eval<'a>, attr: &Attr<'a>, inputs: &[Input<'a>]) -> Option<Project> {
    let Ok(Value::Attrs(attrs)) = eval.force(attr.value) else { return None };
    let Ok(Value::String(way)) = eval.force(attrs.get(Symbol::new("follows"))?.value) else { return None };
    let first = way.text.split('/').next()?;
    let project = inputs.iter().find(|input| input.name == first)?.project;
    (project == Project::Private || first == way.text).then_some(project)
}

/// The project that a url leads to, if it is one that sealnix knows without its files.
pub fn known(url: &str) -> Option<Project> {
    let is_systems = url.to_ascii_lowercase().contains("nix-systems/");
    Some(match repository(url).to_ascii_lowercase().as_str() {
        name if is_systems => Project::Systems(SYSTEMS.iter().find(|(known, _)| *known == name)?.1),
        "nixpkgs" => Project::Nixpkgs,
        "home-manager" => Project::HomeManager,
        "nix-darwin" => Project::NixDarwin,
        "sops-nix" => Project::SopsNix,
        "agenix" | "ragenix" => Project::Agenix,
        "agenix-rekey" => Project::AgenixRekey,
        "flake-compat" => Project::FlakeCompat,
        repository => Project::Library(wirings::of_repository(repository, url)?),
    })
}

/// What a url leads to.
pub fn project(eval: &Eval<'_>, name: &str, url: &str) -> Project {
    if let Some(known) = known(url) {
        return known;
    }
    let location = location(url);
    let scheme = location.split_once(':').map_or("", |(scheme, _)| scheme);
    // `git@host:owner/repository` is ssh too.
    let same_owner = eval.tree.origin.is_some() && Origin::of_url(location) == eval.tree.origin;
    let private = same_owner
        || matches!(scheme, "path" | "git+ssh" | "git+file" | "ssh" | "file")
        || scheme.contains('@')
        || location.starts_with(['.', '/']);
    match (private, name) {
        (true, _) => Project::Private,
        (false, _) if HOST_MAKERS.contains(&repository(url).to_ascii_lowercase().as_str()) => Project::HostMaker,
        (false, "sops-nix" | "sops") => Project::SopsNix,
        (false, "agenix" | "ragenix") => Project::Agenix,
        (false, "agenix-rekey") => Project::AgenixRekey,
        (false, "home-manager") => Project::HomeManager,
        (false, "darwin" | "nix-darwin") => Project::NixDarwin,
        (false, name) if name.starts_with("nixpkgs") || name == "nixos" => Project::Nixpkgs,
        // A channel as a tarball: nixos-24.05.tar.xz, nixexprs.tar.xz.
        (false, _) if location.contains("nixos.org/channels") || location.contains("/nixexprs") => Project::Nixpkgs,
        _ => Project::Public,
    }
}

/// A url without what comes after the location.
fn location(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}

/// The name of the repository that a url leads to, or of what else is there.
pub fn repository(url: &str) -> &str {
    let location = location(url);
    let (scheme, rest) = location.split_once(':').unwrap_or(("", location));
    let mut parts = rest.split('/').filter(|part| !part.is_empty());
    let found = match scheme {
        "github" | "gitlab" | "sourcehut" => parts.nth(1),
        // A name of the registry, perhaps with a branch.
        "" if !rest.starts_with(['.', '/']) => parts.next(),
        // `https://host/owner/repository/archive/revision.tar.gz`
        _ => parts.take_while(|part| !matches!(*part, "archive" | "tarball" | "-")).last(),
    };
    found.unwrap_or(rest).trim_end_matches(".git")
}

/// An input's flake, as far as it is known.
pub fn value<'a>(eval: &Eval<'a>, world: &'a World<'a>, input: &'a Input<'a>) -> Outcome<'a> {
    if let (Project::HostMaker | Project::Public | Project::Private, Some(source)) = (input.project, input.source) {
        return source.value(eval, world, input.name);
    }
    let mut entries = match input.project {
        Project::Nixpkgs => vec![
            eval.attr("lib", eval.lazy(move |eval| Ok(world.lib(eval)))),
            eval.attr("legacyPackages", eval.done(package_sets(eval, world))),
        ],
        Project::HomeManager => {
            vec![eval.attr("lib", eval.lazy(move |eval| Ok(system::home_manager_lib(eval, world))))]
        }
        Project::NixDarwin => vec![eval.attr("lib", eval.lazy(move |eval| Ok(system::darwin_lib(eval, world))))],
        Project::Library(wiring) => wirings::offers(eval, world, wiring, input.name)?,
        Project::SopsNix
        | Project::Agenix
        | Project::AgenixRekey
        | Project::FlakeCompat
        | Project::Systems(_)
        | Project::HostMaker
        | Project::Public
        | Project::Private => Vec::new(),
    };
    entries.push(eval.attr("inputs", eval.done(inputs_of(eval, world, input))));
    Ok(foreign_input(eval, input.name, entries, None))
}

/// The inputs of an input that is not here: its nixpkgs is a nixpkgs, whatever the revision.
fn inputs_of<'a>(eval: &Eval<'a>, world: &'a World<'a>, of: &'a Input<'a>) -> Value<'a> {
    let why = eval.unknown_attribute(eval.unknown(Reason::Input(of.name), None), Symbol::new("inputs"));
    let absent: &'a Absent<'a> = eval.alloc(move |eval: &Eval<'a>, name: Symbol| {
        let project = project(eval, name.as_str(), name.as_str());
        match project {
            Project::Nixpkgs
            | Project::HomeManager
            | Project::NixDarwin
            | Project::SopsNix
            | Project::Agenix
            | Project::AgenixRekey => {
                value(eval, world, eval.alloc(Input { name: name.as_str(), project, source: None }))
            }
            Project::FlakeCompat
            | Project::Systems(_)
            | Project::Library(_)
            | Project::HostMaker
            | Project::Public
            | Project::Private => Ok(Value::Unknown(eval.unknown_attribute(why, name))),
        }
    });
    Value::Unknown(eval.alloc(Unknown { absent: Some(absent), ..*why }))
}

/// `legacyPackages.${system}`.
fn package_sets<'a>(eval: &Eval<'a>, world: &'a World<'a>) -> Value<'a> {
    let why = eval.unknown(Reason::Package, None);
    let absent: &'a Absent<'a> = eval.alloc(move |eval: &Eval<'a>, name: Symbol| {
        let system = eval.done(eval.string(name.as_str()));
        Ok(packages::plain(eval, world, system))
    });
    Value::Unknown(eval.alloc(Unknown { absent: Some(absent), ..*why }))
}

/// What git says of the repository's state: unknown.
pub fn source_info<'a>(eval: &Eval<'a>) -> &'a Unknown<'a> {
    eval.unknown(Reason::World("self"), None)
}
