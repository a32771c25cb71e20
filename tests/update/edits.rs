//! Edits: shown at once, confirmed or taken back, undone, tried again; and the rules that stop them.

use crossterm::event::KeyCode;
use dealdeck::app::Effect;
use dealdeck::app::dialogs::Dialog;
use dealdeck::app::notice::Tone;
use dealdeck::domain::*;
use dealdeck::pipedrive::ApiError;
use dealdeck::workspace::ServerUpdate;

use crate::account::*;

fn place(stage: u64) -> DealPatch {
    DealPatch { stage: Some(PipelineStage { pipeline: PipelineId(1), stage: StageId(stage) }), ..DealPatch::default() }
}

#[test]
fn a_moved_deal_is_in_its_new_column_at_once_and_the_cursor_goes_with_it() {
    let mut app = app();
    // Deal 2 has the earliest activity, so it is on top.
    let (id, edit) = only_edit(&press(&mut app, "L"));
    assert_eq!(edit, Edit::UpdateDeal { id: DealId(2), patch: place(2) });
    assert_eq!(stage_of(&app, 2), 2);
    assert!(app.account.workspace.is_pending(ItemRef::Deal(DealId(2))));
    assert_eq!(app.session.selected_deal(&app.account.workspace), Some(DealId(2)));
    let mut confirmed = app.account.workspace.deal(DealId(2)).unwrap().clone();
    confirmed.updated = Some(at("2026-11-24T10:00:01Z"));
    succeed(&mut app, id, vec![ServerUpdate::Deals(vec![confirmed])], None);
    assert!(!app.account.workspace.is_pending(ItemRef::Deal(DealId(2))));
    assert_eq!(stage_of(&app, 2), 2);
}

#[test]
fn a_failed_move_goes_back_says_why_and_can_be_tried_again() {
    let mut app = app();
    let (id, edit) = only_edit(&press(&mut app, "L"));
    fail(&mut app, id, ApiError::Busy);
    assert_eq!(stage_of(&app, 2), 1);
    assert_eq!(app.session.selected_deal(&app.account.workspace), Some(DealId(2)), "the cursor goes back with it");
    let notice = app.session.messages.notice.clone().unwrap();
    assert_eq!(notice.tone, Tone::Bad);
    assert!(notice.text.contains("Deal 2") && notice.text.contains(&ApiError::Busy.to_string()), "{}", notice.text);
    assert_eq!(app.account.edits.attention.len(), 1);
    let (_, again) = only_edit(&press(&mut app, "! enter"));
    assert_eq!(again, edit);
    assert_eq!(stage_of(&app, 2), 2);
    assert!(app.account.edits.attention.is_empty());
}

#[test]
fn an_edit_is_not_said_to_wait_once_it_is_confirmed() {
    let mut app = app();
    let (id, _) = only_edit(&press(&mut app, "L"));
    let why = "Pipedrive has a problem".to_owned();
    app.update(dealdeck::app::Msg::Report(dealdeck::sync::Report::EditDelayed { id, why }), now());
    let notice = app.session.messages.notice.clone().unwrap();
    assert!(notice.tone == Tone::Bad && notice.text.contains("waiting"), "{}", notice.text);
    let confirmed = app.account.workspace.deal(DealId(2)).unwrap().clone();
    succeed(&mut app, id, vec![ServerUpdate::Deals(vec![confirmed])], None);
    let notice = app.session.messages.notice.clone().unwrap();
    assert!(notice.tone == Tone::Good && notice.text.starts_with("Confirmed: "), "{}", notice.text);
}

#[test]
fn of_two_edits_under_way_the_failure_of_one_leaves_the_other() {
    let mut app = app();
    let (moved, _) = only_edit(&press(&mut app, "L"));
    let (won, _) = only_edit(&press(&mut app, "w"));
    fail(&mut app, moved, ApiError::Busy);
    let deal = app.account.workspace.deal(DealId(2)).unwrap();
    assert_eq!((deal.stage, deal.status), (StageId(1), DealStatus::Won));
    fail(&mut app, won, ApiError::Busy);
    assert_eq!(app.account.workspace.deal(DealId(2)).unwrap().status, DealStatus::Open);
    assert_eq!(app.account.workspace.pending(), 0);
}

