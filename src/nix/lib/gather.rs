//! Lists and attribute sets in the making: what is not sure of their parts leaves them open.

use super::calling::{Verdict, stop};
use crate::nix::eval::Eval;
use crate::nix::symbol::Symbol;
use crate::nix::unknown::Unknown;
use crate::nix::value::{Attr, Attrs, Doubt, List, Open, Outcome, Thunk, Value};

/// Items of a list that is made.
#[derive(Default)]
pub struct Items<'a> {
    pub items: Vec<&'a Thunk<'a>>,
    pub open: Option<&'a Unknown<'a>>,
}

impl<'a> Items<'a> {
    /// Further items are not known, and why.
    pub fn open(&mut self, why: Option<&'a Unknown<'a>>) {
        self.open = self.open.or(why);
    }

    /// An item that is there if the verdict says so. One that may be there stays findable in what
    /// leaves the list open.
    pub fn push_if(&mut self, eval: &Eval<'a>, verdict: Verdict<'a>, item: &'a Thunk<'a>) {
        match verdict {
            Verdict::Yes => self.items.push(item),
            Verdict::No => {}
            Verdict::Perhaps(why) => self.doubtful(eval, why, item),
        }
    }

    /// An item that may be there.
    pub fn doubtful(&mut self, eval: &Eval<'a>, why: &'a Unknown<'a>, item: &'a Thunk<'a>) {
        self.open = Some(match self.open {
            Some(open) => eval.unknown_with(open, &[item]),
            None => eval.unknown_with(why, &[item]),
        });
    }

    /// All items of a list, or of something unknown.
    pub fn append(&mut self, eval: &Eval<'a>, list: Value<'a>) -> Outcome<'a, ()> {
        match list {
            Value::Unknown(why) => self.open(Some(why)),
            list => {
                let list = eval.as_list(list)?;
                self.items.extend(list.items);
                self.open(list.open);
            }
        }
        Ok(())
    }

    /// The list.
    pub fn list(&self, eval: &Eval<'a>) -> Value<'a> {
        eval.list_of(List { items: eval.slice(&self.items), open: self.open })
    }
}

/// Attributes of a set that is made.
#[derive(Default)]
pub struct Entries<'a> {
    pub entries: Vec<Attr<'a>>,
    pub open: Option<Open<'a>>,
}

impl<'a> Entries<'a> {
    /// Further attributes are not known, and why.
    pub fn open(&mut self, why: Option<&'a Unknown<'a>>) {
        self.open = self.open.or(why.map(|why| Open { why, absent: None }));
    }

    /// The attribute that `{ name, value }` describes, as in `listToAttrs`. Of several with one name the first counts.
    pub fn push_pair(&mut self, eval: &Eval<'a>, pair: Value<'a>, doubt: Option<Doubt<'a>>) -> Outcome<'a, ()> {
        let pair = match pair {
            Value::Unknown(why) => {
                self.open(Some(why));
                return Ok(());
            }
            pair => pair,
        };
        let name = match eval.settle(eval.select_name(pair, Symbol::new("name"), None))? {
            Value::Unknown(why) => {
                self.open(Some(eval.unknown_with(why, &[eval.done(pair)])));
                return Ok(());
            }
            name => eval.as_string(name)?,
        };
        let value = eval.lazy(move |eval| eval.select_name(pair, Symbol::new("value"), None));
        let at = match pair {
            Value::Attrs(pair) => pair.get(Symbol::new("value")).and_then(|attr| attr.place.in_nix()),
            _ => None,
        };
        let place = eval.generated_at(name.origin, at);
        self.entries.push(Attr { doubt, place, ..eval.generated_attr(name, value) });
        Ok(())
    }

    /// The set; of several attributes with one name the first counts, as in `listToAttrs`.
    pub fn set(mut self, eval: &Eval<'a>) -> Value<'a> {
        self.entries.reverse();
        eval.attrs_of(Attrs { entries: eval.sorted(self.entries), open: self.open })
    }
}

/// The items of a list of which all are known.
pub fn all_items<'a>(list: &List<'a>) -> Outcome<'a, &'a [&'a Thunk<'a>]> {
    match list.open {
        Some(why) => stop(why),
        None => Ok(list.items),
    }
}

/// The attributes of a set of which all are known and sure to be there.
pub fn all_entries<'a>(attrs: &Attrs<'a>) -> Outcome<'a, &'a [Attr<'a>]> {
    if let Some(open) = attrs.open {
        return stop(open.why);
    }
    for attr in attrs.entries {
        if let Some(Doubt::MaybeAbsent(why)) = attr.doubt {
            return stop(why);
        }
    }
    Ok(attrs.entries)
}

/// An attribute's name as a string that remembers where it was written.
pub fn name_of<'a>(eval: &Eval<'a>, attr: &Attr<'a>) -> &'a Thunk<'a> {
    eval.done(eval.string_of(attr.name.as_str(), &[], attr.place.of_name()))
}

/// Why an attribute may not be there.
pub fn absence<'a>(attr: &Attr<'a>) -> Option<&'a Unknown<'a>> {
    match attr.doubt {
        Some(Doubt::MaybeAbsent(why)) => Some(why),
        _ => None,
    }
}

/// The same attribute, perhaps not there.
pub fn maybe_absent<'a>(eval: &Eval<'a>, attr: &Attr<'a>, why: &'a Unknown<'a>) -> Attr<'a> {
    // What is assumed of its value stays so.
    Attr { doubt: Some(Doubt::MaybeAbsent(why)), value: eval.value_of(attr), ..*attr }
}

/// The symbol of a name argument.
pub fn symbol<'a>(eval: &Eval<'a>, thunk: &'a Thunk<'a>) -> Outcome<'a, Symbol> {
    Ok(Symbol::new(eval.force_string(thunk)?.text))
}

/// A path of names; all of it must be known.
pub fn path_of<'a>(eval: &Eval<'a>, thunk: &'a Thunk<'a>) -> Outcome<'a, Vec<Symbol>> {
    all_items(eval.force_list(thunk)?)?.iter().map(|item| symbol(eval, item)).collect()
}
