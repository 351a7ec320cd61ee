# Files as the manifest writes them: relative to the repository, `input:NAME/rest`, else absolute.
{
  facts,
  root,
  inputs,
}:
let
  inherit (builtins)
    attrNames
    head
    match
    storeDir
    stringLength
    substring
    tail
    typeOf
    ;
  inherit (facts) text;

  # A flake in a subfolder: the repository is around it.
  source = value: text (value.sourceInfo.outPath or value.outPath or value);
  base = source root;

  isBelow = folder: path: path == folder || substring 0 (stringLength folder + 1) path == folder + "/";
  rest =
    folder: path:
    if path == folder then "." else substring (stringLength folder + 1) (stringLength path) path;

  # One by one: to ask for an input is to fetch it.
  inputOf =
    path: names:
    if names == [ ] then
      null
    else if isBelow (source inputs.${head names}) path then
      head names
    else
      inputOf path (tail names);

  relativeText =
    path:
    let
      isAbsolute = substring 0 1 path == "/";
      # A flake's inputs are in the store; any other path is one of the host that is to run.
      mayBeOfInput = isAbsolute && (isInStore path || !isInStore base);
      input = if mayBeOfInput then inputOf path (attrNames inputs) else null;
    in
    if isBelow base path then
      rest base path
    else if input != null then
      "input:${input}/${rest (source inputs.${input}) path}"
    else
      path;

  isInStore = isBelow storeDir;
  storePath = path: match "([^/]+).*" (rest storeDir path);
in
{
  relative = path: relativeText (text path);

  isInRepository = path: isBelow base (text path);

  isStored = isInStore;

  # Whether two files lie in one tree of the store.
  isBeside =
    a: b:
    let
      first = text a;
      second = text b;
    in
    isInStore first && isInStore second && storePath first == storePath second;

  sopsFile = value: {
    path = relativeText (text value);
    kind = typeOf value;
  };
}
