//! Prompts: a value typed into one line, and the change that it leads to.

use chrono::NaiveDate;
use crossterm::event::{KeyCode, KeyEvent};
use tui_input::Input;

use super::Dialog;
use super::request::{Outcome, Request};
use crate::app::actions::Action;
use crate::app::deed::Deed;
use crate::app::filtering::{self, Bound};
use crate::app::form::reading::{parse_probability, written_money};
use crate::app::widgets::input::type_over;
use crate::app::{Account, Effect, Session};
use crate::app::{attention, named, search, targets};
use crate::domain::{
    ActivityId, ActivityPatch, DealId, DealPatch, Due, Edit, ItemRef, LeadPatch, Money, StatusChange, format_day,
    parse_day, parse_when,
};

/// The value that a prompt asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromptKind {
    /// A title for a deal or lead.
    Title(ItemRef),
    /// A value for a deal or lead.
    Value(ItemRef),
    /// A probability for a deal.
    Probability(DealId),
    /// An expected closing date for a deal or lead.
    ExpectedClose(ItemRef),
    /// The reason why a deal was lost.
    LostReason(DealId),
    /// The value of an action for all selected items.
    ForAll(Action),
    /// Another day for an activity.
    Day(ActivityId),
    /// A text to search for in Pipedrive.
    Search,
    /// A bound for the filter.
    Bound(Bound),
    /// A name to save the filter under.
    FilterName,
}

impl PromptKind {
    /// Returns the one item whose value it asks for.
    pub(in crate::app) const fn item(self) -> Option<ItemRef> {
        match self {
            Self::Title(item) | Self::Value(item) | Self::ExpectedClose(item) => Some(item),
            Self::Probability(deal) | Self::LostReason(deal) => Some(ItemRef::Deal(deal)),
            Self::Day(activity) => Some(ItemRef::Activity(activity)),
            Self::ForAll(_) | Self::Search | Self::Bound(_) | Self::FilterName => None,
        }
    }
}

/// One line of text to type.
#[derive(Debug)]
pub struct Prompt {
    /// The value it asks for.
    pub kind: PromptKind,
    /// The typed text.
    pub input: Input,
    /// `true` if all of the text is selected: the next key replaces it.
    pub marked: bool,
    /// The error of the last attempt to submit it.
    pub error: Option<String>,
}

impl Prompt {
    /// A prompt that holds the current value. A title is mostly changed in part, anything else replaced.
    pub fn new(kind: PromptKind, now: String) -> Self {
        let marked = !now.is_empty() && !matches!(kind, PromptKind::Title(_));
        Self { kind, input: Input::new(now), marked, error: None }
    }

    /// The title of the frame.
    pub fn title(&self) -> &'static str {
        match self.kind {
            PromptKind::Title(_) => "Title",
            PromptKind::Value(_) => "Value",
            PromptKind::Probability(_) => "Probability in percent",
            PromptKind::ExpectedClose(_) => "Expected closing date",
            PromptKind::LostReason(_) => "Mark as lost",
            PromptKind::ForAll(Action::Lose) => "Mark all selected as lost",
            PromptKind::ForAll(Action::ExpectedClose) => "Expected closing date of all selected",
            PromptKind::ForAll(_) => "Due date of all selected",
            PromptKind::Day(_) => "Due date",
            PromptKind::Search => "Search Pipedrive for",
            PromptKind::Bound(bound) => bound.title(),
            PromptKind::FilterName => "Save current filter as",
        }
    }

    /// Returns the typed day written out, to show while it is typed.
    pub fn means(&self, today: NaiveDate) -> Option<String> {
        let text = self.input.value();
        match self.kind {
            PromptKind::Bound(bound) if bound.is_day() => parse_day(text, today).ok().map(format_day),
            PromptKind::ExpectedClose(_) | PromptKind::ForAll(Action::ExpectedClose | Action::Reschedule) => {
                parse_day(text, today).ok().map(format_day)
            }
            PromptKind::Day(_) => parse_when(text, today).ok().map(|(day, time)| match time {
                Some(time) => format!("{} {}", format_day(day), time.format("%H:%M")),
                None => format_day(day),
            }),
            _ => None,
        }
    }

    /// The hint below the field.
    pub fn hint(&self) -> &'static str {
        match self.kind {
            PromptKind::Title(_) => "enter save · esc cancel · ctrl-u clear",
            PromptKind::Value(_) => "an amount, with a currency code if it is another one: 12500 or 12500 USD",
            PromptKind::Probability(_) => "0 to 100; empty for the stage default",
            PromptKind::ExpectedClose(_) | PromptKind::ForAll(Action::ExpectedClose) => {
                "2026-12-24, 24.12., fri, +2w, eom; empty for none"
            }
            PromptKind::LostReason(_) | PromptKind::ForAll(Action::Lose) => "Reason (optional)",
            PromptKind::ForAll(_) => "tomorrow, fri, +3d, 2026-12-24; keeps the time of day",
            PromptKind::Search => "also finds archived items; costs 20 tokens",
            PromptKind::Day(_) => "tomorrow, fri 14:30, +3d, 2026-12-24; keeps the time if you give none",
            PromptKind::Bound(bound) => bound.hint(),
            PromptKind::FilterName => "a name; an existing filter of that name is replaced",
        }
    }
}

