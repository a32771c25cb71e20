//! A filter by words in titles and names.

use super::RowId;
use crate::domain::{ActivityId, DealId, ItemRef, LeadId, OrgId, Person, PersonId};
use crate::workspace::Workspace;

/// The largest number of phone numbers, and of addresses, of a person that are searched.
const MOST_POINTS: usize = 20;

/// Words that must all occur in the title of an item or the names of its contacts.
pub struct TextFilter<'a> {
    words: Vec<String>,
    account: &'a Workspace,
}

impl<'a> TextFilter<'a> {
    /// Returns a filter for the words of a text.
    pub fn new(text: &str, account: &'a Workspace) -> Self {
        Self { words: text.split_whitespace().map(str::to_lowercase).collect(), account }
    }

    /// Returns `true` if a row contains all words.
    pub fn matches_row(&self, row: RowId) -> bool {
        if self.words.is_empty() {
            return true;
        }
        match row {
            RowId::Item(ItemRef::Deal(id)) => self.matches_deal(id),
            RowId::Item(ItemRef::Lead(id)) => self.matches_lead(id),
            RowId::Item(ItemRef::Activity(id)) => self.matches_activity(id),
            RowId::Item(ItemRef::Person(id)) => {
                self.account.person(id).is_some_and(|person| self.matches_person(person))
            }
            RowId::Item(ItemRef::Org(id)) => self.account.org(id).is_some_and(|org| {
                self.matches(&format!("{} {}", org.name, org.address.as_deref().unwrap_or_default()), None, None)
            }),
            RowId::Item(ItemRef::Note(_)) => false,
            RowId::User(id) => self.account.user(id).is_some_and(|user| {
                self.matches(&format!("{} {}", user.name, user.email.as_deref().unwrap_or_default()), None, None)
            }),
        }
    }

    /// Returns `true` if it contains all words.
    pub fn matches_deal(&self, id: DealId) -> bool {
        self.account.deal(id).is_some_and(|deal| self.matches(&deal.title, deal.person, deal.org))
    }

    /// Returns `true` if it contains all words.
    pub fn matches_lead(&self, id: LeadId) -> bool {
        self.account.lead(id).is_some_and(|lead| self.matches(&lead.title, lead.person, lead.org))
    }

    /// Returns `true` if it, or the title of its deal or lead, contains all words.
    pub fn matches_activity(&self, id: ActivityId) -> bool {
        self.account.activity(id).is_some_and(|activity| {
            let deal = activity.deal.and_then(|deal| self.account.deal(deal)).map_or("", |deal| &deal.title);
            let lead = activity.lead.and_then(|lead| self.account.lead(lead)).map_or("", |lead| &lead.title);
            self.matches(&format!("{} {deal} {lead}", activity.subject), activity.person, activity.org)
        })
    }

    fn matches_person(&self, person: &Person) -> bool {
        let points = person.emails.iter().take(MOST_POINTS).chain(person.phones.iter().take(MOST_POINTS));
        let words = std::iter::once(person.name.as_str()).chain(points.map(|point| point.value.as_str()));
        self.matches(&words.collect::<Vec<_>>().join(" "), None, person.org)
    }

    /// Returns `true` if a title and the names of its contacts contain all words.
    pub fn matches(&self, title: &str, person: Option<PersonId>, org: Option<OrgId>) -> bool {
        let title = title.to_lowercase();
        let mut left = self.words.iter().filter(|word| !title.contains(word.as_str())).peekable();
        if left.peek().is_none() {
            return true;
        }
        let name = |name: Option<&str>| name.map(str::to_lowercase).unwrap_or_default();
        let person = name(person.and_then(|id| self.account.person(id)).map(|person| person.name.as_str()));
        let org = name(org.and_then(|id| self.account.org(id)).map(|org| org.name.as_str()));
        left.all(|word| person.contains(word.as_str()) || org.contains(word.as_str()))
    }
}
