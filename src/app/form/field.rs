//! A field of a form: what is typed or picked in it, and what that means.

use std::borrow::Cow;

use chrono::NaiveDate;
use compact_str::CompactString;
use tui_input::Input;

use crate::domain::{
    Currency, DealId, DealStatus, FieldDef, LabelId, LeadId, LeadLabelId, OrgId, PersonId, StageId, UserId, format_day,
    parse_day, parse_when,
};

/// Which field of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the labels say it")]
pub enum Name {
    Title,
    Type,
    Subject,
    Due,
    Duration,
    Value,
    Stage,
    Probability,
    ExpectedClose,
    Status,
    LostReason,
    Person,
    Org,
    Deal,
    Lead,
    Participants,
    Phone(usize),
    Email(usize),
    Address,
    Location,
    Owner,
    Labels,
    Source,
    Note,
    Done,
    /// A custom field, by its place among those of the form.
    Custom(usize),
}

impl Name {
    /// What stands before the field, where nothing else is said.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Title => "Title",
            Self::Type => "Type",
            Self::Subject => "Subject",
            Self::Due => "Due",
            Self::Duration => "Duration",
            Self::Value => "Value",
            Self::Stage => "Stage",
            Self::Probability => "Probability",
            Self::ExpectedClose => "Expected close",
            Self::Status => "Status",
            Self::LostReason => "Lost because",
            Self::Person => "Person",
            Self::Org => "Organization",
            Self::Deal => "Deal",
            Self::Lead => "Lead",
            Self::Participants => "Participants",
            Self::Phone(_) => "Phone",
            Self::Email(_) => "E-mail",
            Self::Address => "Address",
            Self::Location => "Location",
            Self::Owner => "Owner",
            Self::Labels => "Labels",
            Self::Source => "Source",
            Self::Note => "Note",
            Self::Done => "Done",
            Self::Custom(_) => "Field",
        }
    }
}

/// What is looked up by name among what the account has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Lookup {
    Person,
    Org,
    Deal,
    Lead,
    User,
}

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// One line of text.
    Text,
    /// Several lines of text.
    Lines,
    /// An amount, in this currency where none is typed.
    Money(Currency),
    /// A whole number from 0 to 100.
    Percent,
    /// A day.
    Day,
    /// A day, maybe with a time of day.
    When,
    /// A length of time, in minutes.
    Minutes,
    /// One of a few.
    Choice(Vec<Offer>),
    /// Some of a few.
    Several(Vec<Offer>),
    /// One that is looked up; whether a name that nobody has makes a new one.
    One(Lookup, bool),
    /// Some that are looked up.
    Many(Lookup),
    /// A phone number or e-mail address: what it is for, and whether it is the one to use first.
    Point {
        /// Such as `work`.
        label: String,
        /// Whether it is the one to use first.
        primary: bool,
    },
    /// What is typed into a custom field, as its definition has it.
    Typed(Box<FieldDef>),
    /// Something to be read only.
    Shown,
}

/// What can be picked in a field.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Pick {
    Person(PersonId),
    Org(OrgId),
    Deal(DealId),
    Lead(LeadId),
    User(UserId),
    Stage(StageId),
    Status(DealStatus),
    Type(CompactString),
    Label(LabelId),
    LeadLabel(LeadLabelId),
    Option(u64),
    Yes,
    No,
    Nothing,
}

/// Which it is, where it is of the kind that is looked for.
macro_rules! picked {
    ($($name:ident: $variant:ident => $id:ty),* $(,)?) => {
        impl Pick {
            $(
                pub(super) fn $name(&self) -> Option<$id> {
                    match self {
                        Self::$variant(id) => Some(id.clone()),
                        _ => None,
                    }
                }
            )*
        }
    };
}

picked! {
    person: Person => PersonId,
    org: Org => OrgId,
    deal: Deal => DealId,
    lead: Lead => LeadId,
    user: User => UserId,
    stage: Stage => StageId,
    status: Status => DealStatus,
    activity_type: Type => CompactString,
    label: Label => LabelId,
    lead_label: LeadLabel => LeadLabelId,
    option: Option => u64,
}

