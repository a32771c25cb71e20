//! The event loop: a terminal's events and the sync engine's reports in, frames and commands out.
//!
//! Nothing here waits for the network or for a slow terminal: commands go through a bounded channel, frames through
//! the writer thread of the `Screen`.

mod ascii;
mod backend;
mod clipboard;
mod colors;
#[cfg(unix)]
pub mod input;
#[cfg(not(unix))]
#[path = "input_elsewhere.rs"]
mod input;
mod output;
mod screen;
mod signals;

use std::io::{self, IsTerminal};
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use crossterm::event::{Event, MouseEventKind};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};

use self::colors::Charset;
use self::input::Input;
pub use self::output::write_stderr;
use self::screen::Screen;
pub use self::screen::restore_on_panic;
use self::signals::{Signal, Signals};
use crate::app::account::InFlight;
use crate::app::notice::Tone;
use crate::app::{self, Account, Effect, Msg, Now, Preferences, Session, SessionId, words};
use crate::sync::{Command, ConnectionState, Durability, Report, Restored};
use crate::ui::{self, Theme};
use crate::workspace::ServerUpdate;

/// Interval at which the screen follows the clock.
const TICK: Duration = Duration::from_secs(1);
/// Maximum number of events between two frames.
const MAX_EVENTS: usize = 256;
/// Maximum number of reports between two frames.
const MAX_REPORTS: usize = 16;
/// Maximum number of items in these reports, so that no key waits for them.
const MAX_ITEMS: usize = 1_000;
/// Maximum time for which quitting waits for edits in flight.
const DRAIN: Duration = Duration::from_secs(5);

/// The exit code of shells for a program that SIGQUIT ended.
const EXIT_SIGQUIT: u8 = 128 + 3;

/// The reason why the dashboard cannot run here.
#[derive(Debug, thiserror::Error)]
pub enum TerminalError {
    /// Input or output is a file or a pipe.
    #[error(
        "this is not a terminal: the dashboard needs one for both input and output. Run it in a terminal, by SSH with \
         'ssh -t'"
    )]
    NotATerminal,
    /// `TERM=dumb`.
    #[error(
        "TERM is '{0}': the dashboard needs a terminal that can move its cursor. Set TERM to what yours is, such as xterm-256color"
    )]
    Dumb(String),
    /// The terminal failed.
    #[error("the terminal failed: {0}")]
    Io(#[from] io::Error),
}

/// The state in which the dashboard ended.
#[derive(Debug, Default)]
pub struct ExitSummary {
    /// Descriptions of edits that Pipedrive has not confirmed and that are not on disk.
    pub unconfirmed: Vec<String>,
    /// Number of edits on disk that the next start sends.
    pub queued: usize,
    /// Number of edits that need attention.
    pub attention: usize,
    /// The reason why it ended, unless the user quit.
    pub because: Option<String>,
    /// The exit code for this reason, unless it is the default one.
    pub exit_code: Option<u8>,
}

/// Checks that there is a terminal to run in.
///
/// # Errors
/// [`TerminalError`] says what is missing.
pub fn check_terminal() -> Result<(), TerminalError> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(TerminalError::NotATerminal);
    }
    match std::env::var("TERM") {
        Ok(term) if term == "dumb" => Err(TerminalError::Dumb(term)),
        _ => Ok(()),
    }
}

/// Runs the dashboard in this process's terminal until it ends.
///
/// # Errors
/// [`TerminalError`] if there is no terminal, or it fails.
pub async fn run(
    commands: mpsc::Sender<Command>,
    reports: mpsc::Receiver<Report>,
    restored: Option<Restored>,
    preferences: Preferences,
) -> Result<ExitSummary, TerminalError> {
    check_terminal()?;
    let mut signals = Signals::listen()?;
    let variable = |name: &str| std::env::var(name).ok();
    let charset = colors::charset(variable);
    let mut screen = Screen::open(colors::kind(variable), charset.clone())?;
    let mut events = Loop {
        session: Session::new(SessionId::default(), terminal_size()?, now()),
        account: Account::new(now()),
        theme: Theme::for_terminal(colors::color_support(|name| std::env::var(name).ok())),
        supports_osc: colors::supports_osc(|name| std::env::var(name).ok()),
        commands,
        reports,
        exit_code: None,
    };
    if let Charset::Ascii(because) = charset {
        let told = format!("Drawn in ASCII: {because} is not UTF-8. Start with LC_ALL=C.UTF-8");
        events.session.tell(Tone::Info, told);
    }
    events.session.preferences = preferences;
    events.session.preferences.links &= events.supports_osc;
    if let Some(restored) = restored {
        app::update(&mut events.session, &mut events.account, Msg::Report(Report::Restored(Box::new(restored))), now());
    }
    let because = events.run(&mut screen, &mut signals).await;
    screen.close();
    let because = because.unwrap_or_else(|error| Some(error.to_string()));
    let ended = events.drain().await;
    Ok(ExitSummary { because, exit_code: events.exit_code, ..ended })
}

