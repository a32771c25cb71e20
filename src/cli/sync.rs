//! `dealdeck sync`: reads the account and sends what is queued, without the screen.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::told::{Told, print_done, sending};
use super::{EXIT_ATTENTION, Failure, Session};
use crate::app::words;
use crate::domain::{DealStatus, Edit};
use crate::pipedrive::ApiError;
use crate::runtime;
use crate::sync::{ConnectionState, Durability, EditState, Progress, Report};
use crate::ui;
use crate::workspace::{EditId, Workspace};

/// How long the line may be down before it is given up: what is queued stays so.
const OFFLINE_FOR: Duration = Duration::from_secs(4);
/// How long Pipedrive may fail, or want dealdeck to wait, before it is given up.
const WAITS_FOR: Duration = Duration::from_secs(180);
/// How long an edit may be put off before the others are no longer waited for.
const PUT_OFF_FOR: Duration = Duration::from_secs(20);
/// How often it is looked at the clock.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// What came of it.
#[derive(Default)]
struct Run {
    account: Workspace,
    sent: usize,
    /// The edits that wait, with what each does in words.
    queued: HashMap<EditId, (Edit, String)>,
    /// Which of them wait for something that takes a while, since when, and for what.
    put_off: HashMap<EditId, (Instant, String)>,
    /// Since when Pipedrive is not to be had, and why.
    offline: Option<(Instant, String)>,
    /// Since when nothing is sent for a while, and why.
    waiting: Option<(Instant, String)>,
    /// Why the account could not be read.
    unread: Option<String>,
    /// The edits that need attention, with what each does in words and why it was not done.
    attention: Vec<(Edit, String, String)>,
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
            () = tokio::time::sleep(LOOK_EVERY) => {}
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
        let is_read = self.fresh || self.unread.is_some();
        if self.offline.as_ref().is_some_and(|(since, _)| since.elapsed() >= OFFLINE_FOR) {
            return true;
        }
        if self.waiting.as_ref().is_some_and(|(since, _)| since.elapsed() >= WAITS_FOR) {
            return true;
        }
        // What is queued goes out also where the account cannot be read, as long as it can go out at all.
        let is_put_off = |id| self.put_off.get(id).is_some_and(|(since, _)| since.elapsed() >= PUT_OFF_FOR);
        let is_sent = self.queued.keys().all(is_put_off);
        self.because.is_some() || (is_read && is_sent)
    }

    fn take(&mut self, report: Report) {
        match report {
            Report::Restored(restored) => {
                self.say_all(&restored.warnings);
                for kept in restored.edits {
                    match kept.state {
                        EditState::Waiting => {
                            self.queued.insert(kept.id, (kept.edit, kept.what));
                        }
                        EditState::Attention { why, .. } => self.attention.push((kept.edit, kept.what, why)),
                        _ => {}
                    }
                }
                if let Durability::ReadOnly(why) | Durability::Failing(why) = &restored.keeping {
                    self.because = Some(why.clone());
                }
                self.account.absorb_cached(restored.items);
                if self.because.is_none() && !self.queued.is_empty() {
                    self.told.say(&sending(self.queued.len()));
                }
            }
            Report::CacheChunk(changes) => {
                self.account.absorb_cached(changes);
            }
            Report::Changed(changes) => {
                self.account.absorb(changes);
            }
            Report::Warning(warning) => self.say_all(&[warning]),
            Report::Durability(Durability::EditsOnly(why) | Durability::Failing(why)) => self.because = Some(why),
            Report::EditDone { id, outcome } => {
                let queued = self.queued.remove(&id);
                self.put_off.remove(&id);
                match (outcome, queued) {
                    (Ok(_), _) => self.sent += 1,
                    (Err(failure), Some((edit, what))) => self.attention.push((edit, what, failure.error.to_string())),
                    (Err(_), None) => {}
                }
            }
            Report::Progress(Progress::Reading(reading)) => self.told.show(&reading),
            Report::Progress(Progress::Fresh { .. }) => self.fresh = true,
            Report::Progress(Progress::Failed { error, .. }) => self.unread = Some(error.to_string()),
            Report::Overwritten(kept) => {
                let why = kept.attention().unwrap_or_default().to_owned();
                self.attention.push((kept.edit, kept.what, why));
            }
            Report::Checking { id, why } => {
                let what = self.queued.get(&id).map_or("an edit", |(_, what)| what.as_str());
                self.say_all(&[format!("{what}: checking whether Pipedrive has it ({why})")]);
            }
            Report::EditDelayed { id, why } => {
                self.put_off.entry(id).or_insert_with(|| (Instant::now(), why));
            }
            Report::Connection(line) => {
                self.offline = match &line.state {
                    ConnectionState::Offline { why } => {
                        let since = self.offline.take().map_or_else(Instant::now, |(since, _)| since);
                        Some((since, why.clone()))
                    }
                    _ => None,
                };
                self.waiting = match &line.state {
                    ConnectionState::Waiting { wait, why } => {
                        let before = self.waiting.take();
                        self.told.waiting(*wait, why, self.account.zone());
                        Some((before.map_or_else(Instant::now, |(since, _)| since), why.clone()))
                    }
                    _ => None,
                };
                if let Some(problem) = line.state.token_problem() {
                    self.because = Some(problem);
                }
            }
            Report::Durability(_)
            | Report::WebhookChanges(_)
            | Report::WebhookStatus(_)
            | Report::CacheLoaded
            | Report::Queued(_)
            | Report::AllQueued(_)
            | Report::History(_)
            | Report::Archive(_)
            | Report::SavedFilters { .. }
            | Report::FilterResult { .. }
            | Report::SearchResults { .. }
            | Report::ItemLoaded { .. }
            | Report::DetailsLoaded { .. } => {}
        }
    }

    /// Why not all was done.
    fn why_not(&self) -> Option<String> {
        let offline = self.offline.as_ref().filter(|_| !self.fresh || !self.queued.is_empty());
        let offline = offline.map(|(_, why)| ApiError::Unreachable(why.clone()).to_string());
        let waiting = self.waiting.as_ref().filter(|_| !self.fresh || !self.queued.is_empty());
        let waiting = waiting.map(|(_, why)| why.clone());
        let put_off = || self.put_off.values().next().map(|(_, why)| why.clone());
        self.because.clone().or(offline).or_else(|| self.unread.clone()).or(waiting).or_else(put_off)
    }

    fn say_all(&mut self, lines: &[String]) {
        for line in lines {
            self.told.say(line);
        }
    }

    fn summary(&mut self, took: Duration) -> Result<(), Failure> {
        self.told.end_line();
        for (edit, what, why) in &self.attention {
            let what = words::as_shown(&self.account, edit, what);
            self.told.say(&format!("needs attention: {what} ({why})"));
        }
        let edits = |count: usize| format!("{count} {}", if count == 1 { "edit" } else { "edits" });
        if let Some(because) = self.why_not() {
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
        let summary = format!(
            "{}: {open} open deals, {to_do} activities to do, {leads} leads; {} sent. Took {:.1} s.\n",
            ui::printable(company),
            edits(self.sent),
            took.as_secs_f64()
        );
        let printed = print_done(&summary, "the sync is done", &summary);
        match self.attention.len() {
            0 => printed,
            count => {
                if let Err(unprinted) = printed {
                    self.told.say(&unprinted.message);
                }
                Err(Failure {
                    message: format!("{} in need of attention: start dealdeck and press !", edits(count)),
                    code: EXIT_ATTENTION,
                })
            }
        }
    }
}
