//! What is being done, on the terminal of whoever waits for it.

use std::convert::Infallible;
use std::io::{self, IsTerminal};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What ends before that says nothing.
const PATIENCE: Duration = Duration::from_millis(500);

/// How often the line is drawn.
const TICK: Duration = Duration::from_millis(100);

/// A stage of which it is not known how far it has got, and one that has parts.
const STAGE: &str = "{spinner} {msg} …";
const PARTS: &str = "{spinner} {msg} [{bar:30}] {pos} of {len}";

/// A line on the standard error that says what is being done; it is gone when this is dropped. There is none where that
/// is no terminal, and none where all is done soon.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    /// What draws the line, and what tells it that there is nothing to wait for any more.
    drawn: Option<(Sender<Infallible>, JoinHandle<()>)>,
}

impl Progress {
    /// Begins. `quiet`: nothing is to be said.
    pub fn begin(quiet: bool) -> Self {
        let bar = ProgressBar::hidden();
        let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        if quiet || is_dumb || !io::stderr().is_terminal() {
            return Progress { bar, drawn: None };
        }
        let (ends, end) = mpsc::channel();
        let late = bar.clone();
        let drawer = thread::spawn(move || {
            if end.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                late.set_draw_target(ProgressDrawTarget::stderr());
                late.enable_steady_tick(TICK);
            }
        });
        Progress { bar, drawn: Some((ends, drawer)) }
    }

    /// What is done from now on.
    pub fn stage(&self, what: &'static str) {
        self.bar.reset();
        self.bar.unset_length();
        self.bar.set_message(what);
        self.draw(STAGE);
    }

    /// A part of the stage is done, of so many.
    pub fn one_of(&self, all: usize) {
        if self.bar.length().is_none() {
            self.bar.set_length(all as u64);
            self.draw(PARTS);
        }
        self.bar.inc(1);
    }

    fn draw(&self, template: &str) {
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((ends, drawer)) = self.drawn.take() {
            drop(ends);
            // It panics nowhere; nothing hangs on it if it did.
            let _ = drawer.join();
        }
        self.bar.finish_and_clear();
    }
}
