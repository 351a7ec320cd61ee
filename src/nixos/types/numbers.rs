//! `types.ints` and `types.numbers`.

use super::choices::add_check;
use super::plain::of_lib;
use super::shape::checking;
use crate::nix::eval::Eval;
use crate::nix::lib::calling::{builtin, throw};
use crate::nix::value::{Attr, Outcome, Thunk, Value};
use crate::nixos::world::World;

/// Sized integers: name in `types.ints`, name of the type, its kind in the description, least, greatest.
const SIZED: &[(&str, &str, &str, i64, i64)] = &[
    ("u8", "unsignedInt8", "8 bit unsigned", 0, 255),
    ("u16", "unsignedInt16", "16 bit unsigned", 0, 65_535),
    ("u32", "unsignedInt32", "32 bit unsigned", 0, 4_294_967_295),
    ("s8", "signedInt8", "8 bit signed", -128, 127),
    ("s16", "signedInt16", "16 bit signed", -32_768, 32_767),
    ("s32", "signedInt32", "32 bit signed", -2_147_483_648, 2_147_483_647),
];

/// What sets a type of numbers apart from `int` or `number`.
struct Narrowed<'n> {
    of: &'static str,
    name: &'n str,
    description: String,
    clause: bool,
}

fn narrowed<'a>(
    eval: &Eval<'a>,
    world: &'a World<'a>,
    Narrowed { of, name, description, clause }: Narrowed<'_>,
    check: impl Fn(f64) -> bool + 'a,
) -> Outcome<'a> {
    let check = checking(eval, move |eval, value| Ok(check(eval.as_number(value)?)));
    let base = eval.lazy(move |eval| of_lib(eval, world, of, &[]));
    let checked = add_check(eval, &[base, eval.done(check)])?;
    let mut entries = vec![
        eval.attr("name", eval.done(eval.string(name))),
        eval.attr("description", eval.done(eval.string(&description))),
    ];
    if clause {
        entries.push(eval.attr("descriptionClass", eval.done(eval.string("nonRestrictiveClause"))));
    }
    eval.update(checked, eval.attrs(entries))
}

/// `types.ints`.
pub fn ints<'a>(eval: &Eval<'a>, world: &'a World<'a>) -> Value<'a> {
    let sized = SIZED.iter().map(|&(short, name, size, least, greatest)| {
        let kind = eval.lazy(move |eval| {
            let description = format!("{size} integer; between {least} and {greatest} (both inclusive)");
            // All of them are exact as floats.
            let range = least as f64..=greatest as f64;
            narrowed(eval, world, Narrowed { of: "int", name, description, clause: false }, move |number| {
                range.contains(&number)
            })
        });
        eval.attr(short, kind)
    });
    let signs = [("unsigned", "unsignedInt", ">=0", 0.0), ("positive", "positiveInt", ">0", 1.0)];
    let signs = signs.map(|(short, name, meaning, least)| {
        let kind = eval.lazy(move |eval| {
            let description = format!("{short} integer, meaning {meaning}");
            narrowed(eval, world, Narrowed { of: "int", name, description, clause: true }, move |number| {
                number >= least
            })
        });
        eval.attr(short, kind)
    });
    let between = eval.native("between", 2, move |eval, arguments| between(eval, world, arguments, "int"));
    eval.attrs(sized.chain(signs).chain([eval.attr("between", eval.done(between))]).collect())
}

/// `types.numbers`.
pub fn numbers<'a>(eval: &Eval<'a>, world: &'a World<'a>) -> Value<'a> {
    let signed = |short: &'static str, name: &'static str, meaning: &'static str, zero: bool| -> Attr<'a> {
        let kind = eval.lazy(move |eval| {
            let description = format!("{short} integer or floating point number, meaning {meaning}");
            let narrowing = Narrowed { of: "number", name, description, clause: true };
            narrowed(eval, world, narrowing, move |number| number > 0.0 || zero && number == 0.0)
        });
        eval.attr(short, kind)
    };
    let between = eval.native("between", 2, move |eval, arguments| between(eval, world, arguments, "number"));
    eval.attrs(vec![
        signed("nonnegative", "numberNonnegative", ">=0", true),
        signed("positive", "numberPositive", ">0", false),
        eval.attr("between", eval.done(between)),
    ])
}

fn between<'a>(eval: &Eval<'a>, world: &'a World<'a>, arguments: &[&'a Thunk<'a>], of: &'static str) -> Outcome<'a> {
    let &[least, greatest] = arguments else { return eval.fail("two arguments") };
    let [low, high] = [eval.as_number(eval.force(least)?)?, eval.as_number(eval.force(greatest)?)?];
    if low > high {
        return throw(eval, "the lowest number of a range is above the highest");
    }
    let shown = |bound: &'a Thunk<'a>| Ok(eval.as_string(builtin(eval, "toJSON", &[bound])?)?.text);
    let range = format!("between {} and {} (both inclusive)", shown(least)?, shown(greatest)?);
    let (name, what) = match of {
        "int" => ("intBetween", "integer"),
        _ => ("numberBetween", "integer or floating point number"),
    };
    let narrowing = Narrowed { of, name, description: format!("{what} {range}"), clause: false };
    narrowed(eval, world, narrowing, move |number| low <= number && number <= high)
}
