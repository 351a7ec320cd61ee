//! Nix text → ir: frames and slots, merged bindings, strings. Expected values come from the rules in
//! `ir.rs` and from Nix 2.8 (`nix-instantiate --parse`, `--eval`), said beside each where it matters.

use sealnix::nix::Program;
use sealnix::nix::ir::{BindingValue, Bindings, Content, Expr, Name, Node, Param, Part, Var};
use sealnix::source::Text;

fn program(source: &str) -> Program {
    Program::parse(vec![Text::new("a.nix".into(), source)])
}

/// The ir in one line: `depth.slot` for a local variable, `name?depths` for one of a `with`.
fn lowered(source: &str) -> String {
    match &program(source).files[0].content {
        Content::Parsed(node) => show(node),
        other => panic!("{source}: {other:?}"),
    }
}

/// The message of a syntax error, and the text that it points to.
fn fault(source: &str) -> (String, String) {
    match &program(source).files[0].content {
        Content::SyntaxError { message, span: Some(span) } => {
            (message.clone(), source[span.start as usize..span.end as usize].to_owned())
        }
        other => panic!("{source}: {other:?}"),
    }
}

fn show(node: &Node) -> String {
    match &node.expr {
        Expr::Int(number) => number.to_string(),
        Expr::Float(number) => format!("{number:?}"),
        Expr::String(text) => format!("{text:?}"),
        Expr::Interpolated(parts) => format!("\"{}\"", show_parts(parts)),
        Expr::Path { base, parts } => format!("{base:?}:{}", show_parts(parts)),
        Expr::SearchPath(path) => format!("<{path}>"),
        Expr::Var(var) => show_var(var),
        Expr::List(items) => format!("[{}]", show_all(items)),
        Expr::Attrs(attrs) => {
            let dynamic =
                attrs.dynamic.iter().map(|entry| format!("${{{}}}={};", show(&entry.name), show(&entry.value)));
            let rec = if attrs.recursive { "rec" } else { "" };
            format!("{rec}{{{}{}}}", show_bindings(&attrs.bindings), dynamic.collect::<String>())
        }
        Expr::Let { bindings, body } => format!("let {}in {}", show_bindings(bindings), show(body)),
        Expr::With { scope, body } => format!("with {};{}", show(scope), show(body)),
        Expr::Assert { condition, body } => format!("assert {};{}", show(condition), show(body)),
        Expr::If { condition, then, otherwise } => {
            format!("if {} then {} else {}", show(condition), show(then), show(otherwise))
        }
        Expr::Apply { function, arguments } => format!("({} {})", show(function), show_all(arguments)),
        Expr::Lambda(lambda) => {
            let param = match &lambda.param {
                Param::Name(name) => name.to_string(),
                Param::Pattern { formals, ellipsis, whole } => {
                    let formal = |formal: &sealnix::nix::ir::Formal| match &formal.default {
                        Some(default) => format!("{}?{},", formal.name, show(default)),
                        None => format!("{},", formal.name),
                    };
                    let names: String = formals.iter().map(formal).collect();
                    let rest = if *ellipsis { "..." } else { "" };
                    format!("{{{names}{rest}}}{}", whole.map(|name| format!("@{name}")).unwrap_or_default())
                }
            };
            format!("({param}: {})", show(&lambda.body))
        }
        Expr::Select { subject, path, default } => {
            let default = default.as_ref().map(|node| format!(" or {}", show(node))).unwrap_or_default();
            format!("{}.{}{default}", show(subject), show_path(path))
        }
        Expr::Has { subject, path } => format!("{}?{}", show(subject), show_path(path)),
        Expr::Not(operand) => format!("!{}", show(operand)),
        Expr::Negate(operand) => format!("-{}", show(operand)),
        Expr::And(left, right) => format!("({}&&{})", show(left), show(right)),
        Expr::Or(left, right) => format!("({}||{})", show(left), show(right)),
        Expr::Implies(left, right) => format!("({}->{})", show(left), show(right)),
        Expr::Binary(operator, left, right) => format!("({} {operator:?} {})", show(left), show(right)),
        Expr::CurrentPosition => "__curPos".into(),
    }
}

fn show_all(nodes: &[Node]) -> String {
    nodes.iter().map(show).collect::<Vec<_>>().join(" ")
}

