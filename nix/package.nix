# sealnix itself, for `pkgs.callPackage`. Needs Rust 1.88: nixpkgs 25.11 or newer.
{
  lib,
  stdenv,
  rustPlatform,
  gitMinimal,
  installShellFiles,
}:
let
  manifest = (lib.importTOML ../Cargo.toml).package;
in
rustPlatform.buildRustPackage {
  pname = manifest.name;
  inherit (manifest) version;

  # What the build and its tests read: another file's change builds nothing again.
  src = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [
      ../.pre-commit-hooks.yaml
      ../Cargo.lock
      ../Cargo.toml
      ../README.md
      ../action.yml
      ../benches
      ../docs
      ../fixtures
      ../flake.nix
      ../nix
      ../src
      ../tests
    ];
  };
  cargoLock.lockFile = ../Cargo.lock;

  # They take longer than the build, and whoever builds sealnix to use it need not wait for them:
  # `checks` of the flake runs them.
  doCheck = false;
  nativeCheckInputs = [ gitMinimal ];

  nativeBuildInputs = [ installShellFiles ];
  # Only where what is built runs where it is built.
  postInstall = lib.optionalString (stdenv.buildPlatform.canExecute stdenv.hostPlatform) ''
    $out/bin/sealnix man pages
    installManPage pages/*
    for shell in bash zsh fish; do
      installShellCompletion --cmd sealnix --$shell <($out/bin/sealnix completions $shell)
    done
  '';

  meta = {
    inherit (manifest) description;
    mainProgram = manifest.name;
    license = [
      lib.licenses.mit
      lib.licenses.asl20
    ];
    platforms = lib.platforms.unix;
  };
}
