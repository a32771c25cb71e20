//! The account for one command: what is kept of it, brought up to date where that is possible, and the way for edits.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::ask::Answers;
use super::plan::How;
use crate::app::words;
use crate::cli::told::{Told, sending};
use crate::cli::{Chosen, Failure, Session, sync};
use crate::domain::ItemRef;
use crate::pipedrive::Api;
use crate::runtime;
use crate::store::CompanyDir;
use crate::sync::poll_schedule::AccountPart;
use crate::sync::{
    Command, ConnectionState, Durability, EditFailure, EditOutcome, EditState, OfflineAccount, Progress, ReadError,
    Report, Restored, Settings, Storage,
};
use crate::workspace::{EditId, Workspace};

/// How long a line may be down before a command goes on without it: connections break and come back.
const PATIENCE: Duration = Duration::from_secs(4);
/// A wait that Pipedrive asks for of this length counts as a line that is down; shorter ones are waited for.
const LONG_WAIT: Duration = Duration::from_secs(10);
/// How long several shorter waits may last together.
const WAITS_FOR: Duration = Duration::from_secs(60);

/// How long nothing may become of any edit before a command goes on without them: a conversion takes up to a minute, and
/// what the budget keeps from going may take hours.
const QUIET: Duration = Duration::from_secs(90);
/// The part of the account that counts as all of it: parts are reckoned by ids, with fractions.
const ALL: f64 = 0.999;

/// Where what is known comes from, and where edits go.
pub(super) enum Source {
    /// An engine at work.
    Engine { api: Api, commands: mpsc::Sender<Command>, reports: mpsc::Receiver<Report>, engine: JoinHandle<()> },
    /// What is kept on this machine.
    Offline(OfflineAccount),
}

/// How much of the account is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Known {
    Nothing,
    /// Whose it is, and the edits that wait.
    Owner,
    /// All that was kept.
    Kept,
    /// All that Pipedrive says.
    Fresh,
}

/// The account for one command.
pub(super) struct Desk {
    /// Only its account is used, and its words for edits.
    pub(super) workspace: Workspace,
    pub(super) told: Told,
    /// What was asked of Pipedrive beyond the account.
    pub(super) answers: Answers,
    pub(super) keeping: Durability,
    /// Why what is known may be old; `None` where it is up to date.
    pub(super) stale: Option<String>,
    fresh_at: Option<DateTime<Utc>>,
    /// When each part was last brought up to date, as of the start.
    looked: BTreeMap<AccountPart, DateTime<Utc>>,
    known: Known,
    /// Why reading has failed.
    failed: Option<ReadError>,
    line: ConnectionState,
    down_since: Option<Instant>,
    /// Since when nothing is sent for a while.
    waiting_since: Option<Instant>,
    /// When something became of an edit last.
    news_at: Instant,
    /// Whether all of the account was ever read, as far as is known.
    is_whole: bool,
    /// Whether it was told to end.
    pub(super) is_interrupted: bool,
    /// Whether edits of earlier runs are sent along.
    sends: bool,
    pub(super) source: Source,
    /// What edits of earlier runs do.
    earlier: HashMap<EditId, String>,
    /// Edits that are on the disk.
    pub(super) queued: HashSet<EditId>,
    /// Edits that came to their end.
    pub(super) ended: HashMap<EditId, Result<Option<ItemRef>, EditFailure>>,
    pub(super) signal: Pin<Box<dyn Future<Output = io::Result<()>> + Send>>,
}

/// What a desk waits for.
enum Event {
    Report(Option<Box<Report>>),
    Signal,
    Wake,
}