#[test]
fn news_from_before_an_edit_does_not_turn_the_board_back() {
    let mut app = app();
    let (id, _) = only_edit(&press(&mut app, "L"));
    let before = deal(2, 1, money(2_000, "EUR"));
    let mut after = deal(2, 2, money(2_000, "EUR"));
    after.updated = Some(at("2026-11-24T10:00:01Z"));
    // While it is under way, and when it is confirmed, an answer that was read earlier arrives.
    app.account.workspace.absorb(vec![ServerUpdate::Deals(vec![before.clone()])]);
    assert_eq!(stage_of(&app, 2), 2);
    succeed(&mut app, id, vec![ServerUpdate::Deals(vec![after])], None);
    app.account.workspace.absorb(vec![ServerUpdate::Deals(vec![before])]);
    assert_eq!(stage_of(&app, 2), 2);
}

#[test]
fn a_colleagues_change_of_another_field_shows_under_an_edit() {
    let mut app = app();
    press(&mut app, "L");
    let mut renamed = deal(2, 1, money(2_000, "EUR"));
    renamed.title = "Renamed".into();
    renamed.updated = Some(at("2026-11-24T09:59:00Z"));
    app.account.workspace.absorb(vec![ServerUpdate::Deals(vec![renamed])]);
    let deal = app.account.workspace.deal(DealId(2)).unwrap();
    assert_eq!((deal.title.as_str(), deal.stage), ("Renamed", StageId(2)));
}

#[test]
fn won_lost_with_reason_and_reopened() {
    let mut app = app();
    let (_, won) = only_edit(&press(&mut app, "w"));
    let status = |edit: &Edit| match edit {
        Edit::UpdateDeal { patch, .. } => patch.status.clone().unwrap(),
        other => panic!("{other:?}"),
    };
    assert_eq!(status(&won), StatusChange::Win);
    assert!(press(&mut app, "x").is_empty(), "asks for the reason first");
    type_text(&mut app, "too dear");
    let (_, lost) = only_edit(&press(&mut app, "enter"));
    assert_eq!(status(&lost), StatusChange::Lose { reason: Some("too dear".into()) });
    let (_, reopened) = only_edit(&press(&mut app, "t t o"));
    assert_eq!(status(&reopened), StatusChange::Reopen);
}

#[test]
fn undo_and_redo_go_back_and_forth_over_several_edits() {
    let mut app = app();
    press(&mut app, "L");
    press(&mut app, "L");
    assert_eq!(stage_of(&app, 2), 3);
    let (_, undone) = only_edit(&press(&mut app, "u"));
    assert_eq!(undone, Edit::UpdateDeal { id: DealId(2), patch: place(2) });
    press(&mut app, "u");
    assert_eq!(stage_of(&app, 2), 1);
    assert!(press(&mut app, "u").is_empty());
    press(&mut app, "ctrl-r");
    press(&mut app, "ctrl-r");
    assert_eq!(stage_of(&app, 2), 3);
    // A new edit ends what could be done again.
    press(&mut app, "H");
    assert!(press(&mut app, "ctrl-r").is_empty());
}

#[test]
fn undo_and_redo_say_what_was_done_and_not_its_opposite() {
    let mut app = app();
    let told = |app: &crate::harness::App| app.session.messages.notice.clone().unwrap().text;
    press(&mut app, "L");
    assert_eq!(told(&app), "Move to Proposal: 'Deal 2'");
    press(&mut app, "u");
    assert_eq!(told(&app), "Undone: Move to Proposal: 'Deal 2'");
    press(&mut app, "ctrl-r");
    assert_eq!(told(&app), "Done again: Move to Proposal: 'Deal 2'");
    press(&mut app, "u");
    assert_eq!(told(&app), "Undone: Move to Proposal: 'Deal 2'");
}

