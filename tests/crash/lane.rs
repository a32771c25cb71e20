//! A lane: one account, one data folder, and a program on them that is killed again and again.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dealdeck::sandbox::{Options, Plan};
use fastrand::Rng;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::defects::{Account, Defects, Record};
use super::ledger::{Creation, Ledger, Target, Typed, is_uncertain};
use super::practice::Practice;
use super::screen_log::{ATTENTION, ScreenLog, has_card};
use super::terminal::Terminal;

const SIZE: (u16, u16) = (140, 30);
/// The number of deals whose values and stages change.
const TARGETS: u8 = 8;
/// The share of lost responses to writes.
const LOST: f64 = 0.18;
/// The share of writes that are late by each of [`LATE`].
const LATE_SHARE: f64 = 0.03;
/// The delays of late writes in milliseconds: below [`MAX_DELAY`], the bound that the program is told, which counts
/// from the sending.
const LATE: [u64; 2] = [300, 1_400];
/// The bound on late requests, in seconds.
const MAX_DELAY: &str = "2";
/// The share of slow requests.
const SLOW: f64 = 0.15;
/// The times in milliseconds within which a start is killed early.
const START: [u64; 3] = [30, 100, 300];
/// The percentage of rounds that are killed early.
const STARTS: u8 = 25;

/// The result of a lane in numbers.
#[derive(Debug, Default, Clone, Copy)]
pub struct Figures {
    pub kills: usize,
    /// Kills before there was a card on the board.
    pub during_start: usize,
    /// Kills with acknowledged edits that had not been carried out.
    pub while_waiting: usize,
    /// Kills with edits of an earlier round that had not been carried out.
    pub during_replay: usize,
    pub edits: usize,
    pub acknowledged: usize,
    pub creations: usize,
    pub dropped: u64,
    /// Creations that the user was asked about.
    pub uncertain: usize,
}

pub struct Lane {
    number: usize,
    rng: Rng,
    practice: Practice,
    home: TempDir,
    ledger: Ledger,
    figures: Figures,
    /// The last value that was typed.
    value: u64,
    wrong: Vec<String>,
}

impl Lane {
    /// Creates an account with some deals to edit.
    pub fn open(number: usize, seed: u64) -> Self {
        let practice = Practice::with(Options { plan: Plan::Enterprise, deals: 30, seed, ..Options::default() });
        let mut stages = practice.get("/api/v2/stages?pipeline_id=1&limit=500")["data"].as_array().unwrap().clone();
        stages.sort_by_key(|stage| stage["order_nr"].as_i64());
        let name = |stage: &Value| (stage["name"].as_str().unwrap().to_owned(), stage["id"].as_u64().unwrap());
        let mut ledger = Ledger { stages: stages.iter().map(name).collect(), ..Ledger::default() };
        let open = practice.get("/api/v2/deals?status=open&limit=500");
        let first = ledger.stages[1].1;
        for (deal, letter) in open["data"].as_array().unwrap().iter().zip(b'A'..b'A' + TARGETS) {
            let (id, title) = (deal["id"].as_u64().unwrap(), format!("Target-{}", char::from(letter)));
            let body = json!({"title": title, "value": 1, "currency": "EUR", "pipeline_id": 1, "stage_id": first});
            assert_eq!(practice.send("PATCH", &format!("/api/v2/deals/{id}"), &body)["success"], true);
            ledger.targets.push(Target { id, title, values: Typed::from(1), stages: Typed::from(first) });
        }
        assert_eq!(ledger.targets.len(), usize::from(TARGETS));
        Self {
            number,
            rng: Rng::with_seed(seed),
            practice,
            home: tempfile::tempdir().unwrap(),
            ledger,
            figures: Figures::default(),
            value: 1_000,
            wrong: Vec::new(),
        }
    }

    /// Starts, edits and kills this many times, then waits until all edits are done. Returns numbers and
    /// the defects.
    pub fn run(mut self, kills: usize) -> (Figures, Defects) {
        for method in ["POST", "PATCH"] {
            for millis in LATE {
                let (seed, hold) = (self.rng.u64(..), self.rng.u64(..300));
                let late = json!({"kind": "late", "millis": millis, "hold": hold, "method": method,
                    "share": LATE_SHARE, "seed": seed});
                self.practice.inject(&late);
            }
            let seed = self.rng.u64(..);
            self.practice.inject(&json!({"kind": "drop_after", "method": method, "share": LOST, "seed": seed}));
            let slow =
                json!({"kind": "latency_after", "millis": 400, "method": method, "share": SLOW, "seed": seed + 1});
            self.practice.inject(&slow);
        }
        self.practice.inject(&json!({"kind": "jitter", "millis": 250, "share": SLOW, "seed": self.rng.u64(..)}));
        for round in 0..kills {
            self.round(round);
        }
        self.practice.heal();
        self.come_to_rest();
        self.practice.wait_until("/sandbox/stats", "the last late request", |stats| {
            stats.is_some_and(|stats| stats["late"] == 0)
        });
        self.check_attention();
        if !self.wrong.is_empty() {
            let edits = self.journal().map_or_else(|| "there is no journal".to_owned(), |file| in_words(listed(&file)));
            self.wrong.push(edits);
        }
        let mut defects = Defects::new(&self.ledger, &self.record(), &self.account());
        defects.wrong.append(&mut self.wrong);
        self.figures.edits = self.ledger.typed();
        self.figures.acknowledged = self.ledger.acknowledged();
        self.figures.creations = self.ledger.creations.len();
        self.figures.uncertain = self.ledger.creations.iter().filter(|creation| creation.is_uncertain).count();
        self.figures.dropped = self.practice.get("/sandbox/stats")["dropped"].as_u64().unwrap();
        (self.figures, defects)
    }

