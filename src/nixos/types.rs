//! What nixpkgs' option types mean when definitions are merged.

mod choices;
mod containers;
mod library;
mod numbers;
mod plain;
mod shape;
mod submodules;

pub use self::library::lib_entries;
pub use self::shape::merged;
pub use self::submodules::submodule_of;
use super::configuration::Class;
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::value::{Attr, Attrs, Outcome, Thunk, Value};

/// How definitions of an option merge.
#[derive(Clone, Copy)]
#[expect(missing_docs, reason = "each variant says what its fields are")]
pub enum Kind<'a> {
    /// `attrsOf`; with `lazy`, an attribute without definitions that count is there too.
    AttrsOf { element: &'a Thunk<'a>, lazy: bool },
    /// `listOf`.
    ListOf(&'a Thunk<'a>),
    /// `submodule`, `submoduleWith`.
    Submodule(Submodule<'a>),
    /// `nullOr`.
    NullOr(&'a Thunk<'a>),
    /// `either`, `oneOf`.
    Either(&'a Thunk<'a>, &'a Thunk<'a>),
    /// `coercedTo`.
    Coerced { from: &'a Thunk<'a>, function: &'a Thunk<'a>, to: &'a Thunk<'a> },
    /// `separatedString` and its kin.
    Separated(&'a str),
    /// `functionTo`.
    FunctionTo(&'a Thunk<'a>),
    /// `deferredModule`, with the modules that it always imports.
    DeferredModule(&'a Thunk<'a>),
    /// `attrTag`: a set of options of which one is chosen.
    Tagged(&'a Thunk<'a>),
    /// `unique`: one definition, merged as by this type.
    Unique(&'a Thunk<'a>),
    /// `optionType`.
    OptionType,
    /// A type of the repository's own, with its `merge`.
    Custom(&'a Thunk<'a>),
    /// Several definitions must agree.
    Equal,
    /// The same, with a line break at the end taken off.
    SingleLine,
    /// One definition only.
    One,
    /// `boolByOr`: one true definition is enough.
    Or,
    /// `attrs`: as by `//`, nothing inside is looked at.
    Update,
    /// An option without a type: lists, sets and texts are joined.
    Default,
    /// `anything`.
    Anything,
    /// A type that is not known.
    Shape,
}

/// The parameters of `submoduleWith`.
#[derive(Clone, Copy)]
pub struct Submodule<'a> {
    /// Its modules.
    pub modules: &'a [&'a Thunk<'a>],
    /// Its `specialArgs`.
    pub special: &'a [Attr<'a>],
    /// What kind of configuration it is.
    pub class: Class,
    /// Its `class`.
    pub class_name: Option<&'a str>,
    /// A definition that is a set is all config (`shorthandOnlyDefinesConfig`).
    pub shorthand: bool,
}

/// The type of an option that several modules may declare, or none where they do not merge.
pub fn type_of_all<'a>(eval: &Eval<'a>, types: &[&'a Thunk<'a>]) -> Outcome<'a, Option<&'a Thunk<'a>>> {
    let Some((first, others)) = types.split_first() else { return Ok(None) };
    let mut all = *first;
    for other in others {
        match eval.settle(merged(eval, all, other))? {
            Value::Null => return Ok(None),
            merged => all = eval.done(merged),
        }
    }
    Ok(Some(all))
}

/// What a type means.
pub fn kind<'a>(eval: &Eval<'a>, thunk: &'a Thunk<'a>) -> Outcome<'a, Kind<'a>> {
    let Value::Attrs(shape) = eval.settle(eval.force(thunk))? else { return Ok(Kind::Shape) };
    let Some(merge) = shape.get(Symbol::new("merge")) else { return Ok(Kind::Shape) };
    match eval.settle(eval.force(merge.value))? {
        Value::Native(native) => match kind_of_merge(eval, native.name, native.applied)? {
            Kind::Shape => Ok(Kind::Custom(merge.value)),
            kind => Ok(kind),
        },
        Value::Unknown(_) => Ok(Kind::Shape),
        _ => Ok(Kind::Custom(merge.value)),
    }
}

/// What the merge of this name does, applied to these parameters; [`Kind::Shape`] for another.
pub fn kind_of_merge<'a>(eval: &Eval<'a>, name: &str, parameters: &'a [&'a Thunk<'a>]) -> Outcome<'a, Kind<'a>> {
    Ok(match (name, parameters) {
        ("mergeEqualOption", []) => Kind::Equal,
        ("mergeOneOption", []) => Kind::One,
        ("mergeDefaultOption", []) => Kind::Default,
        ("merge singleLineStr", []) => Kind::SingleLine,
        ("merge boolByOr", []) => Kind::Or,
        ("merge attrs", []) => Kind::Update,
        ("merge anything", []) => Kind::Anything,
        ("merge optionType", []) => Kind::OptionType,
        ("merge attrsOf", &[element]) => Kind::AttrsOf { element, lazy: false },
        ("merge lazyAttrsOf", &[element]) => Kind::AttrsOf { element, lazy: true },
        ("merge listOf", &[element]) => Kind::ListOf(element),
        ("merge nullOr", &[element]) => Kind::NullOr(element),
        ("merge either", &[left, right]) => Kind::Either(left, right),
        ("merge coercedTo", &[from, function, to]) => Kind::Coerced { from, function, to },
        ("merge separatedString", &[separator]) => Kind::Separated(eval.force_string(separator)?.text),
        ("merge functionTo", &[result]) => Kind::FunctionTo(result),
        ("merge deferredModule", &[modules]) => Kind::DeferredModule(modules),
        ("merge attrTag", &[tags]) => Kind::Tagged(tags),
        ("merge unique", &[kind]) => Kind::Unique(kind),
        ("merge submodule", &[payload]) => Kind::Submodule(submodules::parameters(eval, payload)?),
        _ => Kind::Shape,
    })
}

/// What lies at a path of a type's set, which is not looked at itself.
fn field<'a>(eval: &Eval<'a>, shape: &'a Attrs<'a>, path: &[&str]) -> Option<&'a Thunk<'a>> {
    let (last, before) = path.split_last()?;
    let set = before.iter().try_fold(shape, |set, name| eval.force_attrs(set.get(Symbol::new(name))?.value).ok())?;
    Some(set.get(Symbol::new(last))?.value)
}

/// What an option of this type is that nothing defines (`emptyValue`).
pub fn empty_value<'a>(eval: &Eval<'a>, kind: &'a Thunk<'a>) -> Option<&'a Thunk<'a>> {
    field(eval, eval.force_attrs(kind).ok()?, &["emptyValue", "value"])
}

/// Whether a type's `check` takes a value.
pub fn accepts<'a>(eval: &Eval<'a>, kind: &'a Thunk<'a>, value: &'a Thunk<'a>) -> Outcome<'a, bool> {
    let kind = eval.force_attrs(kind)?;
    let Some(check) = kind.get(Symbol::new("check")) else { return Ok(true) };
    let check = eval.force(check.value)?;
    let accepted = eval.settle(eval.call(check, value))?;
    eval.as_bool(accepted)
}
