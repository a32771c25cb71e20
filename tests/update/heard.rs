//! Lists, details and totals follow what others change, whatever is under way from here.

use std::collections::{BTreeMap, VecDeque};

use crate::harness::App;
use chrono::TimeDelta;
use dealdeck::app::{Msg, View};
use dealdeck::domain::*;
use dealdeck::pipedrive::ApiError;
use dealdeck::sync::{EditFailure, EditOutcome, Report, WebhookChange};
use dealdeck::workspace::{EditId, RowId, ServerUpdate};
use proptest::prelude::*;

use crate::account::*;
use crate::properties::check_totals;

fn hear(app: &mut App, change: ServerUpdate) {
    send(app, Msg::Report(Report::WebhookChanges(vec![WebhookChange { by: Some(UserId(2)), change }])));
}

/// Somebody else gives a deal another value.
fn revalue(app: &mut App, id: u64, amount: i64) {
    let mut deal = app.account.workspace.deal(DealId(id)).unwrap().clone();
    deal.value = money(amount, "EUR");
    deal.updated = deal.updated.map(|at| at + TimeDelta::seconds(1));
    hear(app, ServerUpdate::Deals(vec![deal]));
}

fn rows(app: &App) -> Vec<u64> {
    let id = |row| if let RowId::Item(ItemRef::Deal(id)) = row { id.0 } else { panic!("{row:?}") };
    app.session.rows(&app.account.workspace).iter_from(0).map(id).collect()
}

#[test]
fn a_sorted_and_filtered_list_follows_and_the_cursor_stays_on_its_item() {
    let mut app = app();
    press(&mut app, "4 S");
    type_text(&mut app, "value");
    press(&mut app, "enter F");
    type_text(&mut app, "value at least");
    press(&mut app, "enter");
    type_text(&mut app, "2000 eur");
    press(&mut app, "enter esc");
    let before = rows(&app);
    assert_eq!(before.iter().copied().collect::<std::collections::BTreeSet<_>>(), [2, 4, 5, 6].into());
    press(&mut app, "g down");
    let selected = app.session.selected(&app.account.workspace).unwrap();
    // One comes in, one goes out, one goes to the other end.
    revalue(&mut app, 1, 9_000);
    revalue(&mut app, 2, 1);
    let ItemRef::Deal(under_cursor) = selected else { panic!("{selected:?}") };
    revalue(&mut app, under_cursor.0, 90_000);
    let after = rows(&app);
    assert!(after.contains(&1) && !after.contains(&2), "{after:?}");
    let values: Vec<_> = after.iter().map(|id| app.account.workspace.deal(DealId(*id)).unwrap().value.amount).collect();
    assert!(values.is_sorted() || values.iter().rev().is_sorted(), "{values:?}");
    assert_eq!(app.session.selected(&app.account.workspace), Some(selected));
    let sum: rust_decimal::Decimal = values.iter().sum();
    assert_eq!(app.session.totals(&app.account.workspace).values()[0].amount, sum);
}

#[test]
fn the_calendar_follows_an_activity_that_somebody_moves() {
    let mut app = app();
    press(&mut app, "2 v t");
    assert_eq!(app.session.cursors.activities.selected, Some(ActivityId(2)));
    let other_day = activity(2, Some(("2026-11-26", Some("08:00"))), Some(3));
    hear(&mut app, ServerUpdate::Activities(vec![other_day]));
    let body = dealdeck::app::layout::layout(&app.session).body;
    let grid = app.session.grid(&app.account.workspace, body);
    let on = |text: &str| {
        let column = grid.days.iter().find(|column| column.day == day(text)).unwrap();
        column.blocks.iter().map(|block| block.id.0).collect::<Vec<_>>()
    };
    assert_eq!((on(TODAY), on("2026-11-26")), (vec![], vec![2]));
    let next = app.account.workspace.next_activity_due(DealId(3)).unwrap();
    assert_eq!(next.0, day("2026-11-26"), "and so does the card of its deal");
    assert_eq!(app.session.view, View::Activities);
}

#[test]
fn what_was_gone_before_it_was_known_can_come_back() {
    let mut app = app();
    let [heard, read, kept] = [77, 78, 79].map(|id| deal(id, 1, money(10, "EUR")));
    for deal in [&heard, &read, &kept] {
        // Archived, as it happens: it is in no list.
        hear(&mut app, ServerUpdate::Gone(ItemRef::Deal(deal.id)));
    }
    hear(&mut app, ServerUpdate::Deals(vec![heard.clone()]));
    send(&mut app, Msg::Report(Report::Changed(vec![ServerUpdate::Deals(vec![read.clone()])])));
    assert_eq!([heard.id, read.id].map(|id| app.account.workspace.deal(id).is_some()), [true, true]);
    // What is kept on this machine is older than all that is heard.
    send(&mut app, Msg::Report(Report::CacheChunk(vec![ServerUpdate::Deals(vec![kept.clone()])])));
    assert!(app.account.workspace.deal(kept.id).is_none());
}

/// A step of the account's life.
#[derive(Debug, Clone)]
enum Step {
    /// Somebody else changes a deal, and it is heard of.
    Theirs(u64, DealPatch),
    /// It is changed from here.
    Mine(u64, DealPatch),
    /// The oldest edit from here is carried out, and it is heard of before the answer.
    Echo,
    /// The oldest edit from here is answered, well or not.
    Answer(bool),
    /// Something that was heard of before comes once more.
    Again(proptest::sample::Index),
    /// Somebody else deletes a deal.
    Gone(u64),
}

