//! What of an item can be copied: its parts one by one, or all of it as a card.

use crate::app::dispatch;
use crate::app::{Account, Session};
use std::fmt::Write;

use super::Effect;
use super::dialogs::picker::Subject;
use super::dialogs::{Dialog, PickDialog, Request};
use super::widgets::picker::PickerItem;
use crate::app::notice::Tone;
use crate::domain::{Activity, Deal, DealStatus, Item, ItemRef, Lead, Money, OrgId, PersonId, UserId, html_to_text};
use crate::workspace::Workspace;

/// The most that is copied, in bytes: xterm takes 74,994 bytes of base64, which are three quarters of that.
const MOST: usize = 74_994 / 4 * 3;
/// How many phone numbers and how many addresses of a person are offered.
const MOST_POINTS: usize = 10;
/// How much of what was copied is told, in characters.
const TOLD: usize = 60;

/// A part of an item that can be copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Its title, subject or name.
    Title,
    /// What it is worth.
    Value,
    /// The address of its page in Pipedrive.
    Page,
    /// One of the phone numbers.
    Phone(usize),
    /// One of the e-mail addresses.
    Email(usize),
    /// Where an organization is.
    Address,
    /// All of it, as plain text.
    Text,
    /// All of it, as Markdown.
    Markdown,
}

/// A part with what it is called and what it says.
struct Copyable {
    part: Part,
    name: String,
    text: String,
}

/// Asks what of the selected item is to be copied.
pub(super) fn open_copy(session: &mut Session, account: &Account) {
    let Some(item) = session.selected(&account.workspace) else { return dispatch::nothing_selected(session) };
    let lines = copyable(&account.workspace, item)
        .into_iter()
        .map(|copyable| {
            let hint = match copyable.part {
                Part::Text | Part::Markdown => String::new(),
                _ => copyable.text.chars().take(TOLD).collect(),
            };
            PickerItem::new(copyable.name, hint, Request::Copy(item, copyable.part))
        })
        .collect();
    session.dialog = Some(Dialog::Pick(PickDialog::new("Copy", lines).about(Subject::Item(item))));
}

/// Copies a part of an item as it is now.
pub(super) fn copy(session: &mut Session, account: &Account, item: ItemRef, part: Part) -> Vec<Effect> {
    let found = copyable(&account.workspace, item).into_iter().find(|copyable| copyable.part == part);
    let Some(Copyable { name, text, .. }) = found else {
        session.tell(Tone::Bad, "It is no longer there; nothing was copied.");
        return Vec::new();
    };
    if text.len() > MOST {
        let told = format!("{name}: {} bytes are more than a terminal takes ({MOST}); nothing was copied.", text.len());
        session.tell(Tone::Bad, told);
        return Vec::new();
    }
    let told = match part {
        Part::Text | Part::Markdown => name.to_lowercase(),
        _ if text.chars().nth(TOLD).is_some() => format!("{}…", text.chars().take(TOLD - 1).collect::<String>()),
        _ => text.clone(),
    };
    session.tell(Tone::Good, format!("Copied: {told}"));
    vec![Effect::Copy(text)]
}

