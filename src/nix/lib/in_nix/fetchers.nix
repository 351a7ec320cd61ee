# lib.fetchers: what functions that fetch have in common.
lib:
let
  namesOf = types: [ "hash" ] ++ types;
  fake = name: lib.${if name == "hash" then "fakeHash" else "fake" + lib.toSentenceCase name};
  proxies = map (scheme: scheme + "_proxy") [
    "http"
    "https"
    "ftp"
    "all"
    "no"
  ];
in
rec {
  proxyImpureEnvVars = proxies ++ map lib.toUpper proxies ++ [ "NIX_SSL_CERT_FILE" ];

  # The one hash among the arguments, as a fixed-output derivation takes it.
  normalizeHash =
    {
      hashTypes ? [ "sha256" ],
      required ? true,
    }:
    arguments:
    let
      names = namesOf hashTypes;
      given = lib.filter (name: arguments ? ${name}) names;
      name = lib.head given;
      hash = arguments.${name};
      output = {
        outputHash = if hash == "" then fake name else hash;
        outputHashAlgo = if name == "hash" then null else name;
      };
      count = lib.length given;
    in
    if arguments ? outputHash then
      arguments
    else if count > 1 then
      throw "a fetcher was called with several hashes"
    else if count == 0 && required then
      throw "a fetcher was called without a hash"
    else
      removeAttrs arguments names // lib.optionalAttrs (count == 1) output;

  # A fetcher of `outputHash` and `outputHashAlgo` that takes a hash under any of the names.
  withNormalizedHash =
    {
      hashTypes ? [ "sha256" ],
    }:
    fetcher:
    let
      formals = lib.functionArgs fetcher;
      normalise = normalizeHash {
        inherit hashTypes;
        required = !formals.outputHash;
      };
      fits = formals ? outputHash && formals ? outputHashAlgo && !lib.any (name: formals ? ${name}) (namesOf hashTypes);
      others = removeAttrs formals [ "outputHash" "outputHashAlgo" ];
    in
    assert fits;
    lib.setFunctionArgs (arguments: fetcher (normalise arguments)) (others // { hash = formals.outputHash; });
}
