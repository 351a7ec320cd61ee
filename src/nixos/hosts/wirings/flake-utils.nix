# The lib of numtide/flake-utils, as its README documents it: the functions that flakes make their
# outputs with. An output of hydraJobs goes below its job there, here below its name like the others.
_:
let
  names = [
    "aarch64-darwin"
    "aarch64-linux"
    "x86_64-darwin"
    "x86_64-linux"
  ];
  system = builtins.listToAttrs (
    map (name: {
      inherit name;
      value = name;
    }) names
  );

  # `packages` of one system becomes `packages.${system}`.
  eachSystem =
    systems: outputsOf:
    builtins.foldl' (
      merged: system:
      merged
      // builtins.mapAttrs (name: output: (merged.${name} or { }) // { ${system} = output; }) (outputsOf system)
    ) { } systems;

  # Outputs stay as they are; those of the last system win.
  eachSystemPassThrough =
    systems: outputsOf: builtins.foldl' (merged: system: merged // outputsOf system) { } systems;

  eachSystemMap =
    systems: valueOf:
    builtins.listToAttrs (
      map (name: {
        inherit name;
        value = valueOf name;
      }) systems
    );
in
{
  lib = {
    inherit
      eachSystem
      eachSystemMap
      eachSystemPassThrough
      system
      ;
    defaultSystems = names;
    eachDefaultSystem = eachSystem names;
    eachDefaultSystemMap = eachSystemMap names;
    eachDefaultSystemPassThrough = eachSystemPassThrough names;
    mkApp =
      {
        drv,
        name ? drv.pname or drv.name,
        exePath ? drv.passthru.exePath or "/bin/${name}",
      }:
      {
        type = "app";
        program = "${drv}${exePath}";
      };
  };
}
