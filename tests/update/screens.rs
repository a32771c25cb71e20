//! Moving around: columns, lists, filter, pipelines, mouse, news.

use crate::harness::App;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use dealdeck::app::dialogs::Dialog;
use dealdeck::app::lists::{AgendaRow, Section};
use dealdeck::app::{Effect, Msg, View, layout};
use dealdeck::domain::*;
use dealdeck::sync::{Command, Progress, Report};
use dealdeck::workspace::{BoardColumnKey, ServerUpdate};

use crate::account::*;

fn cards(app: &App, stage: u64) -> Vec<u64> {
    app.session.cards(&app.account.workspace, StageId(stage)).iter_from(0).map(|id| id.0).collect()
}

#[test]
fn cards_stand_by_their_next_activity() {
    let app = app();
    assert_eq!(cards(&app, 1), [2, 3, 1]);
}

#[test]
fn the_cursor_follows_its_card_and_takes_the_next_one_when_it_goes() {
    let mut app = app();
    press(&mut app, "j");
    assert_eq!(app.session.selected_deal(&app.account.workspace), Some(DealId(3)));
    let mut first = activity(9, Some(("2026-11-01", None)), Some(1));
    app.update(Msg::Report(Report::Changed(vec![ServerUpdate::Activities(vec![first.clone()])])), now());
    assert_eq!(cards(&app, 1), [1, 2, 3]);
    assert_eq!(app.session.selected_deal(&app.account.workspace), Some(DealId(3)));
    app.update(Msg::Report(Report::Changed(vec![ServerUpdate::Gone(ItemRef::Deal(DealId(3)))])), now());
    assert_eq!(app.session.selected_deal(&app.account.workspace), Some(DealId(2)));
    first.done = true;
    app.update(Msg::Report(Report::Changed(vec![ServerUpdate::Activities(vec![first])])), now());
    assert_eq!(cards(&app, 1), [2, 1]);
}

#[test]
fn while_the_account_comes_in_the_cursor_stays_on_top_until_somebody_moves_it() {
    let mut app = App::new((120, 40), now());
    let (first, rest): (Vec<_>, Vec<_>) =
        changes().into_iter().partition(|change| !matches!(change, ServerUpdate::Activities(_)));
    app.update(Msg::Report(Report::Changed(first)), now());
    assert_eq!(app.session.selected_deal(&app.account.workspace), Some(DealId(1)));
    app.update(Msg::Report(Report::Changed(rest)), now());
    assert_eq!(cards(&app, 1), [2, 3, 1]);
    assert_eq!(app.session.selected_deal(&app.account.workspace), Some(DealId(2)));
    press(&mut app, "j");
    app.update(Msg::Report(Report::Changed(vec![ServerUpdate::Activities(vec![activity(9, None, Some(1))])])), now());
    assert_eq!(app.session.selected_deal(&app.account.workspace), Some(DealId(3)));
}

#[test]
fn typing_a_filter_goes_to_what_matches() {
    let mut app = app();
    press(&mut app, "/");
    type_text(&mut app, "deal 5");
    assert_eq!(app.session.selected_deal(&app.account.workspace), Some(DealId(5)));
    // From there on the person goes where she likes.
    press(&mut app, "enter h");
    assert_eq!(app.session.focused_stage(&app.account.workspace), Some(StageId(2)));
}

#[test]
fn a_filter_goes_to_what_matches_in_the_next_view_and_pipeline_too() {
    let mut app = app();
    press(&mut app, "3 /");
    type_text(&mut app, "deal 5");
    press(&mut app, "enter 1");
    assert_eq!(app.session.selected_deal(&app.account.workspace), Some(DealId(5)));
    press(&mut app, "[ [");
    assert_eq!(app.session.selected_deal(&app.account.workspace), Some(DealId(5)));
}

