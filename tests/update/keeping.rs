//! What is kept on this machine: restored at the start, queued, in need of attention, and the history.

use std::collections::BTreeMap;

use crate::harness::App;
use dealdeck::app::dialogs::Dialog;
use dealdeck::app::notice::Tone;
use dealdeck::app::{Effect, Msg};
use dealdeck::domain::*;
use dealdeck::pipedrive::ApiError;
use dealdeck::sync::{
    Command, Connection, ConnectionState, Durability, EditError, EditFailure, EditOutcome, EditState, JournalEntry,
    Report, Restored,
};
use dealdeck::workspace::{BoardColumnKey, BoardSnapshot, EditId, ServerUpdate};

use crate::account::*;

fn valued(amount: i64) -> Edit {
    let patch = DealPatch { value: Some(money(amount, "EUR")), ..DealPatch::default() };
    Edit::UpdateDeal { id: DealId(2), patch }
}

fn kept(id: u64, edit: Edit, base: Option<Edit>, state: EditState) -> JournalEntry {
    let made_at = at("2026-11-24T09:00:00Z");
    JournalEntry {
        id: EditId(id),
        made_at,
        what: format!("Edit {id}"),
        edit,
        base,
        part_of: None,
        step: None,
        state,
        ended_at: None,
    }
}

fn restored(keeping: Durability) -> Restored {
    Restored {
        front: app().account.workspace.snapshot(PipelineId(1)),
        screen: None,
        items: changes(),
        edits: Vec::new(),
        next_edit: 10,
        fresh_at: Some(at("2026-11-24T09:30:00Z")),
        looked: BTreeMap::new(),
        keeping,
        warnings: Vec::new(),
    }
}

/// A screen on what was kept, nothing of it loaded but the front page.
fn started(restored: Restored) -> App {
    let mut app = App::new((120, 40), now());
    tell(&mut app, Report::Restored(Box::new(restored)));
    app
}

fn tell(app: &mut App, report: Report) -> Vec<Effect> {
    send(app, Msg::Report(report))
}

fn conflict(app: &mut App, mine: i64, theirs: i64) -> EditId {
    press(app, "v ctrl-u");
    type_text(app, &mine.to_string());
    let (id, edit) = only_edit(&press(app, "enter"));
    assert_eq!(edit, valued(mine));
    let server = ServerUpdate::Deals(vec![Deal { updated: Some(now().0), ..deal(2, 1, money(theirs, "EUR")) }]);
    let clash = Conflict { mine: valued(mine), base: valued(2_000), theirs: valued(theirs) };
    let failure = EditFailure::new(vec![server], EditError::Conflict(Box::new(clash)));
    tell(app, Report::EditDone { id, outcome: Err(failure) });
    id
}

fn replaced(effects: &[Effect]) -> Option<EditId> {
    match effects {
        [Effect::Send(Command::Edit { replaces, .. })] => *replaces,
        other => panic!("not one edit: {other:?}"),
    }
}

fn value(app: &App) -> Money {
    app.account.workspace.deal(DealId(2)).unwrap().value.clone()
}

#[test]
fn the_front_page_shows_the_board_with_the_totals_of_all() {
    let mut first = restored(Durability::Kept);
    // Two of the three deals of the first column are below what comes at once.
    for change in &mut first.items {
        if let ServerUpdate::Deals(deals) = change {
            deals.retain(|deal| ![DealId(1), DealId(3)].contains(&deal.id));
        }
    }
    let mut app = started(first);
    let key = BoardColumnKey { stage: StageId(1), status: DealStatus::Open };
    assert_eq!(app.account.workspace.column(key).unwrap().cards.len(), 1);
    assert_eq!(app.account.workspace.column_totals(key).unwrap().count(), 3);
    assert_eq!(app.account.workspace.pipeline_totals(PipelineId(1), DealStatus::Open).count(), 5);
    tell(&mut app, Report::CacheChunk(changes()));
    tell(&mut app, Report::CacheLoaded);
    assert_eq!(
        app.account.workspace.column_totals(key),
        app.account.workspace.column(key).map(|column| &column.totals)
    );
    assert_eq!(app.account.workspace.column(key).unwrap().cards.len(), 3);
}

#[test]
fn a_front_page_names_its_items_and_does_not_hold_what_may_be_old_by_then() {
    let front = app().account.workspace.snapshot(PipelineId(1));
    let named = |id| front.items.contains(&ItemRef::Deal(DealId(id)));
    assert!((1..=5).all(named) && !named(6), "the sixth is on another board: {:?}", front.items);
    assert!(front.items.contains(&ItemRef::Activity(ActivityId(1))));
    assert!(!front.changes.iter().any(|change| matches!(change, ServerUpdate::Deals(_) | ServerUpdate::Activities(_))));
}