#[test]
fn an_answer_that_leaves_a_field_as_it_is_is_no_failure() {
    let mut app = app();
    assert!(press(&mut app, "v enter").is_empty());
    let notice = app.session.messages.notice.clone().unwrap();
    assert_eq!((notice.tone, notice.text.as_str()), (Tone::Info, "Value €2,000 for 'Deal 2': no change."));
}

#[test]
fn a_value_and_a_date_that_make_no_sense_are_refused_at_the_field() {
    let mut app = app();
    press(&mut app, "v ctrl-u");
    type_text(&mut app, "lots");
    assert!(press(&mut app, "enter").is_empty());
    let error = |app: &crate::harness::App| match &app.session.dialog {
        Some(Dialog::Prompt(prompt)) => prompt.error.clone().unwrap_or_default(),
        other => panic!("{other:?}"),
    };
    assert!(error(&app).contains("'lots' is not an amount"));
    press(&mut app, "ctrl-u");
    type_text(&mut app, "1250.50");
    let (_, edit) = only_edit(&press(&mut app, "enter"));
    let value = Money { amount: "1250.50".parse().unwrap(), currency: Currency::new("EUR") };
    assert_eq!(
        edit,
        Edit::UpdateDeal { id: DealId(2), patch: DealPatch { value: Some(value), ..DealPatch::default() } }
    );
    press(&mut app, "3 d");
    type_text(&mut app, "2026-06-31");
    assert!(press(&mut app, "enter").is_empty());
    assert!(error(&app).contains("not a valid date"), "{}", error(&app));
}

#[test]
fn what_is_typed_first_replaces_a_value_and_is_added_to_a_title() {
    let mut app = app();
    let input = |app: &crate::harness::App| match &app.session.dialog {
        Some(Dialog::Prompt(prompt)) => prompt.input.value().to_owned(),
        other => panic!("{other:?}"),
    };
    press(&mut app, "v");
    assert_eq!(input(&app), "2000 EUR");
    type_text(&mut app, "77");
    assert_eq!(input(&app), "77");
    press(&mut app, "esc v backspace");
    assert_eq!(input(&app), "");
    press(&mut app, "esc v");
    app.update(dealdeck::app::Msg::Paste("99 USD".into()), now());
    assert_eq!(input(&app), "99 USD");
    // Whoever moves the cursor first wants to change a part.
    press(&mut app, "esc v");
    app.update(dealdeck::app::Msg::Key(KeyCode::Home.into()), now());
    type_text(&mut app, "1");
    assert_eq!(input(&app), "12000 EUR");
    press(&mut app, "esc e");
    type_text(&mut app, "b");
    assert_eq!(input(&app), "Deal 2b");
}

#[test]
fn no_probability_is_edited_where_the_pipeline_has_none() {
    let mut app = app();
    press(&mut app, "] %");
    assert!(app.session.dialog.is_none());
    let patch = DealPatch { probability: Some(Probability::new(10)), ..DealPatch::default() };
    let refused = app.account.workspace.submit(Edit::UpdateDeal { id: DealId(6), patch });
    assert_eq!(refused, Err(RuleError::NoProbability));
    press(&mut app, "[ %");
    type_text(&mut app, "101");
    assert!(press(&mut app, "enter").is_empty());
    press(&mut app, "ctrl-u");
    type_text(&mut app, "35%");
    let (_, edit) = only_edit(&press(&mut app, "enter"));
    let patch = DealPatch { probability: Some(Probability::new(35)), ..DealPatch::default() };
    assert_eq!(edit, Edit::UpdateDeal { id: DealId(2), patch });
}