impl Desk {
    /// Opens an account, and brings it up to date unless that is not wanted, or another process does it.
    pub(super) async fn open(chosen: Chosen, how: How) -> Result<Self, Failure> {
        let home = CompanyDir::new(&chosen.data_dir, chosen.endpoint.name());
        let (storage, restored) = Storage::open(home.clone(), &chosen.token).map_err(Failure::usage)?;
        // Who only looks sends nothing.
        let storage = if how.edits { storage } else { storage.leaving_queue() };
        let keeping = restored.as_ref().map_or(Durability::Kept, |restored| restored.keeping.clone());
        if how.edits {
            refuse_unless_kept(&keeping)?;
        }
        let is_whole = storage.is_whole();
        let is_held = matches!(keeping, Durability::ReadOnly(_));
        if how.offline || is_held {
            let Some(shelf) = storage.into_offline() else { return Err(nothing_kept()) };
            let mut desk = Self { is_whole, ..Self::at(Source::Offline(shelf)) };
            desk.restored(restored.into_iter().next());
            let stale = match &keeping {
                Durability::ReadOnly(why) => why,
                _ => "Pipedrive was not asked",
            };
            desk.load(stale).await?;
            return Ok(desk);
        }
        let api = chosen.connect(&home)?;
        let settings = Settings::new(chosen.lead_interval).looking_first_at(how.shows.first_look());
        let session = Session::on(api, settings, (storage, None), None);
        let Session { api, commands, reports, engine, .. } = session;
        let mut desk =
            Self { is_whole, sends: how.edits, ..Self::at(Source::Engine { api, commands, reports, engine }) };
        desk.restored(restored);
        let opened = desk.bring_up_to_date(how).await;
        match opened {
            Ok(()) => Ok(desk),
            Err(failure) => {
                desk.close().await;
                Err(failure)
            }
        }
    }

    fn at(source: Source) -> Self {
        Self {
            workspace: Workspace::new(),
            told: Told::default(),
            answers: Answers::default(),
            keeping: Durability::Kept,
            stale: None,
            fresh_at: None,
            looked: BTreeMap::new(),
            known: Known::Nothing,
            failed: None,
            line: ConnectionState::default(),
            down_since: None,
            waiting_since: None,
            news_at: Instant::now(),
            is_whole: false,
            is_interrupted: false,
            sends: false,
            source,
            earlier: HashMap::new(),
            queued: HashSet::new(),
            ended: HashMap::new(),
            signal: Box::pin(runtime::ended_by_signal()),
        }
    }

    /// The account.
    pub(super) fn account(&self) -> &Workspace {
        &self.workspace
    }

    /// Takes all that is kept.
    async fn load(&mut self, stale: &str) -> Result<(), Failure> {
        let Source::Offline(kept) = &self.source else { return Ok(()) };
        let account = &mut self.workspace;
        if let Err(error) = kept.load(|changes| account.absorb_cached(changes)).await {
            self.told.say(&error.to_string());
        }
        if account.me().is_none() {
            return Err(nothing_kept());
        }
        self.stale = Some(stale.to_owned());
        Ok(())
    }

    async fn bring_up_to_date(&mut self, how: How) -> Result<(), Failure> {
        self.until(|desk| {
            let gives_up = desk.failed.is_some() || desk.down().is_some();
            match desk.known {
                _ if desk.line.needs_token() => true,
                Known::Nothing => gives_up || matches!(desk.keeping, Durability::Failing(_)),
                Known::Owner => false,
                Known::Kept => gives_up,
                Known::Fresh => true,
            }
        })
        .await;
        self.told.end_line();
        if self.is_interrupted {
            return Err(Failure::running("it was told to end before the account was read"));
        }
        if let Some(problem) = self.line.token_problem() {
            return Err(Failure::running(problem));
        }
        if how.edits || self.known == Known::Nothing {
            refuse_unless_kept(&self.keeping)?;
        }
        if self.known == Known::Fresh {
            return Ok(());
        }
        let failed = self.failed.as_ref().map(ToString::to_string);
        let why = failed.or_else(|| self.down()).unwrap_or_else(|| "dealdeck is ending".to_owned());
        // Without a first reading there is nothing that could be shown.
        if self.account().me().is_none() {
            return Err(Failure::running(why));
        }
        self.stale = Some(why);
        Ok(())
    }

    /// As of when what a command shows is.
    pub(super) fn as_of(&self, how: How) -> Option<DateTime<Utc>> {
        let looked = how.shows.part().and_then(|part| self.looked.get(&part).copied());
        if self.stale.is_some() && how.shows.part().is_some() { looked } else { self.fresh_at }
    }

