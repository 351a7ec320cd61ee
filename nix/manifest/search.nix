# Which of many texts stand in a text: hundreds of paths in thousands of scripts, so that no text may be looked through
# once for each path. All that is looked for begins with one of few heads: where these stand is found in one go, and
# what stands there by its name.
let
  inherit (builtins)
    attrNames
    concatMap
    concatStringsSep
    filter
    foldl'
    genList
    groupBy
    head
    isList
    listToAttrs
    replaceStrings
    seq
    sort
    split
    stringLength
    substring
    ;

  setOf =
    names:
    listToAttrs (
      map (name: {
        inherit name;
        value = null;
      }) names
    );
  distinct = names: attrNames (setOf names);

  special = genList (at: substring at 1 "\\^$.|?*+()[]{}") 14;
  literal = replaceStrings special (map (character: "\\" + character) special);

  containsAny = parts: text: replaceStrings parts (map (_: "") parts) text != text;

  # Where the matches of an expression begin in a text.
  positions =
    expression: text:
    let
      start = {
        at = 0;
        found = [ ];
      };
      next =
        { at, found }:
        piece:
        let
          after = at + stringLength (if isList piece then head piece else piece);
        in
        seq after {
          at = after;
          found = if isList piece then found ++ [ at ] else found;
        };
    in
    (foldl' next start (split expression text)).found;

  # Those of `things`, a list of `{ text, … }`, whose text stands in a text, `isWhole` by what is before and after it.
  # Neither may have a context.
  find =
    isWhole: things:
    let
      texts = filter (text: text != "") (map (thing: thing.text) things);
      heads = distinct (map (substring 0 6) texts);
      expression = "(${concatStringsSep "|" (map literal heads)})";
      byLength = groupBy (text: toString (stringLength text)) texts;
      # The longest first: `/run/secrets/a@b` is not `/run/secrets/a`.
      wanted = sort (a: b: a.length > b.length) (
        map (length: {
          length = stringLength (head byLength.${length});
          texts = setOf byLength.${length};
        }) (attrNames byLength)
      );
      standsAt =
        text: at:
        let
          before = if at == 0 then "" else substring (at - 1) 1 text;
          longest =
            found:
            { length, texts }:
            let
              here = substring at length text;
            in
            if found == [ ] && texts ? ${here} && isWhole before (substring (at + length) 1 text) then
              [ here ]
            else
              found;
        in
        foldl' longest [ ] wanted;
      foundIn = text: setOf (concatMap (standsAt text) (positions expression text));
      those = found: filter (thing: found ? ${thing.text}) things;
    in
    text: if texts == [ ] || !(containsAny heads text) then [ ] else those (foundIn text);

  # What before or after a path makes it part of another one. `@` and `+` also stand before paths, as a program's mark.
  lettersOf = text: setOf (genList (at: substring at 1 text) (stringLength text));
  letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./";
  leads = lettersOf letters;
  continues = lettersOf "${letters}-@+%~";
in
{
  texts = find (_: _: true);

  # As a whole: not `/run/secrets/a` in `/run/secrets/ab` or `/mnt/run/secrets/a`.
  paths = find (before: after: !(leads ? ${before} || continues ? ${after}));
}