    fn round(&mut self, round: usize) {
        let left = self.ledger.waiting(&self.record());
        let log = Arc::new(Mutex::new(ScreenLog::default()));
        let mut terminal = self.start(&log);
        if self.rng.u8(..100) < STARTS {
            let longest = START[self.rng.usize(..START.len())];
            self.pause(longest);
        } else {
            // It opens on the last view.
            terminal.wait_for("1 Board");
            terminal.keys("1");
            terminal.wait_until("a card", has_card);
            for nth in 0..[0, 1, 1, 2, 2, 2, 3, 3, 4, 4][self.rng.usize(..10)] {
                self.pause(150);
                let keys = self.edit(&format!("{}-{round}-{nth}", self.number));
                terminal.keys(&keys);
            }
            let longest = [30, 200, 200, 500, 1_000][self.rng.usize(..5)];
            self.pause(longest);
        }
        terminal.kill();
        let log = std::mem::take(&mut *log.lock().unwrap_or_else(PoisonError::into_inner));
        log.statuses.iter().for_each(|status| self.ledger.record(status));
        self.record_errors(&format!("round {round}"), log.errors);
        let waiting = self.ledger.waiting(&self.record());
        self.figures.kills += 1;
        self.figures.during_start += usize::from(!log.has_board);
        self.figures.while_waiting += usize::from(!waiting.is_empty());
        let is_replay = log.has_board && left.iter().any(|what| waiting.contains(what));
        self.figures.during_replay += usize::from(is_replay);
    }

    /// Starts the program with an observer of its frames.
    fn start(&self, log: &Arc<Mutex<ScreenLog>>) -> Terminal {
        let home = self.home.path().to_str().unwrap();
        let variables = [
            ("DEALDECK_API_URL", self.practice.url.as_str()),
            ("DEALDECK_API_TOKEN", self.practice.token.as_str()),
            ("DEALDECK_MAX_REQUEST_DELAY", MAX_DELAY),
            ("XDG_DATA_HOME", home),
            ("XDG_STATE_HOME", home),
            ("XDG_CONFIG_HOME", home),
            ("XDG_CACHE_HOME", home),
        ];
        let log = Arc::clone(log);
        let watch = move |screen: &vt100::Screen| log.lock().unwrap_or_else(PoisonError::into_inner).record(screen);
        Terminal::watched(&[], &variables, SIZE, watch)
    }

    /// Sleeps for a random time up to this many milliseconds, so that kills hit any state of the program.
    fn pause(&mut self, longest: u64) {
        std::thread::sleep(Duration::from_millis(self.rng.u64(..=longest)));
    }

    /// Returns the keys of a random edit, and adds it to the ledger.
    fn edit(&mut self, name: &str) -> String {
        match self.rng.u8(..100) {
            0..50 => self.change_value(),
            50..68 => self.move_on().unwrap_or_else(|| self.change_value()),
            _ => self.make(name),
        }
    }

    fn change_value(&mut self) -> String {
        self.value += 1;
        let target = self.rng.usize(..self.ledger.targets.len());
        let target = &mut self.ledger.targets[target];
        target.values.push(self.value);
        format!("1/\x15{}\rv{}\r", target.title, self.value)
    }

    /// Moves a deal whose stage is certain, so that the target stage is certain, too.
    fn move_on(&mut self) -> Option<String> {
        let record = self.record();
        let target = self.rng.usize(..self.ledger.targets.len());
        let target = &mut self.ledger.targets[target];
        let stage = *record.stages(target.id).last()?;
        if target.stages.last() != Some(stage) {
            return None;
        }
        let at = self.ledger.stages.iter().position(|(_, id)| *id == stage)?;
        let is_on = at == 0 || (at + 1 < self.ledger.stages.len() && self.rng.bool());
        target.stages.push(self.ledger.stages[if is_on { at + 1 } else { at - 1 }].1);
        Some(format!("1/\x15{}\r{}", target.title, if is_on { 'L' } else { 'H' }))
    }

