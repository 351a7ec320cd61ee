//! nixpkgs' module system gives what it gives in Nix, for every expression that was recorded from
//! there (`fixtures/nix/record-lib.py`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

#[allow(dead_code, reason = "an expression alone is not evaluated here")]
mod recorded;

use self::recorded::{assert_equal, recorded};

#[test]
fn modules_have_the_values_that_they_have_in_nix() {
    assert_equal(&recorded("modules.json"));
}
