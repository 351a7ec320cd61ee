# lib.strings: what nixpkgs has dropped.
lib: {
  replaceChars = builtins.replaceStrings;

  # The paths that a file lists, one a line, beneath a folder.
  readPathsFromFile =
    folder: file:
    let
      isPath = line: line != "" && !lib.hasPrefix "#" line;
    in
    map (line: folder + "/${line}") (lib.filter isPath (lib.splitString "\n" (builtins.readFile file)));
}