#[test]
fn edits_of_an_earlier_run_lie_over_what_is_shown_until_they_are_done() {
    let waiting = kept(7, valued(9_000), Some(valued(2_000)), EditState::Waiting);
    let mut app = started(Restored { edits: vec![waiting], ..restored(Durability::Kept) });
    assert_eq!(value(&app), money(9_000, "EUR"));
    assert_eq!(app.account.workspace.pending(), 1);
    tell(&mut app, Report::CacheChunk(changes()));
    tell(&mut app, Report::CacheLoaded);
    assert_eq!(value(&app), money(9_000, "EUR"), "what was kept comes below it");
    // New edits take other names.
    let (id, _) = only_edit(&press(&mut app, "L"));
    assert!(id >= EditId(10), "{id:?}");
    assert_eq!(press(&mut app, "q"), [], "that one is not on the disk yet");
    assert!(matches!(app.session.dialog, Some(Dialog::Quit)));
    assert_eq!(tell(&mut app, Report::Queued(id)), [Effect::Quit]);
}

#[test]
fn a_draft_never_shares_its_number_with_what_needs_attention() {
    let failed = EditState::Attention { why: "refused".into(), theirs: None };
    let creation =
        Edit::CreateOrg { id: OrgId::local(12), new: NewOrg { name: "Roofers".into(), ..NewOrg::default() } };
    let mut app = started(Restored { edits: vec![kept(7, creation, None, failed)], ..restored(Durability::Kept) });
    assert_eq!(app.account.workspace.local_org(), OrgId::local(13));
    // Nor with anything that an earlier run has made, whatever became of that.
    let mut app = started(restored(Durability::Kept));
    assert!(app.account.workspace.local_org() > OrgId::local(10));
}

#[test]
fn the_notice_of_an_edit_says_how_far_it_has_come() {
    let mut app = started(restored(Durability::Kept));
    let (id, _) = only_edit(&press(&mut app, "L"));
    assert_eq!(app.session.messages.notice.as_ref().unwrap().edit, Some(id));
    assert_eq!(app.account.progress_of(id), "saving");
    tell(&mut app, Report::Queued(id));
    assert_eq!(app.account.progress_of(id), "queued");
    assert_eq!(press(&mut app, "q"), [Effect::Quit], "what is queued needs nobody to wait for it");
    tell(&mut app, Report::EditDone { id, outcome: Ok(EditOutcome { changes: Vec::new(), created: None }) });
    assert_eq!(app.account.progress_of(id), "confirmed");
}

#[test]
fn what_is_not_on_the_disk_is_never_called_queued() {
    for keeping in [Durability::Memory, Durability::Failing("the disk is full".into())] {
        let mut app = started(restored(keeping));
        let (id, _) = only_edit(&press(&mut app, "L"));
        tell(&mut app, Report::Queued(id));
        assert_eq!(app.account.progress_of(id), "saving");
        press(&mut app, "q");
        assert!(matches!(app.session.dialog, Some(Dialog::Quit)));
    }
}

#[test]
fn where_another_process_has_the_account_nothing_is_edited() {
    let mut app = started(restored(Durability::ReadOnly("process 42 has it".into())));
    assert!(app.session.messages.warning.as_ref().unwrap().text.contains("process 42"));
    press(&mut app, "esc");
    assert!(press(&mut app, "L").is_empty());
    assert!(app.session.messages.notice.as_ref().unwrap().text.contains("process 42"));
    assert_eq!(stage_of(&app, 2), 1);
}

#[test]
fn of_a_conflict_mine_may_win() {
    let mut app = app();
    let first = conflict(&mut app, 1_111, 3_333);
    assert_eq!(value(&app), money(3_333, "EUR"), "theirs is shown until somebody chooses");
    let effects = press(&mut app, "! m");
    assert_eq!(replaced(&effects), Some(first));
    let [Effect::Send(Command::Edit { kept, .. })] = effects.as_slice() else { panic!() };
    assert_eq!((&kept.edit, kept.base.as_ref()), (&valued(1_111), Some(&valued(3_333))), "it rests on theirs now");
    assert!(app.account.edits.attention.is_empty() && app.session.dialog.is_none());
}

#[test]
fn of_a_conflict_theirs_may_stay() {
    let mut app = app();
    let first = conflict(&mut app, 1_111, 3_333);
    assert_eq!(press(&mut app, "! r"), [], "there is a choice to make");
    assert_eq!(press(&mut app, "t"), [Effect::Send(Command::Discard(first))]);
    assert_eq!(value(&app), money(3_333, "EUR"));
    assert!(app.account.edits.attention.is_empty() && app.session.dialog.is_none());
}

