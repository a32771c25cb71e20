//! The forms in which deals and leads are made, with the link rule at the field: a person or organization that
//! does not exist yet is made along with them.

use crossterm::event::KeyEvent;
use tui_input::Input;

use super::update::type_over;
use crate::domain::{
    Contact, Currency, Link, Money, NewDeal, NewLead, OrgId, PersonId, Place, Probability, RuleError, parse_date,
};
use crate::workspace::Workspace;

/// What a form makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Making {
    /// A deal, at this place.
    Deal(Place),
    /// A lead.
    Lead,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// The title.
    Title,
    /// A person's name.
    Person,
    /// An organization's name.
    Org,
    /// A value.
    Value,
    /// A probability. Only where the pipeline has it.
    Probability,
    /// An expected closing date.
    ExpectedClose,
}

impl FieldKind {
    /// What stands before the field.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Title => "Title",
            Self::Person => "Person",
            Self::Org => "Organization",
            Self::Value => "Value",
            Self::Probability => "Probability",
            Self::ExpectedClose => "Expected close",
        }
    }
}

/// A person or organization that the typed name may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// Its name.
    pub name: String,
    /// More to tell it from others of the name: where a person works, where an organization is.
    pub hint: String,
    /// Its id, of the field's kind.
    id: u64,
}

/// A field of a form.
#[derive(Debug)]
pub struct Field {
    /// What it holds.
    pub kind: FieldKind,
    /// What is typed.
    pub input: Input,
    /// What is wrong with it, once it was tried.
    pub error: Option<String>,
    /// Whom the typed name may mean.
    pub suggestions: Vec<Suggestion>,
    /// Which suggestion is marked, if any.
    pub marked: Option<usize>,
    /// The suggestion that was taken; typing on lets go of it.
    chosen: Option<u64>,
}

impl Field {
    fn new(kind: FieldKind) -> Self {
        Self { kind, input: Input::default(), error: None, suggestions: Vec::new(), marked: None, chosen: None }
    }

    fn text(&self) -> &str {
        self.input.value().trim()
    }

    /// Types a key. A name that was chosen is one piece: typing replaces it.
    pub(super) fn type_in(&mut self, key: KeyEvent) {
        let before = self.input.value().to_owned();
        type_over(&mut self.input, self.chosen.is_some(), key);
        if self.input.value() != before {
            self.chosen = None;
        }
    }

    /// Whether it holds a suggestion that was taken.
    pub fn is_chosen(&self) -> bool {
        self.chosen.is_some()
    }

    /// Fills the field with a person or organization that exists.
    fn choose(&mut self, name: String, id: u64) {
        self.input = Input::new(name);
        self.chosen = Some(id);
        self.marked = None;
        self.error = None;
        self.suggestions.clear();
    }

    /// What is known of the typed name: 'new, will be created' where nobody has it.
    pub fn remark(&self) -> Option<&'static str> {
        if !matches!(self.kind, FieldKind::Person | FieldKind::Org) || self.text().is_empty() {
            return None;
        }
        Some(if self.linked().is_some() { "exists" } else { "new: will be created" })
    }

    /// The id that the field stands for: the suggestion taken, or the only one of exactly this name.
    fn linked(&self) -> Option<u64> {
        self.chosen.or_else(|| {
            let folded = self.text().to_lowercase();
            let mut same = self.suggestions.iter().filter(|s| s.name.to_lowercase() == folded);
            let first = same.next()?;
            same.next().is_none().then_some(first.id)
        })
    }
}

/// A form.
#[derive(Debug)]
pub struct Form {
    /// What it makes.
    pub making: Making,
    /// The fields from top to bottom.
    pub fields: Vec<Field>,
    /// The field with the cursor.
    pub focus: usize,
    /// What values are in where no currency is typed.
    currency: Currency,
}

/// What a filled form makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    /// A deal.
    Deal(NewDeal),
    /// A lead.
    Lead(NewLead),
}

impl Form {
    /// How many suggestions are shown.
    pub const SUGGESTIONS: usize = 5;

    /// An empty form.
    pub fn new(making: Making, workspace: &Workspace) -> Self {
        let probability = match making {
            Making::Deal(place) => workspace.pipeline(place.pipeline).is_some_and(|p| p.has_probability),
            Making::Lead => false,
        };
        let kinds = [FieldKind::Title, FieldKind::Person, FieldKind::Org, FieldKind::Value]
            .into_iter()
            .chain(probability.then_some(FieldKind::Probability))
            .chain([FieldKind::ExpectedClose]);
        Self { making, fields: kinds.map(Field::new).collect(), focus: 0, currency: workspace.currency() }
    }