/// The change that a submitted prompt leads to.
enum Submitted {
    /// An edit of one item.
    ForOne(Edit),
    /// A change of all selected items.
    ForAll(Deed),
    /// A text to search for in Pipedrive.
    Search(String),
    /// A bound or the name of the filter: set already.
    Filter,
}

/// Opens the prompt of an action for an item, holding its current value.
pub(in crate::app) fn open_prompt(session: &mut Session, account: &Account, action: Action, item: ItemRef) {
    let (kind, now) = match (action, item) {
        (Action::Rename, _) => (PromptKind::Title(item), title(account, item)),
        (Action::Value, _) => (PromptKind::Value(item), value(account, item)),
        (Action::ExpectedClose, _) => (PromptKind::ExpectedClose(item), expected_close(account, item)),
        (Action::Lose, ItemRef::Deal(id)) => (PromptKind::LostReason(id), String::new()),
        (Action::Probability, ItemRef::Deal(id)) => {
            let own = account.workspace.deal(id).and_then(|deal| deal.probability);
            (PromptKind::Probability(id), own.map(|own| own.percent().to_string()).unwrap_or_default())
        }
        (Action::Reschedule, ItemRef::Activity(id)) => {
            let zone = account.workspace.zone();
            let due = account.workspace.activity(id).and_then(|activity| activity.due);
            (PromptKind::Day(id), due.map(|due| due.local(zone).0.to_string()).unwrap_or_default())
        }
        _ => return,
    };
    session.dialog = Some(Dialog::Prompt(Prompt::new(kind, now)));
}

fn title(account: &Account, item: ItemRef) -> String {
    let title = match item {
        ItemRef::Deal(id) => account.workspace.deal(id).map(|deal| &deal.title),
        ItemRef::Lead(id) => account.workspace.lead(id).map(|lead| &lead.title),
        ItemRef::Activity(_) | ItemRef::Person(_) | ItemRef::Org(_) | ItemRef::Note(_) => None,
    };
    // Control characters cannot be typed or seen, so they are not offered for editing.
    title.map(|title| title.chars().filter(|c| !c.is_control()).collect()).unwrap_or_default()
}

fn money(account: &Account, item: ItemRef) -> Option<Money> {
    match item {
        ItemRef::Deal(id) => account.workspace.deal(id).map(|deal| deal.value.clone()),
        ItemRef::Lead(id) => account.workspace.lead(id).and_then(|lead| lead.value.clone()),
        ItemRef::Activity(_) | ItemRef::Person(_) | ItemRef::Org(_) | ItemRef::Note(_) => None,
    }
}

fn value(account: &Account, item: ItemRef) -> String {
    money(account, item).as_ref().map(written_money).unwrap_or_default()
}

fn expected_close(account: &Account, item: ItemRef) -> String {
    let date = match item {
        ItemRef::Deal(id) => account.workspace.deal(id).and_then(|deal| deal.expected_close),
        ItemRef::Lead(id) => account.workspace.lead(id).and_then(|lead| lead.expected_close),
        ItemRef::Activity(_) | ItemRef::Person(_) | ItemRef::Org(_) | ItemRef::Note(_) => None,
    };
    date.map(|date| date.to_string()).unwrap_or_default()
}