#[test]
fn where_theirs_stays_the_other_fields_of_mine_are_done() {
    let mut app = app();
    let title = DealPatch { title: Some("Mine".into()), ..DealPatch::default() };
    let both = DealPatch { value: Some(money(1, "EUR")), ..title.clone() };
    let attention = EditState::Attention { why: "changed".into(), theirs: Some(Box::new(valued(3_333))) };
    let mine = kept(7, Edit::UpdateDeal { id: DealId(2), patch: both }, None, attention);
    tell(&mut app, Report::Restored(Box::new(Restored { edits: vec![mine], ..restored(Durability::Kept) })));
    let effects = press(&mut app, "! t");
    assert_eq!(replaced(&effects), Some(EditId(7)));
    assert_eq!(only_edit(&effects).1, Edit::UpdateDeal { id: DealId(2), patch: title });
}

#[test]
fn what_needs_attention_can_be_changed_first() {
    let mut app = app();
    let first = conflict(&mut app, 1_111, 3_333);
    assert!(press(&mut app, "! c").is_empty());
    let Some(Dialog::Prompt(prompt)) = &app.session.dialog else { panic!("{:?}", app.session.dialog) };
    assert_eq!(prompt.input.value(), "1111 EUR");
    press(&mut app, "ctrl-u");
    type_text(&mut app, "2222");
    let effects = press(&mut app, "enter");
    assert_eq!((only_edit(&effects).1, replaced(&effects)), (valued(2_222), Some(first)));
    assert!(app.account.edits.attention.is_empty());
    // Left without an answer, it stays as it was, and the next edit is one of its own.
    let second = conflict(&mut app, 5_555, 4_444);
    press(&mut app, "! c esc");
    assert_eq!(app.account.edits.attention.len(), 1);
    assert_eq!(replaced(&press(&mut app, "L")), None);
    assert_eq!(app.account.edits.attention[0].id, second);
}

#[test]
fn a_creation_that_was_refused_comes_back_as_its_form() {
    let mut app = app();
    press(&mut app, "n");
    type_text(&mut app, "Big deal");
    press(&mut app, "tab");
    type_text(&mut app, "Nora New");
    press(&mut app, "tab tab");
    type_text(&mut app, "7500");
    let (id, edit) = only_edit(&press(&mut app, "ctrl-s"));
    fail(&mut app, id, ApiError::Refused("no".into()));
    press(&mut app, "! c");
    assert!(matches!(app.session.dialog, Some(Dialog::Form(_))));
    let effects = press(&mut app, "ctrl-s");
    assert_eq!(replaced(&effects), Some(id));
    let (Edit::CreateDeal { new, .. }, Edit::CreateDeal { new: before, .. }) = (only_edit(&effects).1, edit) else {
        panic!("{effects:?}")
    };
    assert_eq!(new, before);
}

#[test]
fn the_history_takes_back_what_was_done_in_an_earlier_run() {
    let mut app = app();
    let history = Report::History(Ok(vec![
        kept(9, valued(7), None, EditState::Discarded),
        kept(8, valued(2_000), Some(valued(800)), EditState::Confirmed { made: None }),
    ]));
    assert_eq!(press(&mut app, "Y"), [Effect::Send(Command::History)]);
    tell(&mut app, history.clone());
    assert!(press(&mut app, "u").is_empty(), "what was not done cannot be taken back");
    let (_, edit) = only_edit(&press(&mut app, "j u"));
    assert_eq!(edit, valued(800));
    assert_eq!(value(&app), money(800, "EUR"));
    assert!(app.session.messages.notice.as_ref().unwrap().text.starts_with("Undone"));
    let (_, again) = only_edit(&press(&mut app, "ctrl-r"));
    assert_eq!(again, valued(2_000), "and be done again");
    // A history that comes when nobody looks any more opens nothing.
    tell(&mut app, history);
    assert!(app.session.dialog.is_none());
}

#[test]
fn undo_and_redo_go_back_and_forth_over_several_edits() {
    let mut app = app();
    let mut edit = |keys: &str| only_edit(&press(&mut app, keys)).1;
    let stage = |stage| {
        let place = Some(PipelineStage { pipeline: PipelineId(1), stage: StageId(stage) });
        Edit::UpdateDeal { id: DealId(2), patch: DealPatch { stage: place, ..DealPatch::default() } }
    };
    assert_eq!([edit("L"), edit("L")], [stage(2), stage(3)]);
    assert_eq!([edit("u"), edit("u")], [stage(2), stage(1)]);
    assert_eq!([edit("ctrl-r"), edit("ctrl-r")], [stage(2), stage(3)]);
    assert_eq!(edit("u"), stage(2));
    assert_eq!(press(&mut app, "w").len(), 1);
    assert!(press(&mut app, "ctrl-r").is_empty(), "something else was done since");
}

