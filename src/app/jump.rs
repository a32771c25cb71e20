//! Going to what an item is linked to, and back through where one was.

use super::actions::Action;
use super::dialogs::{Dialog, PickDialog, Request};
use super::tables::RowId;
use crate::app::archive;
use crate::app::board;
use crate::app::dispatch;
use crate::app::edits;
use crate::app::notice::Tone;
use crate::app::update;
use crate::app::view::View;
use crate::app::widgets::picker::PickerItem;
use crate::app::{Account, Session};
use crate::domain::{DealStatus, Item, ItemRef, OrgId, PersonId, PipelineId};

/// How many places are remembered.
const MOST_SPOTS: usize = 50;
/// How many items of a kind are offered to go to.
const MOST_LINKED: usize = 100;

/// Where somebody was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    view: View,
    board: (Option<PipelineId>, DealStatus),
    in_archive: bool,
    item: Option<ItemRef>,
    visiting: Option<ItemRef>,
    detail: (bool, u16),
    filter: String,
}

/// The places visited before, and the item that is shown outside of its list.
#[derive(Debug, Default)]
pub struct Navigation {
    /// An item that is in no list on the screen: its details are shown, and the keys are for it.
    pub pinned: Option<ItemRef>,
    /// The places visited before, the latest last.
    pub(super) history: Vec<Spot>,
    /// The item that the details are open on, and that another user has just changed.
    pub(super) stays_at: Option<ItemRef>,
}

/// Goes to an item: shows the view that it is in with the cursor on it, and its details. A filter that hides it is
/// taken away. What is in no list has its details shown all the same. `false` where the item is not known.
pub fn go_to(session: &mut Session, account: &Account, item: ItemRef) -> bool {
    if account.workspace.shown(item).is_none() {
        session.tell(Tone::Info, "That item no longer exists.");
        return false;
    }
    let spot = spot(session, account);
    session.navigation.history.push(spot);
    if session.navigation.history.len() > MOST_SPOTS {
        session.navigation.history.remove(0);
    }
    put_on_screen(session, account, item);
    session.detail.is_open = true;
    session.detail.top = 0;
    true
}

/// Goes back to where one was before going to something.
pub(super) fn go_back(session: &mut Session, account: &Account) {
    let Some(spot) = session.navigation.history.pop() else {
        session.tell(Tone::Info, "There is nowhere to go back to.");
        return;
    };
    session.view = spot.view;
    (session.board.pipeline, session.board.status) = spot.board;
    archive::show_archive(session, spot.in_archive);
    session.filter.typing = false;
    session.filter.input = spot.filter.into();
    if let Some(item) = spot.item {
        edits::select(session, account, item);
    }
    session.navigation.pinned = spot.visiting;
    (session.detail.is_open, session.detail.top) = spot.detail;
}

fn spot(session: &Session, account: &Account) -> Spot {
    Spot {
        view: session.view,
        board: (session.board.pipeline, session.board.status),
        in_archive: session.archive.is_shown,
        item: session.under_cursor(&account.workspace),
        visiting: session.navigation.pinned,
        detail: (session.detail.is_open, session.detail.top),
        filter: session.filter.input.value().to_owned(),
    }
}

/// Shows the selected item again if the one that was gone to no longer exists.
pub(super) fn settle_pinned(session: &mut Session, account: &Account) {
    let is_gone = session.navigation.pinned.take_if(|item| !account.workspace.has(*item)).is_some();
    // A message about an edit says so, too.
    if is_gone && session.messages.notice.as_ref().is_none_or(|notice| notice.edit.is_none()) {
        session.tell(Tone::Info, "The item you looked at is no longer there.");
    }
}

/// Puts the cursor on an item, in the view and part of it where it is.
fn put_on_screen(session: &mut Session, account: &Account, item: ItemRef) {
    session.navigation.pinned = None;
    match item {
        ItemRef::Deal(id) => {
            if let Some((pipeline, status)) = account.workspace.deal(id).map(|deal| (deal.pipeline, deal.status)) {
                if session.view != View::Deals {
                    session.view = View::Board;
                    board::show_pipeline(session, pipeline);
                }
                session.board.status = if status == DealStatus::Other { DealStatus::Open } else { status };
            }
        }
        ItemRef::Activity(_) => session.view = View::Activities,
        ItemRef::Lead(id) => {
            session.view = View::Leads;
            archive::show_archive(session, account.workspace.lead(id).is_some_and(|lead| lead.archived));
        }
        ItemRef::Person(_) => session.view = View::People,
        ItemRef::Org(_) => session.view = View::Orgs,
        ItemRef::Note(_) => {}
    }
    edits::select(session, account, item);
    update::settle_filter(session, account);
    if !is_listed(session, account, item) && session.filter.is_on(session.view) {
        session.filter.clear_words();
        session.filter.clear(session.view);
        update::settle_filter(session, account);
        session.tell(Tone::Info, "The filter was cleared: it hid what you went to.");
    }
    if !is_listed(session, account, item) {
        session.navigation.pinned = Some(item);
    }
}

