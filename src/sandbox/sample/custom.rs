//! Sample values of custom fields. They have a random generator of their own, so that they do not affect other data.

use chrono::{NaiveDate, TimeDelta};
use fastrand::Rng;
use serde_json::{Map, Value, json};

use super::{Counts, Generator, pick};
use crate::sandbox::custom_fields::to_flat;
use crate::sandbox::setup::{AccountSetup, CustomField};

/// The percentage of records with custom fields, and of filled fields on those.
const FILLED_PERCENT: (u8, u8) = (40, 35);
/// The id of a deleted option, which stays on the records that had it.
const DELETED_OPTION: u64 = 199;
/// One of this many deals has a deleted option.
const DELETED_EVERY: u64 = 41;

impl Generator<'_> {
    pub(super) fn custom_fields(&mut self, seed: u64) {
        let setup = self.store.setup.clone();
        let mut values =
            Values { rng: Rng::with_seed(!seed), today: self.today(), setup: &setup, counts: &self.counts };
        for mut deal in self.store.deals.iter().cloned().collect::<Vec<_>>() {
            deal.custom_fields = values.of(&setup.deal_fields);
            if let Some(first) = setup.deal_fields.first().filter(|_| deal.id.is_multiple_of(DELETED_EVERY)) {
                deal.custom_fields.insert(first.code.clone(), DELETED_OPTION.into());
            }
            self.store.deals.put(deal);
        }
        for mut lead in self.store.leads.iter().cloned().collect::<Vec<_>>() {
            lead.custom = to_flat(&setup.deal_fields, &values.of(&setup.deal_fields));
            self.store.leads.put(lead);
        }
        for mut person in self.store.persons.iter().cloned().collect::<Vec<_>>() {
            person.custom_fields = values.of(&setup.person_fields);
            self.store.persons.put(person);
        }
        for mut organization in self.store.organizations.iter().cloned().collect::<Vec<_>>() {
            organization.custom_fields = values.of(&setup.organization_fields);
            self.store.organizations.put(organization);
        }
    }
}

/// Generates values.
struct Values<'a> {
    rng: Rng,
    today: NaiveDate,
    setup: &'a AccountSetup,
    counts: &'a Counts,
}

impl Values<'_> {
    /// Returns the values of a record; most fields stay empty.
    fn of(&mut self, fields: &[CustomField]) -> Map<String, Value> {
        if self.rng.u8(0..100) >= FILLED_PERCENT.0 {
            return Map::new();
        }
        let filled = fields.iter().filter_map(|field| {
            let is_filled = self.rng.u8(0..100) < FILLED_PERCENT.1;
            is_filled.then(|| (field.code.clone(), self.value(field))).filter(|(_, value)| !value.is_null())
        });
        filled.collect()
    }

    fn value(&mut self, field: &CustomField) -> Value {
        let options: Vec<u64> = field.options().map(|(id, _)| id).collect();
        match field.kind.as_str() {
            "enum" => (*pick(&mut self.rng, &options)).into(),
            "set" => {
                let mut some: Vec<u64> = options.into_iter().filter(|_| self.rng.bool()).collect();
                if some.is_empty() {
                    some.push(field.first_option);
                }
                some.into()
            }
            "varchar" => format!("{}-{:04}", pick(&mut self.rng, &["PO", "NT", "Q"]), self.rng.u16(1..10_000)).into(),
            "text" => "Ring the bell at the gate.\nThe lift takes 400 kg.".into(),
            "phone" => format!("+372 5550 {:04}", self.rng.u16(0..10_000)).into(),
            "double" => (f64::from(self.rng.u32(40..4_000)) / 2.0).into(),
            "monetary" => {
                let currency = pick(&mut self.rng, &self.setup.currencies).code.as_str();
                json!({"value": self.rng.u32(1..400) * 250, "currency": currency})
            }
            "user" => pick(&mut self.rng, &self.setup.users).id.into(),
            "people" => self.rng.u64(1..=self.counts.persons as u64).into(),
            "org" => self.rng.u64(1..=self.counts.organizations as u64).into(),
            "date" => self.day().to_string().into(),
            "daterange" => {
                let from = self.day();
                json!({"value": from, "until": from + TimeDelta::days(self.rng.i64(0..30))})
            }
            "time" => json!({"value": self.hour(8..12)}),
            "timerange" => json!({"value": self.hour(7..10), "until": self.hour(15..19)}),
            "address" => json!({"value": format!("Sadama {}, Tallinn, Estonia", self.rng.u8(1..90))}),
            // A type that no client knows.
            _ => json!({"file": self.rng.u16(..), "width": 640}),
        }
    }

    fn day(&mut self) -> NaiveDate {
        self.today + TimeDelta::days(self.rng.i64(-60..200))
    }

    fn hour(&mut self, hours: std::ops::Range<u8>) -> String {
        format!("{:02}:{}:00", self.rng.u8(hours), pick(&mut self.rng, &["00", "15", "30"]))
    }
}