fn show_parts(parts: &[Part]) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) => text.to_string(),
        Part::Interpolation(node) => format!("${{{}}}", show(node)),
    };
    parts.iter().map(part).collect()
}

fn show_path(path: &[Name]) -> String {
    let name = |name: &Name| match name {
        Name::Static(name, _) => name.to_string(),
        Name::Dynamic(node) => format!("${{{}}}", show(node)),
    };
    path.iter().map(name).collect::<Vec<_>>().join(".")
}

fn show_var(var: &Var) -> String {
    match var {
        Var::Local { depth, slot, .. } => format!("{depth}.{slot}"),
        Var::With { scopes, name } => format!("{name}?{scopes:?}"),
        Var::Global(name) => name.to_string(),
    }
}

fn show_bindings(bindings: &Bindings) -> String {
    let sources: String = bindings.inherit_sources.iter().map(|source| format!("from {};", show(source))).collect();
    let binding = |binding: &sealnix::nix::ir::Binding| match &binding.value {
        BindingValue::Plain(node) => format!("{}={};", binding.name, show(node)),
        BindingValue::Inherit(var) => format!("{}^{};", binding.name, show_var(var)),
        BindingValue::InheritFrom(source) => format!("{}<{source};", binding.name),
    };
    sources + &bindings.bindings.iter().map(binding).collect::<String>()
}

#[track_caller]
fn same(source: &str, expected: &str) {
    assert_eq!(lowered(source), expected, "{source}");
}

#[test]
fn frames_and_slots() {
    same("x: y: x y", "(x: (y: (1.0 0.0)))");
    same("{ a, b ? a, ... }@all: all b", "({a,b?0.0,...}@all: (0.2 0.1))");
    same("all@{ a }: [ all a ]", "({a,}@all: [0.1 0.0])");
    same("let a = b; b = 1; in a", "let a=0.1;b=1;in 0.0");
    same("let a = 1; in rec { b = a; c = b; }", "let a=1;in rec{b=1.0;c=0.0;}");
    // A plain set has no frame.
    same("let a = 1; in { b = a; }", "let a=1;in {b=0.0;}");
    same("a: with a; b: c b", "(a: with 0.0;(b: (c?[1] 0.0)))");
    same("with 1; with 2; c", "with 1;with 2;c?[0, 1]");
    same("let a = 1; in with { a = 2; }; a", "let a=1;in with {a=2;};1.0");
    // Nix 2.8 evaluates `with { true = 4; }; true` to true.
    same("with { true = 4; map = 5; }; [ true map builtins __add ]", "with {true=4;map=5;};[true map builtins __add]");
    same("let map = 1; in map", "let map=1;in 0.0");
    same("nothing", "nothing");
    same("let { a = 1; body = a; }", "rec{a=1;body=0.0;}.body");
}

#[test]
fn inherited_names() {
    // The variable of the enclosing scope, without the frame of the bindings.
    same("a: let inherit a; in a", "(a: let a^0.0;in 0.0)");
    same("a: rec { inherit a; b = a; }", "(a: rec{a^0.0;b=0.0;})");
    same("a: { inherit a; }", "(a: {a^0.0;})");
    same(
        "a: b: rec { inherit (b) c \"d\"; inherit a; inherit (c) e; }",
        "(a: (b: rec{from 1.0;from 0.0;c<0;d<0;a^1.0;e<1;}))",
    );
    same("with 1; { inherit x; }", "with 1;{x^x?[0];}");
}

