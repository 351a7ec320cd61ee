//! References to flakes, written as URLs and as attributes ("Flake references" in the manual's chapter on
//! `nix flake`).

use std::collections::BTreeMap;

use super::url::{Url, encode};
use super::{Function, arguments};
use crate::nix::eval::Eval;
use crate::nix::unknown::{Reason, Stop};
use crate::nix::value::{Outcome, Thunk, Value};

pub const FUNCTIONS: &[Function] = &[
    Function { name: "flakeRefToString", arity: 1, run: flake_ref_to_string },
    Function { name: "parseFlakeRef", arity: 1, run: parse_flake_ref },
];

/// What an attribute of a reference is.
#[derive(Clone, PartialEq)]
enum Scalar {
    Text(String),
    Number(i64),
    Truth(bool),
}

type Attributes = BTreeMap<String, Scalar>;

const NUMBERS: &[&str] = &["lastModified", "revCount"];
const TRUTHS: &[&str] = &["allRefs", "exportIgnore", "lfs", "shallow", "submodules", "unpack"];

/// A kind of reference: its attributes beside `type` and `dir`, and those that are parameters of its URL.
struct Scheme {
    attributes: &'static [&'static str],
    parameters: &'static [&'static str],
}

fn scheme(kind: &str) -> Option<Scheme> {
    let (attributes, parameters): (&[_], &[_]) = match kind {
        "github" | "gitlab" | "sourcehut" => {
            (&["host", "lastModified", "narHash", "owner", "ref", "repo", "rev", "treeHash"], &["host", "narHash"])
        }
        "git" => (
            &[
                "allRefs",
                "dirtyRev",
                "dirtyShortRev",
                "exportIgnore",
                "lastModified",
                "lfs",
                "name",
                "narHash",
                "ref",
                "rev",
                "revCount",
                "shallow",
                "submodules",
                "url",
            ],
            &["exportIgnore", "lfs", "ref", "rev", "shallow", "submodules"],
        ),
        "hg" => (&["name", "narHash", "ref", "rev", "revCount", "url"], &["ref", "rev"]),
        "path" => {
            (&["lastModified", "narHash", "path", "rev", "revCount"], &["lastModified", "narHash", "rev", "revCount"])
        }
        "tarball" | "file" => (&["lastModified", "name", "narHash", "rev", "revCount", "unpack", "url"], &["narHash"]),
        "indirect" => (&["id", "narHash", "ref", "rev"], &[]),
        _ => return None,
    };
    Some(Scheme { attributes, parameters })
}

fn parse_flake_ref<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [reference] = arguments(eval, args)?;
    let reference = eval.force_string(reference)?.text;
    if reference.starts_with('/') {
        // A path is what lies there: a repository of git, or a folder.
        return Err(Stop::Unknown(eval.unknown(Reason::World("parseFlakeRef"), None)));
    }
    let Some(attributes) = parsed(reference) else { return eval.fail("the string is not a flake reference") };
    let value = |scalar| match scalar {
        Scalar::Text(text) => eval.string(&text),
        Scalar::Number(number) => Value::Int(number),
        Scalar::Truth(truth) => Value::Bool(truth),
    };
    Ok(eval.attrs(attributes.into_iter().map(|(name, scalar)| eval.attr(&name, eval.done(value(scalar)))).collect()))
}

fn parsed(reference: &str) -> Option<Attributes> {
    let reference = match reference.split_once('#') {
        Some((reference, "")) => reference,
        Some(_) => return None,
        None => reference,
    };
    if !reference.contains([':', '?']) {
        return indirect(&Url::parse(&format!("flake:{reference}"))?)
            .filter(|_| !reference.ends_with('/') && !reference.contains("//"));
    }
    let url = Url::parse(reference)?;
    let mut attributes = match url.scheme.split_once('+').unwrap_or(("", url.scheme)) {
        ("", kind @ ("github" | "gitlab" | "sourcehut")) => forge(kind, &url),
        ("", "flake") => indirect(&url),
        ("", "path") => path(&url),
        ("git", _) => git(&url),
        ("", "git") => url.authority.and_then(|_| git(&url)),
        ("hg", "file" | "http" | "https" | "ssh") => hg(&url),
        ("" | "tarball", "file" | "http" | "https") => tarball("tarball", &url),
        ("file", "file" | "http" | "https") => tarball("file", &url),
        _ => None,
    }?;
    if let Some(folder) = url.query.get("dir").filter(|folder| !folder.is_empty()) {
        attributes.insert("dir".to_owned(), Scalar::Text(folder.clone()));
    }
    Some(attributes)
}