#[test]
fn a_lead_without_a_link_is_refused_and_a_new_person_is_offered() {
    let mut app = app();
    press(&mut app, "3 n");
    type_text(&mut app, "Fresh lead");
    assert!(press(&mut app, "ctrl-s").is_empty());
    let Some(Dialog::Form(form)) = &app.session.dialog else { panic!("the form stays open") };
    let field = &form.fields[form.focus];
    assert!(field.error.as_ref().unwrap().contains("linked to a person, an organization, or both"));
    type_text(&mut app, "Nora Newcomer");
    let Some(Dialog::Form(form)) = &app.session.dialog else { panic!("the form stays open") };
    assert_eq!(form.fields[form.focus].remark(day(TODAY)).as_deref(), Some("new: will be created"));
    let (_, edit) = only_edit(&press(&mut app, "ctrl-s"));
    let Edit::CreateLead { new, .. } = edit else { panic!("{edit:?}") };
    assert_eq!(new.contact, Contact::Person(Link::New("Nora Newcomer".into())));
}

#[test]
fn a_form_links_to_who_exists_by_name_or_by_suggestion() {
    let mut app = app();
    press(&mut app, "n");
    type_text(&mut app, "Big deal");
    press(&mut app, "tab");
    type_text(&mut app, "love");
    // The person brings along where she works; another name typed there replaces that.
    press(&mut app, "down enter");
    let org = |app: &crate::harness::App| match &app.session.dialog {
        Some(Dialog::Form(form)) => (form.fields[2].input.value().to_owned(), form.fields[2].remark(day(TODAY))),
        other => panic!("{other:?}"),
    };
    assert_eq!(org(&app), ("Engines Ltd".into(), Some("exists".into())));
    type_text(&mut app, "engines ltd");
    assert_eq!(org(&app), ("engines ltd".into(), Some("exists".into())));
    press(&mut app, "tab");
    type_text(&mut app, "7,500");
    let (id, edit) = only_edit(&press(&mut app, "ctrl-s"));
    let Edit::CreateDeal { id: local, new } = edit else { panic!("{edit:?}") };
    assert_eq!(new.contact, Contact::Both(Link::Existing(PersonId(1)), Link::Existing(OrgId(1))));
    assert_eq!(new.value, money(7_500, "EUR"));
    assert_eq!(new.stage.stage, StageId(1));
    // It is on the board at once; when Pipedrive has named it, the cursor is on the real one.
    assert_eq!(app.session.selected_deal(&app.account.workspace), Some(local));
    let mut made = deal(99, 1, money(7_500, "EUR"));
    made.title = "Big deal".into();
    succeed(&mut app, id, vec![ServerUpdate::Deals(vec![made])], Some(ItemRef::Deal(DealId(99))));
    assert!(app.account.workspace.deal(local).is_none());
    assert_eq!(app.session.selected_deal(&app.account.workspace), Some(DealId(99)));
}

#[test]
fn a_half_done_creation_is_tried_again_without_making_the_person_twice() {
    let mut app = app();
    press(&mut app, "3 n");
    type_text(&mut app, "Fresh lead");
    press(&mut app, "tab");
    type_text(&mut app, "Nora");
    let (id, edit) = only_edit(&press(&mut app, "ctrl-s"));
    let nora = Person { name: "Nora".into(), ..Person::blank(PersonId(7)) };
    let linked = edit.with_contact(Some(nora.id), None);
    let failure = dealdeck::sync::EditFailure::new(vec![ServerUpdate::People(vec![nora])], ApiError::Busy);
    let failure = dealdeck::sync::EditFailure { edit: Some(Box::new(linked)), ..failure };
    let report = dealdeck::sync::Report::EditDone { id, outcome: Err(failure) };
    app.update(dealdeck::app::Msg::Report(report), now());
    let (_, edit) = only_edit(&press(&mut app, "! enter"));
    let Edit::CreateLead { new, .. } = edit else { panic!("{edit:?}") };
    assert_eq!(new.contact, Contact::Person(Link::Existing(PersonId(7))));
}

#[test]
fn an_activity_done_leaves_the_agenda_and_the_next_is_selected() {
    let mut app = app();
    let (_, edit) = only_edit(&press(&mut app, "2 x"));
    let patch = ActivityPatch { done: Some(true), ..ActivityPatch::default() };
    assert_eq!(edit, Edit::UpdateActivity { id: ActivityId(1), patch });
    assert_eq!(app.session.cursors.activities.selected, Some(ActivityId(2)));
    // It is still there, among those done, and can be taken up again by the same key.
    let (_, edit) = only_edit(&press(&mut app, "G x"));
    assert_eq!(
        edit,
        Edit::UpdateActivity {
            id: ActivityId(1),
            patch: ActivityPatch { done: Some(false), ..ActivityPatch::default() }
        }
    );
}

