//! What others have changed: what of it flashes, what is told in a line, and what came lately.
//!
//! | file | what |
//! |---|---|
//! | `follow` | staying with an item that somebody else changes |
//! | `words` | what has change, in words |
//! | `gathered` | several things that change, in one line |

mod follow;
mod gathered;
mod words;

use std::collections::{HashMap, VecDeque};

use chrono::TimeDelta;

use self::gathered::Gathered;
use super::App;
use super::dialog::{Choice, Dialog, Pickable, Picker, Picking};
use super::look::is_about;
use super::state::{Now, State, Tone, View};
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
pub struct News {
    /// Whether the account was looked at in this run. What comes before that is what change since the last one: of
    /// that the board shows the outcome.
    is_awake: bool,
    /// What change lately, the latest first.
    lately: VecDeque<Lately>,
    /// Items that flash, and since when.
    flashing: HashMap<ItemRef, Now>,
    /// What is told at present, or is to be told.
    gathered: Gathered,
    /// An item that the details are open on, and that has just changed.
    stays_at: Option<ItemRef>,
    /// When something was last heard from a webhook.
    pub heard_at: Option<Now>,
    /// Since when webhooks are in the state in which they are.
    pub live_since: Option<Now>,
    /// Whether it was told that webhooks do not come, and they have not come since.
    is_down_told: bool,
}

impl News {
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
        self.gathered.forget_old(now, WORTH_TELLING);
    }
}

impl State {
    /// Whether and how an item flashes.
    pub fn flash(&self, item: ItemRef) -> Option<Flash> {
        let since = self.news.flashing.get(&item)?;
        let ago = (self.now.0 - since.0).abs();
        (ago < FADED).then_some(if ago < BRIGHT { Flash::Bright } else { Flash::Faded })
    }

    /// Whether what is read is news: not while the account is read for the first time, or read as a whole.
    fn takes_news(&self) -> bool {
        self.news.is_awake && self.freshness.reading.is_none_or(|reading| reading.share.is_none())
    }

    /// The account was looked at: from now on what changes is news.
    pub(super) fn wake(&mut self) {
        self.news.is_awake = true;
    }

    /// Whether there is something to tell.
    pub(super) fn has_news(&self) -> bool {
        self.news.gathered.is_untold()
    }

    /// Lets what flashes and what waits to be told grow old.
    pub(super) fn tick_news(&mut self) {
        self.news.tick(self.now);
    }

    /// Whether webhooks come, as it is from now on. That they do not is told once until they do again.
    pub(super) fn tell_live(&mut self, live: WebhookStatus) {
        if live == self.live {
            return;
        }
        match &live {
            WebhookStatus::Down(why) if !std::mem::replace(&mut self.news.is_down_told, true) => {
                self.tell(Tone::Info, format!("No webhooks: {why}. News are looked for from time to time."));
            }
            WebhookStatus::On => self.news.is_down_told = false,
            _ => {}
        }
        self.news.live_since = Some(self.now);
        self.live = live;
    }
}

impl App {
    /// Takes in what webhooks have told.
    pub(super) fn heard(&mut self, heard: Vec<WebhookChange>) {
        self.state.news.heard_at = Some(self.state.now);
        for WebhookChange { by, change } in heard {
            self.state.look.heard_of(&change);
            let noticed = self.workspace.absorb_webhook(change);
            self.take_news(by, noticed);
        }
    }

    /// Takes note of what is shown otherwise than before, and of who did it, where that is known.
    pub(super) fn take_news(&mut self, by: Option<UserId>, mut noticed: ShownChanges) {
        noticed.changes.iter().for_each(|change| self.stay_with(change));
        if self.state.takes_news() {
            let change = std::mem::take(&mut noticed.changes);
            for change in change {
                self.take_note(by, &change);
            }
            self.state.news.gathered.count(std::mem::take(&mut noticed.others));
        }
        self.tell_new_leads(noticed);
    }

    fn take_note(&mut self, by: Option<UserId>, change: &ShownChange) {
        if self.is_own(by, change) {
            return;
        }
        let (item, now) = (change.item, self.state.now);
        if change.kind != ChangeKind::Gone {
            self.state.news.flash(item, now);
        }
        let told = self.happened_in_words(by, change);
        if self.is_worth_a_line(change) {
            let is_over = self.state.notice.as_ref().is_none_or(|notice| !notice.is_news);
            let one = self.one(by, change, told.clone());
            self.state.news.gathered.put(one, is_over, now);
        }
        self.state.news.put(Lately { at: now, item, told });
    }

    /// Whether it may be what came of an edit that was made here, and is told as that; or of a search.
    fn is_own(&self, by: Option<UserId>, change: &ShownChange) -> bool {
        let ShownChange { item, kind, .. } = change;
        let may_be_me = by.is_none_or(|by| self.is_me(Some(by)));
        match kind {
            ChangeKind::New => {
                let is_made = may_be_me && item.kind().is_some_and(|kind| self.workspace.is_making(kind));
                is_made || self.state.search.is_going_to(*item)
            }
            ChangeKind::Gone => may_be_me && self.workspace.is_pending(*item),
            _ => false,
        }
    }

    fn is_me(&self, user: Option<UserId>) -> bool {
        user.is_some() && user == self.workspace.me().map(|me| me.id)
    }

    /// Whether a line is worth it: what is the person's own, or was; deals of the pipeline on the board; leads, which
    /// are everyone's; and what is looked at just then. Of the rest, such as the activities of others or people that
    /// somebody imports, nobody wants to hear. A lead that is new is told by itself.
    fn is_worth_a_line(&self, change: &ShownChange) -> bool {
        let state = &self.state;
        let after = self.workspace.shown(change.item);
        let mut both = change.before.iter().chain(&after);
        let looked_at = state.selected(&self.workspace).filter(|_| state.detail);
        if looked_at == Some(change.item) || both.clone().any(|item| self.is_me(item.owner())) {
            return !matches!((change.kind, change.item), (ChangeKind::New, ItemRef::Lead(_)));
        }
        both.any(|item| match item {
            Item::Deal(deal) => state.board.pipeline == Some(deal.pipeline),
            Item::Lead(_) => change.kind != ChangeKind::New,
            Item::Person(_) => state.view == View::People,
            Item::Org(_) => state.view == View::Orgs,
            Item::Activity(activity) => looked_at.is_some_and(|item| is_about(activity, item)),
            Item::Note(_) => false,
        })
    }

    /// Tells what was gathered, unless something else is told just then: what became of an edit comes first.
    pub(super) fn tell_news(&mut self) {
        let is_free = self.state.notice.as_ref().is_none_or(|notice| notice.is_news);
        if is_free && self.state.has_news() {
            let told = self.state.news.gathered.tell();
            self.state.tell_as_news(told);
        }
    }

    /// Offers what others have changed lately, to go there.
    pub(super) fn open_lately(&mut self) {
        let zone = self.workspace.zone();
        let today = self.state.today(&self.workspace);
        let line = |lately: &Lately| {
            let local = lately.at.0.with_timezone(&zone);
            let form = if local.date_naive() == today { "%H:%M:%S" } else { "%-d %b %H:%M" };
            Pickable {
                label: lately.told.clone(),
                hint: local.format(form).to_string(),
                choice: Choice::Item(lately.item),
            }
        };
        let lines: Vec<Pickable> = self.state.news.lately().map(line).collect();
        if lines.is_empty() {
            return self.state.tell(Tone::Info, "Nobody has changed anything yet, as far as one can see from here.");
        }
        self.state.dialog = Some(Dialog::Pick(Picker::new(Picking::Lately, lines, 0)));
    }
}