/// Each beside what `nix-instantiate --parse` of Nix 2.8 makes of it, sorted by name there.
#[test]
fn definitions_are_merged() {
    same("{ a.b = 1; a.c = 2; }", "{a={b=1;c=2;};}");
    same("{ a.b = 1; a = { c = 2; }; }", "{a={b=1;c=2;};}");
    same("{ a = { b = 1; }; a.c.d = 2; a.c.e = 3; }", "{a={b=1;c={d=2;e=3;};};}");
    same("{ a = ({ b = 1; }); a.c = 2; }", "{a={b=1;c=2;};}");
    same("{ ${\"a\"}.b = 1; \"a\".c = 2; }", "{a={b=1;c=2;};}");
    same("let a.b = 1; a.c = 2; in a", "let a={b=1;c=2;};in 0.0");
    same("{ a = {}; a = {}; }", "{a={};}");
    // `a = rec { c = d; d = 1; e = d; }`: the body moves into the frame of the first set.
    same("d: { a = rec { d = 1; e = d; }; a = { c = d; }; }", "(d: {a=rec{d=1;e=0.0;c=0.0;};})");
    same("d: { a = rec { d = 1; }; a.c = d; }", "(d: {a=rec{d=1;c=0.0;};})");
    // The later `rec` is lost: Nix evaluates this with d = 7 to `{ a = { c = 7; d = 1; e = 7; }; }`.
    same("d: { a = { c = d; }; a = rec { d = 1; e = d; }; }", "(d: {a={c=0.0;d=1;e=0.0;};})");
    same("d: { a = rec { x = 1; }; a = { inherit d; inherit (d) y; }; }", "(d: {a=rec{from 0.1;x=1;d^0.0;y<0;};})");
    same("x: { a = rec { inherit (x) y; }; a = { inherit (x) z; }; }", "(x: {a=rec{from 1.0;from 1.0;y<0;z<1;};})");
}

#[test]
fn dynamic_names() {
    same("x: { ${x} = 1; a.${x}.b = 2; a.c = 3; }", "(x: {a={c=3;${0.0}={b=2;};};${0.0}=1;})");
    same("x: { ${x}.b.c = 1; \"a${x}\" = 2; }", "(x: {${0.0}={b={c=1;};};${\"a${0.0}\"}=2;})");
    same("rec { x = \"a\"; ${x} = x; }", "rec{x=\"a\";${0.0}=0.0;}");
    same("{ a = { ${x} = 1; }; a.b = 2; }", "{a={b=2;${x}=1;};}");
    same("x: x.${x}.\"b\".\"c${x}\" or x.d", "(x: 0.0.${0.0}.b.${\"c${0.0}\"} or 0.0.d)");
    same("x: x ? a.\"b\".${x}", "(x: 0.0?a.b.${0.0})");
    same("let a.${x} = 1; in a", "let a={${x}=1;};in 0.0");
}

/// The errors of Nix, at the second definition as there.
#[test]
fn wrong_definitions_are_syntax_errors() {
    let already = |name: &str| format!("attribute `{name}` is already defined");
    assert_eq!(fault("{ a = 1; \"a\" = 2; }"), (already("a"), "\"a\"".into()));
    assert_eq!(fault("{ a = x: x; a.b = 1; }"), (already("a"), "a".into()));
    assert_eq!(fault("{ inherit (x) b; b.c = 1; }").0, already("b"));
    assert_eq!(fault("{ inherit b; inherit b; }").0, already("b"));
    assert_eq!(fault("{ a = { b = 1; }; a = { b = 2; }; }").0, already("b"));
    assert_eq!(fault("let a = 1; a = 2; in a").0, already("a"));
    assert_eq!(fault("let ${a} = 1; in a"), ("dynamic attributes are not allowed in `let`".into(), "${a}".into()));
    assert_eq!(fault("{ inherit ${a}; }").0, "dynamic attributes are not allowed in `inherit`");
    assert_eq!(fault("{ a, a }: a"), ("duplicate function argument `a`".into(), "a".into()));
    assert_eq!(fault("a@{ a }: a").0, "duplicate function argument `a`");
    assert_eq!(
        fault("9223372036854775808"),
        ("invalid integer `9223372036854775808`".into(), "9223372036854775808".into())
    );
}

#[test]
fn other_syntax_errors_have_a_place() {
    assert_eq!(fault("{ a = 1 }"), ("unexpected `}`, expected `;`".into(), "}".into()));
    assert_eq!(fault("{\n  a = 1\n  b = 2;\n}"), ("unexpected `=`, expected `;`".into(), "=".into()));
    assert_eq!(fault("{ a = [ 1; }"), ("unexpected `;`".into(), ";".into()));
    assert_eq!(fault("[ (1 ]"), ("unexpected `]`".into(), "]".into()));
    assert_eq!(fault("{ a = (1; }"), ("unexpected `;`".into(), ";".into()));
    assert_eq!(fault("{ a = 1;"), ("this `{` is never closed".into(), "{".into()));
    assert_eq!(fault("{ a = \"x; }"), ("this string is never closed".into(), "\"".into()));
    assert_eq!(fault("{ a = ''x; }"), ("this string is never closed".into(), "''".into()));
    assert_eq!(fault("1 /* x"), ("this comment is never closed".into(), "/*".into()));
    assert_eq!(fault("{ a = ; }"), ("unexpected `;`".into(), ";".into()));
    assert_eq!(fault("let a = 1 in a"), ("unexpected `in`, expected `;`".into(), "in".into()));
    assert_eq!(fault("{ a; }"), ("unexpected `;`".into(), ";".into()));
    assert_eq!(fault("[ a = 1 ]"), ("unexpected `=`".into(), "=".into()));
    assert_eq!(fault("let a = 1; a"), ("this `let` has no `in`".into(), "let".into()));
}

