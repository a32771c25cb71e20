//! Sample data: a plausible workspace, the same for the same seed and day.

mod activities;
mod contacts;
mod custom;
mod deals;
mod filters;
mod history;
mod word_lists;

use chrono::{DateTime, NaiveDate, SubsecRound, TimeDelta, Utc};
use chrono_tz::Tz;
use fastrand::Rng;
use uuid::Uuid;

use crate::sandbox::records::{LeadLabel, Pipeline, Stage};
use crate::sandbox::store::Store;
use word_lists::WordLists;

/// The proportions of a workspace.
const PROPORTIONS: Counts =
    Counts { deals: 300, persons: 120, organizations: 60, activities: 150, leads: 40, notes: 60 };

/// The number of records of each kind.
#[derive(Debug, Clone, Copy)]
struct Counts {
    deals: usize,
    persons: usize,
    organizations: usize,
    activities: usize,
    leads: usize,
    notes: usize,
}

impl Counts {
    /// Returns counts in proportion to the deals, with a minimum of each kind.
    fn for_deals(deals: usize) -> Self {
        let scale = |count: usize, min: usize| (count * deals / PROPORTIONS.deals).max(min);
        Self {
            deals,
            persons: scale(PROPORTIONS.persons, 10),
            organizations: scale(PROPORTIONS.organizations, 5),
            activities: scale(PROPORTIONS.activities, 10),
            leads: scale(PROPORTIONS.leads, 4),
            notes: scale(PROPORTIONS.notes, 2),
        }
    }
}

/// Generates the records of a workspace.
struct Generator<'a> {
    store: &'a mut Store,
    words: WordLists,
    rng: Rng,
    now: DateTime<Utc>,
    /// The time zone of the user.
    zone: Tz,
    counts: Counts,
}

/// Fills an empty workspace.
pub fn fill(store: &mut Store, deals: usize, seed: u64, now: DateTime<Utc>) -> Result<(), toml::de::Error> {
    let zone = store.setup.owner().timezone_name.parse().unwrap_or(Tz::UTC);
    let mut generator = Generator {
        store,
        words: WordLists::read()?,
        rng: Rng::with_seed(seed),
        now: now.trunc_subsecs(0),
        zone,
        counts: Counts::for_deals(deals),
    };
    generator.pipelines();
    generator.lead_labels();
    generator.organizations();
    generator.persons();
    generator.deals();
    generator.leads();
    generator.activities();
    generator.notes();
    generator.filters();
    generator.custom_fields(seed);
    generator.history();
    Ok(())
}

impl Generator<'_> {
    fn pipelines(&mut self) {
        let founded = self.now - TimeDelta::days(700);
        let mut stage_id = 0;
        for (at, pipeline) in (1..).zip(self.store.setup.pipelines.clone()) {
            self.store.pipelines.put(Pipeline {
                id: at,
                name: pipeline.name,
                order_nr: at,
                is_deleted: false,
                is_deal_probability_enabled: pipeline.is_deal_probability_enabled,
                add_time: founded,
                update_time: founded,
            });
            for (order_nr, stage) in (1..).zip(pipeline.stages) {
                stage_id += 1;
                self.store.stages.put(Stage {
                    id: stage_id,
                    order_nr,
                    name: stage.name,
                    is_deleted: false,
                    deal_probability: stage.probability,
                    pipeline_id: at,
                    is_deal_rot_enabled: stage.days_to_rotten.is_some(),
                    days_to_rotten: stage.days_to_rotten,
                    add_time: founded,
                    update_time: founded,
                });
            }
        }
    }

    fn lead_labels(&mut self) {
        let founded = self.now - TimeDelta::days(700);
        for label in self.store.setup.lead_labels.clone() {
            let id = self.uuid();
            let label = LeadLabel { id, name: label.name, color: label.color, add_time: founded, update_time: founded };
            self.store.lead_labels.put(label);
        }
    }

    fn uuid(&mut self) -> Uuid {
        uuid::Builder::from_random_bytes(self.rng.u128(..).to_be_bytes()).into_uuid()
    }

    /// Returns `true` with a probability in percent.
    fn chance(&mut self, percent: u8) -> bool {
        self.rng.u8(0..100) < percent
    }

    /// Returns a random time this many days ago.
    fn ago(&mut self, days: std::ops::Range<i64>) -> DateTime<Utc> {
        let days = self.rng.i64(days);
        self.now - TimeDelta::days(days) - TimeDelta::seconds(self.rng.i64(0..86_400))
    }

    /// Returns a random time between another and now.
    fn since(&mut self, time: DateTime<Utc>) -> DateTime<Utc> {
        let seconds = (self.now - time).num_seconds().max(1);
        time + TimeDelta::seconds(self.rng.i64(0..seconds))
    }

    /// Returns today's date in the user's time zone.
    fn today(&self) -> NaiveDate {
        self.now.with_timezone(&self.zone).date_naive()
    }

    /// Returns a random owner: mostly the user of the token, never one who has left.
    fn owner(&mut self) -> u64 {
        match self.past_owner() {
            6 => 1,
            owner => owner,
        }
    }

    /// Returns a random owner of an old record, which may be a user who has left.
    fn past_owner(&mut self) -> u64 {
        match self.rng.u8(0..100) {
            0..50 => 1,
            50..65 => 2,
            65..80 => 3,
            80..90 => 4,
            90..96 => 5,
            _ => 6,
        }
    }
}

