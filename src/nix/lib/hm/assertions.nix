# lib.hm.assertions
lib: {
  # An assertion that a module is used on one of its platforms.
  assertPlatform =
    module: pkgs: platforms:
    let
      listed = lib.concatMapStringsSep "\n" (platform: "  - " + platform) (lib.naturalSort platforms);
    in
    {
      assertion = builtins.elem pkgs.stdenv.hostPlatform.system platforms;
      message = "The module ${module} does not support your platform. It only supports\n\n${listed}";
    };
}