#[test]
fn an_activity_put_off_keeps_its_time_of_day() {
    let mut app = app();
    let (_, edit) = only_edit(&press(&mut app, "2 j +"));
    let due = Due { date: day("2026-11-25"), time: "12:30:00".parse().ok() };
    assert_eq!(
        edit,
        Edit::UpdateActivity {
            id: ActivityId(2),
            patch: ActivityPatch { due: Some(Some(due)), ..ActivityPatch::default() }
        }
    );
    press(&mut app, "s ctrl-u");
    type_text(&mut app, "2026-12-01");
    let (_, edit) = only_edit(&press(&mut app, "enter"));
    let due = Due { date: day("2026-12-01"), time: "12:30:00".parse().ok() };
    assert_eq!(
        edit,
        Edit::UpdateActivity {
            id: ActivityId(2),
            patch: ActivityPatch { due: Some(Some(due)), ..ActivityPatch::default() }
        }
    );
}

#[test]
fn leads_are_archived_and_converted() {
    let mut app = app();
    let (_, edit) = only_edit(&press(&mut app, "3 a"));
    let patch = LeadPatch { archived: Some(true), ..LeadPatch::default() };
    assert_eq!(edit, Edit::UpdateLead { id: lead_id(3), patch });
    assert_eq!(app.session.cursors.leads.selected, Some(lead_id(2)), "the next lead is at hand");
    press(&mut app, "c");
    type_text(&mut app, "nego");
    let (id, edit) = only_edit(&press(&mut app, "enter"));
    assert_eq!(
        edit,
        Edit::ConvertLead { id: lead_id(2), to: PipelineStage { pipeline: PipelineId(1), stage: StageId(3) } }
    );
    assert!(app.account.workspace.is_pending(ItemRef::Lead(lead_id(2))));
    let news =
        vec![ServerUpdate::Gone(ItemRef::Lead(lead_id(2))), ServerUpdate::Deals(vec![deal(50, 3, money(1, "EUR"))])];
    succeed(&mut app, id, news, Some(ItemRef::Deal(DealId(50))));
    assert!(app.account.workspace.lead(lead_id(2)).is_none());
    assert!(app.account.workspace.deal(DealId(50)).is_some());
    assert_eq!(app.account.workspace.pending(), 1, "only the archiving is left");
}

#[test]
fn an_edit_of_something_a_colleague_deleted_goes_away_with_it() {
    let mut app = app();
    let (id, _) = only_edit(&press(&mut app, "L"));
    app.account.workspace.absorb(vec![ServerUpdate::Gone(ItemRef::Deal(DealId(2)))]);
    assert!(app.account.workspace.deal(DealId(2)).is_none());
    fail(&mut app, id, ApiError::Busy);
    assert!(app.account.workspace.deal(DealId(2)).is_none());
    assert_eq!(app.account.workspace.pending(), 0);
    // Trying again says what is wrong, and keeps the edit until it is discarded.
    assert!(press(&mut app, "! enter").is_empty());
    assert_eq!(app.account.edits.attention.len(), 1);
    press(&mut app, "d");
    assert!(app.account.edits.attention.is_empty() && app.session.dialog.is_none());
}

#[test]
fn quitting_asks_while_edits_are_under_way() {
    let mut app = app();
    let (id, _) = only_edit(&press(&mut app, "L"));
    assert!(press(&mut app, "q").is_empty());
    assert!(press(&mut app, "n").is_empty());
    assert_eq!(press(&mut app, "q y"), [Effect::Quit]);
    fail(&mut app, id, ApiError::Busy);
    assert_eq!(press(&mut app, "q"), [Effect::Quit]);
}

