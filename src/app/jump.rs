//! Going to what an item is linked to, and back through where one was.

use super::App;
use super::actions::Action;
use super::dialog::{Choice, Dialog, Pickable, Picker, Picking};
use super::state::{Tone, View};
use super::tables::RowId;
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

impl App {
    /// Goes to an item: shows the view that it is in with the cursor on it, and its details. A filter that hides it is
    /// taken away. What is in no list has its details shown all the same. `false` where the item is not known.
    pub fn go_to(&mut self, item: ItemRef) -> bool {
        if self.workspace.shown(item).is_none() {
            self.state.tell(Tone::Info, "It is not, or no longer, there.");
            return false;
        }
        let spot = self.spot();
        self.state.trail.push(spot);
        if self.state.trail.len() > MOST_SPOTS {
            self.state.trail.remove(0);
        }
        self.put_on_screen(item);
        self.state.detail = true;
        self.state.detail_top = 0;
        true
    }

    /// Goes back to where one was before going to something.
    pub(super) fn go_back(&mut self) {
        let Some(spot) = self.state.trail.pop() else {
            self.state.tell(Tone::Info, "There is nowhere to go back to.");
            return;
        };
        self.state.view = spot.view;
        (self.state.board.pipeline, self.state.board.status) = spot.board;
        self.show_archive(spot.in_archive);
        self.state.filter.typing = false;
        self.state.filter.input = spot.filter.into();
        if let Some(item) = spot.item {
            self.select(item);
        }
        self.state.visiting = spot.visiting;
        (self.state.detail, self.state.detail_top) = spot.detail;
    }

    fn spot(&self) -> Spot {
        let state = &self.state;
        Spot {
            view: state.view,
            board: (state.board.pipeline, state.board.status),
            in_archive: state.archive.is_shown,
            item: state.under_cursor(&self.workspace),
            visiting: state.visiting,
            detail: (state.detail, state.detail_top),
            filter: state.filter.input.value().to_owned(),
        }
    }

    /// Puts the cursor on an item, in the view and part of it where it is.
    fn put_on_screen(&mut self, item: ItemRef) {
        self.state.visiting = None;
        match item {
            ItemRef::Deal(id) => {
                if let Some((pipeline, status)) = self.workspace.deal(id).map(|deal| (deal.pipeline, deal.status)) {
                    if self.state.view != View::Deals {
                        self.state.view = View::Board;
                        self.show_pipeline(pipeline);
                    }
                    self.state.board.status = if status == DealStatus::Other { DealStatus::Open } else { status };
                }
            }
            ItemRef::Activity(_) => self.state.view = View::Activities,
            ItemRef::Lead(id) => {
                self.state.view = View::Leads;
                self.show_archive(self.workspace.lead(id).is_some_and(|lead| lead.archived));
            }
            ItemRef::Person(_) => self.state.view = View::People,
            ItemRef::Org(_) => self.state.view = View::Orgs,
            ItemRef::Note(_) => {}
        }
        self.select(item);
        self.settle_filter();
        if !self.is_listed(item) && self.state.filter.is_on(self.state.view) {
            self.state.filter.clear_words();
            self.state.filter.clear(self.state.view);
            self.settle_filter();
            self.state.tell(Tone::Info, "The filter was cleared: it hid what you went to.");
        }
        if !self.is_listed(item) {
            self.state.visiting = Some(item);
        }
    }

    /// Whether an item is in the list that is on the screen.
    fn is_listed(&self, item: ItemRef) -> bool {
        let (state, workspace) = (&self.state, &self.workspace);
        match item {
            ItemRef::Deal(id) if state.view == View::Board => {
                workspace.deal(id).is_some_and(|deal| state.card_rank(workspace, deal.stage, id).is_some())
            }
            ItemRef::Activity(id) => state.agenda(workspace).rank(id).is_some(),
            ItemRef::Lead(id) => state.lead_rank(workspace, id).is_some(),
            item => state.rows(workspace).rank(RowId::Item(item)).is_some(),
        }
    }

    /// Offers all that the selected item is linked to; goes there at once where it is one thing only.
    pub(super) fn open_linked(&mut self) {
        let Some(item) = self.state.selected(&self.workspace) else { return self.nothing_selected() };
        let linked = self.linked_items(item);
        match linked.as_slice() {
            [] => self.state.tell(Tone::Info, "It is linked to nothing."),
            [only] => {
                self.go_to(*only);
            }
            _ => {
                let lines = linked.into_iter().filter_map(|item| self.pickable_item(item)).collect();
                self.state.dialog = Some(Dialog::Pick(Picker::new(Picking::Linked, lines, 0)));
            }
        }
    }

    /// All that an item is linked to: people and organizations first, then deals, leads and activities.
    fn linked_items(&self, item: ItemRef) -> Vec<ItemRef> {
        let contacts = |person: Option<PersonId>, org: Option<OrgId>| {
            person.map(ItemRef::Person).into_iter().chain(org.map(ItemRef::Org)).collect::<Vec<_>>()
        };
        let mut linked = match self.workspace.shown(item) {
            Some(Item::Deal(deal)) => contacts(deal.person, deal.org),
            Some(Item::Lead(lead)) => contacts(lead.person, lead.org),
            Some(Item::Person(person)) => contacts(None, person.org),
            Some(Item::Org(org)) => {
                self.workspace.people_of(org.id).take(MOST_LINKED).map(|person| ItemRef::Person(person.id)).collect()
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
        linked.extend(self.workspace.deals_of(item).take(MOST_LINKED).map(|deal| ItemRef::Deal(deal.id)));
        linked.extend(self.workspace.leads_of(item).take(MOST_LINKED).map(|lead| ItemRef::Lead(lead.id)));
        let activities = self.workspace.activities_of(item).take(MOST_LINKED);
        linked.extend(activities.map(|activity| ItemRef::Activity(activity.id)));
        linked.retain(|item| self.workspace.shown(*item).is_some());
        linked
    }

    /// An item as a line of a list to pick from.
    fn pickable_item(&self, item: ItemRef) -> Option<Pickable> {
        let shown = self.workspace.shown(item)?;
        let hint = match &shown {
            Item::Deal(deal) => {
                let stage = self.workspace.stage(deal.stage).map_or("?", |stage| stage.name.as_str());
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
                let day = activity.due.map(|due| due.local(self.workspace.zone()).0.to_string());
                let when = if activity.done { "done".to_owned() } else { day.unwrap_or_else(|| "no date".to_owned()) };
                format!("activity · {when}")
            }
        };
        Some(Pickable { label: shown.name().into_owned(), hint, choice: Choice::Item(item) })
    }

    /// What a key does that jumps.
    pub(super) fn jump(&mut self, action: Action) {
        match action {
            Action::GoLinked => self.open_linked(),
            _ => self.go_back(),
        }
    }
}
