//! One Nix file, lowered once: immutable, shared by all hosts and workers, variables resolved.
//!
//! # Frames
//!
//! Evaluation keeps a chain of frames. These expressions push one frame each, and a [`Var::Local`]
//! counts frames from the innermost (`depth` 0): [`Expr::Lambda`] (its slots are described at
//! [`Param`]), [`Expr::Let`] and a recursive [`Expr::Attrs`] (one slot a [`Binding`] of
//! `bindings`, in order), and [`Expr::With`] (no slots; its frame holds the attribute set).

use crate::source::{RepoPath, Text};

use super::symbol::Symbol;

/// A file's index in the [`Program`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

impl FileId {
    /// sealnix's own code that stands for a function of `lib`: a file of no program, no place is told of it.
    pub const OWN: FileId = FileId(u32::MAX);
}

/// A byte range of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

/// An expression with where it stands.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where.
    pub span: Span,
    /// What.
    pub expr: Expr,
}

/// An expression. Parentheses are gone; operators with a lazy right side are their own variants.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each variant says what its fields are")]
pub enum Expr {
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// A string without interpolation, escapes resolved, indentation stripped.
    String(Box<str>),
    /// A string with interpolation.
    Interpolated(Box<[Part]>),
    /// A path. `base` says what its text is relative to.
    Path { base: PathBase, parts: Box<[Part]> },
    /// `<nixpkgs>`.
    SearchPath(Box<str>),
    /// A variable.
    Var(Var),
    /// `[ … ]`.
    List(Box<[Node]>),
    /// `{ … }` and `rec { … }`.
    Attrs(Box<Attrs>),
    /// `let … in body`.
    Let { bindings: Box<Bindings>, body: Box<Node> },
    /// `with scope; body`.
    With { scope: Box<Node>, body: Box<Node> },
    /// `assert condition; body`.
    Assert { condition: Box<Node>, body: Box<Node> },
    /// `if condition then … else …`.
    If { condition: Box<Node>, then: Box<Node>, otherwise: Box<Node> },
    /// `function argument argument …`, one node a chain (so a long chain is no deep tree). The
    /// pipes `a |> f` and `f <| a` are this too.
    Apply { function: Box<Node>, arguments: Box<[Node]> },
    /// `param: body`.
    Lambda(Box<Lambda>),
    /// `subject.a.${b}` and `subject.a or default`.
    Select { subject: Box<Node>, path: Box<[Name]>, default: Option<Box<Node>> },
    /// `subject ? a.b`.
    Has { subject: Box<Node>, path: Box<[Name]> },
    /// `!x`.
    Not(Box<Node>),
    /// `-x`.
    Negate(Box<Node>),
    /// `a && b`.
    And(Box<Node>, Box<Node>),
    /// `a || b`.
    Or(Box<Node>, Box<Node>),
    /// `a -> b`.
    Implies(Box<Node>, Box<Node>),
    /// Any other infix operator; both sides are needed.
    Binary(Operator, Box<Node>, Box<Node>),
    /// `__curPos`.
    CurrentPosition,
}

/// A strict infix operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `++`
    Concat,
    /// `//`
    Update,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// What a path literal is relative to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathBase {
    /// The folder of the file it stands in (`./x`, `../x`, `a/b`). The text keeps its `./`.
    File,
    /// The file system's root (`/x`).
    Root,
    /// The home folder (`~/x`); the text is what follows `~/`.
    Home,
}

/// A piece of a string or path.
#[derive(Debug, Clone)]
pub enum Part {
    /// Text as it is.
    Text(Box<str>),
    /// `${ … }`.
    Interpolation(Node),
}

/// A variable.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each variant says what its fields are")]
pub enum Var {
    /// In slot `slot` of the frame `depth` frames up; the name is for messages.
    Local { depth: u32, slot: u32, name: Symbol },
    /// Bound by no enclosing scope but the innermost `with`, or by an outer one: `scopes` are the
    /// depths of the enclosing `with` frames, innermost first.
    With { scopes: Box<[u32]>, name: Symbol },
    /// Not bound in the file and no `with` around: a name of the global scope (`builtins`, `map`,
    /// `true`, …). Names that the global scope has are never looked up in a `with`.
    Global(Symbol),
}

/// The names that Nix binds in every file (tried with Nix 2.8; `break` is newer), sorted. Every builtin
/// that is not among them is bound as `__name`.
pub const GLOBAL_NAMES: &[&str] = &[
    "abort",
    "baseNameOf",
    "break",
    "builtins",
    "derivation",
    "derivationStrict",
    "dirOf",
    "false",
    "fetchGit",
    "fetchMercurial",
    "fetchTarball",
    "fetchTree",
    "fromTOML",
    "import",
    "isNull",
    "map",
    "null",
    "placeholder",
    "removeAttrs",
    "scopedImport",
    "throw",
    "toString",
    "true",
];

