# Systemd's units: services with the user they run as and the secrets they read, others by name.
{ facts, search }:
let
  inherit (builtins)
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
    tryEval
    ;
  inherit (facts) nullable text;

  # A setting given several times is a list; of those that hold one value systemd takes the last.
  last = value: nullable (if isList value then elemAt value (length value - 1) else value);
  words = value: filter (word: isString word && word != "") (split "[ \t\n]+" (written value));
  isOn = value: elem value [ true "true" "yes" "on" "1" ];

  # A value as a text; what has none holds no path.
  written =
    value:
    if isList value then
      concatStringsSep "\n" (map written value)
    else if isFunction value || (isAttrs value && !(value ? outPath || value ? __toString)) then
      ""
    else
      text value;

  isRead = setting: match "EnvironmentFile|LoadCredential(Encrypted)?|Exec.*" setting != null;
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
      named = prefix: set: attrValues (mapAttrs (name: value: { option = prefix + name; inherit value; }) set);
    in
    named "serviceConfig." (facts.selectNames isRead (service.serviceConfig or { }))
    ++ named "environment." (removeAttrs (service.environment or { }) [ "PATH" ])
    ++ named "" (intersectAttrs scripts service);

  # What a service may read: the host's own secrets and templates.
  readable =
    kind: set:
    let
      paths = mapAttrs (_: thing: tryEval (text thing.path)) set;
    in
    map (name: {
      inherit kind name;
      path = paths.${name}.value;
    }) (filter (name: paths.${name}.success) (attrNames set));

  service =
    things: name: given:
    let
      pathsIn = search.pathsIn things;
      reads =
        { option, value }:
        let
          found = tryEval (pathsIn (written value));
        in
        map (thing: {
          inherit (thing) kind name;
          inherit option;
        }) (if found.success then found.value else [ ]);
      config = given.serviceConfig or { };
    in
    facts.part (field: { field = "units.${name}.${field}"; }) {
      user = last (config.User or null);
      group = last (config.Group or null);
      supplementaryGroups = words (config.SupplementaryGroups or [ ]);
      dynamicUser = isOn (config.DynamicUser or false);
      # Without secrets no text is asked for, nor the packages that it names.
      reads = if things == [ ] then [ ] else concatMap reads (textsOf given);
    } { };

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
  # `systemd.units` has all by full name, also those that a mount or a swap device makes; systemd itself brings more.
  names = attrNames config.systemd.units or { } ++ config.systemd.additionalUpstreamSystemUnits or [ ];
in
facts.gather (listToAttrs (map byName names) // mapAttrs (service things) config.systemd.services)
