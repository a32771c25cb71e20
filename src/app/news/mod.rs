//! What others have changed: what of it flashes, what is told in a line, and what came lately.
//!
//! | file | what |
//! |---|---|
//! | `follow` | staying with an item that somebody else changes |
//! | `words` | what has change, in words |
//! | `gathered` | several things that change, in one line |

pub(super) mod follow;
mod gathered;
pub(super) mod words;

use crate::app::reports;
use crate::app::{Account, Session};
use std::collections::{HashMap, VecDeque};

use chrono::TimeDelta;

pub use self::gathered::Gathered;
use super::dialogs::picker::Width;
use super::dialogs::{Dialog, PickDialog, Request};
use super::look::is_about;
use super::widgets::picker::PickerItem;
use crate::app::notice::Tone;
use crate::app::session::Now;
use crate::app::view::View;
use crate::domain::{Item, ItemRef, UserId};
use crate::sync::{WebhookChange, WebhookStatus};
use crate::workspace::{ChangeKind, ShownChange, ShownChanges};

/// How much of what came lately is kept.
const LATELY: usize = 50;
/// How many items flash at the most; of more nobody sees which.
const MOST_FLASHING: usize = 500;
/// How long an item flashes at first, and how long until it no longer does. It ends with the tick after that.
const BRIGHT: TimeDelta = TimeDelta::seconds(1);
const FADED: TimeDelta = TimeDelta::seconds(2);
/// For how long something waits to be told while another notice is shown.
const WORTH_TELLING: TimeDelta = TimeDelta::seconds(30);

/// How an item flashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flash {
    /// It has just changed.
    Bright,
    /// It is about to stop.
    Faded,
}

/// Something that change lately.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lately {
    /// When it came.
    pub at: Now,
    /// The item.
    pub item: ItemRef,
    /// What change, and who did it.
    pub told: String,
}

/// What others have changed.
#[derive(Debug, Default)]
pub struct Feed {
    /// Whether the account was looked at in this run. What comes before that is what change since the last one: of
    /// that the board shows the outcome.
    is_awake: bool,
    /// What change lately, the latest first.
    lately: VecDeque<Lately>,
    /// Items that flash, and since when.
    flashing: HashMap<ItemRef, Now>,
    /// When something was last heard from a webhook.
    pub heard_at: Option<Now>,
    /// Since when webhooks are in the state in which they are.
    pub live_since: Option<Now>,
    /// Whether it was told that webhooks do not come, and they have not come since.
    is_down_told: bool,
}

impl Feed {
    /// What change lately, the latest first.
    pub fn lately(&self) -> impl Iterator<Item = &Lately> {
        self.lately.iter()
    }

    fn put(&mut self, lately: Lately) {
        self.lately.truncate(LATELY - 1);
        self.lately.push_front(lately);
    }

    fn flash(&mut self, item: ItemRef, now: Now) {
        if self.flashing.len() < MOST_FLASHING || self.flashing.contains_key(&item) {
            self.flashing.insert(item, now);
        }
    }

    /// Lets time pass. A clock that was set back lets nothing flash for ever.
    fn tick(&mut self, now: Now) {
        self.flashing.retain(|_, since| (now.0 - since.0).abs() < FADED);
    }
}

impl Account {
    /// Returns how an item flashes, if it does.
    pub fn flash(&self, item: ItemRef, now: Now) -> Option<Flash> {
        let since = self.feed.flashing.get(&item)?;
        let ago = (now.0 - since.0).abs();
        (ago < FADED).then_some(if ago < BRIGHT { Flash::Bright } else { Flash::Faded })
    }

    /// Whether what is read is news: not while the account is read for the first time, or read as a whole.
    fn takes_news(&self) -> bool {
        self.feed.is_awake && self.freshness.reading.is_none_or(|reading| reading.share.is_none())
    }

    /// The account was looked at: from now on what changes is news.
    pub(super) fn wake(&mut self) {
        self.feed.is_awake = true;
    }
}

impl Session {
    /// Whether there is something to tell.
    pub(super) fn has_news(&self) -> bool {
        self.digest.is_untold()
    }
}

/// Lets what flashes and what waits to be told grow old.
pub(super) fn tick_news(session: &mut Session, account: &mut Account) {
    account.feed.tick(session.now);
    session.digest.forget_old(session.now, WORTH_TELLING);
}

/// Whether webhooks come, as it is from now on. That they do not is told once until they do again.
pub(super) fn tell_live(session: &mut Session, account: &mut Account, live: WebhookStatus) {
    if live == account.live {
        return;
    }
    match &live {
        WebhookStatus::Down(why) if !std::mem::replace(&mut account.feed.is_down_told, true) => {
            session.tell(Tone::Info, format!("No webhooks: {why}. News are looked for from time to time."));
        }
        WebhookStatus::On => account.feed.is_down_told = false,
        _ => {}
    }
    account.feed.live_since = Some(session.now);
    account.live = live;
}

