# What the flake gives to whoever has no nixpkgs, and what the flake in `nix/` gives, which has no inputs.
let
  given = outputs: {
    lib = builtins.mapAttrs (_: builtins.typeOf) outputs.lib;
    modules = map (module: builtins.typeOf (import module)) (
      outputs.nixosModules.default.imports ++ [ outputs.flakeModules.default ]
    );
    templates = builtins.mapAttrs (
      _: template:
      builtins.isString template.description && builtins.pathExists (template.path + "/flake.nix")
    ) outputs.templates;
  };
  outputs = (import ../../flake.nix).outputs {
    self = throw "self";
    nixpkgs = throw "nixpkgs";
  };
in
{
  names = builtins.attrNames outputs;
  ofFlake = given outputs;
  ofFolder = given ((import ../../nix/flake.nix).outputs { });
}
