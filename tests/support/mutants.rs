//! Broken copies of real files, the same in every run: the vectors of the real sops, cut, glued and
//! sprinkled with what means something to one of the formats.

use std::fs;
use std::path::Path;

/// A file to break.
pub struct Source {
    /// The folder of its vector.
    pub vector: String,
    /// Its own name, which says its format.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// The sealed file of every vector, in order.
pub fn sealed() -> Vec<Source> {
    files(|name| name.starts_with("enc."))
}

/// The rule file of every vector that was made with one.
pub fn rule_files() -> Vec<Source> {
    files(|name| name == ".sops.yaml")
}

fn files(is_wanted: fn(&str) -> bool) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/vectors");
    let mut sources = Vec::new();
    for entry in walkdir::WalkDir::new(root).sort_by_file_name() {
        let entry = entry.expect("a vector");
        let name = entry.file_name().to_str().expect("a name in UTF-8").to_owned();
        if entry.file_type().is_file() && is_wanted(&name) {
            let vector = entry.path().parent().and_then(Path::file_name).expect("a folder");
            let vector = vector.to_str().expect("a name in UTF-8").to_owned();
            sources.push(Source { vector, name, bytes: fs::read(entry.path()).expect("its bytes") });
        }
    }
    sources
}

/// What means something to YAML, JSON, dotenv, INI, sops or age.
const WORDS: [&str; 56] = [
    "\n",
    "\r\n",
    " ",
    "\t",
    "\"",
    "'",
    "`",
    "\\",
    "#",
    ";",
    ":",
    ": ",
    "=",
    "-",
    "- ",
    "--- \n",
    "...\n",
    "[",
    "]",
    "{",
    "}",
    ",",
    "|",
    "|-\n",
    ">",
    "&a ",
    "*a",
    "<<: ",
    "!!int ",
    "!x ",
    "%",
    "@",
    "\0",
    "\u{feff}",
    "\u{85}",
    "é",
    "𝄞",
    "null",
    "true",
    "0",
    "-1",
    "99999999999999999999",
    "1e400",
    "0x",
    "sops",
    "sops:\n",
    "sops_",
    "[sops]\n",
    "__list_",
    "__map_",
    "ENC[AES256_GCM,data:",
    ",type:str]",
    "-----BEGIN AGE ENCRYPTED FILE-----",
    "-> X25519 ",
    "enc: ",
    "\"enc\": ",
];

/// A sequence of numbers that look random: SplitMix64 (Steele, Lea and Flood, 2014).
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Numbers {
        Numbers(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below another, which is not 0.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}

/// The mutant of a source that a seed makes; `other` is what it may be glued to.
pub fn mutant(seed: u64, source: &[u8], other: &[u8]) -> Vec<u8> {
    let mut numbers = Numbers::new(seed);
    let mut bytes = source.to_vec();
    for _ in 0..1 + numbers.below(4) {
        let at = numbers.below(bytes.len() + 1);
        match numbers.below(10) {
            0 => drop(bytes.splice(at..at, WORDS[numbers.below(WORDS.len())].bytes())),
            1 => {
                let end = (at + 1 + numbers.below(12)).min(bytes.len());
                drop(bytes.splice(at..end, WORDS[numbers.below(WORDS.len())].bytes()));
            }
            2 => drop(bytes.drain(at..(at + 1 + numbers.below(80)).min(bytes.len()))),
            3 => bytes.truncate(at),
            4 if at < bytes.len() => bytes[at] ^= 1 << numbers.below(8),
            5 => {
                let from = numbers.below(other.len() + 1);
                let end = (from + numbers.below(400)).min(other.len());
                drop(bytes.splice(at..at, other[from..end].iter().copied()));
            }
            6 => {
                let word = WORDS[numbers.below(WORDS.len())].repeat(1 + numbers.below(300));
                drop(bytes.splice(at..at, word.bytes()));
            }
            _ => lines(&mut numbers, &mut bytes),
        }
    }
    bytes
}

/// A line taken out, doubled or moved, or its indentation changed.
fn lines(numbers: &mut Numbers, bytes: &mut Vec<u8>) {
    let mut lines: Vec<Vec<u8>> = bytes.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
    if lines.is_empty() {
        return;
    }
    let (from, to) = (numbers.below(lines.len()), numbers.below(lines.len()));
    match numbers.below(5) {
        0 => drop(lines.remove(from)),
        1 => lines.insert(to, lines[from].clone()),
        2 => lines.swap(from, to),
        3 => drop(lines[from].splice(0..0, b"    ".iter().copied())),
        _ => lines[from] = lines[from].trim_ascii_start().to_vec(),
    }
    *bytes = lines.concat();
}