    /// A form that holds a deal that was to be made.
    pub(super) fn of_deal(new: &NewDeal, workspace: &Workspace) -> Self {
        let mut form = Self::new(Making::Deal(new.place), workspace);
        form.fill(FieldKind::Title, new.title.clone());
        form.fill_contact(&new.contact, workspace);
        form.fill(FieldKind::Value, money(&new.value));
        form.fill(FieldKind::Probability, new.probability.map(|own| own.percent().to_string()).unwrap_or_default());
        form.fill(FieldKind::ExpectedClose, new.expected_close.map(|date| date.to_string()).unwrap_or_default());
        form
    }

    /// A form that holds a lead that was to be made.
    pub(super) fn of_lead(new: &NewLead, workspace: &Workspace) -> Self {
        let mut form = Self::new(Making::Lead, workspace);
        form.fill(FieldKind::Title, new.title.clone());
        form.fill_contact(&new.contact, workspace);
        form.fill(FieldKind::Value, new.value.as_ref().map(money).unwrap_or_default());
        form.fill(FieldKind::ExpectedClose, new.expected_close.map(|date| date.to_string()).unwrap_or_default());
        form
    }

    fn fill(&mut self, kind: FieldKind, text: String) {
        if let Some(field) = self.fields.iter_mut().find(|field| field.kind == kind) {
            field.input = Input::new(text);
        }
    }

    fn fill_contact(&mut self, contact: &Contact, workspace: &Workspace) {
        let person = contact.person().map(|link| match link {
            Link::Existing(id) => {
                (workspace.person(*id).map(|person| person.name.clone()).unwrap_or_default(), Some(id.0))
            }
            Link::New(name) => (name.clone(), None),
        });
        let org = contact.org().map(|link| match link {
            Link::Existing(id) => (workspace.org(*id).map(|org| org.name.clone()).unwrap_or_default(), Some(id.0)),
            Link::New(name) => (name.clone(), None),
        });
        for (kind, link) in [(FieldKind::Person, person), (FieldKind::Org, org)] {
            let field = self.fields.iter_mut().find(|field| field.kind == kind);
            match (field, link) {
                (Some(field), Some((name, Some(id)))) => field.choose(name, id),
                (Some(field), Some((name, None))) => field.input = Input::new(name),
                _ => {}
            }
        }
    }

    /// What it makes, for the frame.
    pub fn title(&self, workspace: &Workspace) -> String {
        match self.making {
            Making::Deal(place) => {
                let stage = workspace.stage(place.stage).map_or("?", |stage| stage.name.as_str());
                format!("New deal in {stage}")
            }
            Making::Lead => "New lead".to_owned(),
        }
    }

    /// The field with the cursor.
    pub fn focused(&mut self) -> Option<&mut Field> {
        self.fields.get_mut(self.focus)
    }

    /// Goes to another field, around the ends.
    pub(super) fn step(&mut self, by: isize) {
        let count = self.fields.len();
        self.focus = (self.focus + count).saturating_add_signed(by) % count.max(1);
    }

    /// After typing: looks for whom the text may mean now.
    pub(super) fn typed(&mut self, workspace: &Workspace) {
        let Some(field) = self.fields.get_mut(self.focus) else { return };
        field.error = None;
        field.marked = None;
        let text = field.text();
        field.suggestions = match field.kind {
            _ if text.is_empty() => Vec::new(),
            FieldKind::Person => workspace
                .people_named(text, Self::SUGGESTIONS)
                .into_iter()
                .map(|person| Suggestion {
                    name: person.name.clone(),
                    hint: person.org.and_then(|org| workspace.org(org)).map(|org| org.name.clone()).unwrap_or_default(),
                    id: person.id.0,
                })
                .collect(),
            FieldKind::Org => workspace
                .orgs_named(text, Self::SUGGESTIONS)
                .into_iter()
                .map(|org| Suggestion {
                    name: org.name.clone(),
                    hint: org.address.clone().unwrap_or_default(),
                    id: org.id.0,
                })
                .collect(),
            _ => Vec::new(),
        };
    }