#[test]
fn a_filter_typed_on_taken_back_or_changed_by_news_shows_what_matches() {
    let mut app = app();
    press(&mut app, "/");
    let mut typed = String::new();
    for c in "deal 1 ada".chars() {
        typed.push(c);
        type_text(&mut app, &c.to_string());
        let matches = |id: &u64| typed.split_whitespace().all(|word| format!("deal {id} ada lovelace").contains(word));
        assert_eq!(cards(&app, 1), [2, 3, 1].into_iter().filter(matches).collect::<Vec<_>>(), "{typed}");
    }
    let mut renamed = deal(3, 1, money(500, "USD"));
    renamed.title = "Deal 1 as well".into();
    app.update(Msg::Report(Report::Changed(vec![ServerUpdate::Deals(vec![renamed])])), now());
    assert_eq!(cards(&app, 1), [3, 1]);
    for _ in 0..6 {
        press(&mut app, "backspace");
    }
    assert_eq!(cards(&app, 1), [2, 3, 1]);
}

#[test]
fn the_filter_narrows_by_title_person_and_organization() {
    let mut app = app();
    press(&mut app, "/");
    type_text(&mut app, "deal 3");
    assert_eq!(cards(&app, 1), [3]);
    assert_eq!(app.session.selected_deal(&app.account.workspace), Some(DealId(3)));
    press(&mut app, "ctrl-u");
    type_text(&mut app, "LOVELACE 1");
    assert_eq!(cards(&app, 1), [1]);
    // What changes while the filter is on is filtered too.
    let mut renamed = deal(2, 1, money(1, "EUR"));
    renamed.title = "Now number 1".into();
    app.update(Msg::Report(Report::Changed(vec![ServerUpdate::Deals(vec![renamed])])), now());
    assert_eq!(cards(&app, 1), [2, 1]);
    press(&mut app, "enter esc");
    assert_eq!(cards(&app, 1).len(), 3);
}

#[test]
fn activities_are_in_sections_by_the_users_day() {
    let mut app = app();
    press(&mut app, "2");
    let agenda = app.session.agenda(&app.account.workspace);
    assert_eq!(
        agenda.sections(),
        [(Section::Overdue, 1), (Section::Today, 1), (Section::ThisWeek, 1), (Section::Undated, 1)]
    );
    let rows: Vec<_> = agenda.rows_from(0).collect();
    assert_eq!(rows.len(), agenda.rows());
    for top in 0..rows.len() {
        assert!(agenda.rows_from(top).eq(rows[top..].iter().copied()), "from row {top}");
    }
    for rank in 0..agenda.len() {
        assert_eq!(rows[agenda.row_of(rank)], AgendaRow::Activity(agenda.get(rank).unwrap()));
    }
}

#[test]
fn the_heading_of_a_section_is_seen_with_its_first_activity() {
    let mut app = app();
    app.update(Msg::Resize(80, 8), now());
    press(&mut app, "2 G k k");
    let agenda = app.session.agenda(&app.account.workspace);
    assert_eq!(app.session.cursors.activities.selected, Some(ActivityId(2)));
    let first = agenda.rows_from(app.session.cursors.activities.top).next();
    assert_eq!(first, Some(AgendaRow::Heading(Section::Today, 1)));
}

#[test]
fn pipelines_go_around_and_keep_their_cursors() {
    let mut app = app();
    press(&mut app, "j ]");
    assert_eq!(app.session.board.pipeline, Some(PipelineId(2)));
    assert_eq!(app.session.selected_deal(&app.account.workspace), Some(DealId(6)));
    press(&mut app, "]");
    assert_eq!(app.session.selected_deal(&app.account.workspace), Some(DealId(3)));
    press(&mut app, "p");
    type_text(&mut app, "part");
    press(&mut app, "enter");
    assert_eq!(app.session.board.pipeline, Some(PipelineId(2)));
}

#[test]
fn a_pipeline_or_stage_that_goes_away_takes_no_deal_with_it() {
    let mut app = app();
    press(&mut app, "]");
    let left = vec![Pipeline { id: PipelineId(1), name: "Sales".into(), order: 1, has_probability: true }];
    app.update(Msg::Report(Report::Changed(vec![ServerUpdate::AllPipelines(left)])), now());
    assert_eq!(app.session.board.pipeline, Some(PipelineId(1)));
    assert!(app.account.workspace.deal(DealId(6)).is_some());
}

