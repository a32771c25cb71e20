//! Looking closer: what there is to know of the item in the details (notes, products, the timeline) costs requests of
//! its own, so it is asked for only of an item that somebody stays at, and again only when that may be worth it.

use chrono::{DateTime, TimeDelta, Utc};

use super::state::Now;
use super::{App, Effect};
use crate::domain::ItemRef;
use crate::pipedrive::ApiError;
use crate::sync::Command;

/// How long the details must have been open on an item: who passes by asks nothing.
const SETTLED: TimeDelta = TimeDelta::milliseconds(400);
/// How soon the same item is asked about again at the earliest, when it has changed or asking has failed.
const AGAIN: TimeDelta = TimeDelta::minutes(1);
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

    /// Whether the time has come to ask about an item that has changed last at a moment.
    fn is_due(&self, item: ItemRef, changed: Option<DateTime<Utc>>, now: Now) -> bool {
        let Some(last) = self.last.as_ref().filter(|last| last.item == item) else { return true };
        // A clock that was set back must not keep it from asking.
        let ago = (now.0 - last.at.0).abs();
        ago >= OLD || (ago >= AGAIN && (last.changed != changed || last.trouble.is_some()))
    }
}

impl App {
    /// Asks about the item in the details, if somebody has stayed at it.
    pub(super) fn look_closer(&mut self) -> Option<Effect> {
        let is_worth_it = |item: &ItemRef| {
            !item.is_local()
                && matches!(item, ItemRef::Deal(_) | ItemRef::Lead(_) | ItemRef::Person(_) | ItemRef::Org(_))
        };
        let shown = self.state.selected(&self.workspace).filter(|_| self.state.detail).filter(is_worth_it);
        let now = self.state.now;
        let look = &mut self.state.look;
        if look.at.map(|(item, _)| item) != shown {
            look.at = shown.map(|item| (item, now));
        }
        let (item, since) = look.at?;
        let changed = self.workspace.shown_update(item);
        let is_settled = (now.0 - since.0).abs() >= SETTLED && !self.workspace.is_pending(item);
        if !is_settled || look.asked.is_some() || !look.is_due(item, changed, now) {
            return None;
        }
        look.asked = Some(item);
        look.last = Some(Question { item, at: now, changed, trouble: None });
        Some(Effect::Send(Command::Look { item, changed }))
    }

    /// All that can be told of an item was told.
    pub(super) fn looked(&mut self, item: ItemRef, outcome: Result<(), ApiError>) {
        let look = &mut self.state.look;
        look.asked.take_if(|asked| *asked == item);
        if let (Err(error), Some(last)) = (outcome, look.last.as_mut().filter(|last| last.item == item)) {
            last.trouble = Some(error.to_string());
        }
    }
}
