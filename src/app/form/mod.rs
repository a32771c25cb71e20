//! The forms in which items are made and edited: fields from top to bottom, with the rules at the field.
//!
//! A form rests on an item: one to be made with what is known of it already, or one that is there. Of the latter only what
//! somebody has changed is sent, as one edit; what nobody has touched follows the news while the form is open.
//!
//! | file | what |
//! |---|---|
//! | `field` | what is typed or picked in a field, and what that means |
//! | `typing` | what is typed and pasted into a field |
//! | `reading` | what a field says, or what is wrong with it |
//! | `offers` | what a typed text may mean |
//! | `deal`, `lead`, `person`, `org`, `activity` | the fields of each kind of item, and the edit that they make |
//! | `custom` | the custom fields of an item |
//! | `follow` | the news of an item while its form is open; a form for an edit that failed |
//! | `keys`, `open` | keys and clicks in a form; opening one |
//! | `places`, `lines` | where the fields are on the screen; texts of several lines |

mod activity;
mod custom;
mod deal;
pub mod field;
mod follow;
pub(super) mod keys;
mod lead;
pub mod lines;
mod offers;
pub(super) mod open;
mod org;
mod person;
mod places;
pub mod reading;
mod typing;

use chrono::NaiveDate;

pub use self::field::{Field, Kind, Name, Pick};
pub(super) use self::open::look;
pub use self::places::{Places, label_width, places};
use crate::domain::{Contact, Edit, FieldDef, Item, ItemRef, NotePatch, RuleError};
use crate::workspace::Workspace;

/// What a form looks things up in.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    /// The account.
    pub workspace: &'a Workspace,
    /// Today in the user's zone.
    pub today: NaiveDate,
}

/// A form.
#[derive(Debug)]
pub struct Form {
    /// Whether it makes something, rather than changing what is there.
    pub is_new: bool,
    /// The fields from top to bottom.
    pub fields: Vec<Field>,
    /// The field with the cursor.
    pub focus: usize,
    /// What was typed, letter by letter, at the field with the cursor where that is one of a few. Folded.
    letters: String,
    /// Whether it asks before it throws away what was typed.
    pub leaving: bool,
    /// What it makes one for each of, where it is for several items.
    pub(in crate::app) for_each: Vec<ItemRef>,
    /// The custom fields of the item.
    custom: Vec<FieldDef>,
    /// What is to be made, or what the changes are based on.
    rests_on: Box<Item>,
    /// The state of the account that it is in line with.
    version: u64,
}

/// What is wrong with a form, and where.
#[derive(Debug, PartialEq, Eq)]
struct Wrong(Name, String);

/// What a form has made.
#[derive(Debug)]
pub(super) enum Finished {
    /// Something is wrong, as a field says.
    Wrong,
    /// Nothing was changed.
    Nothing,
    /// An edit, with the one that would give back what it is based on.
    Edit(Box<Edit>, Option<Box<Edit>>),
}

impl Form {
    /// How many offers are shown.
    pub const OFFERS: usize = 6;

    /// A form that makes an item, of which this much is known.
    pub(super) fn new(draft: Item, look: Look) -> Self {
        Self::with(true, draft, look)
    }

    /// A form that changes an item.
    pub(super) fn edit(item: Item, look: Look) -> Self {
        Self::with(false, item, look)
    }

    fn with(is_new: bool, item: Item, look: Look) -> Self {
        let custom = custom::definitions(&item, look);
        let fields = fields(&item, &custom, is_new, look);
        let version = look.workspace.version();
        let rests_on = Box::new(item);
        let for_each = Vec::new();
        let letters = String::new();
        let mut form = Self { is_new, fields, focus: 0, letters, leaving: false, for_each, custom, rests_on, version };
        form.settle(look);
        form.look_up(look);
        form
    }

    /// What it makes or changes, for the frame.
    pub fn title(&self) -> String {
        let kind = match &*self.rests_on {
            Item::Deal(_) => "deal",
            Item::Lead(_) => "lead",
            Item::Person(_) => "person",
            Item::Org(_) => "organization",
            Item::Activity(_) => "activity",
            Item::Note(_) => "note",
        };
        match (self.is_new, self.for_each.len()) {
            (true, 0) => format!("New {kind}"),
            (true, count) => format!("New {kind} for each of {count}"),
            (false, _) => format!("Edit the {kind} '{}'", self.rests_on.name()),
        }
    }

    /// What the edit is about.
    pub fn item(&self) -> &Item {
        &self.rests_on
    }

    /// The field with the cursor.
    pub fn focused(&self) -> Option<&Field> {
        self.fields.get(self.focus)
    }

    /// Whether somebody has typed or picked anything.
    pub fn is_touched(&self) -> bool {
        self.fields.iter().any(Field::is_touched)
    }

    /// Whether the cursor is in the last field.
    pub fn is_at_end(&self) -> bool {
        !self.fields.iter().skip(self.focus + 1).any(|field| !field.hidden)
    }