#[test]
fn the_first_screenful_is_kept_now_and_then_where_it_can_be() {
    let front = |effects: &[Effect]| effects.iter().any(|e| matches!(e, Effect::Send(Command::SaveSnapshot(_))));
    let mut app = started(restored(Durability::Kept));
    assert!(!front(&app.update(Msg::Tick, now())), "not while the rest is being loaded");
    tell(&mut app, Report::CacheChunk(changes()));
    tell(&mut app, Report::CacheLoaded);
    assert!(front(&app.update(Msg::Tick, now())));
    assert!(!front(&app.update(Msg::Tick, now())), "nothing has changed");
    press(&mut app, "L");
    assert!(!front(&app.update(Msg::Tick, now())), "that was just now");
    let later = dealdeck::app::Now(now().0 + chrono::TimeDelta::seconds(31));
    let effects = app.update(Msg::Tick, later);
    let Some(Effect::Send(Command::SaveSnapshot(page))) = effects.first() else { panic!("{effects:?}") };
    let BoardSnapshot { items, pipeline, .. } = &**page;
    assert!(items.contains(&ItemRef::Deal(DealId(2))));
    assert_eq!(*pipeline, Some(PipelineId(1)));
    let mut app = self::app();
    assert!(!front(&app.update(Msg::Tick, now())), "what is in memory only has no next start");
}

#[test]
fn a_disk_that_does_not_take_it_is_told_and_when_it_does_again() {
    let mut app = started(restored(Durability::Kept));
    tell(&mut app, Report::Durability(Durability::EditsOnly("the disk is full".into())));
    // What is queued is on the disk all the same.
    let (id, _) = only_edit(&press(&mut app, "L"));
    tell(&mut app, Report::Queued(id));
    assert_eq!(app.account.progress_of(id), "queued");
    let warning = app.session.messages.warning.clone().unwrap();
    assert!(warning.tone == Tone::Bad && warning.text.contains("the disk is full"), "{}", warning.text);
    tell(&mut app, Report::Durability(Durability::Kept));
    assert_eq!(app.session.messages.warning, None);
    assert_eq!(app.session.messages.notice.as_ref().unwrap().tone, Tone::Good);
    tell(
        &mut app,
        Report::Connection(Box::new(Connection { state: ConnectionState::Online, ..Connection::default() })),
    );
    assert_eq!(app.account.durability, Durability::Kept);
}

#[test]
fn an_undo_rests_on_what_the_edit_made_and_not_on_what_a_colleague_made_of_it() {
    let mut app = app();
    press(&mut app, "v ctrl-u");
    type_text(&mut app, "1111");
    let (id, _) = only_edit(&press(&mut app, "enter"));
    let of =
        |amount| vec![ServerUpdate::Deals(vec![Deal { updated: Some(now().0), ..deal(2, 1, money(amount, "EUR")) }])];
    succeed(&mut app, id, of(1_111), None);
    app.account.workspace.absorb(of(3_333));
    let effects = press(&mut app, "u");
    let [Effect::Send(Command::Edit { kept, .. })] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!((&kept.edit, kept.base.as_ref()), (&valued(2_000), Some(&valued(1_111))));
}

#[test]
fn what_is_being_changed_is_forgotten_with_its_dialog() {
    let mut app = app();
    let (id, _) = only_edit(&press(&mut app, "L"));
    fail(&mut app, id, ApiError::Refused("no".into()));
    press(&mut app, "! c");
    assert!(matches!(app.session.dialog, Some(Dialog::Pick(_))), "{:?}", app.session.dialog);
    // A click beside the list closes it.
    let click = crossterm::event::MouseEvent {
        kind: crossterm::event::MouseEventKind::Down(crossterm::event::MouseButton::Left),
        column: 0,
        row: 39,
        modifiers: crossterm::event::KeyModifiers::NONE,
    };
    send(&mut app, Msg::Mouse(click));
    assert!(app.session.dialog.is_none());
    press(&mut app, "j");
    assert_eq!(replaced(&press(&mut app, "L")), None);
    assert_eq!(app.account.edits.attention.len(), 1);
}

#[test]
fn nobody_quits_past_an_edit_that_is_kept_nowhere() {
    let mut app = started(restored(Durability::Kept));
    let (id, _) = only_edit(&press(&mut app, "L"));
    fail(&mut app, id, ApiError::Busy);
    assert_eq!(press(&mut app, "q"), []);
    assert!(matches!(app.session.dialog, Some(Dialog::Quit)));
    press(&mut app, "n ! d");
    assert_eq!(press(&mut app, "q"), [Effect::Quit]);
}
