//! What can be picked in a field, and what a typed text may mean.

use crate::app::widgets::fuzzy::ranked;
use crate::domain::{DealId, DealStatus, Label, LeadId, OrgId, PersonId, PipelineId, UserId};
use crate::workspace::folded;

use super::field::{Lookup, Offer};
use super::{Field, Form, Kind, Look, Name, Pick};

/// How many of those that a word finds are looked at closely.
const LOOKED_AT: usize = 500;

impl Pick {
    /// Whether it is a person or an organization that is not in Pipedrive yet.
    pub(super) const fn is_local(&self) -> bool {
        match self {
            Self::Person(id) => id.is_local(),
            Self::Org(id) => id.is_local(),
            _ => false,
        }
    }
}

impl Look<'_> {
    /// Whether this is the user whose token is in use.
    pub fn is_me(self, user: UserId) -> bool {
        self.workspace.me().is_some_and(|me| me.id == user)
    }

    pub(super) fn person(self, id: PersonId) -> Offer {
        let person = self.workspace.person(id);
        let org = person.and_then(|person| person.org).and_then(|org| self.workspace.org(org));
        Offer {
            name: person.map_or_else(|| format!("person {id}"), |person| person.name.clone()),
            hint: org.map(|org| org.name.clone()).unwrap_or_default(),
            pick: Pick::Person(id),
        }
    }

    pub(super) fn org(self, id: OrgId) -> Offer {
        let org = self.workspace.org(id);
        Offer {
            name: org.map_or_else(|| format!("organization {id}"), |org| org.name.clone()),
            hint: org.and_then(|org| org.address.clone()).unwrap_or_default(),
            pick: Pick::Org(id),
        }
    }

    fn deal(self, id: DealId) -> Offer {
        let deal = self.workspace.deal(id);
        Offer {
            name: deal.map_or_else(|| format!("deal {id}"), |deal| deal.title.clone()),
            hint: deal.map(|deal| deal.value.display()).unwrap_or_default(),
            pick: Pick::Deal(id),
        }
    }

    fn lead(self, id: LeadId) -> Offer {
        let lead = self.workspace.lead(id);
        Offer::new(lead.map_or_else(|| "a lead".to_owned(), |lead| lead.title.clone()), Pick::Lead(id))
    }

    pub(super) fn user(self, id: UserId) -> Offer {
        let user = self.workspace.user(id);
        let hint = if user.is_some_and(|user| !user.active) { "no longer active" } else { "" };
        Offer {
            name: user.map_or_else(|| format!("user {id}"), |user| user.name.clone()),
            hint: hint.to_owned(),
            pick: Pick::User(id),
        }
    }

    /// What a text may mean, at most `most`. No work that grows with the account.
    fn named(self, lookup: Lookup, text: &str, most: usize) -> Vec<Offer> {
        let account = self.workspace;
        // Looked for by one word, ranked by all of them.
        let word = text.split_whitespace().max_by_key(|word| word.len()).unwrap_or_default();
        match lookup {
            Lookup::Person => {
                let people = account.people_named(word, LOOKED_AT);
                let found = ranked(text, people, |person| &person.name, most);
                found.into_iter().map(|person| self.person(person.id)).collect()
            }
            Lookup::Org => {
                let found = ranked(text, account.orgs_named(word, LOOKED_AT), |org| &org.name, most);
                found.into_iter().map(|org| self.org(org.id)).collect()
            }
            Lookup::Deal => {
                let deals = account.deals_like(text, LOOKED_AT).filter(|deal| !deal.id.is_local());
                ranked(text, deals, |deal| &deal.title, most).into_iter().map(|deal| self.deal(deal.id)).collect()
            }
            Lookup::Lead => {
                let leads = account.leads_like(text, LOOKED_AT).filter(|lead| !lead.id.is_local() && !lead.archived);
                ranked(text, leads, |lead| &lead.title, most).into_iter().map(|lead| self.lead(lead.id)).collect()
            }
            Lookup::User => {
                let users = account.users().iter().filter_map(|key| account.user(key.id)).filter(|user| user.active);
                ranked(text, users, |user| &user.name, most).into_iter().map(|user| self.user(user.id)).collect()
            }
        }
    }
}

/// The person an item is linked to.
pub(super) fn person(id: Option<PersonId>, is_new_made: bool, look: Look) -> Field {
    Field::pick_of(Name::Person, Kind::One(Lookup::Person, is_new_made), id.map(|id| look.person(id)))
}

