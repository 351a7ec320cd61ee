{
  description = "sealnix' Nix functions and modules alone, without any input";

  outputs = _: {
    lib = import ./. { };
    flakeModules.default = ./flake-module.nix;
    # Nix 2.8 demands a set or a function here.
    nixosModules.default.imports = [ ./nixos-module.nix ];
    templates = rec {
      default = flake;
      flake = {
        path = ./templates/flake;
        description = "A NixOS host with sops-nix, checked by sealnix";
      };
      flake-parts = {
        path = ./templates/flake-parts;
        description = "The same with flake-parts";
      };
    };
  };
}
