//! From the parser's events to the tree, within bounds.

use std::collections::BTreeMap;
use std::ops::Range;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Span, StructureStyle, Tag, options};

use crate::source::{Place, Text};

use super::kind::Kind;
use super::node::{Anchor, Comment, Entry, Node, Scalar, Style, Value, Yaml};

/// How deep collections may nest; so whoever walks a tree may recurse.
pub const MAX_DEPTH: usize = 128;
/// How many nodes and comments a file may hold together.
pub const MAX_NODES: usize = 1_000_000;
/// How many anchors a file may hold.
pub const MAX_ANCHORS: usize = 10_000;

/// Why a file could not be read as YAML. The message is a clause without the file's text, which
/// may be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum YamlError {
    /// It is not YAML.
    #[error("is not valid YAML: {why}")]
    Syntax {
        /// What the parser says.
        why: String,
        /// Where.
        place: Place,
    },
    /// It nests too deeply.
    #[error("is nested deeper than {MAX_DEPTH} levels")]
    TooDeep {
        /// The collection that is too deep.
        place: Place,
    },
    /// It holds too much.
    #[error("holds more than {limit} {what}")]
    TooMuch {
        /// Nodes and comments, or anchors.
        what: &'static str,
        /// How many would be read.
        limit: usize,
        /// The first one too many.
        place: Place,
    },
}

impl YamlError {
    /// Where it was seen.
    pub fn place(&self) -> &Place {
        match self {
            YamlError::Syntax { place, .. } | YamlError::TooDeep { place } | YamlError::TooMuch { place, .. } => place,
        }
    }
}

/// Reads YAML or JSON.
///
/// # Errors
/// If the text is not YAML, or beyond the bounds of this module.
pub fn parse(text: &Text) -> Result<Yaml, YamlError> {
    let source: &str = text.content();
    if let Some(at) = source.find('\0') {
        let why = "it holds a NUL character; save the file as plain text".to_owned();
        return Err(YamlError::Syntax { why, place: text.place(at..at + 1) });
    }
    // The parser's own bounds are this module's.
    let options = options! {
        emit_anchor_events: true,
        max_buffered_comment_events: MAX_NODES,
        flow_nesting_limit: 2 * MAX_DEPTH,
        block_nesting_limit: 2 * MAX_DEPTH,
    };
    let mut builder = Builder { text, yaml: Yaml::default(), open: Vec::new(), anchors: BTreeMap::new(), taken: 0 };
    for event in Parser::new_from_str_with_options(source, options) {
        let (event, span) = event.map_err(|error| refused(text, &error))?;
        builder.take(event, &span)?;
    }
    Ok(builder.yaml)
}

fn refused(text: &Text, error: &ScanError) -> YamlError {
    use ErrorKind::{TabAtBlockScalarStart, TabInBlockIndentation, TabInIndentation, TabInPlainScalar, TabNotAllowed};
    let at = error.marker().byte_offset().unwrap_or_default();
    if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
        return YamlError::TooDeep { place: text.place(at..at) };
    }
    if matches!(error.kind(), ErrorKind::TooManyComments) {
        return too_much(text.place(at..at));
    }
    let tab = match error.kind() {
        // The marker may lie at the start of the scalar that the tab is in.
        TabAtBlockScalarStart | TabInBlockIndentation | TabInIndentation | TabInPlainScalar | TabNotAllowed => {
            text.content().get(at..).and_then(|rest| rest.find('\t')).map(|tab| at + tab)
        }
        _ => None,
    };
    match tab {
        Some(tab) => {
            let why = "a tab stands where YAML allows only spaces".to_owned();
            YamlError::Syntax { why, place: text.place(tab..tab + 1) }
        }
        None => YamlError::Syntax { why: error.kind().to_string(), place: text.place(at..at) },
    }
}

fn too_much(place: Place) -> YamlError {
    YamlError::TooMuch { what: "values and comments", limit: MAX_NODES, place }
}

/// A collection whose end has not come yet.
struct Open {
    node: Node,
    /// The key whose value is awaited.
    key: Option<Node>,
    /// Its end is a bracket, whose event tells where it stands.
    is_flow: bool,
}