impl Pick {
    /// What it is called where its name is not known.
    fn unnamed(&self) -> String {
        match self {
            Self::Label(id) => format!("#{id}"),
            Self::LeadLabel(id) => format!("#{id}"),
            Self::Option(id) => format!("#{id}"),
            _ => "?".to_owned(),
        }
    }
}

/// Something that can be picked, as it is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Its name.
    pub name: String,
    /// More to tell it from others of the name: where a person works, where an organization is.
    pub hint: String,
    /// What it is.
    pub pick: Pick,
}

impl Offer {
    /// One whose name says all.
    pub fn new(name: impl Into<String>, pick: Pick) -> Self {
        Self { name: name.into(), hint: String::new(), pick }
    }
}

/// What is in a field, to tell whether somebody has changed it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Content(String, Vec<Pick>, Option<(String, bool)>);

/// A field of a form.
#[derive(Debug, Clone)]
pub struct Field {
    /// Which it is.
    pub name: Name,
    /// What stands before it.
    pub label: Cow<'static, str>,
    /// What it holds.
    pub kind: Kind,
    /// What is typed.
    pub input: Input,
    /// What was picked; of some kinds more than one.
    pub chosen: Vec<Offer>,
    /// What is wrong with it, once it was left or tried.
    pub error: Option<String>,
    /// What the typed text may mean.
    pub offers: Vec<Offer>,
    /// Which of that is marked, if any.
    pub marked: Option<usize>,
    /// Whether all of what is typed is marked: what is typed next replaces it.
    pub is_marked: bool,
    /// What there is to know before it is changed, or why it cannot be.
    pub warning: &'static str,
    /// Whether it has no place in the form as that is now.
    pub hidden: bool,
    first: Content,
}

impl Field {
    /// An empty field.
    pub(super) fn new(name: Name, kind: Kind) -> Self {
        Self {
            name,
            label: name.label().into(),
            kind,
            input: Input::default(),
            chosen: Vec::new(),
            error: None,
            offers: Vec::new(),
            marked: None,
            is_marked: false,
            warning: "",
            hidden: false,
            first: Content(String::new(), Vec::new(), None),
        }
    }

    /// The field with something else said before it.
    pub(super) fn labelled(mut self, label: impl Into<Cow<'static, str>>) -> Self {
        self.label = label.into();
        self
    }

    /// A text of several lines of which not all is known here: it can only be looked at.
    pub(super) fn cut(name: Name, text: impl AsRef<str>) -> Self {
        Self::text_of(name, Kind::Shown, text).warned("too long to be edited here")
    }

    /// The field with something to know before it is changed.
    pub(super) fn warned(mut self, warning: &'static str) -> Self {
        self.warning = warning;
        self
    }

    /// A field that holds a text. Control characters cannot be typed or seen, so they are not offered for editing.
    pub(super) fn text_of(name: Name, kind: Kind, text: impl AsRef<str>) -> Self {
        let keeps_lines = matches!(kind, Kind::Lines | Kind::Shown);
        let text: String = text.as_ref().chars().filter(|c| !c.is_control() || (keeps_lines && *c == '\n')).collect();
        Self { input: Input::new(text), ..Self::new(name, kind) }.begun()
    }

    /// A field in which this is picked.
    pub(super) fn pick_of(name: Name, kind: Kind, chosen: impl IntoIterator<Item = Offer>) -> Self {
        let mut field = Self::new(name, kind);
        field.chosen = chosen.into_iter().collect();
        if !field.is_several() {
            field.input = Input::new(field.chosen.first().map(|offer| offer.name.clone()).unwrap_or_default());
        }
        field.begun()
    }

    /// A field of a few, one of which is picked.
    pub(super) fn choice(name: Name, among: Vec<Offer>, chosen: &Pick) -> Self {
        let chosen = among.iter().find(|offer| offer.pick == *chosen).cloned();
        Self::pick_of(name, Kind::Choice(among), chosen)
    }

