{
  description = "Checks that every secret a NixOS configuration declares exists in a sops file its host can open";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      # What needs no nixpkgs comes from the flake without inputs, and does not fetch it.
      functions = (import ./nix/flake.nix).outputs { };
      systems = [
        "aarch64-darwin"
        "aarch64-linux"
        "x86_64-darwin"
        "x86_64-linux"
      ];
      perSystem =
        outputs:
        builtins.listToAttrs (
          map (system: {
            name = system;
            value = outputs nixpkgs.legacyPackages.${system} self.packages.${system}.sealnix;
          }) systems
        );
    in
    functions
    // {
      packages = perSystem (
        pkgs: sealnix: {
          sealnix = pkgs.callPackage ./nix/package.nix { };
          default = sealnix;
        }
      );

      apps = perSystem (
        _: sealnix: {
          default = {
            type = "app";
            program = "${sealnix}/bin/sealnix";
            meta = { inherit (sealnix.meta) description; };
          };
        }
      );

      overlays.default = final: _: { sealnix = final.callPackage ./nix/package.nix { }; };

      checks = perSystem (
        _: sealnix: {
          inherit sealnix;
          tests = sealnix.overrideAttrs { doCheck = true; };
        }
      );

      devShells = perSystem (
        pkgs: sealnix: {
          default = pkgs.mkShell {
            inputsFrom = [ sealnix ];
            packages = [
              pkgs.cargo-insta
              pkgs.clippy
              pkgs.git
              pkgs.rustfmt
            ];
          };
        }
      );

      formatter = perSystem (pkgs: _: pkgs.nixfmt-tree);
    };
}