fn any_patch() -> impl Strategy<Value = DealPatch> {
    let place = |stage| PipelineStage { pipeline: PipelineId(if stage < 10 { 1 } else { 2 }), stage: StageId(stage) };
    prop_oneof![
        proptest::sample::select(vec![1, 2, 3, 11, 12])
            .prop_map(move |stage| DealPatch { stage: Some(place(stage)), ..DealPatch::default() }),
        (1_i64..1_000).prop_map(|value| DealPatch { value: Some(money(value, "EUR")), ..DealPatch::default() }),
        "[a-z]{1,9}".prop_map(|title| DealPatch { title: Some(title), ..DealPatch::default() }),
        Just(DealPatch { status: Some(StatusChange::Win), ..DealPatch::default() }),
        Just(DealPatch { status: Some(StatusChange::Reopen), ..DealPatch::default() }),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    let id = || 1_u64..=6;
    prop_oneof![
        6 => (id(), any_patch()).prop_map(|(id, patch)| Step::Theirs(id, patch)),
        6 => (id(), any_patch()).prop_map(|(id, patch)| Step::Mine(id, patch)),
        2 => Just(Step::Echo),
        5 => any::<bool>().prop_map(Step::Answer),
        3 => any::<proptest::sample::Index>().prop_map(Step::Again),
        1 => id().prop_map(Step::Gone),
    ]
}

/// An edit from here that was not answered.
struct UnderWay {
    edit: EditId,
    deal: DealId,
    patch: DealPatch,
    is_done: bool,
}

/// The server's account, all that it has told, and what is under way to it.
struct Server {
    deals: BTreeMap<DealId, Deal>,
    told: Vec<Deal>,
    under_way: VecDeque<UnderWay>,
    clock: chrono::DateTime<chrono::Utc>,
}

impl Server {
    fn change(&mut self, id: DealId, patch: &DealPatch) -> Option<Deal> {
        self.clock += TimeDelta::seconds(1);
        let deal = self.deals.get_mut(&id)?;
        patch.apply(deal);
        deal.updated = Some(self.clock);
        self.told.push(deal.clone());
        Some(deal.clone())
    }

    fn take(&mut self, step: Step, app: &mut App) {
        match step {
            Step::Theirs(id, patch) => {
                if let Some(deal) = self.change(DealId(id), &patch) {
                    hear(app, ServerUpdate::Deals(vec![deal]));
                }
            }
            Step::Mine(id, patch) => {
                let deal = DealId(id);
                let edit = Edit::UpdateDeal { id: deal, patch: patch.clone() };
                // What changes nothing, or is about what is gone, is no edit.
                if let Ok(submitted) = app.account.workspace.submit(edit) {
                    self.under_way.push_back(UnderWay { edit: submitted.id, deal, patch, is_done: false });
                }
            }
            Step::Echo => {
                let Some(mut oldest) = self.under_way.pop_front() else { return };
                if !std::mem::replace(&mut oldest.is_done, true)
                    && let Some(deal) = self.change(oldest.deal, &oldest.patch)
                {
                    hear(app, ServerUpdate::Deals(vec![deal]));
                }
                self.under_way.push_front(oldest);
            }
            Step::Answer(is_well) => {
                let Some(oldest) = self.under_way.pop_front() else { return };
                if is_well && !oldest.is_done {
                    self.change(oldest.deal, &oldest.patch);
                }
                let now = self.deals.get(&oldest.deal).cloned().filter(|_| is_well || oldest.is_done);
                let outcome = match now {
                    Some(deal) => Ok(EditOutcome { changes: vec![ServerUpdate::Deals(vec![deal])], created: None }),
                    None => Err(EditFailure::new(Vec::new(), ApiError::Busy)),
                };
                send(app, Msg::Report(Report::EditDone { id: oldest.edit, outcome }));
            }
            Step::Again(which) => {
                if !self.told.is_empty() {
                    hear(app, ServerUpdate::Deals(vec![which.get(&self.told).clone()]));
                }
            }
            Step::Gone(id) => {
                if let Some(gone) = self.deals.remove(&DealId(id)) {
                    // That the last change is not heard again after this is up to the order of events.
                    self.told.retain(|told| told.id != gone.id || told.updated < gone.updated);
                    hear(app, ServerUpdate::Gone(ItemRef::Deal(DealId(id))));
                }
            }
        }
    }

    /// What is to be shown of a deal.
    fn shown(&self, id: DealId) -> Option<Deal> {
        let mut deal = self.deals.get(&id)?.clone();
        self.under_way.iter().filter(|edit| edit.deal == id).for_each(|edit| edit.patch.apply(&mut deal));
        Some(deal)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_shown_is_the_servers_with_what_is_under_way_on_top(
        steps in proptest::collection::vec(any_step(), 1..80),
    ) {
        let mut app = app();
        let deals = app.account.workspace.deals().map(|deal| (deal.id, deal.clone())).collect();
        let clock = at("2026-11-24T09:00:00Z");
        let mut server = Server { deals, told: Vec::new(), under_way: VecDeque::new(), clock };
        for step in steps {
            server.take(step, &mut app);
            for id in (1..=6).map(DealId) {
                let expected = server.shown(id);
                prop_assert_eq!(app.account.workspace.deal(id), expected.as_ref());
            }
            check_totals(&app)?;
        }
    }
}
