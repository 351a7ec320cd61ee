{
  description = "A NixOS host and its secrets";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
    sops-nix.url = "github:Mic92/sops-nix";
    sops-nix.inputs.nixpkgs.follows = "nixpkgs";
    sealnix.url = "github:OWNER/sealnix";
    sealnix.inputs.nixpkgs.follows = "nixpkgs";
  };

  outputs =
    {
      self,
      nixpkgs,
      sops-nix,
      sealnix,
    }:
    {
      nixosConfigurations.machine = nixpkgs.lib.nixosSystem {
        modules = [
          sops-nix.nixosModules.sops
          ./hosts/machine
        ];
      };

      # `nix flake check` looks at the secrets of every host.
      checks.x86_64-linux.sealnix = sealnix.lib.mkCheck {
        package = sealnix.packages.x86_64-linux.default;
        src = self;
      };
    };
}
