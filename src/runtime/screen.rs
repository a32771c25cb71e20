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

/// Text stays where it is put (ECMA-48 mode 8, BDSM, explicit). Terminals that reorder right-to-left text do so along
/// the whole line, and would swap what stands in two columns.
const ORDER_AS_SENT: &str = "\x1b[8l";
/// The terminal orders text by its script again, as is the default of those that can.
const ORDER_BY_SCRIPT: &str = "\x1b[8h";

/// What the backend writes to: a frame in the making.
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

/// What the event loop and the writer thread share.
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
    /// What is not for the screen and goes out with the next frame.
    apart: Vec<u8>,
    kind: Kind,
    /// Holds one frame: while it is full the writer is busy.
    frames: Option<mpsc::Sender<Vec<u8>>>,
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
}

impl Screen {
    /// Takes the terminal.
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

    /// Takes the terminal again, and draws all of the next frame.
    pub fn enter(&mut self) -> io::Result<()> {
        // After a stop the shell has changed the modes behind our back: set them anew.
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

    /// Whether a frame can be drawn now.
    pub fn is_free(&self) -> bool {
        self.frames.as_ref().is_some_and(|frames| frames.capacity() > 0)
    }

    /// Waits until a frame can be drawn.
    pub async fn freed(&self) {
        self.shared.freed.notified().await;
    }

    /// Whether the terminal can no longer be written to.
    pub fn has_failed(&self) -> bool {
        self.shared.failed.load(Ordering::Acquire)
    }

    /// Sends the terminal something that is not for the screen, with the next frame; of several before that the last.
    pub fn send_apart(&mut self, bytes: Vec<u8>) {
        self.apart = bytes;
    }

    /// Composes a frame and hands what has changed to the writer. `view` answers with what leads somewhere.
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
            // There was room, or this was not called; a writer that has ended is seen by `has_failed`.
            let _ = frames.try_send(frame);
        }
        Ok(())
    }

    /// Ends the writer and gives the terminal back. A terminal that nobody reads is given up on after a moment.
    pub fn close(mut self) {
        if let Some(frames) = self.frames.take().filter(|_| !self.apart.is_empty()) {
            // Where the writer is busy the terminal is not read, and nobody is there to miss it.
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

/// Waits for a thread that writes to the terminal, but not for ever: the terminal may have stopped reading.
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

/// Puts the terminal back as it was, whatever state it is in. Errors are of no use to anybody here.
fn restore(kind: Kind) {
    let _ = disable_raw_mode();
    if kind == Kind::Plain {
        // There is no other screen to go back to.
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

/// From now on a panic in any task gives the terminal back, says what happened, and ends the process with exit
/// code 101: a dashboard of which a part is gone must not look alive.
///
/// Nothing in the hook may panic itself, as that would abort the process: the terminal may be gone.
pub fn restore_on_panic() {
    let kind = colors::kind(|name| std::env::var(name).ok());
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        // Held to the end, so that no frame of the other threads follows on the screen that is given back.
        let _frames_wait = io::stdout().lock();
        restore(kind);
        report(panic);
        write_stderr("dealdeck: this is a bug in dealdeck. Please report it with the lines above.\n");
        std::process::exit(101);
    }));
}
