# What agenix and agenix-rekey are told: null where agenix' module is not imported.
{
  facts,
  files,
  definitions,
}:
let
  inherit (builtins)
    hashFile
    hashString
    head
    match
    substring
    ;
  inherit (facts)
    part
    read
    same
    text
    texts
    ;

  # Each byte of it is 1: agenix-rekey's default, which is nobody's.
  nobody = "age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq";
  orNull = convert: value: if value == null then null else convert value;
  # A key file ends in a newline.
  trimmed =
    value:
    let
      parts = match "[ \t\n]*(.*[^ \t\n])[ \t\n]*" (text value);
    in
    if parts == null then "" else head parts;

  # Its default ends the evaluation, so that it is not asked for unless it is set: mkOptionDefault has priority 1500.
  storageMode =
    scope:
    if (scope.options.age.rekey.storageMode.highestPrio or 1500) < 1500 then
      scope.config.age.rekey.storageMode
    else
      null;

  # The file that agenix-rekey makes for the host lies in the repository, by a name that follows from its origin. Only
  # to ask agenix' own option for it would copy it to the store. The others it builds.
  ofRekey =
    scope: given:
    let
      inherit (scope.config.age) rekey;
      ident = hashString "sha256" (hashString "sha256" rekey.hostPubkey + hashFile "sha256" given.rekeyFile);
      lies = !(given.intermediary or false) && rekey.hostPubkey != nobody && storageMode scope == "local";
    in
    if !(builtins.pathExists given.rekeyFile) then
      throw "its origin is not there"
    else if lies then
      files.sopsFile (rekey.localStorageDir + "/${substring 0 32 ident}-${given.name}.age")
    else
      throw "it is built";

  secret =
    scope: name: given:
    let
      written = definitions.of scope.options.age.secrets or { } name;
      isRekeyed = (given.rekeyFile or null) != null;
      fields = part (field: { field = "agenix.secrets.${name}.${field}"; }) (read {
        file = _: if isRekeyed then ofRekey scope given else files.sopsFile given.file;
        name = text;
        path = text;
        mode = text;
        owner = text;
        group = text;
        symlink = same;
        rekeyFile = orNull files.sopsFile;
      } (if isRekeyed then given // { file = null; } else given)) { };
    in
    fields // { json = fields.json // definitions.at written // { definitions = written; }; };

  identity = given: {
    identity = files.relative given.identity;
    pubkey = orNull trimmed (given.pubkey or null);
  };
in
scope:
let
  given = scope.config.age;
  secrets = facts.gather (builtins.mapAttrs (secret scope) given.secrets);
  own = part (field: { field = "agenix.${field}"; }) (read { identityPaths = texts; } given) { };
  rekey = part (field: { field = "agenix.rekey.${field}"; }) (read {
    hostPubkey = trimmed;
    masterIdentities = map identity;
    storageMode = _: if storageMode scope == null then throw "nobody sets it" else storageMode scope;
  } (given.rekey // (if given.rekey ? storageMode then { storageMode = null; } else { }))) { };
  hasRekey = given ? rekey.hostPubkey;
in
if scope.config ? age.secrets then
  {
    json =
      own.json // { secrets = secrets.json; } // (if hasRekey then { rekey = rekey.json; } else { });
    unknowns = own.unknowns ++ secrets.unknowns ++ (if hasRekey then rekey.unknowns else [ ]);
  }
else
  facts.nothing // { json = null; }