/// `param: body`.
#[derive(Debug, Clone)]
pub struct Lambda {
    /// What is before the colon.
    pub param: Param,
    /// What is after it.
    pub body: Node,
}

/// A function's parameter, and what its frame holds.
#[derive(Debug, Clone)]
pub enum Param {
    /// `x:`. Slot 0 is the argument.
    Name(Symbol),
    /// `{ a, b ? 1, … } @ whole:`. One slot a formal, in order, then one for `whole`. Defaults see
    /// the whole frame.
    Pattern {
        /// The names.
        formals: Box<[Formal]>,
        /// `…`.
        ellipsis: bool,
        /// The name of the whole argument.
        whole: Option<Symbol>,
    },
}

/// One name of a set pattern.
#[derive(Debug, Clone)]
pub struct Formal {
    /// The name.
    pub name: Symbol,
    /// Where it stands.
    pub span: Span,
    /// Its default.
    pub default: Option<Node>,
}

/// A name in an attribute path.
#[derive(Debug, Clone)]
pub enum Name {
    /// Written out: `a`, `"a"`, `${"a"}`.
    Static(Symbol, Span),
    /// `${ … }` or `"…${…}…"`.
    Dynamic(Box<Node>),
}

/// `{ … }`: the static part as bindings (nested paths already merged), and dynamic names.
#[derive(Debug, Clone)]
pub struct Attrs {
    /// `rec`: pushes a frame, the bindings see each other.
    pub recursive: bool,
    /// The static part.
    pub bindings: Bindings,
    /// The places of the static bindings, by name: evaluation need not sort them each time.
    pub by_name: Box<[u32]>,
    /// Entries whose first name is dynamic; evaluated after the static part, in the same frame.
    pub dynamic: Box<[DynamicBinding]>,
}

/// The static bindings of a `let` or attribute set.
///
/// `a.b = 1; a = { c = 2; };` is one binding `a` whose value is an attribute set with `b` and
/// `c`, each with its own place, as Nix merges them. The first of the merged sets decides whether
/// the result is `rec`: `a = rec { … }; a.b = x;` puts `x` into the frame of `a`, and the `rec` of
/// `a.b = 1; a = rec { … };` is lost, as in Nix.
#[derive(Debug, Clone)]
pub struct Bindings {
    /// The sources of `inherit (x) …`, evaluated in the frame of the bindings.
    pub inherit_sources: Box<[Node]>,
    /// In the order written.
    pub bindings: Box<[Binding]>,
}

/// One name with its value.
#[derive(Debug, Clone)]
pub struct Binding {
    /// The name.
    pub name: Symbol,
    /// Where the name stands (its first definition; for `inherit`, the name in the list).
    pub span: Span,
    /// Its value.
    pub value: BindingValue,
}

/// A binding's value.
#[derive(Debug, Clone)]
pub enum BindingValue {
    /// `name = node;`, evaluated in the frame of the bindings (if they have one).
    Plain(Node),
    /// `inherit name;`: the variable of the *enclosing* scope. Its depth is counted from there,
    /// that is without the frame of the bindings.
    Inherit(Var),
    /// `inherit (source) name;`: selects from `inherit_sources[index]`.
    InheritFrom(u32),
}

/// `${name} = value;` (or a path that begins so: then `value` is the rest as an attribute set).
#[derive(Debug, Clone)]
pub struct DynamicBinding {
    /// The name: a string, or null for no attribute.
    pub name: Node,
    /// Its value.
    pub value: Node,
}

/// A lowered file.
#[derive(Debug)]
pub struct File {
    /// Its path; for sealnix's own Nix code `«name»`.
    pub path: RepoPath,
    /// Its text, for places.
    pub text: Text,
    /// What it says, or why it could not be lowered.
    pub content: Content,
}

/// What became of a file.
#[derive(Debug, Clone)]
pub enum Content {
    /// It parsed.
    Parsed(Node),
    /// It has a syntax error (the first one): everything it would say is unknown.
    SyntaxError {
        /// What the parser says, as a clause.
        message: String,
        /// Where; absent where the parser does not say.
        span: Option<Span>,
    },
    /// It was not looked at: too large, too deep, too slow. Why, as a clause.
    NotLooked {
        /// Why.
        why: String,
        /// Where, if a place can be named.
        span: Option<Span>,
    },
}

/// Every Nix file of the repository, and sealnix's own.
#[derive(Debug, Default)]
pub struct Program {
    /// By [`FileId`].
    pub files: Vec<File>,
    /// By path.
    pub by_path: std::collections::HashMap<RepoPath, FileId>,
}
