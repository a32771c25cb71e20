//! Sample organizations and people.

use std::collections::HashSet;

use serde_json::Map;

use super::word_lists::{Pairs, ordinal};
use super::{Generator, draw, pick};
use crate::sandbox::records::{Address, Contact, Organization, Person, split_name};

/// One of this many organizations has an unusual name.
const ODD_EVERY: usize = 4;

impl Generator<'_> {
    pub(super) fn organizations(&mut self) {
        let words = &self.words;
        let mut names = Pairs::new(words.organization_heads.len(), words.organization_tails.len(), &mut self.rng);
        for at in 0..self.counts.organizations {
            let odd = self.words.odd_organizations.get(at / ODD_EVERY).filter(|_| at % ODD_EVERY == 1).cloned();
            let name = odd.unwrap_or_else(|| {
                let (head, tail, round) = names.take();
                let (head, tail) = (&self.words.organization_heads[head], &self.words.organization_tails[tail]);
                format!("{head} {tail}{}", ordinal(round))
            });
            let organization = self.organization(at as u64 + 1, name);
            self.store.organizations.put(organization);
        }
    }

    fn organization(&mut self, id: u64, name: String) -> Organization {
        let add_time = self.ago(30..600);
        let (city, country, street) = pick(&mut self.rng, &self.words.cities);
        let number = self.rng.u32(1..140).to_string();
        let address = Address {
            value: Some(format!("{street} {number}, {city}, {country}")),
            country: Some(country.clone()),
            locality: Some(city.clone()),
            route: Some(street.clone()),
            street_number: Some(number),
            ..Address::default()
        };
        let website = name.is_ascii().then(|| format!("https://{}", domain(&name)));
        let employee_count = self.chance(60).then(|| self.rng.u64(3..2_000));
        let labels = &self.store.setup.organization_labels;
        let label = pick(&mut self.rng, labels).id;
        Organization {
            id,
            name,
            owner_id: self.past_owner(),
            add_time,
            update_time: self.since(add_time),
            is_deleted: false,
            visible_to: 3,
            address: self.chance(80).then(|| Box::new(address)),
            label_ids: if self.chance(50) { vec![label] } else { Vec::new() },
            website,
            linkedin: None,
            industry: None,
            annual_revenue: None,
            employee_count,
            custom_fields: Map::new(),
        }
    }

    pub(super) fn persons(&mut self) {
        let weights: Vec<u32> = self.words.languages.iter().map(|language| language.weight).collect();
        let mut taken = HashSet::new();
        for id in 1..=self.counts.persons as u64 {
            let language = &self.words.languages[draw(&mut self.rng, &weights)];
            let first = pick(&mut self.rng, &language.first);
            let mut name = format!("{first} {}", pick(&mut self.rng, &language.last));
            // A repeated name gets a second last name.
            if !taken.insert(name.clone()) {
                name =
                    format!("{first} {}-{}", pick(&mut self.rng, &language.last), pick(&mut self.rng, &language.last));
                taken.insert(name.clone());
            }
            let person = self.person(id, name);
            self.store.persons.put(person);
        }
    }

    fn person(&mut self, id: u64, name: String) -> Person {
        let add_time = self.ago(20..500);
        let org_id = self.chance(85).then(|| self.rng.u64(1..=self.counts.organizations as u64));
        let company = org_id.and_then(|id| self.store.organizations.get(id)).map(|org| domain(&org.name));
        let host = company.unwrap_or_else(|| "post.example".to_owned());
        let mailbox = if name.is_ascii() { name.to_lowercase().replace(' ', ".") } else { format!("contact{id}") };
        let email = contact(format!("{mailbox}@{host}"), "work");
        let phone = contact(format!("+372 5550 {:04}", self.rng.u32(0..10_000)), "mobile");
        let label = pick(&mut self.rng, &self.store.setup.person_labels).id;
        let (first_name, last_name) = split_name(&name);
        Person {
            id,
            name,
            first_name,
            last_name,
            owner_id: self.past_owner(),
            org_id,
            add_time,
            update_time: self.since(add_time),
            emails: if self.chance(90) { vec![email] } else { Vec::new() },
            phones: if self.chance(70) { vec![phone] } else { Vec::new() },
            is_deleted: false,
            visible_to: 3,
            label_ids: if self.chance(30) { vec![label] } else { Vec::new() },
            picture_id: None,
            custom_fields: Map::new(),
        }
    }
}

fn contact(value: String, label: &str) -> Contact {
    Contact { value, primary: true, label: label.into() }
}

/// Returns a domain under the reserved `.example`.
fn domain(name: &str) -> String {
    let letters: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let letters = if letters.is_empty() { "company".to_owned() } else { letters.to_ascii_lowercase() };
    format!("{letters}.example")
}