/// Returns a random element.
fn pick<'a, T>(rng: &mut Rng, list: &'a [T]) -> &'a T {
    &list[rng.usize(0..list.len())]
}

/// Returns a random index, weighted.
fn draw(rng: &mut Rng, weights: &[u32]) -> usize {
    let mut left = rng.u32(0..weights.iter().sum());
    let is_here = |weight: &u32| match left.checked_sub(*weight) {
        Some(rest) => {
            left = rest;
            false
        }
        None => true,
    };
    weights.iter().position(is_here).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::records::{Deal, Status};
    use crate::sandbox::setup::AccountSetup;

    #[test]
    fn the_embedded_files_are_consistent() {
        let setup = AccountSetup::read().expect("workspace.toml");
        let words = WordLists::read().expect("sample.toml");
        assert!(setup.users.len() >= 5 && setup.users.iter().any(|user| !user.is_active));
        assert!(setup.users[0].id == 1 && setup.users[0].is_active);
        for (kind, _) in &words.activity_openings {
            assert!(setup.activity_types.iter().any(|known| known.key_string == *kind), "{kind}");
        }
        for list in [&words.places, &words.works, &words.topics, &words.notes, &words.odd_titles] {
            assert!(!list.is_empty());
        }
    }

    #[test]
    fn the_default_workspace_has_late_deals_and_new_leads() {
        let now = Utc::now();
        let mut store = Store::empty(AccountSetup::read().expect("assets"));
        fill(&mut store, 300, 1, now).expect("words");
        for stage in store.stages.iter().filter(|stage| stage.pipeline_id == 1) {
            let open = |deal: &&Deal| deal.stage_id == stage.id && deal.status == Status::Open && !deal.is_archived;
            assert!(store.deals.iter().filter(open).count() > 3, "{}", stage.name);
        }
        let share = |code: &str| store.deals.iter().filter(|deal| deal.currency == code).count();
        assert!(share("EUR") > 200 && (1..3).contains(&share("KWD")), "{} {}", share("EUR"), share("KWD"));
        let unseen: Vec<TimeDelta> =
            store.leads.iter().filter(|lead| !lead.was_seen).map(|lead| now - lead.add_time).collect();
        assert!(unseen.iter().all(|age| (0..=4).contains(&age.num_days())));
        assert!(unseen.len() > 5 && unseen.iter().any(|age| *age < TimeDelta::hours(1)));
    }

    #[test]
    fn small_workspaces_can_be_generated() {
        for deals in 0..5 {
            let mut store = Store::empty(AccountSetup::read().expect("assets"));
            fill(&mut store, deals, 7, Utc::now()).expect("words");
            assert_eq!(store.deals.len(), deals);
        }
    }
}
