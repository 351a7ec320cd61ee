# lib.hm.darwin: launchd has no named intervals; these stand for those of systemd.time(7).
lib:
let
  midnight = {
    Hour = 0;
    Minute = 0;
  };
  first = month: midnight // { Day = 1; Month = month; };

  calendar = {
    hourly = [ { Minute = 0; } ];
    daily = [ midnight ];
    weekly = [ (midnight // { Weekday = 1; }) ];
    monthly = [ (midnight // { Day = 1; }) ];
    semiannually = map first [ 1 7 ];
    annually = [ (first 1) ];
  };

  # From the shortest to the longest.
  names = [ "hourly" "daily" "weekly" "monthly" "semiannually" "annually" ];
  listed = lib.concatStringsSep ", " names;
in
{
  intervals = names;
  mkCalendarInterval = name: lib.attrByPath [ name ] null calendar;

  assertInterval = option: interval: pkgs: {
    assertion = !pkgs.stdenv.hostPlatform.isDarwin || calendar ? ${interval};
    message = "On Darwin, ${option} must be one of: ${listed}.";
  };

  intervalDocumentation = "On Darwin, it must be one of: ${listed}, which are implemented as defined in {manpage}`systemd.time(7)`.\n";
}
