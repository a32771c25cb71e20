//! Sample data: a workspace that could be one, the same for the same seed and day.

mod contacts;
mod custom;
mod deals;
mod filters;
mod history;
mod todo;
mod words;

use chrono::{DateTime, NaiveDate, SubsecRound, TimeDelta, Utc};
use chrono_tz::Tz;
use fastrand::Rng;
use uuid::Uuid;

use super::records::{LeadLabel, Pipeline, Stage};
use super::store::Store;
use words::Words;

/// How much there is of the rest for so many deals.
const PROPORTIONS: Counts =
    Counts { deals: 300, persons: 120, organizations: 60, activities: 150, leads: 40, notes: 60 };

/// How many there are of each.
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
    /// In proportion to the deals, and some of each in any case.
    fn for_deals(deals: usize) -> Self {
        let scale = |count: usize, least: usize| (count * deals / PROPORTIONS.deals).max(least);
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

/// What is being made up.
struct Maker<'a> {
    store: &'a mut Store,
    words: Words,
    rng: Rng,
    now: DateTime<Utc>,
    /// Where the user is.
    zone: Tz,
    counts: Counts,
}

/// Fills an empty workspace.
pub fn fill(store: &mut Store, deals: usize, seed: u64, now: DateTime<Utc>) -> Result<(), toml::de::Error> {
    let zone = store.assets.me().timezone_name.parse().unwrap_or(Tz::UTC);
    let mut maker = Maker {
        store,
        words: Words::read()?,
        rng: Rng::with_seed(seed),
        now: now.trunc_subsecs(0),
        zone,
        counts: Counts::for_deals(deals),
    };
    maker.pipelines();
    maker.lead_labels();
    maker.organizations();
    maker.persons();
    maker.deals();
    maker.leads();
    maker.activities();
    maker.notes();
    maker.filters();
    maker.custom_fields(seed);
    maker.history();
    Ok(())
}

impl Maker<'_> {
    fn pipelines(&mut self) {
        let founded = self.now - TimeDelta::days(700);
        let mut stage_id = 0;
        for (at, pipeline) in (1..).zip(self.store.assets.pipelines.clone()) {
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
        for label in self.store.assets.lead_labels.clone() {
            let id = self.uuid();
            let label = LeadLabel { id, name: label.name, color: label.color, add_time: founded, update_time: founded };
            self.store.lead_labels.put(label);
        }
    }

    fn uuid(&mut self) -> Uuid {
        uuid::Builder::from_random_bytes(self.rng.u128(..).to_be_bytes()).into_uuid()
    }

    /// Whether something of this likelihood, in percent, is so.
    fn chance(&mut self, percent: u8) -> bool {
        self.rng.u8(0..100) < percent
    }

    /// A time this many days ago, and some hours.
    fn ago(&mut self, days: std::ops::Range<i64>) -> DateTime<Utc> {
        let days = self.rng.i64(days);
        self.now - TimeDelta::days(days) - TimeDelta::seconds(self.rng.i64(0..86_400))
    }

    /// A time between another and now.
    fn since(&mut self, time: DateTime<Utc>) -> DateTime<Utc> {
        let seconds = (self.now - time).num_seconds().max(1);
        time + TimeDelta::seconds(self.rng.i64(0..seconds))
    }

    /// Today, where the user is.
    fn today(&self) -> NaiveDate {
        self.now.with_timezone(&self.zone).date_naive()
    }

    /// One of the users: mostly the one whose token it is; of old things, also one who has left.
    fn owner(&mut self, is_old: bool) -> u64 {
        match self.rng.u8(0..100) {
            0..50 => 1,
            50..65 => 2,
            65..80 => 3,
            80..90 => 4,
            90..96 => 5,
            _ if is_old => 6,
            _ => 1,
        }
    }
}

/// One of a list.
fn pick<'a, T>(rng: &mut Rng, list: &'a [T]) -> &'a T {
    &list[rng.usize(0..list.len())]
}

/// One of some places, each as likely as its weight says.
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
    use crate::sandbox::assets::Assets;
    use crate::sandbox::records::{Deal, Status};

    #[test]
    fn the_assets_can_be_read_and_fit_together() {
        let assets = Assets::read().expect("workspace.toml");
        let words = Words::read().expect("sample.toml");
        assert!(assets.users.len() >= 5 && assets.users.iter().any(|user| !user.is_active));
        assert!(assets.users[0].id == 1 && assets.users[0].is_active);
        for (kind, _) in &words.deeds {
            assert!(assets.activity_types.iter().any(|known| known.key_string == *kind), "{kind}");
        }
        for list in [&words.places, &words.works, &words.topics, &words.notes, &words.odd_titles] {
            assert!(!list.is_empty());
        }
    }

    #[test]
    fn the_usual_workspace_has_deals_before_their_end_and_leads_that_just_came() {
        let now = Utc::now();
        let mut store = Store::empty(Assets::read().expect("assets"));
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
    fn a_small_workspace_can_be_made() {
        for deals in 0..5 {
            let mut store = Store::empty(Assets::read().expect("assets"));
            fill(&mut store, deals, 7, Utc::now()).expect("words");
            assert_eq!(store.deals.len(), deals);
        }
    }
}
