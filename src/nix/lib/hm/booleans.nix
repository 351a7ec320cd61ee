# lib.hm.booleans
lib: {
  yesNo = value: if value then "yes" else "no";
}
