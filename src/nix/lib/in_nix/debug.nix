# lib.debug: tests that are sets of an expression and what is expected of it.
lib: {
  # Those that do not hold. `tests.tests` names the ones to run; without it they are those named test….
  runTests =
    tests:
    let
      chosen = tests.tests or [ ];
      runs = name: if chosen == [ ] then lib.hasPrefix "test" name else lib.elem name chosen;
      failed = lib.filterAttrs (name: test: runs name && test.expr != test.expected) tests;
      report = name: test: {
        inherit name;
        inherit (test) expected;
        result = test.expr;
      };
    in
    lib.mapAttrsToList report failed;

  throwTestFailures =
    { failures, ... }@given:
    if failures == [ ] then
      null
    else
      throw "${toString (lib.length failures)} ${given.description or "tests"} failed: ${
        lib.concatMapStringsSep ", " (failure: failure.name) failures
      }";
}
