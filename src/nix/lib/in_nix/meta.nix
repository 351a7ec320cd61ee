# lib.meta: the parts of a package's name in the Common Platform Enumeration.
lib: rec {
  cpeFullVersionWithVendor = vendor: version: {
    inherit vendor version;
    update = "*";
  };

  # X.Y.Z is the update Z of version X.Y. Gone from nixpkgs since 26.05.
  tryCPEPatchVersionInUpdateWithVendor =
    vendor: version:
    let
      parts = builtins.match "([0-9]+\\.[0-9]+)\\.([0-9]+)" (toString version);
      value = {
        inherit vendor;
        version = lib.head parts;
        update = lib.last parts;
      };
    in
    if parts == null then
      {
        success = false;
        error = "the version is not X.Y.Z";
      }
    else
      {
        success = true;
        inherit value;
      };

  cpePatchVersionInUpdateWithVendor =
    vendor: version:
    let
      tried = tryCPEPatchVersionInUpdateWithVendor vendor version;
    in
    tried.value or (throw tried.error);
}