#[test]
fn whoever_wants_to_quit_does_so_once_all_is_saved_but_not_past_a_failure() {
    let report = |id, outcome| dealdeck::app::Msg::Report(dealdeck::sync::Report::EditDone { id, outcome });
    let well = || Ok(dealdeck::sync::EditOutcome { changes: Vec::new(), created: None });
    let mut app = app();
    let (first, _) = only_edit(&press(&mut app, "L"));
    let (second, _) = only_edit(&press(&mut app, "w"));
    press(&mut app, "q");
    assert!(send(&mut app, report(first, well())).is_empty());
    assert_eq!(send(&mut app, report(second, well())), [Effect::Quit]);

    let mut app = self::app();
    let (first, _) = only_edit(&press(&mut app, "L"));
    let (second, _) = only_edit(&press(&mut app, "w"));
    press(&mut app, "q");
    fail(&mut app, first, ApiError::Busy);
    assert!(app.session.dialog.is_none(), "what failed is to be seen");
    assert!(send(&mut app, report(second, well())).is_empty());
}

#[test]
fn an_edit_that_cannot_be_delivered_is_taken_back() {
    let mut app = app();
    let effects = press(&mut app, "L");
    let [Effect::Send(command)] = effects.as_slice() else { panic!("{effects:?}") };
    app.update(dealdeck::app::Msg::Undelivered(command.clone()), now());
    assert_eq!(stage_of(&app, 2), 1);
    assert_eq!(app.account.edits.attention.len(), 1);
}

#[test]
fn the_answer_to_an_edit_counts_even_where_the_servers_clock_went_back() {
    let mut app = app();
    let mut ahead = deal(2, 1, money(2_000, "EUR"));
    ahead.updated = Some(at("2026-12-31T00:00:00Z"));
    app.account.workspace.absorb(vec![ServerUpdate::Deals(vec![ahead])]);
    let (id, _) = only_edit(&press(&mut app, "L"));
    let mut after = deal(2, 2, money(2_000, "EUR"));
    after.updated = Some(at("2026-11-24T10:00:01Z"));
    succeed(&mut app, id, vec![ServerUpdate::Deals(vec![after])], None);
    assert_eq!(stage_of(&app, 2), 2);
}

#[test]
fn an_archived_lead_can_be_taken_back_after_the_next_poll() {
    let mut app = app();
    press(&mut app, "3");
    let (id, edit) = only_edit(&press(&mut app, "a"));
    let ItemRef::Lead(archived) = edit.item() else { panic!("{edit:?}") };
    let server = Lead { archived: true, ..app.account.workspace.lead(archived).unwrap().clone() };
    succeed(&mut app, id, vec![ServerUpdate::Leads(vec![server])], None);
    // The list of the inbox no longer has it.
    app.account.workspace.absorb(vec![ServerUpdate::AllLeads(vec![lead(1, true), lead(2, false)])]);
    let (_, undone) = only_edit(&press(&mut app, "u"));
    let patch = LeadPatch { archived: Some(false), ..LeadPatch::default() };
    assert_eq!(undone, Edit::UpdateLead { id: archived, patch });
    assert!(!app.account.workspace.lead(archived).unwrap().archived);
}

#[test]
fn a_lead_is_converted_only_once_and_not_changed_meanwhile() {
    let mut app = app();
    press(&mut app, "3");
    let (id, _) = only_edit(&press(&mut app, "c enter"));
    assert!(press(&mut app, "c enter").is_empty());
    assert!(app.session.messages.notice.as_ref().unwrap().text.contains("being converted"));
    assert!(press(&mut app, "a").is_empty());
    fail(&mut app, id, ApiError::Busy);
    only_edit(&press(&mut app, "c enter"));
}

#[test]
fn a_stage_is_found_by_its_pipeline_too() {
    let mut app = app();
    press(&mut app, "3 c");
    type_text(&mut app, "partn sig");
    let (_, edit) = only_edit(&press(&mut app, "enter"));
    assert_eq!(
        edit,
        Edit::ConvertLead { id: lead_id(3), to: PipelineStage { pipeline: PipelineId(2), stage: StageId(12) } }
    );
}

