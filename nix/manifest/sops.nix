# What sops-nix is told: null where its module is not imported.
{
  facts,
  files,
  definitions,
  search,
}:
let
  inherit (builtins)
    any
    attrNames
    mapAttrs
    ;
  inherit (facts)
    nullable
    part
    read
    same
    text
    texts
    ;

  ownership = {
    path = text;
    mode = text;
    owner = nullable;
    group = nullable;
    uid = same;
    gid = same;
  };

  # The default group is that of the owner in `users.users`; where it has none, to ask is an error that cannot be
  # caught. On darwin the default is a constant.
  unaskable =
    scope: written: given:
    let
      owner = builtins.tryEval (given.owner or null);
      isSaid = any (definition: definition.fields ? group) written;
      isSafe =
        isSaid || !owner.success || owner.value == null || scope.config.users.users ? ${owner.value}.group;
    in
    if scope.kind != "nixos" || isSafe then { } else { group = "its owner is not in users.users"; };

  secret =
    scope: name: given:
    let
      written = definitions.of scope.options.sops.secrets or { } name;
      fields = part (field: { secret = name; inherit field; }) (read (
        ownership
        // {
          name = text;
          key = text;
          format = text;
          neededForUsers = same;
          restartUnits = texts;
          reloadUnits = texts;
          sopsFile = files.sopsFile;
        }
      ) given) (unaskable scope written given);
    in
    fields // { json = fields.json // definitions.at written // { definitions = written; }; };

  # The secrets whose placeholder stands in a text.
  placeholdersIn =
    scope:
    let
      placeholders = scope.config.sops.placeholder or { };
      find = search.texts (
        map (secret: {
          inherit secret;
          text = text placeholders.${secret};
        }) (attrNames placeholders)
      );
    in
    content: map (found: found.secret) (find (text content));

  template =
    scope: placeholdersOf: name: given:
    let
      written = definitions.of scope.options.sops.templates or { } name;
      # Where the definitions are not to be had, nothing tells an empty content from one that is in another file.
      hasFile = any (definition: definition.fields ? file) written;
      isUntold = written == [ ] && (given.content or "") == "";
      contentRefused =
        if hasFile then
          { placeholders = "its content is in another file"; }
        else if isUntold then
          { placeholders = "its content may be in another file"; }
        else
          { };
      fields =
        part (field: { field = "templates.${name}.${field}"; })
          (
            read (
              ownership
              // {
                restartUnits = texts;
                reloadUnits = texts;
              }
            ) given
            // {
              # The content itself stays here: it may hold what is none of the manifest's business.
              placeholders = placeholdersOf (given.content or "");
            }
          )
          (unaskable scope written given // contentRefused);
    in
    fields // { json = fields.json // definitions.at written // { definitions = written; }; };

  # What is to be said besides their values of the options that name keys.
  keySources =
    given:
    let
      age = given.age or { };
      gnupg = given.gnupg or { };
      # A Nix path is copied to the store with what is written for activation.
      isCopied =
        key: builtins.isPath key || (builtins.isString key && files.isStored (text key));
      copied =
        option: keys:
        let
          found = builtins.tryEval (any isCopied keys);
        in
        if found.success && found.value then { ${option}.copied = true; } else { };
      splitGpg = builtins.tryEval (gnupg.qubes-split-gpg.enable or false);
    in
    copied "age.keyFile" [ age.keyFile or null ]
    // copied "age.sshKeyPaths" (age.sshKeyPaths or [ ])
    // copied "gnupg.home" [ gnupg.home or null ]
    // copied "gnupg.sshKeyPaths" (gnupg.sshKeyPaths or [ ])
    // (
      if splitGpg.success && splitGpg.value then { "gnupg.qubes-split-gpg.enable" = { }; } else { }
    );

  keySource =
    prefix: conversions: set:
    part (field: { field = "${prefix}.${field}"; }) (read conversions set) { };
in
scope:
let
  given = scope.config.sops;
  parts = {
    secrets = facts.gather (mapAttrs (secret scope) given.secrets);
    templates = facts.gather (mapAttrs (template scope (placeholdersIn scope)) given.templates or { });
    age = keySource "age" {
      keyFile = nullable;
      sshKeyPaths = texts;
      generateKey = same;
    } given.age or { };
    gnupg = keySource "gnupg" {
      home = nullable;
      sshKeyPaths = texts;
    } given.gnupg or { };
  };
  own = part (field: { inherit field; }) (read {
    defaultSopsFile =
      file: if scope.options.sops.defaultSopsFile.isDefined or true then files.sopsFile file else null;
    validateSopsFiles = same;
    # Only the names: a value may be a secret.
    environment = attrNames;
  } given) { };
in
if scope.config ? sops.secrets then
  {
    json = mapAttrs (_: part: part.json) parts // own.json // { keySources = keySources given; };
    unknowns = facts.unknownsOf (parts // { inherit own; });
  }
else
  facts.nothing // { json = null; }
