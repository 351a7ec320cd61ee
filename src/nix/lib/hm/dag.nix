# lib.hm.dag: entries of an order, each with the names that it stands before and after.
lib:
let
  inherit (lib) elem;

  # Several entries named tag-0, tag-1, …: each stands after the one before it.
  entriesBetween =
    tag: before: after: list:
    let
      name = index: "${tag}-${toString index}";
      last = lib.length list - 1;
      entry =
        index:
        entryBetween (lib.optionals (index == last) before) (
          if index == 0 then after else [ (name (index - 1)) ]
        );
    in
    lib.listToAttrs (lib.imap0 (index: data: lib.nameValuePair (name index) (entry index data)) list);

  entryBetween = before: after: data: { inherit after before data; };

  isEntry = value: lib.all (part: value ? ${part}) [ "data" "after" "before" ];
in
{
  inherit entriesBetween entryBetween isEntry;

  entryBefore = names: entryBetween names [ ];
  entryAfter = entryBetween [ ];
  entryAnywhere = entryBetween [ ] [ ];

  entriesBefore = tag: names: entriesBetween tag names [ ];
  entriesAfter = tag: entriesBetween tag [ ];
  entriesAnywhere = tag: entriesBetween tag [ ] [ ];

  empty = { };
  isDag = value: builtins.isAttrs value && lib.all isEntry (lib.attrValues value);
  map = function: lib.mapAttrs (name: entry: entry // { data = function name entry.data; });

  # The entries in an order that fits, as `result`; else what lib.toposort says of the cycle.
  topoSort =
    dag:
    let
      wants = name: lib.attrNames (lib.filterAttrs (_: other: elem name other.before) dag);
      node = name: entry: {
        inherit name;
        inherit (entry) data;
        after = entry.after ++ wants name;
      };
      sorted = lib.toposort (one: other: elem one.name other.after) (lib.mapAttrsToList node dag);
      plain = map (found: removeAttrs found [ "after" ]);
    in
    if sorted ? result then { result = plain sorted.result; } else sorted;
}