struct Builder<'t> {
    text: &'t Text,
    yaml: Yaml,
    open: Vec<Open>,
    /// The parser's numbers of anchors to ours.
    anchors: BTreeMap<usize, usize>,
    /// How many nodes and comments there were.
    taken: usize,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), YamlError> {
        let range = span.byte_range().unwrap_or_default();
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let style = style_of(style);
                // The parser writes `~` where nothing is written.
                let text = if style == Style::Plain && range.is_empty() { "".into() } else { text };
                let tag = tag.as_deref().map(full_tag);
                let kind = Kind::resolve(tag.as_deref(), style, &text);
                let scalar = Scalar { text: text.into(), style, kind };
                let node = self.node(Value::Scalar(scalar), range, anchor, tag)?;
                self.add(node);
            }
            Event::Alias(anchor) => {
                let target = self.anchors.get(&anchor).copied().unwrap_or(usize::MAX);
                let node = self.node(Value::Alias(target), range, 0, None)?;
                self.add(node);
            }
            Event::SequenceStart(style, anchor, tag) => {
                let node = self.node(Value::List(Vec::new()), range, anchor, tag.as_deref().map(full_tag))?;
                self.open(node, style)?;
            }
            Event::MappingStart(style, anchor, tag) => {
                let node = self.node(Value::Map(Vec::new()), range, anchor, tag.as_deref().map(full_tag))?;
                self.open(node, style)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(range.end),
            // The event follows its node, which has already entered it here.
            Event::Anchor(id, name) => {
                let anchor = self.anchors.get(&id).and_then(|&index| self.yaml.anchors.get_mut(index));
                if let Some(anchor) = anchor {
                    (anchor.name, anchor.span) = (name.into(), range);
                }
            }
            Event::Comment(text, _) => {
                self.count(&range)?;
                self.yaml.comments.push(Comment { text: text.into(), span: range });
            }
            _ => {}
        }
        Ok(())
    }

    fn node(
        &mut self,
        value: Value,
        span: Range<usize>,
        anchor: usize,
        tag: Option<Box<str>>,
    ) -> Result<Node, YamlError> {
        self.count(&span)?;
        let anchor = if anchor == 0 { None } else { Some(self.anchor(anchor, &span)?) };
        Ok(Node { value, span, tag, anchor })
    }

    fn count(&mut self, span: &Range<usize>) -> Result<(), YamlError> {
        self.taken += 1;
        if self.taken > MAX_NODES { Err(too_much(self.text.place(span.clone()))) } else { Ok(()) }
    }

    /// Enters the anchor of the node that comes next.
    fn anchor(&mut self, id: usize, span: &Range<usize>) -> Result<usize, YamlError> {
        let index = self.yaml.anchors.len();
        if index >= MAX_ANCHORS {
            return Err(YamlError::TooMuch {
                what: "anchors",
                limit: MAX_ANCHORS,
                place: self.text.place(span.clone()),
            });
        }
        let steps = self.open.iter().map(Open::next_step).collect();
        let document = self.yaml.documents.len();
        self.yaml.anchors.push(Anchor { name: "".into(), span: span.clone(), document, steps });
        self.anchors.insert(id, index);
        Ok(index)
    }

    fn open(&mut self, node: Node, style: StructureStyle) -> Result<(), YamlError> {
        if self.open.len() >= MAX_DEPTH {
            return Err(YamlError::TooDeep { place: self.text.place(node.span) });
        }
        let is_flow = style == StructureStyle::Flow;
        self.open.push(Open { node, key: None, is_flow });
        Ok(())
    }

    fn close(&mut self, event_end: usize) {
        let Some(Open { mut node, is_flow, .. }) = self.open.pop() else { return };
        let last_child = match &node.value {
            Value::List(items) => items.last().map(|item| item.span.end),
            Value::Map(entries) => entries.last().map(|entry| entry.value.span.end.max(entry.key.span.end)),
            Value::Scalar(_) | Value::Alias(_) => None,
        };
        // The end event of a block collection lies at the next token.
        let end = if is_flow { event_end } else { last_child.unwrap_or(node.span.end) };
        node.span.end = end.max(node.span.start);
        self.add(node);
    }

    fn add(&mut self, node: Node) {
        let Some(parent) = self.open.last_mut() else {
            self.yaml.documents.push(node);
            return;
        };
        match (&mut parent.node.value, parent.key.take()) {
            (Value::Map(entries), Some(key)) => entries.push(Entry { key, value: node }),
            (Value::List(items), _) => items.push(node),
            _ => parent.key = Some(node),
        }
    }
}

impl Open {
    /// The step from this collection to the child that comes next; see [`Anchor`].
    fn next_step(&self) -> u32 {
        let step = match &self.node.value {
            Value::Map(entries) => 2 * entries.len() + usize::from(self.key.is_some()),
            Value::List(items) => items.len(),
            Value::Scalar(_) | Value::Alias(_) => 0,
        };
        // Bounded by MAX_NODES.
        step as u32
    }
}

fn style_of(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
        ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
    }
}

fn full_tag(tag: &Tag) -> Box<str> {
    format!("{}{}", tag.handle(), tag.suffix()).into()
}
