//! What the screen shows: pictures in plain text of every view and dialog, and what must hold of any frame.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "support/details.rs"]
mod details;
#[path = "support/fields.rs"]
mod fields;
#[path = "support/harness.rs"]
mod harness;
#[path = "views/hidden.rs"]
mod hidden;
#[path = "support/sample.rs"]
mod sample;
#[path = "support/svg.rs"]
mod svg;

use crate::harness::App;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use dealdeck::app::account::Attention;
use dealdeck::app::session::Drag;
use dealdeck::app::{Msg, Now};
use dealdeck::domain::{Currency, Deal, DealId, DealPatch, Edit, Lead, Money, StageId, UserId};
use dealdeck::pipedrive::{ApiError, WrongAccount};
use dealdeck::sync::{
    ConnectionState, Durability, EditFailure, EditOutcome, EditState, JournalEntry, Progress, ReadProgress, Report,
    WebhookChange, WebhookStatus,
};
use dealdeck::ui::{ColorSupport, Theme, printable, view};
use dealdeck::workspace::{EditId, ServerUpdate};
use proptest::prelude::*;
use ratatui::backend::{CrosstermBackend, TestBackend};
use ratatui::buffer::{Buffer, Cell, CellWidth};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use ratatui::{Terminal, TerminalOptions, Viewport};

/// Types keys: a character is itself, `\r` is enter, `\x1b` escape, `\t` tab.
fn keys(app: &mut App, text: &str) {
    for c in text.chars() {
        let code = match c {
            '\r' => KeyCode::Enter,
            '\x1b' => KeyCode::Esc,
            '\t' => KeyCode::Tab,
            '↓' => KeyCode::Down,
            c => KeyCode::Char(c),
        };
        app.update(Msg::Key(KeyEvent::new(code, KeyModifiers::NONE)), sample::now());
    }
}

fn drawn(app: &App, colors: ColorSupport) -> Buffer {
    let (width, height) = app.session.viewport.size;
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let theme = Theme::for_terminal(colors);
    // What was drawn, not what the terminal made of it: that leaves out what a wide character covers.
    let frame = terminal.draw(|frame| {
        view(&app.session, &app.account, &theme, frame);
    });
    frame.unwrap().buffer.clone()
}

