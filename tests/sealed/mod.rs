//! Texts that are sops files in form, sealed by nobody: nothing can open them.
#![allow(dead_code, reason = "no test uses all of it")]

/// The metadata of every one of them.
const METADATA: &str = "\
sops:
    age:
        - recipient: age1g6e50tyffy2acgcdl6qmrzdg65mxrehh7lfutkgtxxjyfj4y7etqnlsp2a
          enc: none
    lastmodified: \"2026-11-21T23:49:53Z\"
    mac: ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:str]
    version: 3.11.0
";

/// A sealed value of a type: `str`, `int`, `bool`, …
pub fn value(sealed_type: &str) -> String {
    format!("ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:{sealed_type}]")
}

/// A YAML file. In its body `STR`, `INT` and `BOOL` are sealed values.
pub fn yaml(body: &str) -> String {
    let replaced = ["str", "int", "bool"].iter().fold(body.to_owned(), |body, sealed_type| {
        body.replace(&format!(": {}", sealed_type.to_uppercase()), &format!(": {}", value(sealed_type)))
    });
    format!("{replaced}{METADATA}")
}

/// A JSON file. The fields of its body, as in [`yaml`].
pub fn json(body: &str) -> String {
    let replaced = ["str", "int", "bool", "float"].iter().fold(body.to_owned(), |body, sealed_type| {
        body.replace(&format!(": {}", sealed_type.to_uppercase()), &format!(": \"{}\"", value(sealed_type)))
    });
    let metadata = format!(
        "{{\"age\": [{{\"recipient\": \"age1g6e50tyffy2acgcdl6qmrzdg65mxrehh7lfutkgtxxjyfj4y7etqnlsp2a\", \"enc\": \"none\"}}], \
         \"lastmodified\": \"2026-11-21T23:49:53Z\", \"mac\": \"{}\", \"version\": \"3.11.0\"}}",
        value("str")
    );
    format!("{{{replaced}, \"sops\": {metadata}}}\n")
}
