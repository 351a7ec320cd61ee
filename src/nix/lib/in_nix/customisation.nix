# lib.customisation: scopes of packages that are made for each pair of platforms.
lib:
let
  inherit (lib.customisation) renameCrossIndexFrom renameCrossIndexTo;
  nothing = _: { };

  of =
    tools: given:
    let
      # What functions of the scope are called with.
      stages = renameCrossIndexTo "pkgs" (renameCrossIndexFrom "self" given.otherSplices);
      spliced = tools.splicePackages (stages // { pkgsHostTarget = scope; });
      arguments = (given.extra or nothing) spliced // spliced // (given.keep or nothing) scope;
      scope = given.f scope // {
        packages = given.f;
        callPackage = tools.newScope arguments;
        newScope = more: tools.newScope (arguments // more);
        overrideScope = overlay: of tools (given // { f = lib.extends overlay given.f; });
      };
    in
    scope;
in
{
  makeScopeWithSplicing' = of;
  makeScopeWithSplicing =
    splicePackages: newScope: otherSplices: keep: extra: f:
    of { inherit newScope splicePackages; } { inherit extra f keep otherSplices; };
}