    /// Says how old what is shown is, where it is not up to date, and whether something is missing.
    pub(super) fn tell_age(&mut self, how: How) {
        if let Some(why) = &self.stale {
            let at = self.as_of(how).map(|at| at.with_timezone(&self.account().zone()));
            let age =
                at.map_or_else(|| "of unknown age".to_owned(), |at| at.format("as of %Y-%m-%d %H:%M").to_string());
            self.told.say(&format!("{age}: {why}"));
        }
        if !self.is_whole {
            self.told
                .say("the account was not read to its end yet, so something may be missing: 'dealdeck sync' goes on");
        }
    }

    /// Says that edits wait which were not sent.
    pub(super) fn tell_queued(&mut self) {
        match self.earlier.len() {
            0 => {}
            1 => self.told.say("1 edit is queued: 'dealdeck sync' sends it"),
            count => self.told.say(&format!("{count} edits are queued: 'dealdeck sync' sends them")),
        }
    }

    /// Why nothing gets to Pipedrive now; `None` while something does, or may in a moment.
    pub(super) fn down(&self) -> Option<String> {
        match &self.line {
            ConnectionState::Offline { why } if self.down_since.is_some_and(|since| since.elapsed() >= PATIENCE) => {
                Some(format!("Pipedrive cannot be reached ({why})"))
            }
            ConnectionState::Waiting { wait, why }
                if *wait >= LONG_WAIT || self.waiting_since.is_some_and(|since| since.elapsed() >= WAITS_FOR) =>
            {
                Some(why.clone())
            }
            state if state.needs_token() => state.token_problem(),
            _ if self.news_at.elapsed() >= QUIET => Some("nothing has come of it for a while".to_owned()),
            _ => None,
        }
    }

    /// Whether nothing is sent as nobody wants it.
    pub(super) fn shelf(&self) -> Option<&OfflineAccount> {
        match &self.source {
            Source::Offline(kept) => Some(kept),
            Source::Engine { .. } => None,
        }
    }

    /// Hands a command to the engine. Its reports are taken meanwhile: neither waits for the other.
    pub(super) async fn send(&mut self, command: Command) {
        loop {
            let Source::Engine { commands, reports, .. } = &mut self.source else { return };
            let report = tokio::select! {
                permit = commands.reserve() => {
                    // An engine that has ended tells so by its reports.
                    if let Ok(permit) = permit {
                        permit.send(command);
                    }
                    return;
                }
                report = reports.recv() => report,
            };
            match report {
                Some(report) => self.take(report),
                None => return,
            }
        }
    }

    /// Takes reports until something holds, a signal comes, or there are no more.
    pub(super) async fn until(&mut self, holds: impl Fn(&Self) -> bool) {
        while !self.is_interrupted && !holds(self) {
            let wakes = [
                self.down_since.map(|since| since + PATIENCE),
                self.waiting_since.map(|since| since + WAITS_FOR),
                Some(self.news_at + QUIET),
            ];
            let wake = wakes.into_iter().flatten().filter(|at| *at > Instant::now()).min();
            let Source::Engine { reports, .. } = &mut self.source else { return };
            let event = tokio::select! {
                report = reports.recv() => Event::Report(report.map(Box::new)),
                _ = &mut self.signal => Event::Signal,
                () = at(wake) => Event::Wake,
            };
            match event {
                Event::Report(Some(report)) => self.take(*report),
                Event::Report(None) => return,
                Event::Signal => self.is_interrupted = true,
                Event::Wake => {}
            }
        }
    }

    fn restored(&mut self, restored: Option<Restored>) {
        let Some(restored) = restored else { return };
        self.known = self.known.max(Known::Owner);
        self.keeping = restored.keeping;
        self.fresh_at = restored.fresh_at;
        self.looked = restored.looked;
        for warning in &restored.warnings {
            self.told.say(warning);
        }
        let account = &mut self.workspace;
        account.resume_edit_ids(restored.next_edit);
        account.absorb_cached(restored.items);
        for kept in restored.edits {
            account.reserve(&kept.edit);
            if kept.state == EditState::Waiting {
                account.restore(kept.id, kept.edit);
                self.earlier.insert(kept.id, kept.what);
            }
        }
        if self.sends && !self.earlier.is_empty() {
            self.told.say(&sending(self.earlier.len()));
        }
    }