/// The organization an item is linked to.
pub(super) fn org(id: Option<OrgId>, is_new_made: bool, look: Look) -> Field {
    Field::pick_of(Name::Org, Kind::One(Lookup::Org, is_new_made), id.map(|id| look.org(id)))
}

/// The deal an activity belongs to.
pub(super) fn deal(id: Option<DealId>, look: Look) -> Field {
    Field::pick_of(Name::Deal, Kind::One(Lookup::Deal, false), id.map(|id| look.deal(id)))
}

/// The lead an activity belongs to.
pub(super) fn lead(id: Option<LeadId>, look: Look) -> Field {
    Field::pick_of(Name::Lead, Kind::One(Lookup::Lead, false), id.map(|id| look.lead(id)))
}

/// Whose an item is.
pub(super) fn owner(id: Option<UserId>, look: Look) -> Field {
    Field::pick_of(Name::Owner, Kind::One(Lookup::User, false), id.map(|id| look.user(id)))
}

/// Who else takes part in an activity.
pub(super) fn participants(ids: &[PersonId], look: Look) -> Field {
    Field::pick_of(Name::Participants, Kind::Many(Lookup::Person), ids.iter().map(|id| look.person(*id)))
}

/// All stages, those of one pipeline first.
pub(super) fn stages(first: PipelineId, look: Look) -> Vec<Offer> {
    let (mine, rest): (Vec<_>, Vec<_>) = look.workspace.pipelines().iter().partition(|pipeline| pipeline.id == first);
    let is_one = rest.is_empty();
    let all = mine.into_iter().chain(rest);
    all.flat_map(|pipeline| {
        look.workspace.stages(pipeline.id).map(move |stage| Offer {
            name: stage.name.clone(),
            hint: if is_one { String::new() } else { pipeline.name.clone() },
            pick: Pick::Stage(stage.id),
        })
    })
    .collect()
}

/// Labels by name.
pub(super) fn labels<'a>(labels: impl Iterator<Item = &'a Label>) -> Vec<Offer> {
    by_name(labels.map(|label| Offer::new(label.name.clone(), Pick::Label(label.id))))
}

/// Labels of leads by name.
pub(super) fn lead_labels(look: Look) -> Vec<Offer> {
    by_name(look.workspace.lead_labels().map(|label| Offer::new(label.name.clone(), Pick::LeadLabel(label.id))))
}

fn by_name(offers: impl Iterator<Item = Offer>) -> Vec<Offer> {
    let mut offers: Vec<Offer> = offers.collect();
    offers.sort_by_key(|offer| offer.name.to_lowercase());
    offers
}

/// The types of activities, with one that an activity has although the account no longer does.
pub(super) fn activity_types(present: &str, look: Look) -> Vec<Offer> {
    let types = look.workspace.activity_types();
    let mut offers: Vec<Offer> =
        types.iter().map(|kind| Offer::new(kind.name.clone(), Pick::Type(kind.key.clone()))).collect();
    if !types.iter().any(|kind| kind.key == present) {
        offers.push(Offer::new(present, Pick::Type(present.into())));
    }
    offers
}

/// Where a deal may stand.
pub(super) fn statuses() -> Vec<Offer> {
    [("Open", DealStatus::Open), ("Won", DealStatus::Won), ("Lost", DealStatus::Lost)]
        .map(|(name, status)| Offer::new(name, Pick::Status(status)))
        .into()
}

pub(super) fn yes_or_no() -> Vec<Offer> {
    vec![Offer::new("No", Pick::No), Offer::new("Yes", Pick::Yes)]
}

impl Form {
    /// Looks for what the text in the field with the cursor may mean now.
    pub(super) fn look_up(&mut self, look: Look) {
        let Some(field) = self.fields.get_mut(self.focus) else { return };
        field.marked = None;
        let text = field.text();
        field.offers = match &field.kind {
            Kind::Several(among) => {
                ranked(text, among, |offer| &offer.name, among.len()).into_iter().cloned().collect()
            }
            Kind::One(..) if field.is_chosen() => Vec::new(),
            Kind::One(lookup, _) | Kind::Many(lookup) if !text.is_empty() => look.named(*lookup, text, Self::OFFERS),
            _ => Vec::new(),
        };
        // Where no new one is made, what is typed means one of these.
        let is_one_meant = matches!(field.kind, Kind::One(_, false) | Kind::Many(_)) && !field.offers.is_empty();
        field.marked = is_one_meant.then_some(0);
    }