/// Waits until a signal asks this process to end; for commands without a screen.
///
/// # Errors
/// Errors of the system if signals are not available.
pub async fn ended_by_signal() -> io::Result<()> {
    let mut signals = Signals::listen()?;
    loop {
        match signals.next().await {
            Signal::End(_) | Signal::Quit => return Ok(()),
            Signal::Suspend => signals::stop(),
            Signal::Continued | Signal::Resized => {}
        }
    }
}

/// Returns the size of the terminal, within bounds.
fn terminal_size() -> io::Result<(u16, u16)> {
    let (columns, rows) = crossterm::terminal::size()?;
    Ok(backend::bounded((columns, rows).into()).into())
}

fn now() -> Now {
    Now(Utc::now())
}

struct Loop {
    session: Session,
    account: Account,
    theme: Theme,
    /// `true` if the terminal supports operating system commands (OSC).
    supports_osc: bool,
    commands: mpsc::Sender<Command>,
    reports: mpsc::Receiver<Report>,
    exit_code: Option<u8>,
}

/// The result of a batch of messages.
enum Next {
    Continue,
    End(Option<String>),
}

impl Loop {
    async fn run(&mut self, screen: &mut Screen, signals: &mut Signals) -> Result<Option<String>, TerminalError> {
        let mut input = Input::open()?;
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut dirty = true;
        loop {
            if dirty && screen.is_free() {
                let mut scroll_end = None;
                screen.draw(|frame| {
                    let measured = ui::view(&self.session, &self.account, &self.theme, frame);
                    scroll_end = measured.scroll_end;
                    measured.links
                })?;
                self.session.viewport.scroll_end = scroll_end;
                dirty = false;
            }
            let next = tokio::select! {
                biased;
                signal = signals.next() => self.signal(signal, screen)?,
                event = input.next() => match event {
                    Some(Ok(event)) => self.events(event, &mut input, screen).await?,
                    Some(Err(error)) => return Ok(Some(format!("the terminal cannot be read: {error}"))),
                    None => return Ok(Some("the terminal was closed".to_owned())),
                },
                report = self.reports.recv() => match report {
                    Some(report) => self.take_reports(report, screen)?,
                    None => return Ok(Some("the connection to Pipedrive ended unexpectedly".to_owned())),
                },
                _ = tick.tick() => self.message(Msg::Tick, screen)?,
                () = screen.freed(), if dirty => Next::Continue,
            };
            match next {
                Next::Continue => dirty = true,
                Next::End(because) => return Ok(because),
            }
            if screen.has_failed() {
                return Ok(Some("the terminal cannot be written to".to_owned()));
            }
        }
    }

    /// Handles an event and those that arrive before a frame can be drawn.
    async fn events(&mut self, first: Event, input: &mut Input, screen: &mut Screen) -> Result<Next, TerminalError> {
        let mut event = Some(first);
        for _ in 0..MAX_EVENTS {
            let Some(taken) = event.take() else { break };
            if let Some(msg) = message_of(taken)
                && let end @ Next::End(_) = self.message(msg, screen)?
            {
                return Ok(end);
            }
            event = input.poll_now().await;
        }
        // At the bound, one more event was taken from the stream.
        match event.and_then(message_of) {
            Some(msg) => self.message(msg, screen),
            None => Ok(Next::Continue),
        }
    }

    /// Handles a report and those behind it, a few at a time: each may hold a page of the account, and no key may wait
    /// for many of them.
    fn take_reports(&mut self, first: Report, screen: &mut Screen) -> Result<Next, TerminalError> {
        let mut items = weight(&first);
        let mut reports = vec![first];
        while reports.len() < MAX_REPORTS && items < MAX_ITEMS {
            let Ok(report) = self.reports.try_recv() else { break };
            items += weight(&report);
            reports.push(report);
        }
        self.message(Msg::Reports(reports), screen)
    }

    /// Updates the state with a message and performs the effects.
    fn message(&mut self, msg: Msg, screen: &mut Screen) -> Result<Next, TerminalError> {
        let effects = app::update(&mut self.session, &mut self.account, msg, now());
        for effect in effects {
            match effect {
                Effect::Quit => return Ok(Next::End(None)),
                Effect::Copy(text) if self.supports_osc => screen.send_apart(clipboard::copy(&text)),
                Effect::Copy(_) => {
                    app::update(&mut self.session, &mut self.account, Msg::NotCopied, now());
                }
                Effect::Suspend => self.suspend(screen)?,
                Effect::Send(command) => {
                    if let Err(refused) = self.commands.try_send(command) {
                        let (mpsc::error::TrySendError::Full(command) | mpsc::error::TrySendError::Closed(command)) =
                            refused;
                        app::update(&mut self.session, &mut self.account, Msg::Undelivered(command), now());
                    }
                }
            }
        }
        Ok(Next::Continue)
    }

