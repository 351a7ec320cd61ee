//! Texts that are sops files in form, sealed by nobody: nothing can open them.

/// The metadata of every one of them.
const METADATA: &str = "\
sops:
    age:
        - recipient: age1g6e50tyffy2acgcdl6qmrzdg65mxrehh7lfutkgtxxjyfj4y7etqnlsp2a
          enc: |
            -----BEGIN AGE ENCRYPTED FILE-----
            YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSB6blJLemNhc1hNNXd6VkRh
            YkIyU3dvdUdTWVVZQ3BKWWhwTGZaOEJzNGxjCi80WjRsQWFtazlicmxVajRGT0Jp
            d1ZIRGZyNzcwVDZvalczMzQ2VGx0YncKLS0tIEVnTjFSQ05IWnZqM2JYSXhkdGRa
            UDBiSHFnV1lyQVpGUVVJWWVIaEhBYlkK5s2sAfckYmn6k6p3QY3GylUfL3XyDo7n
            ooOXHD/bnbxJYRcWffrqL0TP37FedyI4wZCdKAC1MefIc31yeoV6sg==
            -----END AGE ENCRYPTED FILE-----
    lastmodified: \"2026-11-21T23:49:53Z\"
    mac: ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:str]
    version: 3.11.0
";

/// The lines of an age file.
fn enc() -> Vec<&'static str> {
    let lines = METADATA.lines().map(str::trim).skip_while(|line| !line.starts_with("-----BEGIN"));
    lines.take_while(|line| !line.starts_with("lastmodified")).collect()
}

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
        "{{\"age\": [{{\"recipient\": \"age1g6e50tyffy2acgcdl6qmrzdg65mxrehh7lfutkgtxxjyfj4y7etqnlsp2a\", \"enc\": \"{}\"}}], \
         \"lastmodified\": \"2026-11-21T23:49:53Z\", \"mac\": \"{}\", \"version\": \"3.11.0\"}}",
        enc().join("\\n"),
        value("str")
    );
    format!("{{{replaced}, \"sops\": {metadata}}}\n")
}
