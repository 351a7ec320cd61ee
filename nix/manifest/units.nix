# Systemd's units: services with the user they run as and the secrets they read, others by name.
{ facts, search }:
let
  inherit (builtins)
    any
    attrNames
    attrValues
    concatMap
    concatStringsSep
    elem
    elemAt
    filter
    head
    intersectAttrs
    isAttrs
    isFunction
    isList
    isString
    length
    listToAttrs
    mapAttrs
    match
    removeAttrs
    split
    substring
    tryEval
    ;
  inherit (facts) nullable text;

  # A setting given several times is a list; of those that hold one value systemd takes the last. Empty is unset.
  last =
    value:
    let
      given = if value == [ ] then null else if isList value then elemAt value (length value - 1) else value;
      said = nullable given;
    in
    if said == "" then null else said;
  words = value: filter (word: isString word && word != "") (split "[ \t\n]+" (written value));
  isOn = value: elem value [ true "true" "yes" "on" "1" ];

  # With one of these (capabilities(7)) no permission keeps a process from reading a file. After a `~` systemd takes
  # all but those that are named.
  readsAll =
    capabilities:
    if any (word: substring 0 1 word == "~") capabilities then
      throw "which ones are left is not looked at"
    else
      any (word: word == "CAP_DAC_READ_SEARCH" || word == "CAP_DAC_OVERRIDE") capabilities;

  # What does not evaluate leads to no file that can be known.
  orElse =
    other: value:
    let
      tried = tryEval value;
    in
    if tried.success then tried.value else other;

  # A value as a text; what has none holds no path.
  written =
    value:
    if isList value then
      concatStringsSep "\n" (map written value)
    else if isFunction value || (isAttrs value && !(value ? outPath || value ? __toString)) then
      ""
    else
      text value;

  isRead = setting: match "Environment(File)?|LoadCredential(Encrypted)?" setting != null;
  isExec = setting: match "Exec.*" setting != null;
  # A line of systemd.service(5) that is run as root, whatever the user: `+` or `!` before the program, but not `!!`.
  # Only its beginning is matched: of a long text Nix's stack may be too small.
  isAsRoot =
    line: orElse false (isString line && match "[-@:|]*([+]|![^!]).*" (substring 0 16 line) != null);
  scripts = {
    script = null;
    preStart = null;
    postStart = null;
    preStop = null;
    postStop = null;
    reload = null;
  };

  # The texts of a service that lead to a file, by option. `PATH` holds only packages, each of which would have to
  # be evaluated.
  textsOf =
    service:
    let
      config = service.serviceConfig or { };
      named =
        prefix: set:
        attrValues (
          mapAttrs (name: value: {
            option = prefix + name;
            asRoot = false;
            inherit value;
          }) set
        );
      # Older than `+`: all but the main program.
      onlyStart = isOn (config.PermissionsStartOnly or false);
      startedAsRoot = text: text // { asRoot = onlyStart && match "serviceConfig[.]ExecStart|script" text.option == null; };
      byLine =
        text:
        map (line: startedAsRoot text // { value = line; } // (if isAsRoot line then { asRoot = true; } else { })) (
          orElse [ ] (if isList text.value then text.value else [ text.value ])
        );
    in
    named "serviceConfig." (facts.selectNames isRead config)
    ++ concatMap byLine (named "serviceConfig." (facts.selectNames isExec config))
    ++ named "environment." (removeAttrs (service.environment or { }) [ "PATH" ])
    ++ map startedAsRoot (named "" (intersectAttrs scripts service));

  # What a service may read: the host's own secrets and templates.
  readable =
    kind: set:
    let
      paths = mapAttrs (_: thing: tryEval (text thing.path)) set;
    in
    map (name: {
      inherit kind name;
      text = paths.${name}.value;
    }) (filter (name: paths.${name}.success) (attrNames set));

  service =
    readIn: name: given:
    let
      reads =
        {
          option,
          value,
          asRoot,
        }:
        map (
          thing:
          {
            inherit (thing) kind name;
            inherit option;
          }
          // (if asRoot then { inherit asRoot; } else { })
        ) (orElse [ ] (readIn (written value)));
      config = given.serviceConfig or { };
    in
    facts.part (field: { field = "units.${name}.${field}"; }) {
      user = last (config.User or null);
      group = last (config.Group or null);
      supplementaryGroups = words (config.SupplementaryGroups or [ ]);
      dynamicUser = isOn (config.DynamicUser or false);
      readsAll = readsAll (words (config.AmbientCapabilities or [ ]));
      # Without secrets no text is asked for, nor the packages that it names.
      reads = if readIn == null then [ ] else concatMap reads (textsOf given);
    } { };

  # One that is not enabled is masked; Nix never evaluates it, and it need not evaluate.
  isEnabled = service: service.enable or true;

  # Of another unit nothing but the name is known.
  byName = unit: {
    name = if match ".*[.]service" unit == null then unit else head (match "(.*)[.]service" unit);
    value = facts.nothing;
  };
in
config:
let
  things =
    readable "SecretPath" config.sops.secrets or { } ++ readable "TemplatePath" config.sops.templates or { };
  readIn = if things == [ ] then null else search.paths things;
  # `systemd.units` has all by full name, also those that a mount or a swap device makes; systemd itself brings more.
  services = facts.select isEnabled config.systemd.services;
  names =
    attrNames config.systemd.units or { }
    ++ concatMap (service: service.aliases or [ ]) (attrValues services)
    ++ config.systemd.additionalUpstreamSystemUnits or [ ];
in
facts.gather (listToAttrs (map byName names) // mapAttrs (service readIn) services)