    /// A field that has its place in the form.
    fn field(&self, name: Name) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name && !field.hidden)
    }

    fn field_mut(&mut self, name: Name) -> Option<&mut Field> {
        self.fields.iter_mut().find(|field| field.name == name && !field.hidden)
    }

    /// Reads a field, where it counts: all that there are of a new item, what was changed of one that is there.
    fn read<T>(&self, name: Name, read: impl FnOnce(&Field) -> Result<T, String>) -> Result<Option<T>, Wrong> {
        let field = self.field(name).filter(|field| self.is_new || field.is_touched());
        field.map(read).transpose().map_err(|why| Wrong(name, why))
    }

    /// Whom a new deal or lead is about.
    fn contact(&self, neither: &RuleError) -> Result<Contact, Wrong> {
        let person = self.field(Name::Person).and_then(|field| field.link(Pick::person));
        let org = self.field(Name::Org).and_then(|field| field.link(Pick::org));
        Contact::new(person, org).ok_or_else(|| {
            let why = format!("{neither}: type a name here or below; one that does not exist is created");
            Wrong(Name::Person, why)
        })
    }

    /// Goes to another field, around the ends; says what is wrong with the one that is left.
    pub(super) fn step(&mut self, by: isize, look: Look) {
        let count = self.fields.len();
        self.check_focused(look);
        let mut to = self.focus;
        for _ in 0..count {
            to = (to + count).saturating_add_signed(by) % count.max(1);
            if self.fields.get(to).is_some_and(|field| !field.hidden && field.kind != Kind::Shown) {
                break;
            }
        }
        self.go_to_field(to, look);
    }

    /// Goes on to what is to be filled next. The empty row for one more phone number or e-mail address is not: what is
    /// typed down the form is not to land in it unawares.
    fn go_on(&mut self, look: Look) {
        self.step(1, look);
        while self.focused().is_some_and(Field::is_one_more) {
            self.step(1, look);
        }
    }

    /// Goes to a field.
    fn go_to_field(&mut self, to: usize, look: Look) {
        self.focus = to;
        self.letters.clear();
        let is_new = self.is_new;
        if let Some(field) = self.fields.get_mut(to) {
            field.mark_all(is_new);
        }
        self.look_up(look);
    }

    fn check_focused(&mut self, look: Look) {
        if let Some(field) = self.fields.get_mut(self.focus) {
            field.error = field.check(look.today).err();
        }
    }

    /// What the form makes. Where something is wrong the field says so and takes the cursor.
    pub(super) fn finish(&mut self, look: Look) -> Finished {
        for field in &mut self.fields {
            field.error = None;
        }
        match self.build(look) {
            Ok(edit) if self.is_new => Finished::Edit(Box::new(edit), None),
            Ok(edit) => {
                let base = edit.inverse(&self.rests_on);
                match base.as_ref().and_then(|base| edit.diff(base)) {
                    None => Finished::Nothing,
                    Some(edit) => {
                        let base = edit.inverse(&self.rests_on).map(Box::new);
                        Finished::Edit(Box::new(edit), base)
                    }
                }
            }
            Err(Wrong(name, why)) => {
                if let Some(at) = self.fields.iter().position(|field| field.name == name) {
                    self.go_to_field(at, look);
                    self.fields[at].error = Some(why);
                }
                Finished::Wrong
            }
        }
    }

    fn build(&self, look: Look) -> Result<Edit, Wrong> {
        // What is wrong with a field by itself is told first, from the top down.
        for field in self.fields.iter().filter(|field| !field.hidden && (self.is_new || field.is_touched())) {
            field.check(look.today).map_err(|why| Wrong(field.name, why))?;
        }
        match &*self.rests_on {
            Item::Deal(deal) => deal::edit(self, deal, look),
            Item::Lead(lead) => lead::edit(self, lead, look),
            Item::Person(person) => person::edit(self, person, look),
            Item::Org(org) => org::edit(self, org, look),
            Item::Activity(activity) => activity::edit(self, activity, look),
            // It has a dialog of its own.
            Item::Note(note) => Ok(Edit::UpdateNote { id: note.id, patch: NotePatch::default() }),
        }
    }

    /// An error that the whole form has: said at the field with the cursor.
    pub(super) fn refuse(&mut self, why: String) {
        if let Some(field) = self.fields.get_mut(self.focus) {
            field.error = Some(why);
        }
    }

    /// Brings in line what depends on other fields.
    fn settle(&mut self, look: Look) {
        match &*self.rests_on {
            Item::Deal(_) => deal::settle(self, look),
            Item::Activity(_) => activity::settle(self),
            Item::Person(_) => person::settle(self),
            Item::Lead(_) | Item::Org(_) | Item::Note(_) => {}
        }
    }
}

/// The fields of an item. Custom fields have a place where there is something already: a new item is to be made quickly.
fn fields(item: &Item, custom: &[FieldDef], is_new: bool, look: Look) -> Vec<Field> {
    let mut fields = match item {
        Item::Deal(deal) => deal::fields(deal, is_new, look),
        Item::Lead(lead) => lead::fields(lead, is_new, look),
        Item::Person(person) => person::fields(person, is_new, look),
        Item::Org(org) => org::fields(org, look),
        Item::Activity(activity) => activity::fields(activity, is_new, look),
        // It has a dialog of its own.
        Item::Note(_) => return Vec::new(),
    };
    if !is_new {
        fields.extend(custom::fields(custom, item, look));
    }
    fields
}
