# lib.generators: dconf's key files, whose values are written as GVariant.
lib:
let
  settings.mkValueString = value: "${lib.gvariant.mkValue value}";
in
rec {
  mkDconfKeyValue = lib.generators.mkKeyValueDefault settings "=";
  toDconfINI = lib.generators.toINI { mkKeyValue = mkDconfKeyValue; };
}