    fn make(&mut self, name: &str) -> String {
        let is_lead = self.rng.u8(..100) < 40;
        let with = self.rng.u8(..3);
        let creation = Creation {
            title: format!("Made {name}"),
            is_lead,
            org: (with < 2).then(|| format!("Org {name}")),
            person: (with > 0).then(|| format!("Person {name}")),
            is_acknowledged: false,
            is_uncertain: false,
        };
        let keys = format!(
            "{}n{}\t{}\t{}\x13",
            if is_lead { 3 } else { 1 },
            creation.title,
            creation.person.as_deref().unwrap_or_default(),
            creation.org.as_deref().unwrap_or_default()
        );
        self.ledger.creations.push(creation);
        keys
    }

    /// Starts once without faults and kills: all waiting edits are carried out.
    fn come_to_rest(&mut self) {
        let log = Arc::new(Mutex::new(ScreenLog::default()));
        let mut terminal = self.start(&log);
        // It opens on the last view.
        terminal.wait_for("1 Board");
        terminal.keys("1");
        terminal.wait_until("nothing to wait any more", |screen| {
            let text = screen.contents();
            let is_busy = ["reading", "Reading", "connecting", "Connecting", "saving", "queued", "waiting", "↻"];
            text.contains("online") && has_card(screen) && is_busy.iter().all(|word| !text.contains(word))
        });
        terminal.keys("q");
        let code = terminal.exit_code();
        let errors = std::mem::take(&mut log.lock().unwrap_or_else(PoisonError::into_inner).errors);
        self.record_errors("in the end", errors);
        if code != 0 {
            self.wrong.push(format!("in the end it ended with {code}: {}", terminal.text()));
        }
    }

    /// Returns the file of the journal.
    fn journal(&self) -> Option<PathBuf> {
        let mut folders = vec![self.home.path().to_owned()];
        while let Some(folder) = folders.pop() {
            let file = folder.join("edits.db");
            if file.exists() {
                return Some(file);
            }
            let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
            folders.extend(entries.map(|entry| entry.path()).filter(|path| path.is_dir()));
        }
        None
    }

    /// Checks the edits that need attention: only creations with an unknown outcome may. The screen may report those
    /// without a defect.
    fn check_attention(&mut self) {
        let Some(file) = self.journal() else { return };
        let attention = attention(&file).unwrap();
        let mut is_all_uncertain = !attention.is_empty();
        for (edit, why) in attention {
            let creation = self.ledger.creations.iter_mut().find(|creation| edit.contains(&creation.title));
            match creation {
                Some(creation) if is_uncertain(&why) => creation.is_uncertain = true,
                _ => is_all_uncertain = false,
            }
        }
        if is_all_uncertain {
            self.wrong.retain(|words| !ATTENTION.iter().any(|attention| words.contains(attention)));
        }
    }

    fn record_errors(&mut self, when: &str, errors: Vec<String>) {
        self.wrong.extend(errors.into_iter().map(|words| format!("{when} it says: {words}")));
    }

    fn record(&self) -> Record {
        Record(self.practice.get("/sandbox/writes")["data"].as_array().unwrap().clone())
    }

    fn account(&self) -> Account {
        let list = |path: &str| self.practice.all(path);
        Account {
            deals: list("/api/v2/deals?limit=500"),
            leads: list("/api/v1/leads?limit=500"),
            orgs: list("/api/v2/organizations?limit=500"),
            persons: list("/api/v2/persons?limit=500"),
        }
    }
}

fn in_words(listed: Result<String, rusqlite::Error>) -> String {
    listed.unwrap_or_else(|error| format!("the journal cannot be read: {error}"))
}

/// Returns the edits that need attention, each with the reason.
fn attention(file: &Path) -> Result<Vec<(String, String)>, rusqlite::Error> {
    let journal = rusqlite::Connection::open(file)?;
    let mut about = journal.prepare("SELECT edit, outcome FROM edit WHERE state = 'attention' ORDER BY id")?;
    let rows = about.query_map([], |row| Ok((row.get(0)?, row.get::<_, Option<String>>(1)?.unwrap_or_default())))?;
    rows.collect()
}

/// Returns the edits of the same item as one that needs attention, in order.
fn listed(file: &Path) -> Result<String, rusqlite::Error> {
    let journal = rusqlite::Connection::open(file)?;
    let mut about = journal.prepare(
        "SELECT id, state, made_at, ended_at, edit, base, step, outcome FROM edit
         WHERE substr(edit, 1, 30) IN (SELECT substr(edit, 1, 30) FROM edit WHERE state = 'attention') ORDER BY id",
    )?;
    let rows = about.query_map([], |row| {
        let cell = |at| row.get::<_, Option<rusqlite::types::Value>>(at);
        Ok((0..8).map(|at| Ok(format!("{:?}", cell(at)?))).collect::<Result<Vec<_>, rusqlite::Error>>()?.join(" "))
    })?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?.join("\n"))
}
