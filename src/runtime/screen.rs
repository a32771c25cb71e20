//! The terminal as a screen. Frames are composed in memory and written by a thread of their own, one at a time: a
//! terminal that reads slowly, or not at all, makes frames fewer and never makes the event loop wait.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::style::{Print, ResetColor};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::{Frame, Terminal};
use tokio::sync::{Notify, mpsc};

use super::backend::{Hyperlinks, WidthSafeBackend};
use super::colors::{self, Charset, Kind};
use super::output::write_stderr;
use crate::ui::Linked;

/// Keeps text in its place (ECMA-48 mode 8, BDSM, explicit). Terminals that reorder right-to-left text do so along the
/// whole line, and would swap the texts of two columns.
const ORDER_AS_SENT: &str = "\x1b[8l";
/// Lets the terminal order text by its script again, the default of terminals that can.
const ORDER_BY_SCRIPT: &str = "\x1b[8h";

/// The frame that the backend is writing.
#[derive(Debug, Clone, Default)]
pub(super) struct FrameBytes(Arc<Mutex<Vec<u8>>>);

impl FrameBytes {
    pub(super) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for FrameBytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The state that the event loop and the writer thread share.
#[derive(Debug, Default)]
struct Shared {
    /// The writer is free again, or has failed.
    freed: Notify,
    failed: AtomicBool,
}

/// The terminal while the dashboard has it. Gives it back when dropped.
pub struct Screen {
    terminal: Terminal<WidthSafeBackend<FrameBytes>>,
    bytes: FrameBytes,
    links: Hyperlinks,
    /// A sequence that is not for the screen and goes out with the next frame.
    apart: Vec<u8>,
    kind: Kind,
    /// Holds one frame: while it is full the writer is busy.
    frames: Option<mpsc::Sender<Vec<u8>>>,
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
}

impl Screen {
    /// Switches the terminal to the dashboard's modes and starts the writer thread.
    ///
    /// # Errors
    /// Those of the terminal.
    pub fn open(kind: Kind, charset: Charset) -> io::Result<Self> {
        let bytes = FrameBytes::default();
        let links = Hyperlinks::default();
        let terminal = Terminal::new(WidthSafeBackend::new(bytes.clone(), links.clone(), charset))?;
        let shared = Arc::new(Shared::default());
        let (frames, queue) = mpsc::channel(1);
        let writer = std::thread::Builder::new().name("screen".to_owned()).spawn({
            let shared = Arc::clone(&shared);
            move || write_frames(queue, &shared)
        })?;
        let frames = Some(frames);
        let (apart, writer) = (Vec::new(), Some(writer));
        let mut screen = Self { terminal, bytes, links, apart, kind, frames, shared, writer };
        screen.enter()?;
        Ok(screen)
    }

    /// Takes over the terminal again; the next frame is drawn completely.
    pub fn enter(&mut self) -> io::Result<()> {
        // The shell has changed the modes while this process was stopped.
        disable_raw_mode()?;
        enable_raw_mode()?;
        if self.kind == Kind::Full {
            execute!(
                io::stdout(),
                EnterAlternateScreen,
                Print(ORDER_AS_SENT),
                EnableMouseCapture,
                EnableBracketedPaste,
                Hide
            )?;
        }
        self.terminal.clear()
    }

    /// Gives the terminal back.
    pub fn leave(&mut self) {
        restore(self.kind);
    }

    /// Returns `true` if a frame can be drawn now.
    pub fn is_free(&self) -> bool {
        self.frames.as_ref().is_some_and(|frames| frames.capacity() > 0)
    }

    /// Waits until a frame can be drawn.
    pub async fn freed(&self) {
        self.shared.freed.notified().await;
    }

    /// Returns `true` once the terminal can no longer be written to.
    pub fn has_failed(&self) -> bool {
        self.shared.failed.load(Ordering::Acquire)
    }

