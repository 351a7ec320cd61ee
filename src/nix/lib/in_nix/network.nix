# lib.network: addresses of IPv6 (RFC 4291).
lib:
let
  hexadecimal = number: lib.toLower (lib.toHexString number);

  # The eight pieces of an address; "::" stands for as many zeros as are lacking.
  pieces =
    address:
    let
      sides = map (side: lib.optionals (side != "") (lib.splitString ":" side)) (lib.splitString "::" address);
      said = lib.concatLists sides;
      count = lib.length said;
      zeros = lib.genList (_: "0") (8 - count);
      filled = if lib.length sides == 1 then said else lib.head sides ++ zeros ++ lib.last sides;
      fits = if lib.length sides == 1 then count == 8 else lib.length sides == 2 && count < 8;
      written = piece: builtins.match "[0-9A-Fa-f]+" piece != null;
    in
    if fits && lib.all written said then map number filled else throw "this is not an IPv6 address";

  number =
    piece:
    let
      value = lib.fromHexString piece;
    in
    if value < 65536 then value else throw "a piece of an IPv6 address has more than 16 bits";

  length =
    text:
    let
      bits = lib.toInt text;
    in
    if 1 <= bits && bits <= 128 then bits else throw "a prefix of IPv6 has 1 to 128 bits";
in
{
  ipv6 = {
    fromString =
      text:
      let
        parts = lib.splitString "/" text;
        given = lib.length parts;
      in
      if given > 2 then
        throw "this is not an IPv6 address with a prefix"
      else
        {
          address = lib.concatMapStringsSep ":" hexadecimal (pieces (lib.head parts));
          prefixLength = if given == 1 then 128 else length (lib.last parts);
        };

    # A MAC address has six bytes; the suffix has two more in their middle, and a bit of the first turned.
    mkEUI64Suffix =
      mac:
      let
        byte = "([0-9A-Fa-f]{2})";
        bytes = builtins.match (lib.concatStringsSep "[-:.]?" (lib.genList (_: byte) 6)) mac;
        at = lib.elemAt bytes;
        first = lib.bitXor 512 (lib.fromHexString (at 0 + at 1));
      in
      if bytes == null then
        throw "this is not a MAC address"
      else
        lib.toLower "${hexadecimal first}:${at 2}ff:fe${at 3}:${at 4 + at 5}";
  };
}
