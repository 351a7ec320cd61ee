//! Parsing every file, in parallel and each within its time.

use std::cmp::Reverse;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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

/// What became of a text.
enum Slot {
    Waiting,
    Running(Instant),
    Done(Content),
    /// It took too long.
    GivenUp,
}

/// Texts that are parsed side by side.
struct Parsing {
    texts: Arc<[Text]>,
    /// Which is parsed when: the longest first, so that none waits for one at the end.
    order: Vec<usize>,
    next: AtomicUsize,
    slots: Vec<Mutex<Slot>>,
}

/// The contents in the order of the texts. A thread cannot be killed: one that is over its time is
/// left alone, its file is given up, and another takes its place.
fn parse_all(texts: &Arc<[Text]>) -> Vec<Content> {
    let slots = texts.iter().map(|_| Mutex::new(Slot::Waiting)).collect();
    let mut order: Vec<usize> = (0..texts.len()).collect();
    order.sort_by_key(|&index| Reverse(texts.get(index).map_or(0, |text| text.content().len())));
    let parsing = Arc::new(Parsing { texts: Arc::clone(texts), order, next: AtomicUsize::new(0), slots });
    let (sender, receiver) = mpsc::channel();
    let workers = thread::available_parallelism().map_or(1, usize::from).min(texts.len());
    let start = || start_worker(&parsing, &sender);
    let mut workers = (0..workers).filter(|_| start()).count();
    let why = if workers == 0 { "has no thread to be parsed on" } else { "took longer than 5 s to parse" };
    let mut wait = DEADLINE;
    while workers > 0 {
        match receiver.recv_timeout(wait) {
            Ok(()) => workers -= 1,
            Err(RecvTimeoutError::Timeout) => {
                let given_up = parsing.give_up();
                let restarted = (0..given_up).filter(|_| start()).count();
                workers = workers + restarted - given_up;
            }
            // Never: this function keeps a sender.
            Err(RecvTimeoutError::Disconnected) => break,
        }
        wait = parsing.time_left();
    }
    let content = |slot: &Mutex<Slot>| match std::mem::replace(&mut *locked(slot), Slot::GivenUp) {
        Slot::Done(content) => content,
        _ => Content::NotLooked { why: why.into(), span: None },
    };
    parsing.slots.iter().map(content).collect()
}

impl Parsing {
    /// Parses one text after another until there is none; false where its own was given up meanwhile, and another thread
    /// has taken its place.
    fn work(&self) -> bool {
        loop {
            let place = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(&index) = self.order.get(place) else { return true };
            let (Some(text), Some(slot)) = (self.texts.get(index), self.slots.get(index)) else { return true };
            *locked(slot) = Slot::Running(Instant::now());
            let parsed = catch_unwind(AssertUnwindSafe(|| parse(text, FileId(index as u32))));
            let failed = |_| Content::NotLooked { why: "makes the parser fail".into(), span: None };
            let mut slot = locked(slot);
            if matches!(*slot, Slot::GivenUp) {
                return false;
            }
            *slot = Slot::Done(parsed.unwrap_or_else(failed));
        }
    }

    /// Gives up what takes too long; how many that are.
    fn give_up(&self) -> usize {
        let gives_up = |slot: &&Mutex<Slot>| {
            let mut slot = locked(slot);
            let is_late = matches!(*slot, Slot::Running(since) if since.elapsed() >= DEADLINE);
            if is_late {
                *slot = Slot::GivenUp;
            }
            is_late
        };
        self.slots.iter().filter(gives_up).count()
    }

    /// How long the oldest that is running still has.
    fn time_left(&self) -> Duration {
        let left = |slot: &Mutex<Slot>| match *locked(slot) {
            Slot::Running(since) => Some(DEADLINE.saturating_sub(since.elapsed())),
            _ => None,
        };
        self.slots.iter().filter_map(left).min().unwrap_or(DEADLINE)
    }
}

fn locked(slot: &Mutex<Slot>) -> MutexGuard<'_, Slot> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Whether the system gave us a thread. It says when there is nothing left to do.
fn start_worker(parsing: &Arc<Parsing>, sender: &Sender<()>) -> bool {
    let (parsing, sender) = (Arc::clone(parsing), sender.clone());
    let work = move || {
        // Whoever waits must hear of its end, whatever that is.
        if catch_unwind(AssertUnwindSafe(|| parsing.work())).unwrap_or(true) {
            sender.send(()).ok();
        }
    };
    thread::Builder::new().name("nix parser".into()).stack_size(STACK).spawn(work).is_ok()
}