/// The screen as lines of plain text.
fn text(buffer: &Buffer) -> String {
    let area = buffer.area;
    let mut out = String::new();
    for y in area.top()..area.bottom() {
        let mut line = String::new();
        let mut x = area.left();
        while x < area.right() {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            x += symbol.cell_width().max(1);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// How far what is open can be scrolled.
fn measured(app: &App) -> Option<u16> {
    let mut terminal =
        Terminal::new(TestBackend::new(app.session.viewport.size.0, app.session.viewport.size.1)).unwrap();
    let theme = Theme::for_terminal(ColorSupport::None);
    let mut end = None;
    terminal.draw(|frame| end = view(&app.session, &app.account, &theme, frame).scroll_end).unwrap();
    end
}

fn screen(app: &App) -> String {
    text(&drawn(app, ColorSupport::TrueColor))
}

/// A terminal after it was sent the screen.
fn sent(app: &App, colors: ColorSupport) -> vt100::Parser {
    let (width, height) = app.session.viewport.size;
    let mut bytes = Vec::new();
    let viewport = TerminalOptions { viewport: Viewport::Fixed(Rect::new(0, 0, width, height)) };
    let mut terminal = Terminal::with_options(CrosstermBackend::new(&mut bytes), viewport).unwrap();
    let theme = Theme::for_terminal(colors);
    terminal
        .draw(|frame| {
            view(&app.session, &app.account, &theme, frame);
        })
        .unwrap();
    drop(terminal);
    let mut parser = vt100::Parser::new(height.try_into().unwrap(), width.try_into().unwrap(), 0);
    parser.process(&bytes);
    parser
}

/// Compares the screen after these keys with its picture.
macro_rules! assert_screen {
    ($name:literal, $size:expr, $typed:literal) => {{
        let mut app = sample::open($size.0, $size.1);
        keys(&mut app, $typed);
        insta::assert_snapshot!($name, screen(&app));
    }};
}

const SMALL: (u16, u16) = (80, 24);
const MIDDLE: (u16, u16) = (120, 40);
const LARGE: (u16, u16) = (200, 50);

#[test]
fn marks() {
    assert_screen!("board_marked_80", SMALL, " j jV");
    assert_screen!("board_marked_200", LARGE, "lA");
    assert_screen!("activities_marked", SMALL, "2 j ");
    assert_screen!("leads_marked", MIDDLE, "3A");
    assert_screen!("deals_marked", MIDDLE, "4 jjV");
}

/// Hands over how an edit of a bulk ended that began with this one, `nth` of it.
fn ended(app: &mut App, nth: u64, outcome: Result<EditOutcome, EditFailure>, seconds: i64) {
    let later = Now(sample::now().0 + chrono::TimeDelta::seconds(seconds));
    app.update(Msg::Report(Report::EditDone { id: EditId(nth), outcome }), later);
}

#[test]
fn what_is_done_to_many() {
    let fine = || Ok(EditOutcome { changes: Vec::new(), created: None });
    let refused = || Err(EditFailure::new(Vec::new(), ApiError::Refused("it is locked".into())));
    for (name, (width, height)) in [("80", SMALL), ("120", MIDDLE)] {
        let mut app = sample::open(width, height);
        keys(&mut app, "AL");
        for nth in 0..3 {
            ended(&mut app, nth, fine(), 1);
        }
        ended(&mut app, 3, refused(), 2);
        insta::assert_snapshot!(format!("bulk_under_way_{name}"), screen(&app));
        keys(&mut app, "B");
        insta::assert_snapshot!(format!("bulk_in_full_{name}"), screen(&app));
        for nth in 4..9 {
            ended(&mut app, nth, fine(), 3);
        }
        keys(&mut app, "\x1b");
        insta::assert_snapshot!(format!("bulk_result_{name}"), screen(&app));
    }
    assert_screen!("bulk_delete", SMALL, "AX");
    assert_screen!("bulk_labels", SMALL, "Abj ");
    assert_screen!("bulk_owner", SMALL, "AO");
}

#[test]
fn the_board() {
    assert_screen!("board_80", SMALL, "");
    assert_screen!("board_120", MIDDLE, "");
    assert_screen!("board_200", LARGE, "");
    assert_screen!("board_scrolled", SMALL, "$hhGh");
    assert_screen!("board_won", SMALL, "t");
    assert_screen!("board_filtered", SMALL, "/globex");
}

#[test]
fn the_activities() {
    assert_screen!("activities_80", SMALL, "2jj");
    assert_screen!("activities_120", MIDDLE, "2jj");
    assert_screen!("activities_200", LARGE, "2jj");
    assert_screen!("activities_bottom", (80, 12), "2G");
}

#[test]
fn the_leads() {
    assert_screen!("leads_80", SMALL, "3j");
    assert_screen!("leads_120", MIDDLE, "3j");
    assert_screen!("leads_200", LARGE, "3j");
}

/// The account with a busy week.
fn busy(size: (u16, u16)) -> App {
    use dealdeck::domain::{Activity, ActivityId, Due};
    let mut app = sample::open(size.0, size.1);
    let entry = |id: u64, day: &str, time: Option<&str>, minutes: u32, subject: &str| {
        let due = Due { date: day.parse().unwrap(), time: time.map(|time| time.parse().unwrap()) };
        let known = app.account.workspace.activity(ActivityId(1)).cloned();
        let like = known.unwrap_or_else(|| Activity::blank(ActivityId(1)));
        let (subject, due, minutes) = (subject.to_owned(), Some(due), Some(minutes));
        Activity { id: ActivityId(id), subject, due, minutes, done: false, ..like }
    };
    let activities = vec![
        entry(901, "2026-11-24", Some("11:00:00"), 90, "Site visit at the mill"),
        entry(902, "2026-11-24", Some("11:30:00"), 60, "Call Ann back"),
        entry(903, "2026-11-24", Some("12:00:00"), 30, "Tender review"),
        entry(904, "2026-11-25", None, 0, "Trade fair"),
        entry(905, "2026-11-25", None, 0, "Send the catalogue"),
        entry(906, "2026-11-26", Some("05:15:00"), 45, "Early call to 東京本社"),
        entry(907, "2026-11-27", Some("20:30:00"), 240, "Dinner past midnight"),
        entry(908, "2026-11-23", Some("08:00:00"), 120, "Monday \u{1b}[31m meeting"),
    ];
    sample::receive(&mut app, Report::Changed(vec![ServerUpdate::Activities(activities)]));
    keys(&mut app, "2vt");
    app
}

#[test]
fn the_calendar() {
    for (size, name) in [(SMALL, "80"), (MIDDLE, "120"), (LARGE, "200")] {
        let mut app = busy(size);
        insta::assert_snapshot!(format!("week_{name}"), screen(&app));
        keys(&mut app, "vj");
        insta::assert_snapshot!(format!("day_{name}"), screen(&app));
    }
    let mut app = busy(MIDDLE);
    keys(&mut app, "l\r");
    insta::assert_snapshot!("week_120_detail", screen(&app));
}

#[test]
fn totals_in_one_currency() {
    use dealdeck::domain::Rates;
    let rates = [("USD", "0.92"), ("GBP", "1.17")].map(|(code, rate)| (Currency::new(code), rate.parse().unwrap()));
    for (size, name) in [(SMALL, "rates_80"), (MIDDLE, "rates_120"), (LARGE, "rates_200")] {
        let mut app = sample::open(size.0, size.1);
        app.session.preferences.rates = Some(Rates::new(Currency::new("EUR"), rates.clone()));
        insta::assert_snapshot!(name, screen(&app));
    }
}

#[test]
fn what_is_next_is_asked() {
    let mut app = sample::open(80, 24);
    keys(&mut app, "2");
    for _ in 0..20 {
        keys(&mut app, "x");
        if app.session.dialog.is_some() {
            break;
        }
    }
    insta::assert_snapshot!("what_is_next", screen(&app));
}

#[test]
fn the_archive_of_leads() {
    let mut app = sample::open(80, 12);
    keys(&mut app, "3t");
    insta::assert_snapshot!("archive_asked", screen(&app));
    let lead = app.account.workspace.leads().filter(|lead| lead.seen).min_by_key(|lead| lead.id).unwrap().clone();
    let leads = vec![dealdeck::domain::Lead { archived: true, ..lead }];
    let archived = dealdeck::sync::ArchivedLeads { leads, is_whole: false };
    sample::receive(&mut app, Report::Archive(Ok(archived)));
    insta::assert_snapshot!("archive", screen(&app));
}

#[test]
fn the_forms() {
    assert_screen!("form_deal_80", SMALL, "E\t\t\t\tr");
    assert_screen!("form_deal_120", MIDDLE, "E\t\t\t\t\t\t\t\t↓↓ ");
    assert_screen!("form_activity_80", SMALL, "Nm\t\tfri 14:30");
    assert_screen!("form_activity_120", MIDDLE, "2e\t\t\t\t\t\t\t\t\tm");
    assert_screen!("form_person_80", SMALL, "5e\t\t");
    assert_screen!("form_org_120", MIDDLE, "6nAcme\u{1b}");
    assert_screen!("form_low", (60, 12), "2e\t\t\t\t\t\t");
}

#[test]
fn the_tables() {
    assert_screen!("deals_80", SMALL, "4jj");
    assert_screen!("deals_120", MIDDLE, "4jj");
    assert_screen!("deals_200", LARGE, "4jj\r");
    assert_screen!("deals_won", SMALL, "4t");
    assert_screen!("people_80", SMALL, "5");
    assert_screen!("people_120", MIDDLE, "5j");
    assert_screen!("person_200", LARGE, "5jj\r");
    assert_screen!("orgs_80", SMALL, "6");
    assert_screen!("org_120", MIDDLE, "6j\r");
    assert_screen!("orgs_200", LARGE, "6j");
    assert_screen!("users_80", SMALL, "7");
    assert_screen!("user_120", MIDDLE, "7jj\r");
    assert_screen!("users_200", LARGE, "7");
    assert_screen!("people_filtered", SMALL, "5/lind");
    assert_screen!("people_without_a_match", SMALL, "5/nobody at all");
    assert_screen!("deals_sorted", MIDDLE, "4Svalue\r");
    assert_screen!("columns", SMALL, "4C");
    assert_screen!("sort", SMALL, "4Svalue\rS");
    assert_screen!("filter_fields", SMALL, "4MFvalue at least\r5000 eur\r");
    assert_screen!("filter_chips", SMALL, "4MFvalue at least\r5000 eur\rrotting\r\x1b/globex\r");
    assert_screen!("board_sorted", SMALL, "Svalue\r");
}

#[test]
fn the_detail_panel() {
    assert_screen!("deal_80", SMALL, "\r");
    assert_screen!("deal_80_scrolled", SMALL, "\rjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj");
    assert_screen!("deal_120", MIDDLE, "jj\r");
    assert_screen!("activity_120", MIDDLE, "2jjjjjj\r");
    assert_screen!("lead_120", MIDDLE, "3\r");
}

/// The details of the selected deal, with all that there is to know of it.
fn looked_at(width: u16, height: u16, typed: &str) -> App {
    let mut app = sample::open(width, height);
    let deal = app.session.selected_deal(&app.account.workspace).unwrap();
    sample::receive(&mut app, Report::Changed(vec![details::of(deal)]));
    keys(&mut app, typed);
    app
}

#[test]
fn what_there_is_to_know_of_a_deal() {
    let down = "J".repeat(40);
    insta::assert_snapshot!("dossier_120", screen(&looked_at(120, 60, &format!("\r{down}"))));
    insta::assert_snapshot!("dossier_80", screen(&looked_at(80, 24, &format!("\r{down}"))));
    let mut fresh = sample::open(120, 60);
    keys(&mut fresh, "\r");
    assert!(screen(&fresh).contains("reading notes and timeline…"));
    let item = fresh.session.selected(&fresh.account.workspace).unwrap();
    fresh.update(Msg::Tick, dealdeck::app::Now(sample::now().0 + chrono::Duration::seconds(1)));
    sample::receive(&mut fresh, Report::DetailsLoaded { item, outcome: Err(ApiError::BudgetKept) });
    assert!(screen(&fresh).contains("could not be read"));
}

#[test]
fn the_dialogs_of_notes() {
    insta::assert_snapshot!("note_new", screen(&looked_at(80, 24, "iWhat was said")));
    insta::assert_snapshot!("note_formatted", screen(&looked_at(80, 24, "I\r")));
    insta::assert_snapshot!("note_leaving", screen(&looked_at(80, 24, "iWhat was said\x1b")));
    insta::assert_snapshot!("notes", screen(&looked_at(80, 24, "I")));
    for size in [(20, 5), (30, 6), (40, 8), (300, 100)] {
        assert_sound(&drawn(&looked_at(size.0, size.1, "I\rx\r日本"), ColorSupport::TrueColor));
    }
}

#[test]
fn custom_fields() {
    assert_screen!("fields_80", SMALL, "jjjjjjj\rjjjjjjjjjjj");
    assert_screen!("fields_120", MIDDLE, "jjjjjjj\r");
    assert_screen!("fields_200", LARGE, "6\r");
    assert_screen!("fields_form_120", MIDDLE, "jjjjjjjE\t\t\t\t\t\t\t\t\t\t\t\t\t");
}

#[test]
fn the_dialogs() {
    assert_screen!("help", SMALL, "?");
    assert_screen!("stages", SMALL, "m");
    assert_screen!("palette", SMALL, ":deal");
    assert_screen!("prompt", SMALL, "e");
    assert_screen!("prompt_error", SMALL, "d31 June\r");
    assert_screen!("form_suggestions", SMALL, "nNew office\tada↓");
    assert_screen!("form_error", SMALL, "nNew office\x13");
    assert_screen!("quit", SMALL, "LLq");
}

/// The screen of this size, its token refused.
fn refused(width: u16, height: u16, typed: &str) -> App {
    let mut app = sample::open(width, height);
    sample::receive(&mut app, Report::Connection(Box::new(sample::connection(ConnectionState::Refused))));
    keys(&mut app, typed);
    app
}

#[test]
fn a_new_token_is_asked_for_and_never_shown() {
    let mut app = sample::open(80, 24);
    keys(&mut app, "L");
    sample::receive(&mut app, Report::Connection(Box::new(sample::connection(ConnectionState::Refused))));
    keys(&mut app, "0a1b2c3d");
    insta::assert_snapshot!("token", screen(&app));
    insta::assert_snapshot!("token_error", screen(&refused(80, 24, "two words\r")));
    insta::assert_snapshot!("token_low", screen(&refused(40, 8, "two words\r")));
    for (width, height) in [(20, 5), (30, 6), (40, 8), (60, 9), (80, 12), (200, 50)] {
        for typed in ["0a1b2c3d", "0a1b2c3d é\r"] {
            let app = refused(width, height, typed);
            let shown = screen(&app);
            let marks = "•".repeat(typed.trim_end().chars().count());
            assert!(shown.contains(&format!("› {marks}")), "{shown}");
            assert!(!typed.ends_with('\r') || shown.contains("✗ it has"), "{shown}");
            assert!(!shown.contains("0a1b"), "{shown}");
        }
    }
    // A long one is scrolled, and its end is where the cursor stands.
    assert!(screen(&refused(20, 5, &"x".repeat(40))).contains("› •••••••••••••"));
}

#[test]
fn the_line_in_detail() {
    assert_screen!("diagnostics_80", SMALL, "D");
    assert_screen!("diagnostics_120", MIDDLE, "D");
    assert_screen!("diagnostics_narrow", (44, 30), "D");
    let mut app = App::new((80, 24), sample::now());
    keys(&mut app, "D");
    let shown = screen(&app);
    assert!(shown.contains("○ connecting") && shown.contains("nothing went wrong"), "{shown}");
    // It is live while it is open.
    sample::receive(
        &mut app,
        Report::Connection(Box::new(sample::connection(ConnectionState::Offline { why: "no route".into() }))),
    );
    let shown = screen(&app);
    for told in ["○ offline", "no route", "1,204 sent", "PATCH /api/v2/deals/104", "belongs to another team"] {
        assert!(shown.contains(told), "{told} in\n{shown}");
    }
}

#[test]
fn the_line_in_detail_is_read_to_its_end_on_the_least_screen() {
    let mut app = sample::open(20, 5);
    keys(&mut app, "D");
    let mut seen = String::new();
    app.session.viewport.scroll_end = measured(&app);
    for _ in 0..=app.session.viewport.scroll_end.unwrap() {
        seen.push_str(&screen(&app));
        keys(&mut app, "j");
    }
    for told in ["online", "spent", "Edits", "under way", "12:14:27", "PATCH", "limit=500", "out)"] {
        assert!(seen.contains(told), "{told} in\n{seen}");
    }
}

#[test]
fn edits_that_need_attention_are_listed_with_their_reasons() {
    let mut app = sample::open(80, 24);
    for n in 1..=7 {
        app.account.edits.attention.push(Attention {
            id: EditId(n),
            base: None,
            theirs: None,
            edit: Edit::UpdateDeal { id: DealId(101), patch: DealPatch::default() },
            what: format!("move deal {n} to 'Proposal made'"),
            why: "the server says: stage_id is \x1b[31mnot\x07 valid".into(),
            is_kept: true,
        });
    }
    keys(&mut app, "!jjj");
    insta::assert_snapshot!("attention", screen(&app));
}

#[test]
fn a_dragged_card_shows_where_it_would_drop() {
    let mut app = sample::open(80, 24);
    app.session.board.drag = Some(Drag { deal: DealId(101), over: StageId(3), again: false });
    let buffer = drawn(&app, ColorSupport::TrueColor);
    let target = Theme::for_terminal(ColorSupport::TrueColor).target.bg;
    assert_eq!(buffer[(70, 20)].style().bg, target);
    assert_ne!(buffer[(10, 20)].style().bg, target);
    insta::assert_snapshot!("drag", text(&buffer));
}

#[test]
fn the_line_and_the_queue_are_told_in_the_status_bar() {
    let mut app = sample::open(120, 24);
    let status = |app: &App| screen(app).lines().last().unwrap_or_default().trim().to_owned();
    assert!(status(&app).ends_with("rate 18/20  leads 4:32  as of just now  ● online"), "{}", status(&app));
    keys(&mut app, "L");
    assert!(status(&app).contains("↻ 1 saving"), "{}", status(&app));
    let wait = std::time::Duration::from_secs(90);
    let wrong = WrongAccount { name: "Ben".into(), user: UserId(2), company: "Acme".into(), is_same_user: false };
    for (state, told) in [
        (ConnectionState::Connecting, "○ connecting"),
        (ConnectionState::Offline { why: "no route".into() }, "○ offline since 12:15"),
        (ConnectionState::Waiting { wait, why: "rate limit".into() }, "◐ waiting 1:30"),
        (ConnectionState::Refused, "✗ token refused"),
        (ConnectionState::WrongAccount(Box::new(wrong)), "✗ another account's token"),
    ] {
        sample::receive(&mut app, Report::Connection(Box::new(sample::connection(state))));
        assert!(status(&app).ends_with(told), "{}", status(&app));
    }
}

#[test]
fn why_an_edit_failed_is_read_to_its_end_on_any_screen() {
    for size in [SMALL, MIDDLE, LARGE] {
        let mut app = sample::open(size.0, size.1);
        keys(&mut app, "L");
        let (&id, _) = app.account.edits.in_flight.iter().next().unwrap();
        let error = ApiError::Refused("this deal belongs to another team".into());
        let outcome = Err(EditFailure::new(Vec::new(), error));
        sample::receive(&mut app, Report::EditDone { id, outcome });
        let shown = screen(&app);
        assert!(shown.contains("taken back: Move to Contact made: 'Acme"), "{shown}");
        assert!(shown.contains("belongs to another team (! to try again)"), "{shown}");
        if size == SMALL {
            insta::assert_snapshot!("edit_failed", shown);
        }
    }
}

#[test]
fn a_line_that_is_down_says_why_and_when_it_is_up_again() {
    let mut app = sample::open(80, 24);
    let offline = ConnectionState::Offline { why: "the name acme.pipedrive.com does not resolve".into() };
    sample::receive(&mut app, Report::Connection(Box::new(sample::connection(offline))));
    assert!(screen(&app).contains("cannot be reached: the name acme.pipedrive.com does not resolve"));
    sample::receive(&mut app, Report::Connection(Box::new(sample::connection(ConnectionState::Online))));
    assert!(screen(&app).contains("Online again"));
}

#[test]
fn details_and_help_stop_scrolling_at_their_end() {
    for (open, down, up) in
        [("\r", "G", "k"), ("\r", "JJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJ", "K"), ("?", "G", "k"), ("D", "G", "k")]
    {
        let mut app = sample::open(80, 16);
        keys(&mut app, open);
        app.session.viewport.scroll_end = measured(&app);
        keys(&mut app, down);
        let bottom = screen(&app);
        keys(&mut app, up);
        assert_ne!(screen(&app), bottom, "{open:?}");
        keys(&mut app, if ["?", "D"].contains(&open) { "j" } else { "J" });
        assert_eq!(screen(&app), bottom, "{open:?}");
    }
}

#[test]
fn the_view_that_is_shown_is_named_on_any_screen() {
    for (typed, name) in [("1", "1 Board"), ("2", "2 Activities"), ("3", "3 Leads")] {
        let mut app = sample::open(20, 5);
        keys(&mut app, typed);
        assert!(screen(&app).lines().next().unwrap().contains(name), "{}", screen(&app));
    }
}

#[test]
fn what_is_printed_after_the_end_commands_no_terminal() {
    assert_eq!(printable("Move 'a\x1b]52;c;eA==\x07\u{202e}b'\n"), "Move 'a]52;c;eA==b' ");
}

#[test]
fn an_empty_account_says_why() {
    let mut app = App::new((60, 16), sample::now());
    insta::assert_snapshot!("connecting", screen(&app));
    sample::receive(&mut app, Report::Progress(Progress::Reading(sample::reading(1240))));
    assert!(screen(&app).contains("Reading deals…"));
    let offline = ConnectionState::Offline { why: "the name does not resolve".into() };
    sample::receive(&mut app, Report::Connection(Box::new(sample::connection(offline))));
    sample::receive(&mut app, Report::Progress(Progress::Reading(sample::reading(0))));
    assert!(screen(&app).contains("Pipedrive cannot be reached"));
    let fresh = Progress::Fresh { at: sample::now().0, next_poll: sample::now().0 };
    sample::receive(&mut app, Report::Progress(fresh));
    keys(&mut app, "2");
    assert!(screen(&app).contains("Nothing to do"));
    keys(&mut app, "3");
    assert!(screen(&app).contains("The inbox is empty"));
}

#[test]
fn where_probability_is_off_no_screen_mentions_it() {
    for size in [SMALL, MIDDLE, LARGE] {
        for typed in ["]", "]\r", "]j\r", "]n", "]m"] {
            let mut app = sample::open(size.0, size.1);
            keys(&mut app, typed);
            assert_eq!(app.session.board.pipeline, Some(sample::PARTNERS));
            let shown = screen(&app);
            assert!(shown.contains("Scouting"), "{shown}");
            for word in ["%", "≈", "eighted", "robability"] {
                assert!(!shown.contains(word), "{word} in\n{shown}");
            }
        }
    }
    assert_screen!("board_without_probability", SMALL, "]");
}

#[test]
fn what_has_lost_its_links_is_marked_on_card_list_and_details() {
    let unlinked = |size: (u16, u16), typed: &str| {
        let mut app = sample::open(size.0, size.1);
        let id = app.session.selected_deal(&app.account.workspace).unwrap();
        let (person, org, updated) = (None, None, Some(sample::now().0));
        let deal = Deal { person, org, updated, ..app.account.workspace.deal(id).unwrap().clone() };
        let lead =
            app.account.workspace.leads().filter(|lead| !lead.archived).min_by_key(|lead| lead.id).unwrap().clone();
        let lead = Lead { person, org, updated, ..lead };
        sample::receive(
            &mut app,
            Report::Changed(vec![ServerUpdate::Deals(vec![deal]), ServerUpdate::Leads(vec![lead])]),
        );
        keys(&mut app, typed);
        screen(&app)
    };
    let shown = unlinked(MIDDLE, "\r");
    assert!(shown.matches("∅ needs a person").count() >= 2, "{shown}");
    assert!(unlinked((40, 8), "").contains('∅'));
    for typed in ["3", "4"] {
        assert!(unlinked(LARGE, typed).contains("∅ needs a"), "{}", unlinked(LARGE, typed));
    }
    insta::assert_snapshot!("unlinked_120", shown);
}

#[test]
fn low_and_narrow_screens_show_what_they_can() {
    assert_screen!("low", (40, 8), "");
    assert_screen!("least", (20, 5), "");
    assert_screen!("least_leads", (20, 5), "3");
    assert_screen!("too_small", (19, 5), "");
}

#[test]
fn without_colours_no_colour_is_used_and_the_cursor_is_seen() {
    for typed in ["", "\r", "2", "3", "?", ":", "n", "d"] {
        let mut app = sample::open(120, 40);
        keys(&mut app, typed);
        let buffer = drawn(&app, ColorSupport::None);
        let colored = |cell: &Cell| cell.fg != Color::Reset || cell.bg != Color::Reset;
        assert!(!buffer.content().iter().any(colored), "{typed:?}");
        assert!(buffer.content().iter().any(|cell| cell.modifier.contains(Modifier::REVERSED)), "{typed:?}");
    }
}

#[test]
fn sixteen_colours_are_taken_from_the_terminals_own() {
    let buffer = drawn(&sample::open(120, 40), ColorSupport::Ansi16);
    let foreign = |color| matches!(color, Color::Rgb(..) | Color::Indexed(_));
    assert!(!buffer.content().iter().any(|cell| foreign(cell.fg) || foreign(cell.bg)));
}

#[test]
fn the_text_cursor_stands_where_typing_goes() {
    let mut app = sample::open(80, 24);
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    let theme = Theme::for_terminal(ColorSupport::TrueColor);
    keys(&mut app, "/日本 x");
    terminal
        .draw(|frame| {
            view(&app.session, &app.account, &theme, frame);
        })
        .unwrap();
    terminal.backend_mut().assert_cursor_position((9, 2));
    keys(&mut app, &"long ".repeat(40));
    terminal
        .draw(|frame| {
            view(&app.session, &app.account, &theme, frame);
        })
        .unwrap();
    let cursor = terminal.get_cursor_position().unwrap();
    assert!(cursor.y == 2 && cursor.x > 40, "{cursor:?}");
}

/// What must hold of any frame: nothing but printable text, every symbol within its cells and the screen.
fn assert_sound(buffer: &Buffer) {
    let area = buffer.area;
    for y in area.top()..area.bottom() {
        let mut x = area.left();
        while x < area.right() {
            let symbol = buffer[(x, y)].symbol();
            assert!(!symbol.chars().any(|c| c.is_control() || is_direction(c)), "{symbol:?} at {x},{y}");
            let width = symbol.cell_width();
            assert!(width > 0 && x + width <= area.right(), "{symbol:?} at {x},{y}");
            for covered in x + 1..x + width {
                assert_eq!(buffer[(covered, y)].symbol(), " ", "{symbol:?} at {x},{y}");
            }
            x += width;
        }
    }
}

fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Ways to every view and dialog.
const WAYS: [&str; 26] = [
    "",
    "\r",
    "j\rjjj",
    "t",
    "2",
    "2G",
    "2\r",
    "3",
    "3j\r",
    "?",
    "m",
    ":",
    "e",
    "d\r",
    "nx\t\t\tzz\x13",
    "3n\tab",
    "/a b",
    "LLq",
    "Té\r",
    "D",
    "DG",
    "\rJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJ",
    "I",
    "I\r",
    "iwords\x1b",
    "W",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn any_text_on_any_screen_keeps_the_grid(
        text in "(\\PC|[\\x00-\\xff]|[\u{300}-\u{36f}\u{5d0}-\u{6ff}\u{2000}-\u{206f}\u{1f1e6}-\u{1f6ff}日本]){0,60}",
        width in 1_u16..300,
        height in 1_u16..100,
        way in proptest::sample::select(&WAYS),
        (drawn_width, drawn_height) in (1_u16..120, 1_u16..60),
    ) {
        let mut app = sample::hostile(width, height, &text);
        if let Some(deal) = app.session.selected_deal(&app.account.workspace) {
            sample::receive(&mut app, Report::Changed(vec![details::hostile(deal, &text)]));
            let fresh = Progress::Fresh { at: sample::now().0, next_poll: sample::now().0 };
            sample::receive(&mut app, Report::Progress(fresh));
            heard(&mut app, deal.0, |deal| deal.title.push_str(&text));
            sample::receive(&mut app, Report::WebhookStatus(WebhookStatus::Down(text.clone())));
        }
        if way.starts_with('T') {
            sample::receive(&mut app, Report::Connection(Box::new(sample::connection(ConnectionState::Refused))));
        }
        keys(&mut app, way);
        assert_sound(&drawn(&app, ColorSupport::TrueColor));
        // The terminal may have become another size since the state was told.
        let mut terminal = Terminal::new(TestBackend::new(drawn_width, drawn_height)).unwrap();
        let theme = Theme::for_terminal(ColorSupport::Ansi256);
        terminal.draw(|frame| { view(&app.session, &app.account, &theme, frame); }).unwrap();
        assert_sound(terminal.backend().buffer());
    }
}

#[test]
fn a_frame_over_wide_characters_is_whole() {
    for width in [79, 80, 81, 82, 119, 120, 200] {
        for way in ["?", "m", "e", "n", ":"] {
            let mut app = sample::open(width, 24);
            keys(&mut app, way);
            assert_sound(&drawn(&app, ColorSupport::TrueColor));
        }
    }
}

#[test]
fn the_largest_and_the_smallest_screens_are_drawn() {
    for size in [(1, 1), (1, 100), (1000, 1), (20, 5), (500, 200), (1000, 1000)] {
        for way in ["", "\r", "2\r", "3", "?", "n"] {
            let mut app = sample::open(size.0, size.1);
            keys(&mut app, way);
            assert_sound(&drawn(&app, ColorSupport::TrueColor));
        }
    }
}

#[test]
fn what_a_terminal_shows_is_what_was_drawn() {
    let app = sample::open(120, 40);
    let parser = sent(&app, ColorSupport::TrueColor);
    let lines: Vec<String> = parser.screen().rows(0, 120).map(|line| line.trim_end().to_owned()).collect();
    // The emulator and the grid must agree on every line, however wide its characters.
    assert_eq!(lines.join("\n").trim_end(), screen(&app).trim_end());
}

#[test]
#[ignore = "writes pictures to look at"]
fn pictures() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("views");
    std::fs::create_dir_all(&folder).unwrap();
    for (width, height) in [(80, 24), (120, 40), (200, 50)] {
        for (name, typed) in [
            ("board", ""),
            ("detail", "\r"),
            ("activities", "2jjjj"),
            ("leads", "3j"),
            ("help", "?"),
            ("form", "n\tbru"),
            ("prompt", "d31 June\r"),
            ("stages", "m"),
            ("quit", "LLq"),
            ("diagnostics", "D"),
        ] {
            let mut app = sample::open(width, height);
            keys(&mut app, typed);
            let path = folder.join(format!("{name}-{width}x{height}.svg"));
            std::fs::write(path, svg::svg(sent(&app, ColorSupport::TrueColor).screen())).unwrap();
        }
    }
}

#[test]
fn a_conflict_shows_mine_theirs_and_what_was_before() {
    let mut app = sample::open(80, 24);
    let value = |amount: i64| Some(Money { amount: amount.into(), currency: Currency::new("EUR") });
    let edit = |amount, title: Option<&str>| Edit::UpdateDeal {
        id: DealId(101),
        patch: DealPatch { value: value(amount), title: title.map(str::to_owned), ..DealPatch::default() },
    };
    app.account.edits.attention.push(Attention {
        id: EditId(1),
        edit: edit(12_500, Some("Not in question")),
        base: Some(edit(10_000, Some("Before"))),
        theirs: Some(edit(11_000, None)),
        what: "Value €12,500 for 'Acme'".into(),
        why: "somebody has changed the same in Pipedrive meanwhile: choose yours or theirs".into(),
        is_kept: true,
    });
    keys(&mut app, "!");
    insta::assert_snapshot!("conflict", screen(&app));
}

#[test]
fn the_history_shows_what_was_edited_from_here_and_what_came_of_it() {
    let mut app = sample::open(100, 24);
    keys(&mut app, "Y");
    assert!(screen(&app).contains("Looking…"));
    let why = "Pipedrive says: \x1b[2Jno".to_owned();
    let states = [
        EditState::Waiting,
        EditState::Confirmed { made: None },
        EditState::Attention { why, theirs: None },
        EditState::Discarded,
        EditState::Replaced,
    ];
    let edits = states.into_iter().zip(1..).map(|(state, nth)| JournalEntry {
        id: EditId(nth),
        made_at: sample::now().0,
        what: format!("Move to stage {nth}: 'Acme'"),
        edit: Edit::UpdateDeal { id: DealId(101), patch: DealPatch::default() },
        base: None,
        part_of: None,
        step: None,
        ended_at: (state != EditState::Waiting).then_some(sample::now().0),
        state,
    });
    sample::receive(&mut app, Report::History(Ok(edits.collect())));
    keys(&mut app, "jj");
    insta::assert_snapshot!("history", screen(&app));
}

#[test]
fn a_first_reading_shows_its_bar_while_the_board_is_there() {
    for size in [SMALL, MIDDLE] {
        let mut app = sample::open(size.0, size.1);
        let left = Some(std::time::Duration::from_secs(42));
        let reading = ReadProgress { pages: 12, share: Some(0.37), left, ..sample::reading(5_940) };
        sample::receive(&mut app, Report::Progress(Progress::Reading(reading)));
        let status = screen(&app).lines().last().unwrap_or_default().to_owned();
        assert!(status.contains("37% of the account · 5,940 items · 12 pages"), "{status}");
        assert_eq!(status.contains('█'), size != SMALL, "{status}");
        insta::assert_snapshot!(format!("reading_{}", size.0), status);
    }
}

#[test]
fn offline_and_queued_are_told_together_with_the_age_of_the_board() {
    let mut app = sample::open(120, 24);
    app.account.durability = Durability::Kept;
    keys(&mut app, "L");
    let (&id, _) = app.account.edits.in_flight.iter().next().unwrap();
    sample::receive(&mut app, Report::Queued(id));
    let offline = ConnectionState::Offline { why: "no route".into() };
    sample::receive(&mut app, Report::Connection(Box::new(sample::connection(offline))));
    app.session.messages.notice = None;
    let status = screen(&app).lines().last().unwrap_or_default().to_owned();
    for told in ["○ offline since 12:15", "↻ 1 queued", "as of just now"] {
        assert!(status.contains(told), "{told}: {status}");
    }
    app.account.durability = Durability::Failing("the disk is full".into());
    assert!(screen(&app).contains("not kept on disk"));
}

#[test]
fn whether_an_edit_is_safe_is_told_on_the_narrowest_screen() {
    for width in [40, 60, 80, 120] {
        let mut app = sample::open(width, 24);
        app.account.durability = Durability::Kept;
        keys(&mut app, "L");
        let status = |app: &App| screen(app).lines().last().unwrap_or_default().to_owned();
        assert!(status(&app).contains("· saving"), "{}", status(&app));
        let (&id, _) = app.account.edits.in_flight.iter().next().unwrap();
        sample::receive(&mut app, Report::Queued(id));
        assert!(status(&app).contains("· queued"), "{}", status(&app));
    }
}

/// A colleague changes a deal, as a webhook tells.
fn heard(app: &mut App, id: u64, change: impl FnOnce(&mut Deal)) {
    let mut deal = app.account.workspace.deal(DealId(id)).unwrap().clone();
    change(&mut deal);
    deal.updated = Some(sample::now().0);
    let heard = WebhookChange { by: Some(UserId(2)), change: ServerUpdate::Deals(vec![deal]) };
    sample::receive(app, Report::WebhookChanges(vec![heard]));
}

#[test]
fn what_a_colleague_changes_flashes_and_is_told() {
    for (size, name) in [(SMALL, "80"), (MIDDLE, "120")] {
        let mut app = sample::open(size.0, size.1);
        sample::receive(&mut app, Report::WebhookStatus(WebhookStatus::On));
        heard(&mut app, 114, |deal| deal.stage = StageId(1));
        insta::assert_snapshot!(format!("heard_{name}"), screen(&app));
        heard(&mut app, 103, |deal| deal.status = dealdeck::domain::DealStatus::Won);
        heard(&mut app, 104, |deal| deal.title = "\u{1b}[31m\u{202e}見積もり".into());
        insta::assert_snapshot!(format!("heard_more_{name}"), screen(&app));
        keys(&mut app, "W");
        insta::assert_snapshot!(format!("lately_{name}"), screen(&app));
    }
    let mut app = sample::open(120, 40);
    heard(&mut app, 114, |deal| deal.value.amount = 1.into());
    keys(&mut app, "4");
    insta::assert_snapshot!("heard_list", screen(&app));
}

#[test]
fn a_flash_is_seen_with_any_number_of_colours_and_fades() {
    let at = |buffer: &Buffer, mark: &str| buffer.content.iter().find(|cell| cell.symbol() == mark).map(Cell::style);
    for colors in [ColorSupport::None, ColorSupport::Ansi16, ColorSupport::Ansi256, ColorSupport::TrueColor] {
        let mut app = sample::open(120, 40);
        heard(&mut app, 114, |deal| deal.value.amount = 1.into());
        let bright = at(&drawn(&app, colors), "•").unwrap();
        assert!(bright.add_modifier.contains(Modifier::BOLD), "{colors:?}");
        let later = |seconds| Now(sample::now().0 + chrono::Duration::seconds(seconds));
        app.update(Msg::Tick, later(1));
        let faded = at(&drawn(&app, colors), "•").unwrap();
        let has_grounds = matches!(colors, ColorSupport::Ansi256 | ColorSupport::TrueColor);
        assert_eq!(bright.bg != faded.bg, has_grounds, "{colors:?}");
        app.update(Msg::Tick, later(2));
        assert_eq!(at(&drawn(&app, colors), "•"), None, "{colors:?}");
    }
}

#[test]
fn whether_the_board_is_live_or_how_old_it_is_is_always_told() {
    let mut app = sample::open(80, 24);
    let mut status = |live: WebhookStatus, seconds: i64| {
        let later = Now(sample::now().0 + chrono::Duration::seconds(seconds));
        app.update(Msg::Report(Report::WebhookStatus(live)), later);
        app.session.messages.notice = None;
        screen(&app).lines().last().unwrap_or_default().trim_end().to_owned()
    };
    assert!(status(WebhookStatus::Off, 12).ends_with("as of 12s ago  ● online"));
    assert!(status(WebhookStatus::Waiting, 70).ends_with("as of 1m ago  webhooks …  ● online"));
    assert!(status(WebhookStatus::Down("no answer".into()), 80).ends_with("as of 1m ago  webhooks down  ● online"));
    let live = status(WebhookStatus::On, 90);
    assert!(live.ends_with("◉ live") && !live.contains("as of"), "{live}");
    let offline = ConnectionState::Offline { why: "no route".into() };
    sample::receive(&mut app, Report::Connection(Box::new(sample::connection(offline))));
    app.session.messages.notice = None;
    let status = screen(&app).lines().last().unwrap_or_default().to_owned();
    assert!(status.contains("as of") && !status.contains("live"), "{status}");
    let mut app = sample::open(80, 24);
    heard(&mut app, 114, |deal| deal.value.amount = 1.into());
    sample::receive(
        &mut app,
        Report::WebhookStatus(WebhookStatus::Down("the address does not answer\u{1b}[2J".into())),
    );
    keys(&mut app, "D");
    insta::assert_snapshot!("diagnostics_webhooks", screen(&app));
}
