//! A reusable module: options for an encrypted file, and assertions that name a key that it does not have.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::delivered::{self, LeftOut};
use super::module::{ModuleError, common, not_there, undeliverable};
use super::recipe::{ModuleRecipe, System};
use super::secret::{Common, Omission, RENDERED};
use super::{NixModule, nix_text, reader};
use crate::sops::{Document, Format};

/// The longest name that sops' YAML library writes on one line with its value, in bytes.
const LONGEST_NAME: usize = 128;

/// The longest path of options, in names: none in nixpkgs has a third of it, and one from a
/// header could keep the formatter busy for minutes.
const MOST_STEPS: usize = 32;

/// The module with options below `namespace`, for a file at `out`.
pub fn module(
    recipe: &ModuleRecipe,
    namespace: &str,
    documents: &[&Document],
    out: &str,
) -> Result<NixModule, ModuleError> {
    let &[document] = documents else { return Err(ModuleError::OneFile) };
    if delivered::is_whole(document.format) {
        return Err(ModuleError::NoNames { file: document.path.to_string() });
    }
    let steps: Vec<&str> = namespace.split('.').collect();
    if steps.len() > MOST_STEPS || steps.iter().any(|step| step.trim().is_empty()) {
        return Err(ModuleError::Namespace { namespace: namespace.to_owned() });
    }
    let keys = Keys::of(recipe, document)?;
    let options = nix_text::path_of_names(&steps);
    let common = common(recipe)?;
    let file = nix_text::path(out, &document.path);
    Ok(NixModule {
        arguments: vec!["config", "lib"],
        bindings: bindings(&options, document, &file),
        body: declared(recipe.system, &options, document, &keys, &common, &file)
            + &definitions(recipe.system, &options, document.format, &common),
        summary: format!("options below `{options}`, {}", keys.summary()),
    })
}

/// The keys that the module asks for unless it is told others.
struct Keys {
    required: Vec<Result<String, Omission>>,
    optional: Vec<String>,
}

impl Keys {
    fn of(recipe: &ModuleRecipe, document: &Document) -> Result<Self, ModuleError> {
        let found = reader::found(document);
        let is_found =
            |key: &str| found.as_ref().map_or_else(|| has_plain_name(key, document), |all| all.contains(key));
        let readable = |key: delivered::Key<'_>| match key.value {
            Ok(_) if key.path == RENDERED => Err(Omission { key: key.path, why: LeftOut::Rendered }),
            Ok(_) if is_found(&key.path) => Ok(key.path),
            Ok(_) => Err(Omission { key: key.path, why: LeftOut::OddName }),
            Err(why) => Err(Omission { key: key.path, why }),
        };
        let all: Vec<_> = delivered::keys(document).into_iter().map(readable).collect();
        if let Some(key) = recipe.required.iter().find(|key| recipe.optional.contains(key)) {
            return Err(ModuleError::Both { key: key.clone() });
        }
        for key in &recipe.required {
            check(key, &all, document)?;
        }
        // One that is not there may be there one day; one that could never be declared may not.
        for key in &recipe.optional {
            if all.iter().flatten().any(|found| found == key) {
                continue;
            }
            if let Some(Omission { why, .. }) = all.iter().filter_map(|key| key.as_ref().err()).find(|o| o.key == *key)
            {
                return Err(undeliverable(key, document, *why));
            }
            if key == RENDERED {
                return Err(undeliverable(key, document, LeftOut::Rendered));
            }
            if key.split('/').any(|step| matches!(step, "" | "." | "..")) {
                return Err(undeliverable(key, document, LeftOut::NoName));
            }
            if !has_plain_name(key, document) {
                return Err(undeliverable(key, document, LeftOut::OddName));
            }
        }
        let optional = each_once(&recipe.optional);
        let is_optional = |key: &Result<String, Omission>| key.as_ref().is_ok_and(|key| optional.contains(key));
        let required: Vec<_> = match recipe.required.as_slice() {
            [] => all.into_iter().filter(|key| !is_optional(key)).collect(),
            required => each_once(required).into_iter().map(Ok).collect(),
        };
        if optional.is_empty() && required.iter().all(Result::is_err) {
            let example =
                required.into_iter().filter_map(Result::err).next().map(|omission| (omission.key, omission.why));
            return Err(ModuleError::Nothing { files: vec![document.path.to_string()], example });
        }
        Ok(Keys { required, optional })
    }

    fn summary(&self) -> String {
        let left_out = self.required.iter().filter(|key| key.is_err()).count();
        let mut summary = format!("{} required", self.required.len() - left_out);
        for (count, what) in [(self.optional.len(), "optional"), (left_out, "left out")] {
            if count > 0 {
                let _ = write!(summary, ", {count} {what}");
            }
        }
        summary
    }

    /// The required ones as a list; at its place why a key is not among them.
    fn required(&self) -> String {
        let item = |key: &Result<String, Omission>| match key {
            Ok(key) => format!("{}\n", nix_text::string(key)),
            Err(omission) => omission.comment(),
        };
        format!("[\n{}]", self.required.iter().map(item).collect::<String>())
    }
}

