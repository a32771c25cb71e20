//! What the tests of the store are made of: items and edits, and a directory for each test.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use dealdeck::domain::{
    Activity, ActivityId, Currency, Deal, DealId, DealPatch, DealStatus, Edit, Lead, LeadId, Money, OrgId,
    Organization, Person, PersonId, PipelineId, StageId, UserId,
};
use dealdeck::domain::{FieldCode, FieldValue, PipelineStage};
use dealdeck::store::{Batch, CompanyDir, EditState, JournalEntry, Store, StoredState};
use dealdeck::workspace::{EditId, ServerUpdate};
use tempfile::TempDir;
use uuid::Uuid;

pub const ME: UserId = UserId(7);

/// A directory for one test.
pub struct Desk {
    root: TempDir,
    pub home: CompanyDir,
}

impl Desk {
    pub fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let home = CompanyDir::new(root.path(), "acme.pipedrive.com");
        Self { root, home }
    }

    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// Changes a file behind the store's back.
    pub fn sql(&self, file: &str, sql: &str) {
        let connection = rusqlite::Connection::open(self.file(file)).unwrap();
        connection.execute_batch(sql).unwrap();
        connection.close().unwrap();
    }

    /// Where the files of the user are.
    pub fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(ME.to_string()).join(name)
    }

    /// What lies in the user's directory.
    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.file("")).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// What is found when the process is killed now.
    pub fn crashed(&self) -> Self {
        let crashed = Self::new();
        std::fs::create_dir_all(crashed.file("")).unwrap();
        for name in self.names() {
            std::fs::copy(self.file(&name), crashed.file(&name)).unwrap();
        }
        crashed
    }

    /// How many rows a table has.
    pub fn count(&self, file: &str, table: &str) -> usize {
        let connection = rusqlite::Connection::open(self.file(file)).unwrap();
        let count: i64 = connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
        usize::try_from(count).unwrap()
    }

    pub fn open(&self) -> (Store, StoredState) {
        Store::open(&self.home, ME).unwrap()
    }
}

pub fn now() -> DateTime<Utc> {
    Utc::now()
}

pub fn days_ago(days: i64) -> DateTime<Utc> {
    now() - TimeDelta::days(days)
}

pub fn deal(id: u64) -> Deal {
    let place = PipelineStage { pipeline: PipelineId(1), stage: StageId(2) };
    let value = Money { amount: "1234.50".parse().unwrap(), currency: Currency::new("EUR") };
    let custom = (1..3).filter_map(|n| Some((FieldCode::new(&format!("{n:040x}"))?, FieldValue::id(n)))).collect();
    Deal {
        title: format!("Deal {id} with Ünïcode"),
        owner: Some(UserId(1)),
        person: Some(PersonId(id)),
        expected_close: "2026-12-24".parse().ok(),
        added: "2026-01-02T03:04:05Z".parse().ok(),
        updated: "2026-01-03T03:04:05Z".parse().ok(),
        origin: "API".into(),
        custom,
        ..Deal::blank(DealId(id), place, value)
    }
}

pub fn won(id: u64) -> Deal {
    Deal { status: DealStatus::Won, ..deal(id) }
}

pub fn activity(id: u64, done: bool) -> Activity {
    Activity {
        id: ActivityId(id),
        subject: format!("Call {id}"),
        kind: "call".into(),
        owner: Some(UserId(1)),
        deal: Some(DealId(id)),
        lead: None,
        person: None,
        org: None,
        due: None,
        done,
        done_at: None,
        note: Some("<p>Ask again</p>".into()),
        updated: None,
        ..Activity::blank(ActivityId(id))
    }
}

pub fn lead_id(n: u128) -> LeadId {
    LeadId(Uuid::from_u128(0xabcd_0000_0000_4000_8000_0000_0000_0000 | n))
}

pub fn lead(n: u128) -> Lead {
    Lead {
        id: lead_id(n),
        title: format!("Lead {n}"),
        owner: None,
        person: Some(PersonId(1)),
        org: None,
        labels: Vec::new(),
        source: "Web".into(),
        seen: false,
        value: None,
        expected_close: None,
        archived: false,
        added: None,
        updated: None,
        ..Lead::blank(lead_id(n))
    }
}

pub fn archived(n: u128) -> Lead {
    Lead { archived: true, ..lead(n) }
}

pub fn person(id: u64) -> Person {
    Person {
        id: PersonId(id),
        name: format!("Person {id}"),
        owner: None,
        org: Some(OrgId(id)),
        phones: vec![],
        emails: vec![],
        ..Person::blank(PersonId(id))
    }
}

pub fn org(id: u64) -> Organization {
    Organization { name: format!("Org {id}"), ..Organization::blank(OrgId(id)) }
}

pub fn batch(generation: u64, changes: Vec<ServerUpdate>) -> Batch {
    Batch { changes, generation, notes: None }
}

pub fn edit(id: u64, deal: u64) -> JournalEntry {
    JournalEntry {
        id: EditId(id),
        made_at: now(),
        what: format!("Rename deal {deal}"),
        edit: Edit::UpdateDeal {
            id: DealId(deal),
            patch: DealPatch { title: Some(format!("Title {id}")), ..DealPatch::default() },
        },
        base: Some(Edit::UpdateDeal {
            id: DealId(deal),
            patch: DealPatch { title: Some("Before".into()), ..DealPatch::default() },
        }),
        part_of: None,
        step: None,
        state: EditState::Waiting,
        ended_at: None,
    }
}

pub fn ids(edits: &[JournalEntry]) -> Vec<u64> {
    edits.iter().map(|edit| edit.id.0).collect()
}

/// All that is in a cache.
#[derive(Debug, Default, PartialEq)]
pub struct Contents {
    pub lists: Vec<ServerUpdate>,
    pub deals: HashMap<DealId, Deal>,
    pub activities: HashMap<ActivityId, Activity>,
    pub leads: HashMap<LeadId, Lead>,
    pub people: HashMap<PersonId, Person>,
    pub organizations: HashMap<OrgId, Organization>,
}

impl Contents {
    pub fn of(changes: Vec<ServerUpdate>) -> Self {
        let mut contents = Self::default();
        for change in changes {
            match change {
                ServerUpdate::Deals(list) => contents.deals.extend(list.into_iter().map(|item| (item.id, item))),
                ServerUpdate::Activities(list) => {
                    contents.activities.extend(list.into_iter().map(|item| (item.id, item)));
                }
                ServerUpdate::Leads(list) => contents.leads.extend(list.into_iter().map(|item| (item.id, item))),
                ServerUpdate::People(list) => contents.people.extend(list.into_iter().map(|item| (item.id, item))),
                ServerUpdate::Organizations(list) => {
                    contents.organizations.extend(list.into_iter().map(|item| (item.id, item)));
                }
                ServerUpdate::AllLeads(_) | ServerUpdate::Gone(_) => {
                    panic!("nothing of the kind is loaded: {change:?}")
                }
                list => contents.lists.push(list),
            }
        }
        contents
    }
}

/// Loads all; an error fails the test.
pub async fn loaded(store: &Store) -> Vec<ServerUpdate> {
    let mut pieces = store.cache().load();
    let mut all = Vec::new();
    while let Some(piece) = pieces.recv().await {
        all.extend(piece.unwrap());
    }
    all
}
