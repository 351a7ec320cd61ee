//! nixpkgs' module system gives what it gives in Nix, for every expression that was recorded from
//! there (`fixtures/nix/record-lib.py`).

use crate::support::recorded::{assert_equal, recorded};

#[test]
fn modules_have_the_values_that_they_have_in_nix() {
    assert_equal(&recorded("modules.json"));
}
