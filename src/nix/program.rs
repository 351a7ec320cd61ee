//! Parsing every file, in parallel and each within its time.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use crate::source::{Place, Text};

use super::ir::{Content, File, FileId, Program, Span};
use super::parse::{parse, unbound};
use super::symbol::Symbol;

/// How long a file may take.
const DEADLINE: Duration = Duration::from_secs(5);
/// A parser's stack, in bytes: committed only as far as it is used. It is far more than what the
/// guard's bounds need, in debug builds too.
const STACK: usize = 256 << 20;

/// Files that stand twice in memory while they are copied together. One by one, each copy would go where
/// the original before it was.
const COPIED_AT_ONCE: usize = 512;

/// Files from which on copying them takes less time than it saves: as many have fleets, whose hosts read
/// them again and again.
const COPIED_FROM: usize = 1_000;

impl Program {
    /// Parses all files. [`FileId`]s go by sorted path, sealnix's own `«…»` files first.
    pub fn parse(mut texts: Vec<Text>) -> Self {
        texts.sort_by(|a, b| {
            let key = |text: &Text| (!text.path().starts_with('«'), text.path().clone());
            key(a).cmp(&key(b))
        });
        let contents = together(parse_all(&texts.as_slice().into()));
        let by_path = (0u32..).zip(&texts).map(|(id, text)| (text.path().clone(), FileId(id))).collect();
        let files = texts.into_iter().zip(contents);
        let files = files.map(|(text, content)| File { path: text.path().clone(), text, content }).collect();
        Program { files, by_path }
    }

    /// Parses code of sealnix's own that is in no program.
    pub fn parse_own(text: &'static str) -> Content {
        let text = Text::new("«lib»".into(), text);
        let parsed = on_own_stack(|| parse(&text, FileId::OWN));
        parsed.unwrap_or_else(|| Content::NotLooked { why: "no thread".into(), span: None })
    }

    /// The names in a text that nothing binds, in its order; none of one that does not parse.
    pub fn unbound(text: &Text) -> Vec<Symbol> {
        on_own_stack(|| unbound(text)).unwrap_or_default()
    }

    /// A file; none for an id of another program.
    pub fn file(&self, id: FileId) -> Option<&File> {
        self.files.get(id.0 as usize)
    }

    /// Where a span is, for people.
    pub fn place(&self, span: Span) -> Option<Place> {
        Some(self.file(span.file)?.text.place(span.start as usize..span.end as usize))
    }
}

/// Runs a parser where it has the stack that it needs.
fn on_own_stack<T: Send>(parser: impl FnOnce() -> T + Send) -> Option<T> {
    thread::scope(|scope| {
        let builder = thread::Builder::new().name("nix parser".into()).stack_size(STACK);
        builder.spawn_scoped(scope, parser).ok()?.join().ok()
    })
}

enum Message {
    Started(usize),
    Done(usize, Content),
}

/// The contents in the order of the texts. A thread cannot be killed: one that is over its time is
/// left alone, its file is given up, and another takes its place.
fn parse_all(texts: &Arc<[Text]>) -> Vec<Content> {
    let next = Arc::new(AtomicUsize::new(0));
    let (sender, receiver) = mpsc::channel();
    let workers = thread::available_parallelism().map_or(1, usize::from).min(texts.len());
    let start = || start_worker(texts, &next, &sender);
    let mut workers = (0..workers).filter(|_| start()).count();
    let why = if workers == 0 { "has no thread to be parsed on" } else { "took longer than 5 s to parse" };
    let mut contents: Vec<Option<Content>> = texts.iter().map(|_| None).collect();
    let mut started: HashMap<usize, Instant> = HashMap::new();
    let mut missing = texts.len();
    while missing > 0 && workers > 0 {
        match receive(&receiver, started.values().min()) {
            Ok(Message::Started(index)) => {
                started.insert(index, Instant::now());
            }
            Ok(Message::Done(index, content)) => {
                // One that was given up may still come; it is not looked at any more.
                if started.remove(&index).is_some()
                    && let Some(slot) = contents.get_mut(index)
                {
                    *slot = Some(content);
                    missing -= 1;
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                let given_up: Vec<_> = started.extract_if(|_, since| since.elapsed() >= DEADLINE).collect();
                missing -= given_up.len();
                let restarted = given_up.iter().filter(|_| start()).count();
                workers = workers + restarted - given_up.len();
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    let given_up = || Content::NotLooked { why: why.into(), span: None };
    contents.into_iter().map(|content| content.unwrap_or_else(given_up)).collect()
}

/// The same, copied so that what is read together lies together. Made beside rnix'
/// trees, each node lay where there was room just then, and every host reads them all: this is a sixth
/// of the time of a large fleet. Without a thread for it they stay as they are.
fn together(mut contents: Vec<Content>) -> Vec<Content> {
    if contents.len() < COPIED_FROM {
        return contents;
    }
    thread::scope(|scope| {
        let copy = || {
            for some in contents.chunks_mut(COPIED_AT_ONCE) {
                let mut copied = some.to_vec();
                some.swap_with_slice(&mut copied);
            }
        };
        let copier = thread::Builder::new().name("nix copier".into()).stack_size(STACK);
        copier.spawn_scoped(scope, copy).map(ScopedJoinHandle::join)
    })
    .ok();
    contents
}

fn receive(receiver: &Receiver<Message>, oldest: Option<&Instant>) -> Result<Message, RecvTimeoutError> {
    let left = oldest.map_or(DEADLINE, |since| DEADLINE.saturating_sub(since.elapsed()));
    receiver.recv_timeout(left)
}

/// Whether the system gave us a thread.
fn start_worker(texts: &Arc<[Text]>, next: &Arc<AtomicUsize>, sender: &Sender<Message>) -> bool {
    let (texts, next, sender) = (Arc::clone(texts), Arc::clone(next), sender.clone());
    let work = move || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(text) = texts.get(index) else { return };
            if sender.send(Message::Started(index)).is_err() {
                return;
            }
            let parsed = catch_unwind(AssertUnwindSafe(|| parse(text, FileId(index as u32))));
            let gave_up = |_| Content::NotLooked { why: "makes the parser fail".into(), span: None };
            if sender.send(Message::Done(index, parsed.unwrap_or_else(gave_up))).is_err() {
                return;
            }
        }
    };
    thread::Builder::new().name("nix parser".into()).stack_size(STACK).spawn(work).is_ok()
}