    /// Marks another suggestion; `false` where there is none to mark.
    pub(super) fn step_suggestion(&mut self, by: isize) -> bool {
        let Some(field) = self.focused() else { return false };
        let count = field.suggestions.len();
        if count == 0 || field.chosen.is_some() {
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

    /// Takes the marked suggestion; `false` where none is marked. A person brings along where she works.
    pub(super) fn take_suggestion(&mut self, workspace: &Workspace) -> bool {
        let Some(field) = self.focused() else { return false };
        let Some(taken) = field.marked.and_then(|at| field.suggestions.get(at).cloned()) else { return false };
        let id = taken.id;
        field.choose(taken.name, id);
        let person = (field.kind == FieldKind::Person).then(|| workspace.person(PersonId(id))).flatten();
        let employer = person.and_then(|person| person.org).and_then(|org| workspace.org(org));
        let empty = |field: &&mut Field| field.kind == FieldKind::Org && field.text().is_empty();
        if let (Some(org), Some(field)) = (employer, self.fields.iter_mut().find(empty)) {
            field.choose(org.name.clone(), org.id.0);
        }
        true
    }

    /// What the form makes. Where something is wrong the field says so and takes the cursor.
    pub(super) fn finish(&mut self) -> Option<Made> {
        for field in &mut self.fields {
            field.error = None;
        }
        let made = self.build();
        match made {
            Ok(made) => Some(made),
            Err((kind, error)) => {
                if let Some(at) = self.fields.iter().position(|field| field.kind == kind) {
                    self.focus = at;
                    self.fields[at].error = Some(error);
                }
                None
            }
        }
    }

    fn build(&self) -> Result<Made, (FieldKind, String)> {
        let title = self.text(FieldKind::Title).to_owned();
        if title.is_empty() {
            return Err((FieldKind::Title, RuleError::EmptyTitle.to_string()));
        }
        let contact = self.contact()?;
        let value = match self.text(FieldKind::Value) {
            "" => None,
            text => Some(Money::parse(text, &self.currency).map_err(|error| (FieldKind::Value, error.to_string()))?),
        };
        let expected_close = match self.text(FieldKind::ExpectedClose) {
            "" => None,
            text => Some(parse_date(text).map_err(|error| (FieldKind::ExpectedClose, error.to_string()))?),
        };
        Ok(match self.making {
            Making::Lead => Made::Lead(NewLead { value, expected_close, ..NewLead::new(title, contact) }),
            Making::Deal(place) => {
                let probability = parse_probability(self.text(FieldKind::Probability))
                    .map_err(|error| (FieldKind::Probability, error))?;
                let value = value.unwrap_or_else(|| Money::zero(self.currency.clone()));
                Made::Deal(NewDeal { probability, expected_close, ..NewDeal::new(title, contact, place, value) })
            }
        })
    }

    fn contact(&self) -> Result<Contact, (FieldKind, String)> {
        let link = |kind| {
            let field = self.fields.iter().find(|field| field.kind == kind)?;
            let name = Some(field.text()).filter(|name| !name.is_empty())?;
            Some(field.linked().ok_or_else(|| name.to_owned()))
        };
        let person =
            link(FieldKind::Person).map(|found| found.map_or_else(Link::New, |id| Link::Existing(PersonId(id))));
        let org = link(FieldKind::Org).map(|found| found.map_or_else(Link::New, |id| Link::Existing(OrgId(id))));
        Contact::new(person, org).ok_or_else(|| {
            let rule = match self.making {
                Making::Deal(_) => RuleError::DealUnlinked,
                Making::Lead => RuleError::LeadUnlinked,
            };
            (FieldKind::Person, format!("{rule}: type a name here or below; one that does not exist is created"))
        })
    }

    fn text(&self, kind: FieldKind) -> &str {
        self.fields.iter().find(|field| field.kind == kind).map_or("", |field| field.text())
    }
}

fn money(value: &Money) -> String {
    format!("{} {}", value.amount.normalize(), value.currency)
}

/// Reads a probability in percent; empty for the stage's own.
pub(super) fn parse_probability(text: &str) -> Result<Option<Probability>, String> {
    let text = text.trim().trim_end_matches('%').trim_end();
    if text.is_empty() {
        return Ok(None);
    }
    let probability = text.parse().ok().and_then(Probability::new);
    probability.map(Some).ok_or_else(|| format!("'{text}' is not a whole number from 0 to 100"))
}