/// Takes in what webhooks have told.
pub(super) fn heard(session: &mut Session, account: &mut Account, heard: Vec<WebhookChange>) {
    account.feed.heard_at = Some(session.now);
    for WebhookChange { by, change } in heard {
        session.detail.loader.heard_of(&change);
        let noticed = account.workspace.absorb_webhook(change);
        take_news(session, account, by, noticed);
    }
}

/// Takes note of what is shown otherwise than before, and of who did it, where that is known.
pub(super) fn take_news(session: &mut Session, account: &mut Account, by: Option<UserId>, mut noticed: ShownChanges) {
    noticed.changes.iter().for_each(|change| follow::stay_with(session, account, change));
    if account.takes_news() {
        let change = std::mem::take(&mut noticed.changes);
        for change in change {
            take_note(session, account, by, &change);
        }
        session.digest.count(std::mem::take(&mut noticed.others));
    }
    reports::tell_new_leads(session, account, noticed);
}

fn take_note(session: &mut Session, account: &mut Account, by: Option<UserId>, change: &ShownChange) {
    if is_own(session, account, by, change) {
        return;
    }
    let (item, now) = (change.item, session.now);
    if change.kind != ChangeKind::Gone {
        account.feed.flash(item, now);
    }
    let told = words::happened_in_words(session, account, by, change);
    if is_worth_a_line(session, account, change) {
        let is_over = session.messages.notice.as_ref().is_none_or(|notice| !notice.is_news);
        let one = words::one(account, by, change, told.clone());
        session.digest.put(one, is_over, now);
    }
    account.feed.put(Lately { at: now, item, told });
}

/// Whether it may be what came of an edit that was made here, and is told as that; or of a search.
fn is_own(session: &Session, account: &Account, by: Option<UserId>, change: &ShownChange) -> bool {
    let ShownChange { item, kind, .. } = change;
    let may_be_me = by.is_none_or(|by| is_me(account, Some(by)));
    match kind {
        ChangeKind::New => {
            let is_made = may_be_me && item.kind().is_some_and(|kind| account.workspace.is_making(kind));
            is_made || session.search.is_going_to(*item)
        }
        ChangeKind::Gone => may_be_me && account.workspace.is_pending(*item),
        _ => false,
    }
}

fn is_me(account: &Account, user: Option<UserId>) -> bool {
    user.is_some() && user == account.workspace.me().map(|me| me.id)
}

/// Whether a line is worth it: what is the person's own, or was; deals of the pipeline on the board; leads, which
/// are everyone's; and what is looked at just then. Of the rest, such as the activities of others or people that
/// somebody imports, nobody wants to hear. A lead that is new is told by itself.
fn is_worth_a_line(session: &Session, account: &Account, change: &ShownChange) -> bool {
    let after = account.workspace.shown(change.item);
    let mut both = change.before.iter().chain(&after);
    let looked_at = session.selected(&account.workspace).filter(|_| session.detail.is_open);
    if looked_at == Some(change.item) || both.clone().any(|item| is_me(account, item.owner())) {
        return !matches!((change.kind, change.item), (ChangeKind::New, ItemRef::Lead(_)));
    }
    both.any(|item| match item {
        Item::Deal(deal) => session.board.pipeline == Some(deal.pipeline),
        Item::Lead(_) => change.kind != ChangeKind::New,
        Item::Person(_) => session.view == View::People,
        Item::Org(_) => session.view == View::Orgs,
        Item::Activity(activity) => looked_at.is_some_and(|item| is_about(activity, item)),
        Item::Note(_) => false,
    })
}

/// Tells what was gathered, unless something else is told just then: what became of an edit comes first.
pub(super) fn tell_news(session: &mut Session) {
    let is_free = session.messages.notice.as_ref().is_none_or(|notice| notice.is_news);
    if is_free && session.has_news() {
        let told = session.digest.tell();
        session.tell_as_news(told);
    }
}

/// Offers what others have changed lately, to go there.
pub(super) fn open_lately(session: &mut Session, account: &Account) {
    let zone = account.workspace.zone();
    let today = session.today(&account.workspace);
    let line = |lately: &Lately| {
        let local = lately.at.0.with_timezone(&zone);
        let form = if local.date_naive() == today { "%H:%M:%S" } else { "%-d %b %H:%M" };
        PickerItem::new(lately.told.clone(), local.format(form).to_string(), Request::GoTo(lately.item))
    };
    let lines: Vec<PickerItem<Request>> = account.feed.lately().map(line).collect();
    if lines.is_empty() {
        return session.tell(Tone::Info, "No recent changes by others.");
    }
    let picker = PickDialog { width: Width::Sentences, ..PickDialog::new("Team activity: enter go to item", lines) };
    session.dialog = Some(Dialog::Pick(picker));
}