    /// After typing: the text means something else now.
    pub(super) fn typed(&mut self, look: Look) {
        if let Some(field) = self.fields.get_mut(self.focus) {
            field.error = None;
        }
        self.look_up(look);
        self.settle(look);
    }

    /// Marks another offer; `false` where there is none to mark.
    pub(super) fn step_offer(&mut self, by: isize) -> bool {
        let Some(field) = self.fields.get_mut(self.focus) else { return false };
        let count = field.offers.len();
        if count == 0 {
            return false;
        }
        field.marked = match field.marked {
            None if by > 0 => Some(0),
            None => return false,
            Some(0) if by < 0 => None,
            Some(at) => Some(at.saturating_add_signed(by).min(count - 1)),
        };
        true
    }

    /// Takes the marked offer; `false` where none is marked. A person brings along where they work, a deal or lead whom
    /// it is about.
    pub(super) fn take_offer(&mut self, look: Look) -> bool {
        let Some(field) = self.fields.get_mut(self.focus) else { return false };
        let Some(at) = field.marked else { return false };
        let Some(taken) = field.offers.get(at).cloned() else { return false };
        let pick = taken.pick.clone();
        field.choose(taken);
        if field.is_several() {
            self.look_up(look);
            if let Some(field) = self.fields.get_mut(self.focus).filter(|field| at < field.offers.len()) {
                field.marked = Some(at);
            }
        }
        let (person, org) = match pick {
            Pick::Person(id) if self.focused().is_some_and(|field| field.name == Name::Person) => {
                (None, look.workspace.person(id).and_then(|person| person.org))
            }
            Pick::Deal(id) => look.workspace.deal(id).map_or((None, None), |deal| (deal.person, deal.org)),
            Pick::Lead(id) => look.workspace.lead(id).map_or((None, None), |lead| (lead.person, lead.org)),
            _ => (None, None),
        };
        self.bring_along(Name::Person, person.map(|id| look.person(id)));
        self.bring_along(Name::Org, org.map(|id| look.org(id)));
        self.settle(look);
        true
    }

    fn bring_along(&mut self, name: Name, offer: Option<Offer>) {
        let field = self.field_mut(name).filter(|field| field.text().is_empty());
        if let (Some(field), Some(offer)) = (field, offer) {
            field.choose(offer);
        }
    }

    /// Goes to the next or previous of a few.
    pub(super) fn cycle(&mut self, by: isize, look: Look) -> bool {
        let Some(field) = self.fields.get_mut(self.focus) else { return false };
        let Kind::Choice(among) = &field.kind else { return false };
        let at = among.iter().position(|offer| Some(&offer.pick) == field.chosen.first().map(|chosen| &chosen.pick));
        self.letters.clear();
        let count = among.len().max(1);
        let to = at.map_or(0, |at| (at + count).saturating_add_signed(by) % count);
        if let Some(offer) = among.get(to).cloned() {
            field.choose(offer);
        }
        self.settle(look);
        true
    }

    /// A letter typed at one of a few: takes one that begins with all that was typed so far, or else the next one that
    /// begins with the letter.
    pub(super) fn leap(&mut self, letter: char, look: Look) {
        let Some(field) = self.fields.get_mut(self.focus) else { return };
        let Kind::Choice(among) = &field.kind else { return };
        let at = among.iter().position(|offer| Some(&offer.pick) == field.chosen.first().map(|chosen| &chosen.pick));
        let found = |begin: &str, from: usize| {
            let begins = |offer: &&Offer| folded(offer.name.trim_start()).starts_with(begin);
            among.iter().skip(from).chain(among.iter().take(from)).find(begins).cloned()
        };
        let alone = folded(letter.encode_utf8(&mut [0; 4]));
        let more = format!("{}{alone}", self.letters);
        let further = Some(more).filter(|_| !self.letters.is_empty());
        let further = further.and_then(|more| Some((found(&more, at.unwrap_or(0))?, more)));
        let taken = further.or_else(|| Some((found(&alone, at.map_or(0, |at| at + 1))?, alone)));
        self.letters.clear();
        if let Some((offer, letters)) = taken {
            self.letters = letters;
            field.choose(offer);
        }
        self.settle(look);
    }
}
