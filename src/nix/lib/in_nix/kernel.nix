# lib.kernel: settings that hold for some versions of the kernel.
lib: {
  whenHelpers =
    version:
    let
      least = lib.versionAtLeast version;
    in
    {
      whenAtLeast = from: lib.mkIf (least from);
      whenOlder = until: lib.mkIf (!least until);
      whenBetween = from: until: lib.mkIf (least from && !least until);
    };
}
