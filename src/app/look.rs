//! Looking closer: what there is to know of the item in the details (notes, products, the timeline) costs requests of
//! its own, so it is asked for only of an item that somebody stays at, and again only when that may be worth it.

use crate::app::{Account, Session};
use chrono::{DateTime, TimeDelta, Utc};

use super::Effect;
use crate::app::session::Now;
use crate::domain::{Activity, ItemRef};
use crate::pipedrive::ApiError;
use crate::sync::Command;
use crate::workspace::ServerUpdate;

/// How long the details must have been open on an item: who passes by asks nothing.
const SETTLED: TimeDelta = TimeDelta::milliseconds(400);
/// How soon the same item is asked about again at the earliest, when it has changed or asking has failed.
const AGAIN: TimeDelta = TimeDelta::minutes(1);
/// How soon it is asked about again at the earliest, when a webhook has told of it: its timeline goes on. Each time that
/// this goes on the wait is twice as long, up to [`AGAIN`]: a question costs up to 70 tokens.
const HEARD: TimeDelta = TimeDelta::seconds(5);
/// How soon it is asked about again in any case, while the details stay open.
const OLD: TimeDelta = TimeDelta::minutes(15);

/// What was asked of the item in the details.
#[derive(Debug, Default)]
pub struct Look {
    /// The item that the details are open on, and since when.
    at: Option<(ItemRef, Now)>,
    /// The item that is being asked about; never more than one.
    asked: Option<ItemRef>,
    /// The last question about the item: when it was, and how the item was then.
    last: Option<Question>,
}

#[derive(Debug)]
struct Question {
    item: ItemRef,
    at: Now,
    changed: Option<DateTime<Utc>>,
    /// Whether a webhook has told of it since.
    heard: bool,
    /// How long to wait then.
    wait: TimeDelta,
    trouble: Option<String>,
}

impl Look {
    /// Whether an item is being asked about, or will be if one stays at it.
    pub fn is_on_the_way(&self, item: ItemRef) -> bool {
        self.asked == Some(item) || self.last.as_ref().is_none_or(|last| last.item != item)
    }

    /// Why Pipedrive could not be asked about an item the last time, if it could not.
    pub fn trouble(&self, item: ItemRef) -> Option<&str> {
        self.last.as_ref().filter(|last| last.item == item)?.trouble.as_deref()
    }

    /// Takes note of what a webhook has told, where that is of the item, or of an activity for it.
    pub(super) fn heard_of(&mut self, change: &ServerUpdate) {
        let Some(last) = &mut self.last else { return };
        let item = last.item;
        last.heard |= match (change, item) {
            (ServerUpdate::Deals(deals), ItemRef::Deal(id)) => deals.iter().any(|deal| deal.id == id),
            (ServerUpdate::Leads(leads), ItemRef::Lead(id)) => leads.iter().any(|lead| lead.id == id),
            (ServerUpdate::People(people), ItemRef::Person(id)) => people.iter().any(|person| person.id == id),
            (ServerUpdate::Organizations(orgs), ItemRef::Org(id)) => orgs.iter().any(|org| org.id == id),
            (ServerUpdate::Activities(activities), _) => activities.iter().any(|activity| is_about(activity, item)),
            (ServerUpdate::Notes(notes), _) => notes.iter().any(|note| note.on.contains(&item)),
            _ => false,
        };
    }

    /// Whether the time has come to ask about an item that has changed last at a moment.
    fn is_due(&self, item: ItemRef, changed: Option<DateTime<Utc>>, now: Now) -> bool {
        let Some(last) = self.last.as_ref().filter(|last| last.item == item) else { return true };
        // A clock that was set back must not keep it from asking.
        let ago = (now.0 - last.at.0).abs();
        ago >= OLD
            || (ago >= AGAIN && (last.changed != changed || last.trouble.is_some()))
            || (ago >= last.wait && last.heard)
    }
}

/// Whether an activity is for an item.
pub(super) fn is_about(activity: &Activity, item: ItemRef) -> bool {
    match item {
        ItemRef::Deal(id) => activity.deal == Some(id),
        ItemRef::Lead(id) => activity.lead == Some(id),
        ItemRef::Person(id) => activity.person == Some(id) || activity.participants.contains(&id),
        ItemRef::Org(id) => activity.org == Some(id),
        ItemRef::Activity(_) | ItemRef::Note(_) => false,
    }
}

/// Asks about the item in the details, if somebody has stayed at it.
pub(super) fn look_closer(session: &mut Session, account: &Account) -> Option<Effect> {
    let is_worth_it = |item: &ItemRef| {
        !item.is_local() && matches!(item, ItemRef::Deal(_) | ItemRef::Lead(_) | ItemRef::Person(_) | ItemRef::Org(_))
    };
    let shown = session.selected(&account.workspace).filter(|_| session.detail.is_open).filter(is_worth_it);
    let now = session.now;
    let look = &mut session.detail.loader;
    if look.at.map(|(item, _)| item) != shown {
        look.at = shown.map(|item| (item, now));
    }
    let (item, since) = look.at?;
    let changed = account.workspace.shown_update(item);
    let is_settled = (now.0 - since.0).abs() >= SETTLED && !account.workspace.is_pending(item);
    if !is_settled || look.asked.is_some() || !look.is_due(item, changed, now) {
        return None;
    }
    let before = look.last.as_ref().filter(|last| last.item == item);
    let anew = before.is_some_and(|last| last.heard);
    let lately = before.filter(|last| (now.0 - last.at.0).abs() < AGAIN);
    let wait = lately.map_or(HEARD, |last| (last.wait * 2).min(AGAIN));
    look.asked = Some(item);
    look.last = Some(Question { item, at: now, changed, heard: false, wait, trouble: None });
    Some(Effect::Send(Command::LoadDetails { item, changed, anew }))
}

/// All that can be told of an item was told.
pub(super) fn looked(session: &mut Session, item: ItemRef, outcome: Result<(), ApiError>) {
    let look = &mut session.detail.loader;
    look.asked.take_if(|asked| *asked == item);
    if let (Err(error), Some(last)) = (outcome, look.last.as_mut().filter(|last| last.item == item)) {
        last.trouble = Some(error.to_string());
    }
}