/// What can be copied of an item. Parts that it lacks are left out.
fn copyable(workspace: &Workspace, item: ItemRef) -> Vec<Copyable> {
    let Some(card) = Card::of(workspace, item) else { return Vec::new() };
    let mut parts = vec![(Part::Title, "Title".to_owned(), clean(&card.title))];
    parts.extend(card.value.clone().map(|value| (Part::Value, "Value".to_owned(), value)));
    parts.extend(workspace.page(item).map(|page| (Part::Page, "Link to its web page".to_owned(), page.to_string())));
    if let Some(person) = card.person.and_then(|id| workspace.person(id)) {
        for (nth, phone) in person.phones.iter().take(MOST_POINTS).enumerate() {
            parts.push((Part::Phone(nth), point("Phone", &phone.label), clean(&phone.value)));
        }
        for (nth, email) in person.emails.iter().take(MOST_POINTS).enumerate() {
            parts.push((Part::Email(nth), point("E-mail", &email.label), clean(&email.value)));
        }
    }
    let address = card.org.and_then(|id| workspace.org(id)).and_then(|org| org.address.as_deref());
    parts.extend(address.map(|address| (Part::Address, "Address".to_owned(), clean(address))));
    parts.retain(|(.., text)| !text.is_empty());
    parts.push((Part::Text, "The whole card as text".to_owned(), card.text()));
    parts.push((Part::Markdown, "The whole card as Markdown".to_owned(), card.markdown()));
    parts.into_iter().map(|(part, name, text)| Copyable { part, name, text }).collect()
}

fn point(kind: &str, label: &str) -> String {
    let label = clean(label);
    if label.is_empty() { kind.to_owned() } else { format!("{kind} ({label})") }
}

/// All there is to say of an item: a title, and fields with their names.
#[derive(Default)]
struct Card {
    title: String,
    value: Option<String>,
    person: Option<PersonId>,
    org: Option<OrgId>,
    fields: Vec<(&'static str, String)>,
}

impl Card {
    fn of(workspace: &Workspace, item: ItemRef) -> Option<Self> {
        let mut card = match workspace.shown(item)? {
            Item::Deal(deal) => Self::of_deal(workspace, &deal),
            Item::Lead(lead) => Self::of_lead(workspace, &lead),
            Item::Activity(activity) => Self::of_activity(workspace, &activity),
            Item::Person(person) => {
                let mut card = Self { title: person.name, person: Some(person.id), org: person.org, ..Self::default() };
                card.owner(workspace, person.owner);
                card
            }
            Item::Org(org) => {
                let mut card = Self { title: org.name, org: Some(org.id), ..Self::default() };
                card.owner(workspace, org.owner);
                card
            }
            Item::Note(note) => {
                let mut card = Self { title: html_to_text(&note.content), ..Self::default() };
                card.owner(workspace, note.author);
                card
            }
        };
        card.contact(workspace, item);
        card.say("Web page", workspace.page(item));
        Some(card)
    }

    fn of_deal(workspace: &Workspace, deal: &Deal) -> Self {
        let mut card = Self {
            title: deal.title.clone(),
            value: Some(money(&deal.value)),
            person: deal.person,
            org: deal.org,
            ..Self::default()
        };
        card.say("Value", Some(money(&deal.value)));
        card.say("Pipeline", workspace.pipeline(deal.pipeline).map(|pipeline| &pipeline.name));
        card.say("Stage", workspace.stage(deal.stage).map(|stage| &stage.name));
        let status = match deal.status {
            DealStatus::Open => "open",
            DealStatus::Won => "won",
            DealStatus::Lost => "lost",
            DealStatus::Other => "deleted",
        };
        card.say("Status", Some(status));
        card.say("Lost because", deal.lost_reason.as_ref());
        if deal.status == DealStatus::Open {
            card.say("Probability", workspace.deal_probability(deal));
        }
        card.say("Expected close", deal.expected_close);
        card.owner(workspace, deal.owner);
        let labels = deal.labels.iter().filter_map(|id| workspace.label(*id)).map(|label| label.name.as_str());
        card.say("Labels", Some(labels.collect::<Vec<_>>().join(", ")));
        let next = workspace.to_do(deal.id).next().map(|next| {
            let day = next.due.map(|due| due.local(workspace.zone()).0.to_string()).unwrap_or_default();
            format!("{day} {}", next.subject)
        });
        card.say("Next activity", next);
        card
    }

