//! The practice workspace in memory, saved to a file if there is one.
//!
//! `store` and `records` refer to each other: the store holds a table of each record, and the rules of a record consult
//! the others (a deal checks its person, an activity touches its deal). A record's data and rules stay in one file.

use chrono::{DateTime, Utc};

use crate::sandbox::current_user::current_user_id;
use crate::sandbox::db::{Db, DbError, PersistedTable};
use crate::sandbox::records::{
    Activity, Conversion, Deal, DealProduct, FieldChange, Filter, Lead, LeadLabel, Note, Organization, Person,
    Pipeline, Stage, Webhook,
};
use crate::sandbox::setup::{AccountSetup, User};
use crate::sandbox::table::Table;
use crate::sandbox::write_log::WriteLog;

/// The contents of a file that was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileState {
    /// The file has no workspace yet.
    Empty,
    /// The file has a workspace.
    Filled,
}

/// All data of the workspace.
pub struct Store {
    pub setup: AccountSetup,
    pub users: Table<User>,
    pub pipelines: Table<Pipeline>,
    pub stages: Table<Stage>,
    pub organizations: Table<Organization>,
    pub persons: Table<Person>,
    pub deals: Table<Deal>,
    pub leads: Table<Lead>,
    pub lead_labels: Table<LeadLabel>,
    pub activities: Table<Activity>,
    pub notes: Table<Note>,
    pub filters: Table<Filter>,
    pub products: Table<DealProduct>,
    /// Changes of fields.
    pub change_log: Table<FieldChange>,
    pub webhooks: Table<Webhook>,
    pub conversions: Table<Conversion>,
    pub write_log: WriteLog,
    /// The number of running conversions, so that a request need not search all of them.
    running: usize,
    db: Option<Db>,
}

impl Store {
    /// Creates a workspace with users and no other records.
    pub fn empty(setup: AccountSetup) -> Self {
        let mut store = Self {
            setup,
            users: Table::default(),
            pipelines: Table::default(),
            stages: Table::default(),
            organizations: Table::default(),
            persons: Table::default(),
            deals: Table::default(),
            leads: Table::default(),
            lead_labels: Table::default(),
            activities: Table::default(),
            notes: Table::default(),
            filters: Table::default(),
            products: Table::default(),
            change_log: Table::default(),
            webhooks: Table::default(),
            conversions: Table::default(),
            write_log: WriteLog::default(),
            running: 0,
            db: None,
        };
        store.add_users();
        store
    }

    /// Returns all tables, for the file.
    pub fn tables(&mut self) -> [&mut dyn PersistedTable; 15] {
        [
            &mut self.users,
            &mut self.pipelines,
            &mut self.stages,
            &mut self.organizations,
            &mut self.persons,
            &mut self.deals,
            &mut self.leads,
            &mut self.lead_labels,
            &mut self.activities,
            &mut self.notes,
            &mut self.filters,
            &mut self.products,
            &mut self.change_log,
            &mut self.webhooks,
            &mut self.conversions,
        ]
    }

    /// Returns `true` if there is a currency with this code.
    pub fn has_currency(&self, code: &str) -> bool {
        self.setup.currencies.iter().any(|currency| currency.code == code)
    }

    /// Returns `true` if there is an active user with this id.
    pub fn is_active_user(&self, id: u64) -> bool {
        self.users.get(id).is_some_and(|user| user.is_active)
    }

    /// Returns the user who makes the request.
    pub fn current_user(&self) -> &User {
        self.users.get(current_user_id()).unwrap_or_else(|| self.setup.owner())
    }

    /// Adds the users of the setup that are not in the file, which holds changed users only.
    fn add_users(&mut self) {
        for user in &self.setup.users {
            if self.users.get(user.id).is_none() {
                self.users.load(user.clone());
            }
        }
    }

    /// Returns the first pipeline.
    pub fn default_pipeline(&self) -> Option<u64> {
        let live = self.pipelines.iter().filter(|pipeline| !pipeline.is_deleted);
        live.min_by_key(|pipeline| pipeline.order_nr).map(|pipeline| pipeline.id)
    }

    /// Returns a stage if neither it nor its pipeline is deleted.
    pub fn open_stage(&self, id: u64) -> Option<&Stage> {
        self.stages.get(id).filter(|stage| self.is_open(stage))
    }

    /// Returns the first stage of a pipeline that is not deleted.
    pub fn first_stage(&self, pipeline: u64) -> Option<&Stage> {
        let open = self.stages.iter().filter(|stage| stage.pipeline_id == pipeline && self.is_open(stage));
        open.min_by_key(|stage| stage.order_nr)
    }

    fn is_open(&self, stage: &Stage) -> bool {
        !stage.is_deleted && self.pipelines.get(stage.pipeline_id).is_some_and(|pipeline| !pipeline.is_deleted)
    }

    /// Starts a conversion.
    pub fn begin(&mut self, conversion: Conversion) {
        self.conversions.put(conversion);
        self.running += 1;
    }

    /// Returns the number of running conversions.
    pub fn running(&self) -> usize {
        self.running
    }

    /// Records the outcome of the last delivery to a webhook. It is saved with the next change of the webhook.
    pub fn mark_delivery(&mut self, webhook: u64, status: Option<u16>) {
        if let Some(hook) = self.webhooks.get(webhook) {
            let last_delivery_time = Some(Utc::now());
            self.webhooks.load(Webhook { last_delivery_time, last_http_status: status, ..hook.clone() });
        }
    }

    /// Returns a conversion that is due.
    pub fn due(&self, now: DateTime<Utc>) -> Option<Conversion> {
        if self.running == 0 {
            return None;
        }
        self.conversions.iter().find(|conversion| conversion.is_running() && conversion.due <= now).cloned()
    }

    /// Finishes a conversion.
    pub fn finish(&mut self, conversion: Conversion, now: DateTime<Utc>) {
        self.running -= 1;
        conversion.finish(self, now);
    }

    /// Loads a file and saves all changes to it from now on.
    pub fn open(&mut self, db: Db) -> Result<FileState, DbError> {
        self.load(&db)?;
        self.db = Some(db);
        Ok(if self.pipelines.len() > 0 { FileState::Filled } else { FileState::Empty })
    }

    /// Returns `true` if there are unsaved changes.
    pub fn has_changed(&mut self) -> bool {
        self.tables().iter().any(|table| table.has_changed())
    }

    /// Marks all changes as saved.
    pub fn clear_changed(&mut self) {
        for table in self.tables() {
            table.clear_changed();
        }
        self.write_log.mark_saved();
    }

    /// Saves all changes to the file, if there is one. If that fails, the store is reset to the contents of the file.
    pub fn save(&mut self) -> Result<(), DbError> {
        let Some(mut db) = self.db.take() else {
            self.clear_changed();
            return Ok(());
        };
        let write_log = std::mem::take(&mut self.write_log);
        let saved = db.save(&self.tables(), &write_log);
        self.write_log = write_log;
        let result = match saved {
            Ok(()) => {
                self.clear_changed();
                Ok(())
            }
            Err(error) => self.load(&db).and(Err(error)),
        };
        self.db = Some(db);
        result
    }

    fn load(&mut self, db: &Db) -> Result<(), DbError> {
        db.load(&mut self.tables())?;
        self.write_log = db.load_writes()?;
        self.add_users();
        self.running = self.conversions.iter().filter(|conversion| conversion.is_running()).count();
        Ok(())
    }
}