/// Whether an item is in the list that is on the screen.
fn is_listed(session: &Session, account: &Account, item: ItemRef) -> bool {
    match item {
        ItemRef::Deal(id) if session.view == View::Board => account
            .workspace
            .deal(id)
            .is_some_and(|deal| session.card_rank(&account.workspace, deal.stage, id).is_some()),
        ItemRef::Activity(id) => session.agenda(&account.workspace).rank(id).is_some(),
        ItemRef::Lead(id) => session.lead_rank(&account.workspace, id).is_some(),
        item => session.rows(&account.workspace).rank(RowId::Item(item)).is_some(),
    }
}

/// Offers all that the selected item is linked to; goes there at once where it is one thing only.
pub(super) fn open_linked(session: &mut Session, account: &Account) {
    let Some(item) = session.selected(&account.workspace) else { return dispatch::nothing_selected(session) };
    let linked = linked_items(account, item);
    match linked.as_slice() {
        [] => session.tell(Tone::Info, "It is linked to nothing."),
        [only] => {
            go_to(session, account, *only);
        }
        _ => {
            let lines = linked.into_iter().filter_map(|item| pickable_item(account, item)).collect();
            session.dialog = Some(Dialog::Pick(PickDialog::new("Go to", lines)));
        }
    }
}

/// All that an item is linked to: people and organizations first, then deals, leads and activities.
fn linked_items(account: &Account, item: ItemRef) -> Vec<ItemRef> {
    let contacts = |person: Option<PersonId>, org: Option<OrgId>| {
        person.map(ItemRef::Person).into_iter().chain(org.map(ItemRef::Org)).collect::<Vec<_>>()
    };
    let mut linked = match account.workspace.shown(item) {
        Some(Item::Deal(deal)) => contacts(deal.person, deal.org),
        Some(Item::Lead(lead)) => contacts(lead.person, lead.org),
        Some(Item::Person(person)) => contacts(None, person.org),
        Some(Item::Org(org)) => {
            account.workspace.people_of(org.id).take(MOST_LINKED).map(|person| ItemRef::Person(person.id)).collect()
        }
        Some(Item::Activity(activity)) => {
            let others = activity.participants.iter().copied().filter(|other| Some(*other) != activity.person);
            let items = activity.deal.map(ItemRef::Deal).into_iter().chain(activity.lead.map(ItemRef::Lead));
            let items = items.chain(contacts(activity.person, activity.org));
            items.chain(others.take(MOST_LINKED).map(ItemRef::Person)).collect()
        }
        Some(Item::Note(note)) => note.on,
        None => Vec::new(),
    };
    linked.extend(account.workspace.deals_of(item).take(MOST_LINKED).map(|deal| ItemRef::Deal(deal.id)));
    linked.extend(account.workspace.leads_of(item).take(MOST_LINKED).map(|lead| ItemRef::Lead(lead.id)));
    let activities = account.workspace.activities_of(item).take(MOST_LINKED);
    linked.extend(activities.map(|activity| ItemRef::Activity(activity.id)));
    linked.retain(|item| account.workspace.shown(*item).is_some());
    linked
}

/// An item as a line of a list to pick from.
fn pickable_item(account: &Account, item: ItemRef) -> Option<PickerItem<Request>> {
    let shown = account.workspace.shown(item)?;
    let hint = match &shown {
        Item::Deal(deal) => {
            let stage = account.workspace.stage(deal.stage).map_or("?", |stage| stage.name.as_str());
            let place = match deal.status {
                DealStatus::Open => stage,
                DealStatus::Won => "won",
                DealStatus::Lost => "lost",
                DealStatus::Other => "deleted",
            };
            format!("deal · {} · {place}", deal.value.display())
        }
        Item::Lead(_) => "lead".to_owned(),
        Item::Person(_) => "person".to_owned(),
        Item::Org(_) => "organization".to_owned(),
        Item::Note(_) => "note".to_owned(),
        Item::Activity(activity) => {
            let day = activity.due.map(|due| due.local(account.workspace.zone()).0.to_string());
            let when = if activity.done { "done".to_owned() } else { day.unwrap_or_else(|| "no date".to_owned()) };
            format!("activity · {when}")
        }
    };
    Some(PickerItem::new(shown.name(), hint, Request::GoTo(item)))
}

/// What a key does that jumps.
pub(super) fn jump(session: &mut Session, account: &Account, action: Action) {
    match action {
        Action::GoLinked => open_linked(session, account),
        _ => go_back(session, account),
    }
}
