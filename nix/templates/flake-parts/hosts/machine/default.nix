{ config, ... }:
{
  networking.hostName = "machine";
  nixpkgs.hostPlatform = "x86_64-linux";
  system.stateVersion = "25.11";

  # Replace by the machine's own: `nixos-generate-config` writes them.
  boot.loader.systemd-boot.enable = true;
  fileSystems."/" = {
    device = "/dev/disk/by-label/nixos";
    fsType = "ext4";
  };

  services.openssh.enable = true; # its host key opens the secrets

  sops.defaultSopsFile = ../../secrets/machine.yaml;
  sops.secrets.root-password.neededForUsers = true;

  users.users.root.hashedPasswordFile = config.sops.secrets.root-password.path;
}
