# nvmd/nixos-raspberrypi, as its README describes it: `nixosSystem` with modules for the board, which
# declare no secret.
{ sealnix, ... }:
let
  nixosSystem =
    arguments:
    sealnix.nixosSystem (
      removeAttrs arguments [
        "nixpkgs"
        "trustCaches"
      ]
      // {
        modules = [ { nixpkgs.hostPlatform = "aarch64-linux"; } ] ++ arguments.modules;
      }
    );
in
{
  lib = {
    inherit nixosSystem;
    nixosInstaller = nixosSystem;
    nixosSystemFull = nixosSystem;
  };
}
