//! `dealdeck sync`: reads the account and sends what is queued, without the screen.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::told::{Told, print};
use super::{EXIT_ATTENTION, Failure, Session};
use crate::domain::DealStatus;
use crate::runtime;
use crate::sync::{EditState, Keeping, LineState, Progress, Report};
use crate::ui;
use crate::workspace::{EditId, Workspace};

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
    told: Told,
}

/// Reads the account, sends what is queued, and says what came of it.
pub(super) async fn run(session: Session) -> Result<(), Failure> {
    let Session { commands, mut reports, engine, restored, .. } = session;
    let mut run = Run::default();
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
pub(super) async fn close(engine: tokio::task::JoinHandle<()>, mut reports: mpsc::Receiver<Report>) {
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
            Report::Progress(Progress::Reading(reading)) => self.told.show(&reading),
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

    fn say_all(&mut self, lines: &[String]) {
        for line in lines {
            self.told.say(line);
        }
    }

    fn summary(&mut self, took: Duration) -> Result<(), Failure> {
        self.told.end_line();
        for what in &self.attention {
            self.told.say(&format!("needs attention: {what}"));
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
        print(&format!(
            "{}: {open} open deals, {to_do} activities to do, {leads} leads; {} sent. Took {:.1} s.\n",
            ui::printable(company),
            edits(self.sent),
            took.as_secs_f64()
        ))?;
        match self.attention.len() {
            0 => Ok(()),
            count => Err(Failure {
                message: format!("{} in need of attention: start dealdeck and press !", edits(count)),
                code: EXIT_ATTENTION,
            }),
        }
    }
}