fn each_once(keys: &[String]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    keys.iter().filter(|key| seen.insert(*key)).cloned().collect()
}

fn check(key: &str, all: &[Result<String, Omission>], document: &Document) -> Result<(), ModuleError> {
    let found = all.iter().find(|found| match found {
        Ok(found) => found == key,
        Err(omission) => omission.key == key,
    });
    match found {
        Some(Ok(_)) => Ok(()),
        Some(Err(omission)) => Err(undeliverable(key, document, omission.why)),
        None => {
            let keys = all.iter().flatten().map(String::as_str).collect();
            Err(not_there(key.to_owned(), keys, vec![document.path.to_string()]))
        }
    }
}

/// Whether sops writes every step of a key so that it is found. In YAML that is on the line of its value, and with
/// no escape that JSON has not: what go-yaml takes for printable, less what is beyond the basic plane.
fn has_plain_name(key: &str, document: &Document) -> bool {
    let is_printable = |c: char| {
        let is_break = matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}');
        matches!(c, ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}') && !is_break
    };
    let is_plain = |step: &str| step.len() <= LONGEST_NAME && step.chars().all(is_printable);
    document.format == Format::Json || key.split('/').all(is_plain)
}

fn bindings(options: &str, document: &Document, file: &str) -> String {
    let reader = reader::code(document.format);
    let shown = nix_text::string(&document.path);
    let is_nested = match document.format {
        Format::Json => "isNested = builtins.any (lib.hasInfix \"/\") (builtins.attrNames keys);\n\n",
        _ => "",
    };
    format!(
        "cfg = config.{options};\n\n\
         # The file's name in what is said of it.\n\
         shown = if cfg.sopsFile == {file} then {shown} else toString cfg.sopsFile;\n\
         {reader}\n\
         keys = keysOf cfg.sopsFile;\n\n{is_nested}\
         declared = builtins.filter (key: keys ? ${{key}}) (cfg.required ++ cfg.optional);"
    )
}

fn declared(system: System, options: &str, document: &Document, keys: &Keys, common: &Common, file: &str) -> String {
    let format = if document.format == Format::Json { "JSON" } else { "YAML" };
    let enable = nix_text::string(&format!("the secrets of {}", document.path));
    let option = |name: &str, kind: &str, default: &str, description: &str| {
        let description = nix_text::string(description);
        format!(
            "{name} = lib.mkOption {{\ntype = lib.types.{kind};\ndefault = {default};\ndescription = {description};\n}};\n"
        )
    };
    let mut code = format!("options.{options} = {{\nenable = lib.mkEnableOption {enable};\n");
    code += &option("sopsFile", "path", file, &format!("The encrypted {format} file."));
    if system.has_owner() {
        let owner = common.owner.as_deref().map_or("null".to_owned(), nix_text::string);
        code += &option("owner", "nullOr lib.types.str", &owner, "Who owns the secrets; null for root.");
        code += &option("group", "nullOr lib.types.str", "null", "The secrets' group; null for the owner's.");
    }
    code += &option("required", "listOf lib.types.str", &keys.required(), "The keys that the file must have.");
    let optional = nix_text::list(&keys.optional);
    code +=
        &option("optional", "listOf lib.types.str", &optional, "The keys that are secrets where the file has them.");
    code + "};\n\n"
}

fn definitions(system: System, options: &str, format: Format, common: &Common) -> String {
    // Within a longer string.
    let quoted = nix_text::string(options);
    let options = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(options);
    let mut secret = "inherit (cfg) sopsFile;\n".to_owned();
    if format == Format::Json {
        // As in a plain module.
        secret += "# sops-nix finds no nested key in JSON, and JSON is YAML.\n\
                   format = if isNested then \"yaml\" else \"json\";\n";
    }
    if !common.units.is_empty() {
        let _ = writeln!(secret, "restartUnits = {};", nix_text::list(&common.units));
    }
    let mut secret = format!("{{\n{secret}}}");
    if system.has_owner() {
        secret += "\n// lib.optionalAttrs (cfg.owner != null) { inherit (cfg) owner; }\
                   \n// lib.optionalAttrs (cfg.group != null) { inherit (cfg) group; }";
    }
    format!(
        "config = lib.mkIf cfg.enable {{\n\
         assertions = map (key: {{\n\
         assertion = keys ? ${{key}};\n\
         message = \"{options}: the key `${{key}}` is required, and ${{shown}} has no text under it. Add it with \
         `sops ${{shown}}`, or take it out of `{options}.required`.\";\n\
         }}) cfg.required;\n\n\
         sops.secrets = lib.genAttrs declared (_: {secret});\n\
         }};"
    )
}