    /// Sends a sequence that is not for the screen with the next frame; a later one replaces an earlier one.
    pub fn send_apart(&mut self, bytes: Vec<u8>) {
        self.apart = bytes;
    }

    /// Composes a frame and sends the changes to the writer. `view` returns the hyperlinks.
    ///
    /// # Errors
    /// Those of composing; writing fails later, see [`Self::has_failed`].
    pub fn draw(&mut self, view: impl FnOnce(&mut Frame) -> Vec<Linked>) -> io::Result<()> {
        if self.kind == Kind::Full {
            queue!(self.bytes, BeginSynchronizedUpdate)?;
        }
        let links = self.links.clone();
        self.terminal.draw(|frame| links.set(view(frame)))?;
        if self.kind == Kind::Full {
            queue!(self.bytes, EndSynchronizedUpdate)?;
        }
        let mut frame = self.bytes.take();
        frame.append(&mut self.apart);
        if let Some(frames) = &self.frames {
            // There is room, or this would not be called; `has_failed` reports a writer that has ended.
            let _ = frames.try_send(frame);
        }
        Ok(())
    }

    /// Ends the writer and restores the terminal. Gives up after a moment on a terminal that nobody reads.
    pub fn close(mut self) {
        if let Some(frames) = self.frames.take().filter(|_| !self.apart.is_empty()) {
            // A busy writer means that nobody reads the terminal.
            let _ = frames.try_send(std::mem::take(&mut self.apart));
        }
        if let Some(writer) = self.writer.take() {
            wait_for(&writer);
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.frames = None;
        let kind = self.kind;
        if let Ok(restoring) = std::thread::Builder::new().spawn(move || restore(kind)) {
            wait_for(&restoring);
        }
    }
}

/// Waits for a thread that writes to the terminal, but only for a moment: nobody may read the terminal.
fn wait_for(thread: &JoinHandle<()>) {
    const PATIENCE: Duration = Duration::from_secs(1);
    const STEP: Duration = Duration::from_millis(1);
    let deadline = Instant::now() + PATIENCE;
    while !thread.is_finished() && Instant::now() < deadline {
        std::thread::sleep(STEP);
    }
}

fn write_frames(mut queue: mpsc::Receiver<Vec<u8>>, shared: &Shared) {
    let mut out = io::stdout();
    while let Some(frame) = queue.blocking_recv() {
        let written = out.write_all(&frame).and_then(|()| out.flush());
        if written.is_err() {
            shared.failed.store(true, Ordering::Release);
        }
        shared.freed.notify_one();
        if written.is_err() {
            return;
        }
    }
}

/// Restores the terminal, whatever state it is in. Errors are ignored, because nothing can be done about them.
fn restore(kind: Kind) {
    let _ = disable_raw_mode();
    if kind == Kind::Plain {
        // Such a terminal has no alternate screen.
        let _ = execute!(io::stdout(), ResetColor, Clear(ClearType::All), MoveTo(0, 0), Show);
        return;
    }
    let _ = execute!(
        io::stdout(),
        EndSynchronizedUpdate,
        DisableBracketedPaste,
        DisableMouseCapture,
        Print(ORDER_BY_SCRIPT),
        LeaveAlternateScreen,
        Show
    );
}

/// Installs a panic hook: a panic in any task restores the terminal, reports the panic, and ends the process with exit
/// code 101, so that a dashboard with a dead part does not look alive.
///
/// Nothing in the hook may panic itself, as that would abort the process: the terminal may be gone.
pub fn restore_on_panic() {
    let kind = colors::kind(|name| std::env::var(name).ok());
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        // Held to the end, so that no other thread writes a frame to the restored screen.
        let _frames_wait = io::stdout().lock();
        restore(kind);
        report(panic);
        write_stderr("dealdeck: this is a bug in dealdeck. Please report it with the lines above.\n");
        std::process::exit(101);
    }));
}
