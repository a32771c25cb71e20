//! What becomes of a form while its item changes: what nobody has touched follows, what was touched stays as it is and
//! goes on resting on what it was. And a form that holds what an edit was to do.

use tui_input::Input;

use super::{Field, Form, Kind, Look, Name, activity, custom, deal, fields, lead, org, person};
use crate::domain::{Edit, Item, Link};

impl Form {
    /// Brings the form in line with the item as it is now.
    pub(in crate::app) fn follow(&mut self, look: Look) {
        let version = look.workspace.version();
        if self.is_new || std::mem::replace(&mut self.version, version) == version {
            return;
        }
        let Some(mut now) = look.workspace.shown(self.rests_on.key()) else { return };
        if now == *self.rests_on {
            return;
        }
        let fresh = fields(&now, &self.custom, false, look);
        let touched: Vec<Name> = self.fields.iter().filter(|field| field.is_touched()).map(group).collect();
        for name in &touched {
            match name {
                Name::Custom(nth) => {
                    if let Some(def) = self.custom.get(*nth) {
                        custom::keep(def, &self.rests_on, &mut now);
                    }
                }
                name => keep(*name, &self.rests_on, &mut now),
            }
        }
        *self.rests_on = now;
        let focused = self.focused().map(|field| (field.name, group(field)));
        let mine = std::mem::take(&mut self.fields).into_iter().filter(|field| touched.contains(&group(field)));
        self.fields = merged(fresh, mine.collect());
        self.settle(look);
        self.focus = focused.and_then(|(name, of)| self.place_of(name, of)).unwrap_or(0);
        self.look_up(look);
    }

    /// Where a field is, or else the last one of its group.
    fn place_of(&self, name: Name, of: Name) -> Option<usize> {
        let place = self.fields.iter().position(|field| field.name == name);
        place.or_else(|| self.fields.iter().rposition(|field| group(field) == of))
    }

    /// A form that holds what an edit was to make or change; `None` for edits that no form makes.
    pub(in crate::app) fn again(edit: &Edit, look: Look) -> Option<Self> {
        let before = if edit.is_creation() { None } else { look.workspace.shown(edit.item()) };
        let wanted = look.workspace.apply_edit(edit, before.clone())?;
        let Some(before) = before else { return Some(Self::new(wanted, look).with_new_links(edit)) };
        if !edit.is_update() {
            return None;
        }
        let mut form = Self::edit(before, look);
        form.hold(fields(&wanted, &form.custom, false, look));
        form.settle(look);
        Some(form)
    }

    /// Takes over what fields hold. What there is no field for was taken away: a phone number or e-mail address.
    fn hold(&mut self, wanted: Vec<Field>) {
        let is_gone = |field: &Field| {
            matches!(field.kind, Kind::Point { .. }) && !wanted.iter().any(|other| other.name == field.name)
        };
        self.fields.iter_mut().filter(|field| is_gone(field)).for_each(|field| field.input.reset());
        for other in wanted {
            if let Some(field) = self.fields.iter_mut().find(|field| field.name == other.name) {
                field.hold(&other);
                continue;
            }
            let last = self.fields.iter().rposition(|field| group(field) == group(&other));
            self.fields.insert(last.map_or(self.fields.len(), |last| last + 1), other);
        }
    }

    /// Holds the names of whom an edit was to make along with the item.
    fn with_new_links(mut self, edit: &Edit) -> Self {
        let (person, org) = match edit {
            Edit::CreateDeal { new, .. } => (new.contact.person(), new.contact.org()),
            Edit::CreateLead { new, .. } => (new.contact.person(), new.contact.org()),
            Edit::CreatePerson { new, .. } => (None, new.org.as_ref()),
            _ => (None, None),
        };
        if let Some(Link::New(name)) = person {
            self.fill(Name::Person, name);
        }
        if let Some(Link::New(name)) = org {
            self.fill(Name::Org, name);
        }
        self
    }

    fn fill(&mut self, name: Name, text: &str) {
        if let Some(field) = self.field_mut(name) {
            field.input = Input::new(text.to_owned());
        }
    }
}

/// What stands for a field that is changed together with others: all phone numbers are one list.
const fn group(field: &Field) -> Name {
    match field.name {
        Name::Phone(_) => Name::Phone(0),
        Name::Email(_) => Name::Email(0),
        name => name,
    }
}

/// Fresh fields with those that somebody has touched in their place.
fn merged(fresh: Vec<Field>, mut mine: Vec<Field>) -> Vec<Field> {
    let mut all = Vec::new();
    for field in fresh {
        let name = group(&field);
        if all.iter().any(|other| group(other) == name && other.is_touched()) {
            continue;
        }
        let (taken, rest): (Vec<_>, Vec<_>) = mine.into_iter().partition(|other| group(other) == name);
        mine = rest;
        if taken.is_empty() {
            all.push(field);
        } else {
            all.extend(taken);
        }
    }
    all
}

/// Leaves what a field says of an item as it was.
fn keep(name: Name, was: &Item, now: &mut Item) {
    match (was, now) {
        (Item::Deal(was), Item::Deal(now)) => deal::keep(name, was, now),
        (Item::Lead(was), Item::Lead(now)) => lead::keep(name, was, now),
        (Item::Person(was), Item::Person(now)) => person::keep(name, was, now),
        (Item::Org(was), Item::Org(now)) => org::keep(name, was, now),
        (Item::Activity(was), Item::Activity(now)) => activity::keep(name, was, now),
        _ => {}
    }
}
