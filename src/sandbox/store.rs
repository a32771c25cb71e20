//! The whole practice workspace in memory, with its file behind it if there is one.

use chrono::{DateTime, Utc};

use super::assets::{Assets, User};
use super::caller::me;
use super::db::{Db, DbError, Filed};
use super::records::{
    Activity, Conversion, Deal, DealProduct, Filter, Lead, LeadLabel, Logged, Note, Organization, Person, Pipeline,
    Stage, Webhook,
};
use super::table::Table;
use super::writes::Writes;

/// All that the server knows.
pub struct Store {
    pub assets: Assets,
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
    /// What has become of fields.
    pub log: Table<Logged>,
    pub webhooks: Table<Webhook>,
    pub conversions: Table<Conversion>,
    pub writes: Writes,
    /// Conversions whose time has not come, so that a request need not look at all of them.
    running: usize,
    db: Option<Db>,
}

impl Store {
    /// A workspace with nothing in it.
    pub fn empty(assets: Assets) -> Self {
        let mut store = Self {
            assets,
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
            log: Table::default(),
            webhooks: Table::default(),
            conversions: Table::default(),
            writes: Writes::default(),
            running: 0,
            db: None,
        };
        store.take_in_users();
        store
    }

    /// All tables, for the file.
    pub fn tables(&mut self) -> [&mut dyn Filed; 15] {
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
            &mut self.log,
            &mut self.webhooks,
            &mut self.conversions,
        ]
    }

    /// Whether there is a currency of this code.
    pub fn has_currency(&self, code: &str) -> bool {
        self.assets.currencies.iter().any(|currency| currency.code == code)
    }

    /// Whether there is a user of this id who can own things.
    pub fn is_active_user(&self, id: u64) -> bool {
        self.users.get(id).is_some_and(|user| user.is_active)
    }

    /// The user whose request it is.
    pub fn me(&self) -> &User {
        self.users.get(me()).unwrap_or_else(|| self.assets.me())
    }

    /// Takes in those users whom no file knows: only those who were changed are in one.
    fn take_in_users(&mut self) {
        for user in &self.assets.users {
            if self.users.get(user.id).is_none() {
                self.users.load(user.clone());
            }
        }
    }

    /// The pipeline that comes first.
    pub fn default_pipeline(&self) -> Option<u64> {
        let alive = self.pipelines.iter().filter(|pipeline| !pipeline.is_deleted);
        alive.min_by_key(|pipeline| pipeline.order_nr).map(|pipeline| pipeline.id)
    }

    /// A stage that deals can be in: neither it nor its pipeline was deleted.
    pub fn open_stage(&self, id: u64) -> Option<&Stage> {
        self.stages.get(id).filter(|stage| self.is_open(stage))
    }

    /// The first stage of a pipeline that deals can be in.
    pub fn first_stage(&self, pipeline: u64) -> Option<&Stage> {
        let open = self.stages.iter().filter(|stage| stage.pipeline_id == pipeline && self.is_open(stage));
        open.min_by_key(|stage| stage.order_nr)
    }

    fn is_open(&self, stage: &Stage) -> bool {
        !stage.is_deleted && self.pipelines.get(stage.pipeline_id).is_some_and(|pipeline| !pipeline.is_deleted)
    }

    /// Begins a conversion.
    pub fn begin(&mut self, conversion: Conversion) {
        self.conversions.put(conversion);
        self.running += 1;
    }

    /// How many conversions are under way.
    pub fn running(&self) -> usize {
        self.running
    }

    /// Notes how the last delivery to a webhook went. The file has it from the next time on that the webhook is saved.
    pub fn mark_delivery(&mut self, webhook: u64, status: Option<u16>) {
        if let Some(hook) = self.webhooks.get(webhook) {
            let last_delivery_time = Some(Utc::now());
            self.webhooks.load(Webhook { last_delivery_time, last_http_status: status, ..hook.clone() });
        }
    }

    /// A conversion whose time has come.
    pub fn due(&self, now: DateTime<Utc>) -> Option<Conversion> {
        if self.running == 0 {
            return None;
        }
        self.conversions.iter().find(|conversion| conversion.is_running() && conversion.due <= now).cloned()
    }

    /// Carries out a conversion.
    pub fn finish(&mut self, conversion: Conversion, now: DateTime<Utc>) {
        self.running -= 1;
        conversion.finish(self, now);
    }

    /// Takes up what a file holds, and keeps the file from now on. False for a file with nothing in it yet.
    pub fn open(&mut self, db: Db) -> Result<bool, DbError> {
        self.load(&db)?;
        self.db = Some(db);
        Ok(self.pipelines.len() > 0)
    }

    /// Whether anything changed since the last time that all was saved.
    pub fn has_changed(&mut self) -> bool {
        self.tables().iter().any(|table| table.has_changed())
    }

    /// Takes note that all changes are saved.
    pub fn forget_changed(&mut self) {
        for table in self.tables() {
            table.forget_changed();
        }
        self.writes.saved();
    }

    /// Writes all that changed since the last time into the file, if there is one. What cannot be written is not done:
    /// then the store is as the file is.
    pub fn save(&mut self) -> Result<(), DbError> {
        // The file is taken out for the time, as it writes from the store that holds it.
        let Some(mut db) = self.db.take() else {
            self.forget_changed();
            return Ok(());
        };
        let saved = db.save(self).or_else(|error| self.load(&db).and(Err(error)));
        self.db = Some(db);
        saved
    }

    fn load(&mut self, db: &Db) -> Result<(), DbError> {
        db.load(self)?;
        self.take_in_users();
        self.running = self.conversions.iter().filter(|conversion| conversion.is_running()).count();
        Ok(())
    }
}
