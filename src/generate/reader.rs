//! Nix code that reads the names of keys from an encrypted file, and what it finds in one.

use std::collections::BTreeSet;

use crate::nix::arena::Arena;
use crate::nix::builtins::{Inside, json_of};
use crate::nix::eval::Eval;
use crate::nix::eval::limits::on_deep_stack;
use crate::nix::ir::Program;
use crate::nix::lib::lib;
use crate::nix::unknown::Stop;
use crate::sops::{Document, Format};
use crate::source::{Entry, Text, Tree};

/// `isText`, which both readers of keys use.
const IS_TEXT: &str = r#"
  # Whether a value is one that sops-nix delivers: sops writes its type behind it.
  isText =
    value:
    let
      parts = lib.splitString ",type:" value;
      type = builtins.elemAt parts 1;
    in
    value == ""
    || lib.hasPrefix "ENC[AES256_GCM," value
      && builtins.length parts > 1
      && (lib.hasPrefix "str]" type || lib.hasPrefix "time]" type);
"#;

/// `keysOf` for YAML. Matches are only made with short texts: Nix' regular expressions overflow on long ones.
/// `genericClosure` takes one step a line, which no list that grows does.
const YAML_KEYS: &str = r##"
  # The keys of an encrypted YAML file that sops-nix delivers, nested ones as "a/b", as attributes. sops leaves
  # their names in clear, and writes one a line.
  keysOf =
    file:
    let
      text = builtins.replaceStrings [ "\r" ] [ "" ] (builtins.readFile file);
      # sops-nix reads only the first document.
      first = builtins.head (lib.splitString "\n---\n" (lib.removePrefix "---\n" text));
      lines = lib.splitString "\n" first;
      unquoted =
        name:
        if builtins.match ''"([^"\]|\\["\/bfnrt])*"'' name != null then
          builtins.fromJSON name
        else if lib.hasPrefix "'" name then
          builtins.replaceStrings [ "''" ] [ "'" ] (builtins.substring 1 (builtins.stringLength name - 2) name)
        else
          name;
      # One line: the keys found there, and what the next one needs. `above` holds the maps around it, the innermost
      # last; what is in a list has no path. `block` is how far in a key stands whose text follows in lines of its own.
      read =
        { key, above, block, ... }:
        let
          line = builtins.elemAt lines key;
          parts = lib.splitString ": ENC[AES256_GCM," line;
          isSealed = builtins.length parts > 1;
          isEmpty = lib.hasSuffix ": \"\"" line;
          isMap = !isSealed && lib.hasSuffix ":" line;
          written = if isSealed then builtins.head parts else lib.removeSuffix ":" (lib.removeSuffix " \"\"" line);
          matched = builtins.match "( *)([-?:] +)?(.*)" (builtins.substring 0 1000 written);
          indent = builtins.stringLength (builtins.head matched);
          isItem = builtins.elemAt matched 1 != null;
          content = builtins.elemAt matched 2;
          isSkipped = content == "" || lib.hasPrefix "#" content || block != null && indent > block;
          beginsBlock = !isSealed && builtins.match "[|>][-+1-9]*" (lib.last (lib.splitString " " line)) != null;
          name = unquoted content;
          around = builtins.filter (map: map.indent < indent) above;
          parent = if around == [ ] then "" else (lib.last around).path;
          isNamed =
            !isItem && parent != null && name != "" && !(lib.hasInfix "/" name) && "${parent}${name}" != "sops";
          # A merged map's keys are those of the map around it.
          path = if !isNamed then null else if name == "!!merge <<" then parent else "${parent}${name}/";
          isDelivered =
            isNamed && (isEmpty || isSealed && isText "ENC[AES256_GCM,${builtins.elemAt parts 1}");
          next =
            if isSkipped then
              { inherit above block; found = [ ]; }
            else
              {
                above = if isMap || isItem then around ++ [ { inherit indent path; } ] else above;
                block = if beginsBlock then indent else null;
                found = lib.optional isDelivered "${parent}${name}";
              };
        in
        lib.optional (key < builtins.length lines) (
          next // { key = builtins.seq next.above (builtins.seq next.block (key + 1)); }
        );
      start = {
        key = 0;
        above = [ ];
        block = null;
        found = [ ];
      };
      all = builtins.genericClosure {
        startSet = [ start ];
        operator = read;
      };
    in
    lib.genAttrs (lib.concatMap (line: line.found) all) (_: true);
"##;

/// `keysOf` for JSON.
const JSON_KEYS: &str = r#"
  # The keys of an encrypted JSON file that sops-nix delivers, nested ones as "a/b", as attributes: sops leaves
  # their names in clear.
  keysOf =
    file:
    let
      below =
        prefix: name: value:
        if name == "" || lib.hasInfix "/" name then
          [ ]
        else if builtins.isAttrs value then
          lib.concatLists (lib.mapAttrsToList (below "${prefix}${name}/") value)
        else
          lib.optional (builtins.isString value && isText value) "${prefix}${name}";
      data = removeAttrs (builtins.fromJSON (builtins.readFile file)) [ "sops" ];
    in
    lib.genAttrs (lib.concatLists (lib.mapAttrsToList (below "") data)) (_: true);
"#;

/// The bindings of `isText` and `keysOf` for a file of this format. `lib` is in scope.
pub fn code(format: Format) -> String {
    format!("{IS_TEXT}{}", if format == Format::Json { JSON_KEYS } else { YAML_KEYS })
}

/// The keys that [`code`] finds in a file; nothing where that is not known: there is a limit to every evaluation.
pub fn found(document: &Document) -> Option<BTreeSet<String>> {
    const FILE: &str = "file";
    const READER: &str = "reader.nix";
    let expression = format!("{{ lib }}: let {} in builtins.attrNames (keysOf ./{FILE})", code(document.format));
    let program = Program::parse(vec![Text::new(READER.into(), expression)]);
    let id = *program.by_path.get(READER)?;
    let mut tree = Tree::default();
    let size = document.text.content().len() as u64;
    tree.files.insert(FILE.into(), Entry { tracked: true, size });
    tree.texts.insert(FILE.into(), document.text.clone());
    on_deep_stack(|| {
        let arena = Arena::new();
        let eval = Eval::new(&arena, &program, &tree);
        let arguments = eval.attrs(vec![eval.attr("lib", eval.done(lib(&eval, Vec::new())))]);
        let keys = eval.force(eval.file(id)).and_then(|reader| eval.call(reader, eval.done(arguments)));
        match keys.and_then(|keys| json_of(&eval, keys, &mut Inside::default())) {
            Ok(keys) => serde_json::from_value(keys).ok(),
            // Nix would stop there.
            Err(Stop::Error(_)) => Some(BTreeSet::new()),
            Err(Stop::Unknown(_)) => None,
        }
    })
    .ok()?
}
