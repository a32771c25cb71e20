//! `dealdeck sync`: reads the account and sends what is queued, without the screen.

use std::collections::HashMap;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::{Failure, Session};
use crate::domain::DealStatus;
use crate::runtime;
use crate::sync::{EditState, Keeping, LineState, Progress, Reading, Report};
use crate::ui;
use crate::workspace::{EditId, Workspace};

/// Some edits need a person: exit code of `dealdeck sync`.
const EXIT_ATTENTION: u8 = 3;
/// How often the progress is shown anew.
const SHOWN_EVERY: Duration = Duration::from_millis(200);

/// What came of it.
#[derive(Default)]
struct Run {
    account: Workspace,
    sent: usize,
    /// What each edit does that waits.
    queued: HashMap<EditId, String>,
    attention: Vec<String>,
    /// Whether the account was read.
    fresh: bool,
    /// Why it cannot go on.
    because: Option<String>,
    shown: Option<Instant>,
    is_terminal: bool,
    /// Whether a line of progress stands on the screen.
    has_line: bool,
}

/// Reads the account, sends what is queued, and says what came of it.
pub(super) async fn run(session: Session) -> Result<(), Failure> {
    let Session { commands, mut reports, engine, restored } = session;
    let mut run = Run { is_terminal: io::stderr().is_terminal(), ..Run::default() };
    let started = Instant::now();
    if let Some(restored) = restored {
        run.take(Report::Restored(Box::new(restored)));
    }
    let ended = runtime::ended_by_signal();
    tokio::pin!(ended);
    while !run.is_over() {
        tokio::select! {
            report = reports.recv() => match report {
                Some(report) => run.take(report),
                None => break,
            },
            _ = &mut ended => run.because = Some("it was told to end".to_owned()),
        }
    }
    drop(commands);
    close(engine, reports).await;
    run.summary(started.elapsed())
}

/// Lets the engine come to its end, so that all is on the disk.
async fn close(engine: tokio::task::JoinHandle<()>, mut reports: mpsc::Receiver<Report>) {
    while reports.recv().await.is_some() {}
    // It has ended, or was ended with the process.
    let _ = engine.await;
}

impl Run {
    fn is_over(&self) -> bool {
        self.because.is_some() || (self.fresh && self.queued.is_empty())
    }

    fn take(&mut self, report: Report) {
        match report {
            Report::Restored(restored) => {
                self.say_all(&restored.warnings);
                for kept in restored.edits {
                    match kept.state {
                        EditState::Waiting => {
                            self.queued.insert(kept.id, kept.what);
                        }
                        EditState::Attention { why, .. } => self.attention.push(format!("{} ({why})", kept.what)),
                        _ => {}
                    }
                }
                if let Keeping::ReadOnly(why) | Keeping::Failing(why) = &restored.keeping {
                    self.because = Some(why.clone());
                }
                self.account.absorb_kept(restored.items);
            }
            Report::Kept(changes) => {
                self.account.absorb_kept(changes);
            }
            Report::Changed(changes) => {
                self.account.absorb(changes);
            }
            Report::Warning(warning) => self.say_all(&[warning]),
            Report::Keeping(Keeping::Failing(why)) => self.because = Some(why),
            Report::EditDone { id, outcome } => {
                let what = self.queued.remove(&id).unwrap_or_default();
                match outcome {
                    Ok(_) => self.sent += 1,
                    Err(failure) => self.attention.push(format!("{what} ({})", failure.error)),
                }
            }
            Report::Progress(Progress::Reading(reading)) => self.show(&reading),
            Report::Progress(Progress::Fresh { .. }) => self.fresh = true,
            Report::Progress(Progress::Failed { error, .. }) => self.because = Some(error.to_string()),
            Report::Line(line) => {
                if line.state == LineState::Refused {
                    self.because = Some(crate::pipedrive::ApiError::Unauthorized.to_string());
                }
            }
            Report::Keeping(_) | Report::Loaded | Report::Queued(_) | Report::History(_) => {}
        }
    }

    /// Shows how far it has come, where somebody looks.
    fn show(&mut self, reading: &Reading) {
        if !self.is_terminal || self.shown.is_some_and(|shown| shown.elapsed() < SHOWN_EVERY) {
            return;
        }
        self.shown = Some(Instant::now());
        self.has_line = true;
        eprint!("\r\x1b[K{}", ui::progress_line(reading));
        // A line that does not appear is no loss.
        let _ = io::stderr().flush();
    }

    fn say_all(&mut self, lines: &[String]) {
        self.end_line();
        for line in lines {
            eprintln!("dealdeck: {}", ui::printable(line));
        }
    }

    fn end_line(&mut self) {
        if std::mem::take(&mut self.has_line) {
            eprint!("\r\x1b[K");
        }
    }

    fn summary(&mut self, took: Duration) -> Result<(), Failure> {
        self.end_line();
        for what in &self.attention {
            eprintln!("dealdeck: needs attention: {}", ui::printable(what));
        }
        let edits = |count: usize| format!("{count} {}", if count == 1 { "edit" } else { "edits" });
        if let Some(because) = &self.because {
            let queued = match self.queued.len() {
                0 => String::new(),
                waiting => format!(" {} still queued.", edits(waiting)),
            };
            return Err(Failure::running(format!("{because}.{queued}")));
        }
        let open = self.account.deals().filter(|deal| deal.status == DealStatus::Open).count();
        let leads = self.account.inbox().len();
        let to_do = self.account.agenda().len();
        let company = self.account.me().map_or("The account", |me| me.company.as_str());
        println!(
            "{}: {open} open deals, {to_do} activities to do, {leads} leads; {} sent. Took {:.1} s.",
            ui::printable(company),
            edits(self.sent),
            took.as_secs_f64()
        );
        match self.attention.len() {
            0 => Ok(()),
            count => Err(Failure {
                message: format!("{} in need of attention: start dealdeck and press !", edits(count)),
                code: EXIT_ATTENTION,
            }),
        }
    }
}