    fn signal(&mut self, signal: Signal, screen: &mut Screen) -> Result<Next, TerminalError> {
        match signal {
            Signal::End(name) => return Ok(Next::End(Some(format!("ended by {name}")))),
            Signal::Quit => {
                self.exit_code = Some(EXIT_SIGQUIT);
                return Ok(Next::End(Some("ended by SIGQUIT".to_owned())));
            }
            Signal::Suspend => self.suspend(screen)?,
            Signal::Continued => self.resume(screen)?,
            Signal::Resized => return self.resized(screen),
        }
        Ok(Next::Continue)
    }

    /// Reads the new size of the terminal.
    fn resized(&mut self, screen: &mut Screen) -> Result<Next, TerminalError> {
        let (columns, rows) = terminal_size()?;
        self.message(Msg::Resize(columns, rows), screen)
    }

    /// Gives the terminal back to the shell until it continues this process.
    fn suspend(&mut self, screen: &mut Screen) -> Result<(), TerminalError> {
        if !signals::has_job_control() {
            return Ok(());
        }
        screen.leave();
        signals::stop();
        self.resume(screen)
    }

    fn resume(&mut self, screen: &mut Screen) -> Result<(), TerminalError> {
        screen.enter()?;
        let (columns, rows) = terminal_size()?;
        app::update(&mut self.session, &mut self.account, Msg::Resize(columns, rows), now());
        Ok(())
    }

    /// Called after the screen is closed: saves the first screenful for the next start, waits a little for edits in
    /// flight, and returns what is left.
    async fn drain(&mut self) -> ExitSummary {
        if let Some(Effect::Send(command)) = app::keep_front(&self.session, &mut self.account, TimeDelta::zero()) {
            // If the channel is full, the next start shows an older one.
            let _ = self.commands.try_send(command);
        }
        if let Some(Effect::Send(command)) = app::keep_screen(&mut self.session, &self.account) {
            let _ = self.commands.try_send(command);
        }
        let until = Instant::now() + DRAIN;
        while self.account.workspace.pending() > 0 && !self.can_leave() {
            let Ok(Some(report)) = tokio::time::timeout_at(until, self.reports.recv()).await else { break };
            app::update(&mut self.session, &mut self.account, Msg::Report(report), now());
        }
        let edits = &self.account.edits;
        let (queued, under_way): (Vec<_>, Vec<_>) = edits.in_flight.values().partition(|edit| self.is_kept(edit));
        let attention = edits.attention.iter().filter(|edit| edit.is_kept).count();
        let under_way = under_way.into_iter().map(|edit| edit.what(&self.account.workspace).into_owned());
        let lost = edits.attention.iter().filter(|edit| !edit.is_kept);
        let lost = lost.map(|edit| {
            let what = words::as_shown(&self.account.workspace, &edit.edit, &edit.what);
            format!("{what} ({})", edit.why)
        });
        let unconfirmed = under_way.chain(lost).map(|what| ui::printable(&what)).collect();
        ExitSummary { unconfirmed, queued: queued.len(), attention, because: None, exit_code: None }
    }

    /// Returns `true` if there is no use in waiting for edits: all are on disk, and this process does not send them or
    /// Pipedrive cannot be reached.
    fn can_leave(&self) -> bool {
        let Account { connection, durability, edits, .. } = &self.account;
        let is_sending =
            connection.line.state == ConnectionState::Online && !matches!(durability, Durability::ReadOnly(_));
        !is_sending && edits.in_flight.values().all(|edit| self.is_kept(edit))
    }

    /// Returns `true` if the next start sends an edit in flight that this one does not.
    fn is_kept(&self, edit: &InFlight) -> bool {
        edit.queued && self.account.durability.is_durable()
    }
}

/// Returns the number of items in a report.
fn weight(report: &Report) -> usize {
    match report {
        Report::Changed(changes) | Report::CacheChunk(changes) => changes.iter().map(ServerUpdate::len).sum(),
        Report::WebhookChanges(heard) => heard.iter().map(|heard| heard.change.len()).sum(),
        _ => 0,
    }
}

fn message_of(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) => Some(Msg::Key(key)),
        // Nothing on the screen reacts to a mouse that only moves.
        Event::Mouse(mouse) if mouse.kind == MouseEventKind::Moved => None,
        Event::Mouse(mouse) => Some(Msg::Mouse(mouse)),
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Resize(columns, rows) => Some(Msg::Resize(columns, rows)),
        Event::FocusGained | Event::FocusLost => None,
    }
}
