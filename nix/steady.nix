# Of the manifest of one host and of its repository what the host's check reads, and no more: a commit that changes
# nothing of it leaves the check, and with it the system that the check is part of, as it was.
{ root, manifest }:
let
  inherit (builtins) isAttrs;

  # `self` of a flake and `./.` alike.
  folder =
    if builtins.isPath root then root else /. + builtins.unsafeDiscardStringContext "${root}";
  setOf = names: builtins.listToAttrs (map (name: { inherit name; value = null; }) names);

  isPlace = value: isAttrs value && builtins.isInt (value.line or null) && value ? column;

  # The file of every place, and every sops file, wherever they stand in the manifest.
  named =
    value:
    if isPlace value then
      [ value.file ]
    else if isAttrs value then
      (if builtins.isString (value.path or null) then [ value.path ] else [ ])
      ++ builtins.concatMap named (builtins.attrValues value)
    else if builtins.isList value then
      builtins.concatMap named value
    else
      [ ];
  isHere = file: builtins.match "/.*|input:.*" file == null && builtins.pathExists (folder + "/${file}");
  here = builtins.filter isHere (builtins.attrNames (setOf (named manifest)));
  isNix = file: builtins.match ".*[.]nix" file != null;

  # A comment that silences a rule counts only if its file is read. Of the other modules only their names are kept:
  # an edit moves the lines.
  silences =
    file:
    let
      text = builtins.readFile (folder + "/${file}");
    in
    builtins.replaceStrings [ "sealnix:" ] [ "" ] text != text;
  read = setOf (builtins.filter (file: !isNix file || silences file) here);

  withoutPlaces =
    value:
    if isPlace value then
      (if read ? ${value.file} then value else null)
    else if isAttrs value then
      builtins.mapAttrs (_: withoutPlaces) value
      # That of a module is a folder's where a folder is imported, and unknown where a module has no file of its own.
      // (if isPlace (value.pos or null) then { inherit (value.pos) file; } else { })
    else if builtins.isList value then
      map withoutPlaces value
    else
      value;

  # Who may open what is said in these, for every host.
  saysKeys = name: builtins.match "[.]sops[.]ya?ml|sealnix[.]toml|(ssh_)?known_hosts|.*[.]pub" name != null;
  below =
    prefix:
    let
      entries = builtins.readDir (folder + "/${prefix}");
      of =
        name:
        if entries.${name} == "directory" then
          (if name == ".git" then [ ] else below "${prefix}${name}/")
        else if saysKeys name then
          [ "${prefix}${name}" ]
        else
          [ ];
    in
    builtins.concatMap of (builtins.attrNames entries);

  kept = setOf (builtins.attrNames read ++ below "");

  # Where a link leads is not to be had: then everything is read.
  ancestors = file: (if dirOf file == "." then [ ] else ancestors (dirOf file)) ++ [ file ];
  isLink =
    file: (builtins.readDir (dirOf (folder + "/${file}"))).${baseNameOf file} == "symlink";
  followsLink = builtins.any isLink (builtins.concatMap ancestors (builtins.attrNames kept));

  leadsToKept =
    folder:
    builtins.any (file: builtins.substring 0 (builtins.stringLength folder + 1) file == "${folder}/") (
      builtins.attrNames kept
    );
  relative = path: builtins.substring (builtins.stringLength (toString folder) + 1) (-1) path;
in
{
  manifest = withoutPlaces manifest;
  src = builtins.path {
    name = "source";
    path = folder;
    # An empty folder would be a change too.
    filter =
      path: type:
      let
        file = relative path;
      in
      (followsLink && file != ".git") || kept ? ${file} || (type == "directory" && leadsToKept file);
  };
}
