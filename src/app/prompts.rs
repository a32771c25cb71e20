//! Prompts: one line asked for, and what the answer comes to.

use crate::app::attention;
use crate::app::filtering;
use crate::app::named;
use crate::app::search;
use crate::app::targets;
use crate::app::{Account, Session};
use crossterm::event::{KeyCode, KeyEvent};

use super::Effect;
use super::actions::Action;
use super::deed::Deed;
use super::dialog::{Ask, Dialog, Prompt};
use super::dialogs::After;
use super::dispatch::type_over;
use super::form::reading::{parse_probability, written_money};
use crate::domain::{
    ActivityPatch, DealPatch, Due, Edit, ItemRef, LeadPatch, Money, StatusChange, parse_day, parse_when,
};

/// What a prompt's answer comes to.
enum Answered {
    /// An edit of one item.
    ForOne(Edit),
    /// Something that is done to all that is marked.
    ForAll(Deed),
    /// Words to search for in Pipedrive.
    Search(String),
    /// A bound or the name of the filter.
    Filter,
}

/// Opens the prompt of an action for an item, holding what is there now.
pub(super) fn open_prompt(session: &mut Session, account: &Account, action: Action, item: ItemRef) {
    let (ask, now) = match (action, item) {
        (Action::Rename, _) => (Ask::Title(item), title(account, item)),
        (Action::Value, _) => (Ask::Value(item), value(account, item)),
        (Action::ExpectedClose, _) => (Ask::ExpectedClose(item), expected_close(account, item)),
        (Action::Lose, ItemRef::Deal(id)) => (Ask::LostReason(id), String::new()),
        (Action::Probability, ItemRef::Deal(id)) => {
            let own = account.workspace.deal(id).and_then(|deal| deal.probability);
            (Ask::Probability(id), own.map(|own| own.percent().to_string()).unwrap_or_default())
        }
        (Action::Reschedule, ItemRef::Activity(id)) => {
            let zone = account.workspace.zone();
            let due = account.workspace.activity(id).and_then(|activity| activity.due);
            (Ask::Day(id), due.map(|due| due.local(zone).0.to_string()).unwrap_or_default())
        }
        _ => return,
    };
    session.dialog = Some(Dialog::Prompt(Prompt::new(ask, now)));
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

/// The prompt was answered: an edit, or an error at the field.
pub(super) fn answer(session: &mut Session, account: &mut Account) -> Vec<Effect> {
    let Some(Dialog::Prompt(prompt)) = &session.dialog else { return Vec::new() };
    let (ask, text) = (prompt.ask, prompt.input.value().trim().to_owned());
    let answered = match ask {
        Ask::ForAll(action) => targets::deed_from(session, account, action, &text).map(Answered::ForAll),
        Ask::Search => search::checked(text).map(Answered::Search),
        Ask::Bound(bound) => filtering::answer_bound(session, account, bound, &text).map(|()| Answered::Filter),
        Ask::FilterName => named::save_filter(session, &text).map(|()| Answered::Filter),
        ask => edit_from(session, account, ask, &text).map(Answered::ForOne),
    };
    match answered {
        // It holds already, and what comes after it is open.
        Ok(Answered::Filter) => Vec::new(),
        Ok(Answered::ForAll(deed)) => {
            session.dialog = None;
            targets::do_to_about(session, account, &deed)
        }
        Ok(Answered::Search(text)) => {
            session.dialog = None;
            search::search(session, text)
        }
        Ok(Answered::ForOne(edit)) => {
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

/// The edit that an answer makes.
fn edit_from(session: &Session, account: &Account, ask: Ask, text: &str) -> Result<Edit, String> {
    let today = session.today(&account.workspace);
    let deal = |id, patch| Edit::UpdateDeal { id, patch };
    Ok(match ask {
        Ask::ForAll(_) | Ask::Bound(_) | Ask::FilterName | Ask::Search => {
            return Err("it is not for one item".to_owned());
        }
        Ask::Title(_) if text.is_empty() => return Err(crate::domain::RuleError::EmptyTitle.to_string()),
        Ask::Title(item) => {
            let title = Some(text.to_owned());
            common(
                item,
                DealPatch { title: title.clone(), ..DealPatch::default() },
                LeadPatch { title, ..LeadPatch::default() },
            )?
        }
        Ask::Value(item) => {
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
        Ask::ExpectedClose(item) => {
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
        Ask::Probability(id) => {
            deal(id, DealPatch { probability: Some(parse_probability(text)?), ..DealPatch::default() })
        }
        Ask::LostReason(id) => {
            let reason = Some(text.to_owned()).filter(|reason| !reason.is_empty());
            deal(id, DealPatch { status: Some(StatusChange::Lose { reason }), ..DealPatch::default() })
        }
        Ask::Day(id) => {
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

pub(super) fn prompt_key(prompt: &mut Prompt, key: KeyEvent) -> After {
    if key.code == KeyCode::Enter {
        return After::Answered;
    }
    type_into_prompt(prompt, key);
    After::Stay
}

pub(super) fn type_into_prompt(prompt: &mut Prompt, key: KeyEvent) {
    prompt.error = None;
    type_over(&mut prompt.input, std::mem::take(&mut prompt.marked), key);
}