/// Submits the prompt. If the text is not valid, the prompt stays open with an error.
pub(in crate::app) fn answer(session: &mut Session, account: &mut Account) -> Vec<Effect> {
    let Some(Dialog::Prompt(prompt)) = &session.dialog else { return Vec::new() };
    let (kind, text) = (prompt.kind, prompt.input.value().trim().to_owned());
    let answered = match kind {
        PromptKind::ForAll(action) => targets::deed_from(session, account, action, &text).map(Submitted::ForAll),
        PromptKind::Search => search::checked(text).map(Submitted::Search),
        PromptKind::Bound(bound) => filtering::answer_bound(session, account, bound, &text).map(|()| Submitted::Filter),
        PromptKind::FilterName => named::save_filter(session, &text).map(|()| Submitted::Filter),
        kind => edit_from(session, account, kind, &text).map(Submitted::ForOne),
    };
    match answered {
        Ok(Submitted::Filter) => Vec::new(),
        Ok(Submitted::ForAll(deed)) => {
            session.dialog = None;
            targets::do_to_about(session, account, &deed)
        }
        Ok(Submitted::Search(text)) => {
            session.dialog = None;
            search::search(session, text)
        }
        Ok(Submitted::ForOne(edit)) => {
            session.dialog = None;
            attention::edit_from_dialog(session, account, edit)
        }
        Err(error) => {
            if let Some(Dialog::Prompt(prompt)) = &mut session.dialog {
                prompt.error = Some(error);
            }
            Vec::new()
        }
    }
}

/// Returns the edit of one item.
fn edit_from(session: &Session, account: &Account, kind: PromptKind, text: &str) -> Result<Edit, String> {
    let today = session.today(&account.workspace);
    let deal = |id, patch| Edit::UpdateDeal { id, patch };
    Ok(match kind {
        PromptKind::ForAll(_) | PromptKind::Bound(_) | PromptKind::FilterName | PromptKind::Search => {
            return Err("it is not for one item".to_owned());
        }
        PromptKind::Title(_) if text.is_empty() => return Err(crate::domain::RuleError::EmptyTitle.to_string()),
        PromptKind::Title(item) => {
            let title = Some(text.to_owned());
            common(
                item,
                DealPatch { title: title.clone(), ..DealPatch::default() },
                LeadPatch { title, ..LeadPatch::default() },
            )?
        }
        PromptKind::Value(item) => {
            let currency = money(account, item).map_or_else(|| account.workspace.currency(), |value| value.currency);
            let value = match (item, text) {
                (ItemRef::Lead(_), "") => None,
                _ => Some(Money::parse(text, &currency).map_err(|error| error.to_string())?),
            };
            common(
                item,
                DealPatch { value: value.clone(), ..DealPatch::default() },
                LeadPatch { value: Some(value), ..LeadPatch::default() },
            )?
        }
        PromptKind::ExpectedClose(item) => {
            let date = match text {
                "" => None,
                text => Some(parse_day(text, today).map_err(|error| error.to_string())?),
            };
            common(
                item,
                DealPatch { expected_close: Some(date), ..DealPatch::default() },
                LeadPatch { expected_close: Some(date), ..LeadPatch::default() },
            )?
        }
        PromptKind::Probability(id) => {
            deal(id, DealPatch { probability: Some(parse_probability(text)?), ..DealPatch::default() })
        }
        PromptKind::LostReason(id) => {
            let reason = Some(text.to_owned()).filter(|reason| !reason.is_empty());
            deal(id, DealPatch { status: Some(StatusChange::Lose { reason }), ..DealPatch::default() })
        }
        PromptKind::Day(id) => {
            let (day, time) = parse_when(text, today).map_err(|error| error.to_string())?;
            let due = account.workspace.activity(id).and_then(|activity| activity.due);
            let zone = account.workspace.zone();
            let due = Due::at_local(day, time.or_else(|| due?.local(zone).1), zone);
            Edit::UpdateActivity { id, patch: ActivityPatch { due: Some(Some(due)), ..ActivityPatch::default() } }
        }
    })
}

/// An edit of a field that deals and leads have in common.
fn common(item: ItemRef, deal: DealPatch, lead: LeadPatch) -> Result<Edit, String> {
    match item {
        ItemRef::Deal(id) => Ok(Edit::UpdateDeal { id, patch: deal }),
        ItemRef::Lead(id) => Ok(Edit::UpdateLead { id, patch: lead }),
        ItemRef::Activity(_) | ItemRef::Person(_) | ItemRef::Org(_) | ItemRef::Note(_) => {
            Err("it has no such field".to_owned())
        }
    }
}

pub(in crate::app) fn prompt_key(prompt: &mut Prompt, key: KeyEvent) -> Outcome {
    if key.code == KeyCode::Enter {
        return Outcome::Run(Request::SubmitPrompt);
    }
    type_into_prompt(prompt, key);
    Outcome::Stay
}

pub(in crate::app) fn type_into_prompt(prompt: &mut Prompt, key: KeyEvent) {
    prompt.error = None;
    type_over(&mut prompt.input, std::mem::take(&mut prompt.marked), key);
}