#[test]
fn a_stage_that_was_deleted_while_it_was_picked_is_told() {
    let mut app = app();
    press(&mut app, "m");
    app.account.workspace.absorb(vec![ServerUpdate::AllStages(vec![stage(3, "Negotiation", 80)])]);
    assert!(press(&mut app, "enter").is_empty());
    assert!(app.session.messages.notice.as_ref().unwrap().text.contains("no longer exists"));
}

#[test]
fn a_list_of_leads_that_was_read_before_an_edit_does_not_turn_the_inbox_back() {
    let mut app = app();
    let all = || vec![lead(1, true), lead(2, false), lead(3, false)];
    // One becomes a deal, and another comes back from the archive, while a list from before is on its way.
    let convert =
        Edit::ConvertLead { id: lead_id(2), to: PipelineStage { pipeline: PipelineId(1), stage: StageId(1) } };
    let converted = app.account.workspace.submit(convert).unwrap().id;
    succeed(&mut app, converted, vec![ServerUpdate::Gone(ItemRef::Lead(lead_id(2)))], Some(ItemRef::Deal(DealId(9))));
    app.account.workspace.absorb(vec![ServerUpdate::AllLeads(all())]);
    assert!(app.account.workspace.lead(lead_id(2)).is_none());

    let archive = |archived| Edit::UpdateLead {
        id: lead_id(3),
        patch: LeadPatch { archived: Some(archived), ..LeadPatch::default() },
    };
    for archived in [true, false] {
        let id = app.account.workspace.submit(archive(archived)).unwrap().id;
        let now = Lead { archived, ..lead(3, false) };
        succeed(&mut app, id, vec![ServerUpdate::Leads(vec![now])], None);
    }
    app.account.workspace.absorb(vec![ServerUpdate::AllLeads(vec![lead(1, true)])]);
    assert!(app.account.workspace.lead(lead_id(3)).is_some());
    // A list from after that counts again.
    app.account.workspace.absorb(vec![ServerUpdate::AllLeads(vec![lead(1, true)])]);
    assert!(app.account.workspace.lead(lead_id(3)).is_none());
}

#[test]
fn deleting_asks_and_what_is_deleted_goes() {
    let mut app = app();
    assert!(press(&mut app, "X").is_empty());
    let Some(Dialog::Delete { name, .. }) = &app.session.dialog else { panic!("{:?}", app.session.dialog) };
    assert_eq!(name, "Deal 2");
    assert!(press(&mut app, "n").is_empty() && app.session.dialog.is_none());
    let (id, edit) = only_edit(&press(&mut app, "X y"));
    assert_eq!(edit, Edit::Delete { item: ItemRef::Deal(DealId(2)) });
    succeed(&mut app, id, vec![ServerUpdate::Gone(ItemRef::Deal(DealId(2)))], None);
    assert!(app.account.workspace.deal(DealId(2)).is_none());
}

#[test]
fn a_creation_is_undone_by_a_deletion_that_is_asked_about() {
    let mut app = app();
    press(&mut app, "n");
    type_text(&mut app, "Made here");
    press(&mut app, "tab");
    type_text(&mut app, "Ada Lovelace");
    let (id, _) = only_edit(&press(&mut app, "ctrl-s"));
    let made = Deal { title: "Made here".into(), ..deal(77, 1, money(0, "EUR")) };
    succeed(&mut app, id, vec![ServerUpdate::Deals(vec![made])], Some(ItemRef::Deal(DealId(77))));
    assert!(press(&mut app, "u").is_empty(), "it asks first");
    press(&mut app, "esc");
    assert!(app.account.workspace.deal(DealId(77)).is_some());
    let (_, edit) = only_edit(&press(&mut app, "u y"));
    assert_eq!(edit, Edit::Delete { item: ItemRef::Deal(DealId(77)) });
    assert!(press(&mut app, "u").is_empty());
    assert_eq!(app.session.messages.notice.as_ref().unwrap().text, "Nothing to undo.");
}
