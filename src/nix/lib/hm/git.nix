# lib.hm.git
lib: {
  # The setting of git that shows differences with a program.
  diffPagerConfig = pager: {
    pager = lib.genAttrs [ "show" "log" "diff" ] (_: pager);
  };
}
