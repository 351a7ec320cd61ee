//! What the manifest says of a template's content: whose placeholders, which variables, and none of its text.

use serde_json::json;

use crate::support::small_flake::host;

/// sops-nix: the placeholder of a secret is made of the SHA-256 of its name; `printf db | sha256sum` gives that of
/// `db`.
#[test]
fn placeholders_by_name_by_hash_and_of_nobody() {
    let host = host(
        r#"{ config, pkgs, ... }: {
          sops.secrets.db = { };
          sops.secrets.api = { };
          sops.templates."web.env".content = ''
            # PIN=${config.sops.placeholder.api}
            DB='<SOPS:7bdc25d1694ef984782a16f6f1710c1c6bc83ba7a131b515baf532bea021d011:PLACEHOLDER>'
            export API=${config.sops.placeholder.api}
            OLD=<SOPS:0000:PLACEHOLDER>
            HOST=${pkgs.hello.name}
          '';
        }"#,
    );
    let template = &host["sops"]["templates"]["web.env"];
    assert_eq!(template["placeholders"], json!(["api", "db"]));
    assert_eq!(template["strayPlaceholders"], 1);
    assert_eq!(
        template["variables"],
        json!([
            {"name": "DB", "line": 2, "secrets": [{"secret": "db", "quote": "single"}]},
            {"name": "export API", "line": 3, "secrets": [{"secret": "api", "quote": "none"}]},
            {"name": "OLD", "line": 4},
            {"name": "HOST", "line": 5},
        ])
    );
}

#[test]
fn an_assertion_that_is_false_has_its_place_and_its_plain_message() {
    let host = host(
        r#"{ config, lib, ... }: {
          options.web.domain = lib.mkOption { default = ""; };
          config.assertions = [
            { assertion = config.web.domain != ""; message = "web.domain must be said"; }
            { assertion = config.web.domain == ""; message = "never"; }
            { assertion = config.services.other.enable; message = "domain ${config.web.domain} wants it"; }
          ];
        }"#,
    );
    let failed = host["failedAssertions"].as_array().unwrap();
    let said: Vec<_> = failed.iter().map(|failed| [&failed["message"], &failed["certainty"]]).collect();
    assert_eq!(json!(said), json!([["web.domain must be said", "certain"], [null, "assumed"]]));
}