#[test]
fn chains_and_operators() {
    same("f 1 2 (g 3)", "(f 1 2 (g 3))");
    same("1 |> f a |> g", "(g ((f a) 1))");
    same("f <| g <| 1", "(f (g 1))");
    same("a && b || !c -> d", "(((a&&b)||!c)->d)");
    same("-1 + 2 * 3 == [ ] ++ [ 1 ]", "((-1 Add (2 Multiply 3)) Equal ([] Concat [1]))");
    same("a // b // c", "(a Update (b Update c))");
    same("if a then b else assert c; d", "if a then b else assert c;d");
    // `or` is a name where no selection stands before it.
    same("{ or = 1; }.or", "{or=1;}.or");
    same("a or", "(a or)");
    same("(a ? or)", "a?or");
    same("__curPos", "__curPos");
}

#[test]
fn strings_and_paths() {
    same(r#""a\n\t\"\${x}$${y}\\""#, r#""a\n\t\"${x}$${y}\\""#);
    same("\"a${b}c${d}\"", "\"a${b}c${d}\"");
    same("\"\"", "\"\"");
    same("''''", "\"\"");
    same("''\n  a\n    b ''${x} ''\\n $${y} '''\n''", r#""a\n  b ${x} \n $${y} ''\n""#);
    same("''\n    a\n  ${b}\n''", "\"  a\n${b}\n\"");
    // Nix turns CR LF inside "…" into LF, and leaves it in ''…''.
    same("\"a\r\nb\rc\"", r#""a\nb\nc""#);
    same("''a\r\nb''", r#""a\r\nb""#);
    same("http://example.org/x?y=z", "\"http://example.org/x?y=z\"");
    same("[ ./a/b ../c d/e /f ~/g <h/i> ]", "[File:./a/b File:../c File:d/e Root:/f Home:g <h/i>]");
    same("x: ./a/${x}.nix", "(x: File:./a/${0.0}.nix)");
    same("[ 1 2.5 .5 1.0e3 ]", "[1 2.5 0.5 1000.0]");
}

/// A span is exactly the text: no blank, no comment, no parentheses.
#[test]
fn places_of_names_and_values() {
    let source = "{\n  # before\n  a.\"b\" = ( x ) /* after */ ;\n  inherit (y) c;\n}";
    let program = program(source);
    let Content::Parsed(Node { expr: Expr::Attrs(attrs), .. }) = &program.files[0].content else { panic!() };
    let text = |span: sealnix::nix::ir::Span| &source[span.start as usize..span.end as usize];
    let names: Vec<_> = attrs.bindings.bindings.iter().map(|binding| text(binding.span)).collect();
    assert_eq!(names, ["a", "c"]);
    let BindingValue::Plain(Node { expr: Expr::Attrs(inner), .. }) = &attrs.bindings.bindings[0].value else {
        panic!()
    };
    assert_eq!(text(inner.bindings.bindings[0].span), "\"b\"");
    let BindingValue::Plain(value) = &inner.bindings.bindings[0].value else { panic!() };
    assert_eq!(text(value.span), "x");
    let place = program.place(value.span).expect("the span is of this program");
    assert_eq!((place.start.line, place.start.column, &*place.path), (3, 13, "a.nix"));
}

#[test]
fn files_are_numbered_by_path_after_the_built_in_ones() {
    let texts = ["b.nix", "a/z.nix", "«lib»"].map(|path| Text::new(path.into(), "1"));
    let program = Program::parse(texts.into());
    let paths: Vec<_> = program.files.iter().map(|file| &*file.path).collect();
    assert_eq!(paths, ["«lib»", "a/z.nix", "b.nix"]);
    assert_eq!(program.by_path["b.nix"].0, 2);
}