    /// A field of a few, some of which are picked. What is picked is offered although it is not known: it stays until
    /// somebody takes it away.
    pub(super) fn several(name: Name, mut among: Vec<Offer>, chosen: &[Pick]) -> Self {
        let unknown = chosen.iter().filter(|pick| !among.iter().any(|offer| offer.pick == **pick));
        let unknown: Vec<_> = unknown.map(|pick| Offer::new(pick.unnamed(), pick.clone())).collect();
        among.extend(unknown);
        let chosen: Vec<_> = among.iter().filter(|offer| chosen.contains(&offer.pick)).cloned().collect();
        Self::pick_of(name, Kind::Several(among), chosen)
    }

    /// Takes what it holds now for what nobody has changed.
    pub(super) fn begun(mut self) -> Self {
        self.first = self.content();
        self
    }

    fn content(&self) -> Content {
        let point = match &self.kind {
            Kind::Point { label, primary } => Some((label.clone(), *primary)),
            _ => None,
        };
        Content(self.input.value().to_owned(), self.chosen.iter().map(|offer| offer.pick.clone()).collect(), point)
    }

    /// Whether somebody has changed it.
    pub fn is_touched(&self) -> bool {
        self.first != self.content()
    }

    /// Whether more than one can be picked.
    pub const fn is_several(&self) -> bool {
        matches!(self.kind, Kind::Several(_) | Kind::Many(_))
    }

    /// Whether it holds what was picked and not what is typed.
    pub fn is_chosen(&self) -> bool {
        !self.is_several() && !self.chosen.is_empty()
    }

    /// What is typed, without spaces around it.
    pub fn text(&self) -> &str {
        self.input.value().trim()
    }

    /// Picks something, in place of what was picked, or along with it.
    pub(super) fn choose(&mut self, offer: Offer) {
        self.error = None;
        if self.is_several() {
            match self.chosen.iter().position(|other| other.pick == offer.pick) {
                Some(at) => drop(self.chosen.remove(at)),
                None => self.chosen.push(offer),
            }
            self.input.reset();
            return;
        }
        self.input = Input::new(offer.name.clone());
        self.chosen = vec![offer];
        self.marked = None;
        self.offers.clear();
    }

    /// Takes over what another of the same kind holds.
    pub(super) fn hold(&mut self, other: &Self) {
        // Whether it can be changed depends on what there is now.
        if self.kind != Kind::Shown && other.kind != Kind::Shown {
            self.kind.clone_from(&other.kind);
        }
        self.input = other.input.clone();
        self.chosen.clone_from(&other.chosen);
    }

    /// What is known of what is typed: whether it exists or will be made, which day it is.
    pub fn remark(&self, today: NaiveDate) -> Option<String> {
        match &self.kind {
            Kind::One(..) if self.linked().is_some_and(|pick| pick.is_local()) => {
                Some("queued: not in Pipedrive yet".to_owned())
            }
            Kind::One(_, true) if !self.text().is_empty() => Some(match self.linked() {
                Some(_) => "exists".to_owned(),
                None => "new: will be created".to_owned(),
            }),
            Kind::Day => parse_day(self.text(), today).ok().map(|day| format!("→ {}", format_day(day))),
            Kind::When => parse_when(self.text(), today).ok().map(|(day, time)| match time {
                Some(time) => format!("→ {} {}", format_day(day), time.format("%H:%M")),
                None => format!("→ {}", format_day(day)),
            }),
            Kind::Choice(among) => {
                let at = among.iter().position(|offer| self.chosen.first().is_some_and(|c| c.pick == offer.pick));
                Some(format!("‹ {} of {} ›", at.map_or(0, |at| at + 1), among.len()))
            }
            Kind::Point { label, primary } if !self.text().is_empty() => {
                Some(if *primary { format!("{label} ★") } else { label.clone() })
            }
            Kind::Shown if !self.warning.is_empty() => Some(self.warning.to_owned()),
            _ => None,
        }
    }
}
