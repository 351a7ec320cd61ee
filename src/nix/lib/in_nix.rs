//! What of `lib` is more easily said in Nix: a file of Nix a namespace, a function of `lib`, parsed
//! when it is first needed and once for all. It is written from what its functions are documented to
//! do and seen to do.

use std::sync::OnceLock;

use crate::nix::eval::Eval;
use crate::nix::ir::{Content, Node, Program};
use crate::nix::symbol::Symbol;
use crate::nix::unknown::{Reason, Stop};
use crate::nix::value::{Attr, Outcome, Thunk};

/// A namespace that is written in Nix, or that part of it which is.
pub struct File {
    /// The namespace's name.
    pub namespace: &'static str,
    text: &'static str,
    parsed: OnceLock<Content>,
}

/// What a file gives of a namespace: named here, so that it is only looked at when one of them is needed.
struct Part {
    file: File,
    names: &'static [&'static str],
}

/// What is written in Nix of nixpkgs' `lib`.
static NIXPKGS: [Part; 13] = [
    Part {
        file: File::new("customisation", include_str!("in_nix/customisation.nix")),
        names: &["makeScopeWithSplicing", "makeScopeWithSplicing'"],
    },
    Part { file: File::new("debug", include_str!("in_nix/debug.nix")), names: &["runTests", "throwTestFailures"] },
    Part {
        file: File::new("fetchers", include_str!("in_nix/fetchers.nix")),
        names: &["normalizeHash", "proxyImpureEnvVars", "withNormalizedHash"],
    },
    Part {
        file: File::new("generators", include_str!("in_nix/generators.nix")),
        names: &["mkDconfKeyValue", "toDconfINI"],
    },
    Part { file: File::new("gvariant", include_str!("in_nix/gvariant.nix")), names: GVARIANT },
    Part { file: File::new("kernel", include_str!("in_nix/kernel.nix")), names: &["whenHelpers"] },
    Part {
        file: File::new("meta", include_str!("in_nix/meta.nix")),
        names: &[
            "cpeFullVersionWithVendor",
            "cpePatchVersionInUpdateWithVendor",
            "tryCPEPatchVersionInUpdateWithVendor",
        ],
    },
    Part {
        file: File::new("misc", include_str!("in_nix/misc.nix")),
        names: &[
            "checkFlag",
            "checkReqs",
            "closePropagation",
            "closePropagationFast",
            "closePropagationSlow",
            "condConcat",
            "defaultMerge",
            "defaultMergeArg",
            "foldArgs",
            "getValue",
            "ifEnable",
            "imap",
            "innerClosePropagation",
            "innerModifySumArgs",
            "lazyGenericClosure",
            "mapAttrsFlatten",
            "maybeAttr",
            "maybeAttrNullable",
            "maybeEnv",
            "mergeAttrBy",
            "mergeAttrByFunc",
            "mergeAttrsByFuncDefaults",
            "mergeAttrsByFuncDefaultsClean",
            "mergeAttrsConcatenateValues",
            "mergeAttrsNoOverride",
            "mergeAttrsWithFunc",
            "modifySumArgs",
            "nixType",
            "setAttrMerge",
            "uniqList",
            "uniqListExt",
        ],
    },
    Part {
        file: File::new("modules", include_str!("in_nix/modules.nix")),
        names: &[
            "applyModuleArgsIfFunction",
            "dischargeProperties",
            "evalModules",
            "evalOptionValue",
            "filterOverrides",
            "filterOverrides'",
            "fixMergeModules",
            "fixupOptionType",
            "mapDefinitionValue",
            "mergeAttrDefinitionsWithPrio",
            "mergeDefinitions",
            "mergeOptionDecls",
            "pushDownProperties",
            "sortProperties",
            "unifyModuleSyntax",
        ],
    },
    Part { file: File::new("network", include_str!("in_nix/network.nix")), names: &["ipv6"] },
    Part {
        file: File::new("options", include_str!("in_nix/options.nix")),
        names: &[
            "mergeDefaultOption",
            "optionAttrSetToDocList",
            "optionAttrSetToDocList'",
            "renderOptionValue",
            "scrubOptionValue",
            "showDefs",
            "showOptionWithDefLocs",
        ],
    },
    Part {
        file: File::new("sources", include_str!("in_nix/sources.nix")),
        names: &[
            "cleanSourceFilter",
            "pathIsDirectory",
            "pathIsRegularFile",
            "pathType",
            "repoRevToName",
            "revOrTag",
            "shortRev",
            "urlToName",
        ],
    },
    Part {
        file: File::new("strings", include_str!("in_nix/strings.nix")),
        names: &["readPathsFromFile", "replaceChars"],
    },
];

/// What is of `lib.types`, which is made with the module system.
static TYPES: File = File::new("types", include_str!("in_nix/types.nix"));

/// All of `lib.gvariant`.
pub const GVARIANT: &[&str] = &[
    "intConstructors",
    "isGVariant",
    "mkArray",
    "mkBoolean",
    "mkDictionaryEntry",
    "mkDouble",
    "mkEmptyArray",
    "mkInt16",
    "mkInt32",
    "mkInt64",
    "mkJust",
    "mkMaybe",
    "mkNothing",
    "mkObjectpath",
    "mkString",
    "mkTuple",
    "mkUchar",
    "mkUint16",
    "mkUint32",
    "mkUint64",
    "mkValue",
    "mkVariant",
    "type",
];

/// What is written in Nix of a namespace of nixpkgs' `lib`.
pub fn of_namespace<'a>(eval: &Eval<'a>, namespace: &str, lib: &'a Thunk<'a>) -> Vec<Attr<'a>> {
    let part = NIXPKGS.iter().find(|part| part.file.namespace == namespace);
    part.map_or_else(Vec::new, |part| entries(eval, part.names, part.file.value(eval, lib)))
}

/// These names of `lib.types`.
pub fn of_types<'a>(eval: &Eval<'a>, names: &[&str], lib: &'a Thunk<'a>) -> Vec<Attr<'a>> {
    entries(eval, names, TYPES.value(eval, lib))
}

fn entries<'a>(eval: &Eval<'a>, names: &[&str], file: &'a Thunk<'a>) -> Vec<Attr<'a>> {
    let of_file = |&name: &&str| {
        let symbol = Symbol::new(name);
        eval.attr(name, eval.lazy(move |eval| eval.select_name(eval.force(file)?, symbol, None)))
    };
    names.iter().map(of_file).collect()
}

impl File {
    /// A file that was not parsed yet.
    pub const fn new(namespace: &'static str, text: &'static str) -> Self {
        File { namespace, text, parsed: OnceLock::new() }
    }

    /// What it gives for this `lib`.
    pub fn value<'a>(&'static self, eval: &Eval<'a>, lib: &'a Thunk<'a>) -> &'a Thunk<'a> {
        eval.lazy(move |eval| {
            let function = eval.suspend(self.code(eval)?, None);
            eval.call(eval.force(function)?, lib)
        })
    }

    fn code<'a>(&'static self, eval: &Eval<'a>) -> Outcome<'a, &'a Node> {
        match self.parsed.get_or_init(|| Program::parse_own(self.text)) {
            Content::Parsed(node) => Ok(node),
            _ => Err(Stop::Unknown(eval.unknown(Reason::Syntax(self.namespace), None))),
        }
    }
}
