{
  description = "A NixOS host and its secrets";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
    flake-parts.url = "github:hercules-ci/flake-parts";
    flake-parts.inputs.nixpkgs-lib.follows = "nixpkgs";
    sops-nix.url = "github:Mic92/sops-nix";
    sops-nix.inputs.nixpkgs.follows = "nixpkgs";
    sealnix.url = "github:OWNER/sealnix";
    sealnix.inputs.nixpkgs.follows = "nixpkgs";
  };

  outputs =
    inputs:
    inputs.flake-parts.lib.mkFlake { inherit inputs; } {
      imports = [ inputs.sealnix.flakeModules.default ]; # `nix flake check` looks at the secrets of every host

      systems = [ "x86_64-linux" ];

      flake.nixosConfigurations.machine = inputs.nixpkgs.lib.nixosSystem {
        modules = [
          inputs.sops-nix.nixosModules.sops
          ./hosts/machine
        ];
      };
    };
}