    fn of_lead(workspace: &Workspace, lead: &Lead) -> Self {
        let value = lead.value.as_ref().map(money);
        let (person, org) = (lead.person, lead.org);
        let mut card = Self { title: lead.title.clone(), value: value.clone(), person, org, ..Self::default() };
        card.say("Value", value);
        card.say("Source", Some(&lead.source));
        card.say("Expected close", lead.expected_close);
        card.owner(workspace, lead.owner);
        let labels = lead.labels.iter().filter_map(|id| workspace.lead_label(*id)).map(|label| label.name.as_str());
        card.say("Labels", Some(labels.collect::<Vec<_>>().join(", ")));
        card
    }

    fn of_activity(workspace: &Workspace, activity: &Activity) -> Self {
        let (person, org) = (activity.person, activity.org);
        let mut card = Self { title: activity.subject.clone(), person, org, ..Self::default() };
        let kind = workspace.activity_type(&activity.kind).map_or(activity.kind.as_str(), |kind| &kind.name);
        card.say("Type", Some(kind));
        let due = activity.due.map(|due| due.local(workspace.zone()));
        card.say("Due", due.map(|(day, _)| day));
        card.say("Time", due.and_then(|(_, time)| time).map(|time| time.format("%H:%M")));
        card.say("Duration", activity.minutes.map(|minutes| format!("{minutes} min")));
        card.say("Status", Some(if activity.done { "done" } else { "to do" }));
        card.owner(workspace, activity.owner);
        card.say("Deal", activity.deal.and_then(|id| workspace.deal(id)).map(|deal| &deal.title));
        card.say("Lead", activity.lead.and_then(|id| workspace.lead(id)).map(|lead| &lead.title));
        card.say("Location", activity.location.as_ref());
        card
    }

    /// Whom it is about, with numbers and addresses.
    fn contact(&mut self, workspace: &Workspace, item: ItemRef) {
        if let Some(person) = self.person.and_then(|id| workspace.person(id)) {
            if item != ItemRef::Person(person.id) {
                self.say("Person", Some(&person.name));
            }
            for phone in person.phones.iter().take(MOST_POINTS) {
                self.say("Phone", Some(&phone.value));
            }
            for email in person.emails.iter().take(MOST_POINTS) {
                self.say("E-mail", Some(&email.value));
            }
        }
        if let Some(org) = self.org.and_then(|id| workspace.org(id)) {
            if item != ItemRef::Org(org.id) {
                self.say("Organization", Some(&org.name));
            }
            self.say("Address", org.address.as_ref());
        }
    }

    fn owner(&mut self, workspace: &Workspace, owner: Option<UserId>) {
        self.say("Owner", owner.and_then(|id| workspace.user(id)).map(|user| &user.name));
    }

    /// Adds a field, if there is anything to say.
    fn say(&mut self, name: &'static str, value: Option<impl ToString>) {
        let value = value.map(|value| clean(&value.to_string())).unwrap_or_default();
        if !value.is_empty() {
            self.fields.push((name, value));
        }
    }

    fn text(&self) -> String {
        let mut out = format!("{}\n", clean(&self.title));
        for (name, value) in &self.fields {
            // Writing to a string does not fail.
            let _ = writeln!(out, "{name}: {value}");
        }
        out
    }

    fn markdown(&self) -> String {
        let mut out = format!("## {}\n\n", escaped(&clean(&self.title)));
        for (name, value) in &self.fields {
            let is_link = *name == "Web page";
            let value = if is_link { format!("<{value}>") } else { escaped(value) };
            let _ = writeln!(out, "- **{name}:** {value}");
        }
        out
    }
}

/// An amount as programs take it: all digits, no groups.
fn money(value: &Money) -> String {
    format!("{} {}", value.amount.normalize(), value.currency)
}

/// A text in one line, without what commands a terminal or turns the order of reading: it may be pasted anywhere.
fn clean(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let kept = text.chars().filter(|c| !turns(*c)).map(|c| if c.is_control() { ' ' } else { c });
    kept.collect::<String>().trim().to_owned()
}

/// A text that Markdown takes as it is.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '!' | '&') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