    pub(super) fn take(&mut self, report: Report) {
        match report {
            Report::Restored(restored) => self.restored(Some(*restored)),
            Report::CacheChunk(changes) => self.workspace.absorb_cached(changes),
            Report::CacheLoaded => self.known = self.known.max(Known::Kept),
            Report::Changed(changes) => {
                self.workspace.absorb(changes);
            }
            Report::Warning(warning) => self.told.say(&warning),
            // Later on it concerns the account, which can be read again; edits tell of themselves.
            Report::Durability(keeping) if self.known == Known::Nothing => self.keeping = keeping,
            Report::Queued(id) => {
                self.news_at = Instant::now();
                self.queued.insert(id);
            }
            Report::AllQueued(ids) => {
                self.news_at = Instant::now();
                self.queued.extend(ids);
            }
            Report::EditDone { id, outcome } => {
                self.news_at = Instant::now();
                self.edit_done(id, outcome);
            }
            Report::Progress(Progress::Reading(reading)) => {
                self.news_at = Instant::now();
                self.is_whole = reading.share.map_or(self.is_whole, |share| share >= ALL);
                self.told.show(&reading);
            }
            Report::Progress(Progress::Fresh { at, .. }) => {
                self.known = Known::Fresh;
                self.fresh_at = Some(at);
            }
            Report::Progress(Progress::Failed { error, .. }) => self.failed = Some(error),
            Report::Connection(line) => {
                self.line = line.state;
                let is_waiting = matches!(self.line, ConnectionState::Waiting { .. });
                self.waiting_since = self.waiting_since.or_else(|| Some(Instant::now())).filter(|_| is_waiting);
                if let ConnectionState::Waiting { wait, why } = &self.line {
                    self.told.waiting(*wait, why, self.workspace.zone());
                }
                let is_offline = matches!(self.line, ConnectionState::Offline { .. });
                self.down_since = self.down_since.or_else(|| Some(Instant::now())).filter(|_| is_offline);
            }
            Report::EditDelayed { why, .. } => self.told.say(&format!("waiting, as {why}")),
            Report::Overwritten(kept) => {
                self.told.say(&format!(
                    "an earlier edit needs attention: {} ({})",
                    kept.what,
                    kept.attention().unwrap_or_default()
                ));
            }
            Report::Checking { why, .. } => {
                self.news_at = Instant::now();
                self.told.say(&format!("checking whether Pipedrive has it ({why})"));
            }
            // All else is for a screen.
            _ => {}
        }
    }

    fn edit_done(&mut self, id: EditId, outcome: Result<EditOutcome, EditFailure>) {
        let account = &mut self.workspace;
        let ended = match outcome {
            Ok(outcome) => {
                account.settle(id, outcome.changes, outcome.created);
                Ok(outcome.created)
            }
            Err(failure) => {
                let edit = account.settle(id, failure.changes.clone(), None);
                if let (Some(what), Some(edit)) = (self.earlier.get(&id), edit) {
                    let what = words::as_shown(account, &edit, what);
                    self.told.say(&format!("an earlier edit needs attention: {what} ({})", failure.error));
                }
                Err(failure)
            }
        };
        self.ended.insert(id, ended);
    }

    /// Gives the account free, with everything on the disk.
    pub(super) async fn close(self) {
        match self.source {
            Source::Engine { api, commands, reports, engine } => {
                drop((api, commands));
                sync::close(engine, reports).await;
            }
            Source::Offline(kept) => kept.close().await,
        }
    }
}

/// An edit is taken only where it outlives this process.
fn refuse_unless_kept(keeping: &Durability) -> Result<(), Failure> {
    match keeping {
        Durability::Kept | Durability::EditsOnly(_) | Durability::Memory => Ok(()),
        Durability::ReadOnly(why) | Durability::Failing(why) => Err(Failure::running(why)),
    }
}

fn nothing_kept() -> Failure {
    Failure::running("nothing is kept of this account yet: run this once while Pipedrive can be reached")
}

/// At a moment; never, where there is none.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
