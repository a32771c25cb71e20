//! Sample deals and leads.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde_json::Number;

use super::word_lists::{Pairs, ordinal};
use super::{Generator, draw, pick};
use crate::sandbox::records::{Deal, Editable, Lead, Money, Stage, Status};

/// One of this many deals has an unusual title.
const ODD_EVERY: usize = 17;
/// Currencies with their weights; most values are in the user's currency.
const CURRENCIES: &[(&str, u32)] =
    &[("EUR", 200), ("USD", 16), ("GBP", 12), ("SEK", 10), ("PLN", 8), ("JPY", 3), ("KWD", 1)];
/// The weight of each pipeline.
const PIPELINE_WEIGHTS: &[u32] = &[6, 3, 1];
/// The weight of each stage of a pipeline: fewer deals in later ones.
const STAGE_WEIGHTS: &[u32] = &[40, 26, 22, 18, 14, 6];

impl Generator<'_> {
    pub(super) fn deals(&mut self) {
        let mut titles = Pairs::new(self.words.places.len(), self.words.works.len(), &mut self.rng);
        let stages: Vec<Stage> = self.store.stages.iter().cloned().collect();
        // Ids are in the order of creation.
        let mut times: Vec<DateTime<Utc>> = (0..self.counts.deals).map(|_| self.ago(1..300)).collect();
        times.sort_unstable();
        for (at, add_time) in times.into_iter().enumerate() {
            let odd = self.words.odd_titles.get(at / ODD_EVERY).filter(|_| at % ODD_EVERY == 3).cloned();
            let title = odd.unwrap_or_else(|| {
                let (place, work, round) = titles.take();
                format!("{} {}{}", self.words.places[place], self.words.works[work], ordinal(round))
            });
            let pipeline = draw(&mut self.rng, PIPELINE_WEIGHTS) as u64 + 1;
            let mine: Vec<&Stage> = stages.iter().filter(|stage| stage.pipeline_id == pipeline).collect();
            let column = draw(&mut self.rng, &STAGE_WEIGHTS[..mine.len().min(STAGE_WEIGHTS.len())]);
            let deal = self.deal(title, mine[column], add_time);
            self.store.deals.put(deal);
        }
    }

    fn deal(&mut self, title: String, stage: &Stage, add_time: DateTime<Utc>) -> Deal {
        let update_time = self.last_change(add_time);
        let (person_id, org_id) = self.links();
        let currency = self.currency();
        let label = pick(&mut self.rng, &self.store.setup.deal_labels).id;
        let has_chance =
            self.store.pipelines.get(stage.pipeline_id).is_some_and(|pipeline| pipeline.is_deal_probability_enabled);
        let closes = self.today() + TimeDelta::days(self.rng.i64(-20..120));
        let is_old = add_time < self.now - TimeDelta::days(150);
        let owner_id = if is_old { self.past_owner() } else { self.owner() };
        let mut deal = Deal {
            title,
            owner_id,
            person_id,
            org_id,
            pipeline_id: stage.pipeline_id,
            stage_id: stage.id,
            value: self.value(currency),
            currency: currency.into(),
            add_time,
            update_time,
            stage_change_time: self.chance(75).then(|| (add_time + (update_time - add_time) / 2).trunc_subsecs(0)),
            probability: (has_chance && self.chance(25)).then(|| Number::from(self.rng.u8(0..=20) * 5)),
            expected_close_date: self.chance(70).then_some(closes),
            label_ids: if self.chance(35) { vec![label] } else { Vec::new() },
            origin: "ManuallyCreated".into(),
            ..Deal::blank(self.store, self.now)
        };
        self.close(&mut deal);
        deal
    }

    /// Returns the time of the last change: mostly recent, some long enough ago that the deal rots.
    fn last_change(&mut self, add_time: DateTime<Utc>) -> DateTime<Utc> {
        let time = match self.rng.u8(0..100) {
            0..60 => self.ago(0..6),
            60..85 => self.ago(6..20),
            _ => self.ago(20..90),
        };
        time.max(add_time)
    }

    /// Closes some deals and archives some.
    fn close(&mut self, deal: &mut Deal) {
        let end = Some(deal.update_time);
        match self.rng.u8(0..100) {
            0..68 => {}
            68..86 => (deal.status, deal.won_time, deal.close_time) = (Status::Won, end, end),
            _ => {
                (deal.status, deal.lost_time, deal.close_time) = (Status::Lost, end, end);
                deal.lost_reason = self.chance(80).then(|| pick(&mut self.rng, &self.words.lost_reasons).clone());
            }
        }
        if self.chance(if deal.status == Status::Open { 2 } else { 8 }) {
            (deal.is_archived, deal.archive_time) = (true, end);
        }
    }

    /// Returns a person with their organization, or one of them alone.
    fn links(&mut self) -> (Option<u64>, Option<u64>) {
        let person = self.rng.u64(1..=self.counts.persons as u64);
        let their_org = self.store.persons.get(person).and_then(|person| person.org_id);
        match self.rng.u8(0..10) {
            0 => (None, Some(self.rng.u64(1..=self.counts.organizations as u64))),
            1 => (Some(person), None),
            _ => (Some(person), their_org),
        }
    }

    fn currency(&mut self) -> &'static str {
        let weights: Vec<u32> = CURRENCIES.iter().map(|(_, weight)| *weight).collect();
        CURRENCIES[draw(&mut self.rng, &weights)].0
    }

    /// Returns a round amount, rarely with cents and sometimes zero.
    fn value(&mut self, currency: &str) -> Number {
        let thousands = 1 + self.rng.u64(0..180) * self.rng.u64(1..100) / 100;
        let amount = thousands * 1_000 + self.rng.u64(0..10) * 50;
        match (self.rng.u8(0..100), currency) {
            (0..4, _) => Number::from(0),
            (_, "JPY") => Number::from(amount * 150),
            #[expect(clippy::cast_precision_loss, reason = "amounts are far below 2^52")]
            (4..12, _) => Number::from_f64(amount as f64 + 0.5).unwrap_or_else(|| Number::from(amount)),
            _ => Number::from(amount),
        }
    }

    pub(super) fn leads(&mut self) {
        let words = &self.words;
        let mut titles = Pairs::new(words.lead_openings.len(), words.lead_needs.len(), &mut self.rng);
        for at in 0..self.counts.leads {
            let odd = self.words.odd_leads.get(at / 9).filter(|_| at % 9 == 4).cloned();
            let title = odd.unwrap_or_else(|| {
                let (opening, need, round) = titles.take();
                format!("{} {}{}", self.words.lead_openings[opening], self.words.lead_needs[need], ordinal(round))
            });
            let lead = self.lead(title);
            self.store.leads.put(lead);
        }
    }

    fn lead(&mut self, title: String) -> Lead {
        let (add_time, was_seen) = self.arrival();
        let (person_id, organization_id) = self.links();
        let source = match self.rng.usize(0..4) {
            0 => "Web forms",
            1 => "Prospector",
            2 => "Live chat",
            _ => "Manually created",
        };
        let labels: Vec<_> = self.store.lead_labels.iter().map(|label| label.id).collect();
        let label = *pick(&mut self.rng, &labels);
        let currency = self.currency();
        let money = Money { amount: self.value(currency), currency: currency.to_owned() };
        let closes = self.today() + TimeDelta::days(self.rng.i64(5..150));
        let id = self.uuid();
        Lead {
            title,
            owner_id: self.owner(),
            person_id,
            organization_id,
            label_ids: if self.chance(55) { vec![label] } else { Vec::new() },
            source_name: source.to_owned(),
            origin: source.replace(' ', ""),
            is_archived: was_seen && self.chance(12),
            was_seen,
            value: self.chance(60).then_some(money),
            expected_close_date: self.chance(40).then_some(closes),
            update_time: self.since(add_time),
            ..Lead::new(id, add_time)
        }
    }

    /// Returns the creation time of a lead, and `true` if it was seen. Unseen leads are minutes, hours or days old.
    fn arrival(&mut self) -> (DateTime<Utc>, bool) {
        let (minutes, was_seen) = match self.rng.u8(0..100) {
            0..6 => (1..45, false),
            6..18 => (45..12 * 60, false),
            18..28 => (12 * 60..4 * 24 * 60, false),
            28..45 => (45..4 * 24 * 60, true),
            _ => (4 * 24 * 60..60 * 24 * 60, true),
        };
        let age = TimeDelta::minutes(self.rng.i64(minutes)) + TimeDelta::milliseconds(self.rng.i64(0..60_000));
        (self.now - age, was_seen)
    }
}
