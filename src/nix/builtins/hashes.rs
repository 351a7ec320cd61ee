//! Hashes.

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::world::not_written;
use super::{Function, arguments, files};
use crate::nix::eval::Eval;
use crate::nix::value::{Outcome, Thunk};

pub const FUNCTIONS: &[Function] = &[
    Function { name: "convertHash", arity: 1, run: |eval, _| not_written(eval, "builtins.convertHash") },
    Function { name: "hashFile", arity: 2, run: hash_file },
    Function { name: "hashString", arity: 2, run: hash_string },
    Function { name: "placeholder", arity: 1, run: placeholder },
];

fn hash<'a>(eval: &Eval<'a>, algorithm: &'a Thunk<'a>, content: &'a str) -> Outcome<'a> {
    let bytes = match eval.force_string(algorithm)?.text {
        "md5" => Md5::digest(content).to_vec(),
        "sha1" => Sha1::digest(content).to_vec(),
        "sha256" => Sha256::digest(content).to_vec(),
        "sha512" => Sha512::digest(content).to_vec(),
        "blake3" => return not_written(eval, "builtins.hashString \"blake3\""),
        other => return eval.fail(&format!("unknown hash algorithm '{other}'")),
    };
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(eval.string(&hex))
}

fn hash_string<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [algorithm, text] = arguments(eval, args)?;
    hash(eval, algorithm, eval.force_string(text)?.text)
}

fn hash_file<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [algorithm, file] = arguments(eval, args)?;
    let relative = files::in_repository(eval, file, "hashFile")?;
    hash(eval, algorithm, files::text_of(eval, relative)?)
}

/// What stands for a derivation's own output until it is built.
fn placeholder<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [output] = arguments(eval, args)?;
    let output = eval.force_string(output)?.text;
    let digest = Sha256::digest(format!("nix-output:{output}"));
    Ok(eval.string(&format!("/{}", base32(&digest))))
}

/// Nix's own base 32: its alphabet, the last bits first.
fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdfghijklmnpqrsvwxyz";
    let length = (bytes.len() * 8).div_ceil(5);
    let bit = |index: usize| bytes.get(index / 8).is_some_and(|byte| byte >> (index % 8) & 1 == 1);
    let digit = |at: usize| (0..5).rev().fold(0, |digit, offset| digit << 1 | usize::from(bit(at * 5 + offset)));
    (0..length).rev().filter_map(|at| ALPHABET.get(digit(at))).map(|&byte| char::from(byte)).collect()
}