fn of_kind(kind: &str, more: impl IntoIterator<Item = (&'static str, String)>) -> Attributes {
    let more = more.into_iter().map(|(name, text)| (name.to_owned(), Scalar::Text(text)));
    more.chain([("type".to_owned(), Scalar::Text(kind.to_owned()))]).collect()
}

/// Moves these parameters of a URL to the attributes. A number that is none is `None`.
fn take(attributes: &mut Attributes, query: &mut BTreeMap<String, String>, names: &[&str]) -> Option<()> {
    for &name in names {
        let Some(text) = query.remove(name) else { continue };
        let scalar = if NUMBERS.contains(&name) {
            Scalar::Number(text.parse().ok()?)
        } else if TRUTHS.contains(&name) {
            Scalar::Truth(text == "1")
        } else {
            Scalar::Text(text)
        };
        attributes.insert(name.to_owned(), scalar);
    }
    Some(())
}

/// `github:owner/repo/branch-or-commit`
fn forge(kind: &str, url: &Url<'_>) -> Option<Attributes> {
    let segments = url.segments()?;
    let (owner, repo, rest) = match segments.as_slice() {
        [owner, repo, rest @ ..] => (owner, repo, rest.join("/")),
        _ => return None,
    };
    let mut attributes = of_kind(kind, [("owner", owner.clone()), ("repo", repo.clone())]);
    take(&mut attributes, &mut url.query.clone(), &["host", "narHash", "ref", "rev"])?;
    let twice = !rest.is_empty() && (attributes.contains_key("ref") || attributes.contains_key("rev"));
    if !rest.is_empty() {
        let name = if is_commit(&rest) { "rev" } else { "ref" };
        attributes.insert(name.to_owned(), Scalar::Text(rest));
    }
    let host = |host: &str| host.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-');
    (!twice && one_version(&attributes) && text(&attributes, "host").is_none_or(host)).then_some(attributes)
}

/// Whether at most one of a branch and a commit is given, and is one.
fn one_version(attributes: &Attributes) -> bool {
    match (text(attributes, "ref"), text(attributes, "rev")) {
        (Some(branch), None) => is_branch(branch),
        (None, Some(commit)) => is_commit(commit),
        (given, _) => given.is_none(),
    }
}

/// `flake:id/branch/commit`
fn indirect(url: &Url<'_>) -> Option<Attributes> {
    let segments = url.segments()?;
    let segments: Vec<_> = segments.iter().map(String::as_str).collect();
    let (id, branch, commit) = match segments.as_slice() {
        [id] => (id, None, None),
        [id, commit] if is_commit(commit) => (id, None, Some(commit)),
        [id, branch] => (id, Some(branch), None),
        [id, branch, commit] if is_commit(commit) => (id, Some(branch), Some(commit)),
        _ => return None,
    };
    let version =
        [("ref", branch), ("rev", commit)].into_iter().filter_map(|(name, text)| Some((name, (*text?).to_owned())));
    let fits = is_id(id) && branch.is_none_or(|branch| is_branch(branch));
    fits.then(|| of_kind("indirect", version.chain([("id", (*id).to_owned())])))
}

fn path(url: &Url<'_>) -> Option<Attributes> {
    let path = if url.path.is_empty() { "/".to_owned() } else { super::url::decode(url.path)? };
    let mut path: Vec<char> = path.chars().collect();
    path.dedup_by(|one, other| *one == '/' && *other == '/');
    let path = path.into_iter().collect();
    let mut attributes = of_kind("path", [("path", path)]);
    let mut query = url.query.clone();
    take(&mut attributes, &mut query, scheme("path")?.parameters)?;
    query.remove("dir");
    (url.authority.is_none_or(str::is_empty) && query.is_empty()).then_some(attributes)
}

fn git(url: &Url<'_>) -> Option<Attributes> {
    // Signatures are verified only where an experimental feature is on.
    if ["keytype", "publicKey", "publicKeys", "verifyCommit"].iter().any(|name| url.query.contains_key(*name)) {
        return None;
    }
    let attributes = fetched("git", url, &["allRefs", "exportIgnore", "lfs", "ref", "rev", "shallow", "submodules"])?;
    text(&attributes, "ref").is_none_or(is_branch).then_some(attributes)
}

fn hg(url: &Url<'_>) -> Option<Attributes> {
    let attributes = fetched("hg", url, &["ref", "rev"])?;
    text(&attributes, "ref").is_none_or(is_branch).then_some(attributes)
}

fn tarball(kind: &str, url: &Url<'_>) -> Option<Attributes> {
    let mut query = url.query.clone();
    query.remove("name");
    query.retain(|name, value| !NUMBERS.contains(&name.as_str()) || value.parse::<i64>().is_ok());
    fetched(kind, &Url { query, ..*url }, &["lastModified", "narHash", "rev", "revCount"])
}

/// What is fetched from a URL: the parameters that are not attributes stay in it.
fn fetched(kind: &str, url: &Url<'_>, names: &[&str]) -> Option<Attributes> {
    let mut attributes = of_kind(kind, []);
    let mut query = url.query.clone();
    take(&mut attributes, &mut query, names)?;
    query.remove("dir");
    let scheme = url.scheme.split_once('+').map_or(url.scheme, |(_, transport)| transport);
    attributes.insert("url".to_owned(), Scalar::Text(Url { scheme, query, ..*url }.to_string()));
    Some(attributes)
}

fn text<'t>(attributes: &'t Attributes, name: &str) -> Option<&'t str> {
    match attributes.get(name) {
        Some(Scalar::Text(text)) => Some(text),
        _ => None,
    }
}

fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_id(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// Whether git allows it as a branch's name (`git check-ref-format`).
fn is_branch(text: &str) -> bool {
    let part = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    let refused = |c: char| c.is_ascii_control() || " ~^:?*[\\".contains(c);
    text.split('/').all(part)
        && !text.contains(refused)
        && !text.contains("..")
        && !text.contains("@{")
        && !text.starts_with('-')
        && !text.ends_with('.')
        && text != "@"
}

fn flake_ref_to_string<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [reference] = arguments(eval, args)?;
    let mut attributes = Attributes::new();
    let given = eval.force_attrs(reference)?;
    if let Some(open) = given.open {
        return Err(Stop::Unknown(open.why));
    }
    for attr in given.entries {
        let scalar = match eval.force(eval.value_of(attr))? {
            Value::String(text) => Scalar::Text(text.text.to_owned()),
            Value::Int(number) => Scalar::Number(number),
            Value::Bool(truth) => Scalar::Truth(truth),
            Value::Unknown(why) => return Err(Stop::Unknown(why)),
            _ => return eval.fail("a flake reference is made of strings, integers and Booleans"),
        };
        attributes.insert(attr.name.as_str().to_owned(), scalar);
    }
    match written(&attributes) {
        Some(text) => Ok(eval.string(&text)),
        None => eval.fail("the attributes are not those of a flake reference"),
    }
}

fn written(attributes: &Attributes) -> Option<String> {
    let text = |name| text(attributes, name);
    let kind = text("type")?;
    let scheme = scheme(kind)?;
    let fits = |(name, scalar): (&String, &Scalar)| {
        let name = name.as_str();
        let right = match scalar {
            Scalar::Number(_) => NUMBERS.contains(&name),
            Scalar::Truth(_) => TRUTHS.contains(&name),
            Scalar::Text(_) => !NUMBERS.contains(&name) && !TRUTHS.contains(&name),
        };
        right && (matches!(name, "type" | "dir") || scheme.attributes.contains(&name))
    };
    let is_fetched = matches!(kind, "path" | "tarball" | "file");
    let is_url = text("url").is_none_or(|url| !url.contains(char::is_whitespace));
    if !attributes.iter().all(fits) || !is_url || !is_fetched && !text("rev").is_none_or(is_commit) {
        return None;
    }
    let version = [text("ref").map(str::to_owned), text("rev").map(str::to_ascii_lowercase)];
    let steps = |steps: &[&str]| {
        let steps = steps.iter().map(|step| step.to_string()).chain(version.into_iter().flatten());
        steps.map(|step| encode(&step, ":@")).collect::<Vec<_>>().join("/")
    };
    let url = match kind {
        "indirect" => format!("flake:{}", steps(&[text("id").filter(|id| is_id(id))?])),
        "path" => format!("path:{}", encode(text("path")?, ":@/")),
        "git" => of_git(text("url")?).filter(|_| text("ref").is_none_or(is_branch))?,
        "hg" => format!("hg+{}", text("url")?),
        "tarball" | "file" => text("url")?.to_owned(),
        forge => format!("{forge}:{}", steps(&[text("owner")?, text("repo")?])),
    };
    if matches!(kind, "github" | "gitlab" | "sourcehut") && !one_version(attributes) {
        return None;
    }
    let mut url = Url::parse(&url)?;
    for &name in scheme.parameters.iter().chain(&["dir"]) {
        let value = match attributes.get(name) {
            Some(Scalar::Text(text)) if name == "rev" && !is_fetched => text.to_ascii_lowercase(),
            Some(Scalar::Text(text)) if !text.is_empty() => text.clone(),
            Some(Scalar::Number(number)) => number.to_string(),
            Some(Scalar::Truth(true)) => "1".to_owned(),
            _ => continue,
        };
        url.query.insert(name.to_owned(), value);
    }
    Some(url.to_string())
}

/// A URL of git as a reference has it; `host:path` and plain paths are short for one.
fn of_git(url: &str) -> Option<String> {
    if url.starts_with("git:") || url.starts_with("git+") {
        return Some(url.to_owned());
    }
    Some(match (url.contains("://"), url.split_once(':')) {
        (true, _) => format!("git+{url}"),
        (false, Some((host, path))) if host.contains('@') => format!("git+ssh://{host}/{path}"),
        (false, Some(_)) => return None,
        (false, None) => format!("git+file:{}{url}", if url.starts_with('/') { "//" } else { "" }),
    })
}