#[test]
fn a_card_is_dragged_to_another_column() {
    let mut app = app();
    let body = layout::layout(&app.session).body;
    let columns = layout::columns(body, 0, 3);
    let card = layout::card(columns[0].1, body, 0).unwrap();
    let event = |kind, column, row| Msg::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE });
    let to = columns[2].1;
    app.update(event(MouseEventKind::Down(MouseButton::Left), card.x + 2, card.y), now());
    app.update(event(MouseEventKind::Drag(MouseButton::Left), to.x + 5, to.y + 9), now());
    assert_eq!(app.session.board.drag.unwrap().over, StageId(3));
    let effects = app.update(event(MouseEventKind::Up(MouseButton::Left), to.x + 5, to.y + 9), now());
    only_edit(&effects);
    assert_eq!(stage_of(&app, 2), 3);
    assert_eq!(app.session.board.drag, None);
}

#[test]
fn a_click_picks_a_line_and_one_beside_the_list_closes_it() {
    let mut app = app();
    let click = |app: &mut App, x, y| {
        let kind = MouseEventKind::Down(MouseButton::Left);
        app.update(Msg::Mouse(MouseEvent { kind, column: x, row: y, modifiers: KeyModifiers::NONE }), now())
    };
    press(&mut app, "m");
    let Some(Dialog::Pick(picker)) = &app.session.dialog else { panic!("no list") };
    let list = layout::picker_list(layout::picker(layout::screen(&app.session), picker));
    // The frame and the field above the list are not lines of it.
    assert!(click(&mut app, list.x + 3, list.y - 1).is_empty());
    assert!(app.session.dialog.is_some());
    only_edit(&click(&mut app, list.x + 3, list.y + 2));
    assert_eq!(stage_of(&app, 2), 3);
    assert!(app.session.dialog.is_none());
    press(&mut app, "m");
    assert!(click(&mut app, 0, 0).is_empty());
    assert!(app.session.dialog.is_none());
    // What is typed is not lost by a click.
    press(&mut app, "n");
    click(&mut app, 0, 0);
    assert!(app.session.dialog.is_some());
}

#[test]
fn a_key_ends_a_drag() {
    let mut app = app();
    let body = layout::layout(&app.session).body;
    let columns = layout::columns(body, 0, 3);
    let event = |kind, at: ratatui::layout::Rect| {
        Msg::Mouse(MouseEvent { kind, column: at.x + 2, row: at.y + 5, modifiers: KeyModifiers::NONE })
    };
    for key in ["esc", "2", "?"] {
        app.update(event(MouseEventKind::Down(MouseButton::Left), columns[0].1), now());
        app.update(event(MouseEventKind::Drag(MouseButton::Left), columns[2].1), now());
        assert!(app.session.board.drag.is_some());
        press(&mut app, key);
        assert!(app.update(event(MouseEventKind::Up(MouseButton::Left), columns[2].1), now()).is_empty(), "{key}");
        assert_eq!(app.session.board.drag, None);
        press(&mut app, "esc 1");
    }
}

#[test]
fn a_click_selects_a_second_one_opens_details_and_tabs_change_the_view() {
    let mut app = app();
    let body = layout::layout(&app.session).body;
    let card = layout::card(layout::columns(body, 0, 3)[1].1, body, 0).unwrap();
    let click = |app: &mut App, x, y| {
        for kind in [MouseEventKind::Down(MouseButton::Left), MouseEventKind::Up(MouseButton::Left)] {
            app.update(Msg::Mouse(MouseEvent { kind, column: x, row: y, modifiers: KeyModifiers::NONE }), now());
        }
    };
    press(&mut app, "l k h");
    click(&mut app, card.x + 1, card.y + 1);
    assert_eq!(app.session.selected_deal(&app.account.workspace), Some(DealId(4)));
    click(&mut app, card.x + 1, card.y + 1);
    assert!(app.session.detail.is_open);
    let (view, _, tab) = layout::tabs(&app.session, &app.account.workspace)[2].clone();
    click(&mut app, tab.x + 1, tab.y);
    assert_eq!((app.session.view, view), (View::Leads, View::Leads));
}

#[test]
fn new_leads_are_marked_and_told_but_not_those_of_the_first_look() {
    let mut app = app();
    assert!(app.account.new_leads.is_empty());
    let leads = vec![lead(1, true), lead(2, false), lead(3, false), lead(4, false)];
    app.update(Msg::Report(Report::Changed(vec![ServerUpdate::AllLeads(leads.clone())])), now());
    assert!(app.account.new_leads.contains(&lead_id(4)) && app.account.new_leads.len() == 1);
    // The whole list is the whole list.
    app.update(Msg::Report(Report::Changed(vec![ServerUpdate::AllLeads(leads[1..].to_vec())])), now());
    assert!(app.account.workspace.lead(lead_id(1)).is_none());
}

#[test]
fn refresh_and_reload_are_asked_for_by_key() {
    let mut app = app();
    assert_eq!(press(&mut app, "r"), [Effect::Send(Command::Refresh)]);
    let fresh = Progress::Fresh { at: now().0, next_poll: now().0 };
    app.update(Msg::Report(Report::Progress(fresh.clone())), now());
    assert_eq!(app.session.messages.notice.clone().unwrap().text, "Up to date.");
    assert_eq!(press(&mut app, "R"), [Effect::Send(Command::Reload)]);
    // What came in between is not hidden by it.
    press(&mut app, "L");
    let moved = app.session.messages.notice.clone();
    app.update(Msg::Report(Report::Progress(fresh)), now());
    assert_eq!(app.session.messages.notice, moved);
}

#[test]
fn a_paste_goes_into_a_field_and_never_runs() {
    let mut app = app();
    assert!(send(&mut app, Msg::Paste("LLLwq\nu".into())).is_empty());
    assert_eq!(stage_of(&app, 2), 1);
    press(&mut app, "e ctrl-u");
    app.update(Msg::Paste("Two\r\nlines\x1b[31m".into()), now());
    let (_, edit) = only_edit(&press(&mut app, "enter"));
    let Edit::UpdateDeal { patch, .. } = edit else { panic!("{edit:?}") };
    assert_eq!(patch.title.unwrap(), "Two  lines [31m");
    press(&mut app, "/");
    app.update(Msg::Paste("x".repeat(1_000_000)), now());
    assert_eq!(app.session.filter.input.value().len(), 1_000);
}

#[test]
fn every_action_can_be_found_by_name() {
    let mut app = app();
    press(&mut app, ":");
    type_text(&mut app, "negotiation");
    press(&mut app, "esc :");
    type_text(&mut app, "stage on");
    only_edit(&press(&mut app, "enter"));
    assert_eq!(stage_of(&app, 2), 2);
}

#[test]
fn ctrl_z_suspends_from_anywhere() {
    let mut app = app();
    let suspend = KeyEvent::new(KeyCode::Char('z'), KeyModifiers::CONTROL);
    for keys in ["1", "n", "m", "/"] {
        press(&mut app, keys);
        assert_eq!(app.update(Msg::Key(suspend), now()), [Effect::Suspend], "{keys}");
        press(&mut app, "esc esc");
    }
}

#[test]
fn a_stages_probability_or_a_pipelines_setting_changes_all_weighted_totals() {
    let mut app = app();
    let key = BoardColumnKey { stage: StageId(1), status: DealStatus::Open };
    let weighted = |app: &App| app.account.workspace.column(key).unwrap().totals.weighted();
    assert_eq!(weighted(&app), [money(600, "EUR"), money(100, "USD")]);
    app.account
        .workspace
        .absorb(vec![ServerUpdate::AllStages(vec![stage(1, "Qualified", 0), stage(2, "Proposal", 50)])]);
    assert_eq!(weighted(&app), [money(0, "EUR"), money(0, "USD")]);
    app.account.workspace.absorb(vec![ServerUpdate::AllStages(vec![stage(1, "Qualified", 50)])]);
    assert_eq!(weighted(&app), [money(1_500, "EUR"), money(250, "USD")]);
}
