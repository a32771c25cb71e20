//! Where a deal's present pipeline has probability turned off, no screen shows one, nor a weighted value: not of now, and
//! not of what was there before.

use crate::harness::App;
use chrono::Duration;
use dealdeck::app::account::Attention;
use dealdeck::app::{Msg, Now};
use dealdeck::domain::*;
use dealdeck::sync::{Durability, EditState, JournalEntry, Report, WebhookChange};
use dealdeck::workspace::{Column, EditId, ServerUpdate};
use proptest::prelude::*;

use super::{keys, sample, screen};

const HIDDEN: DealId = DealId(900);
const TITLE: &str = "Zebra crossing";

fn percent(of: i64) -> Option<Probability> {
    Probability::new(of)
}

/// A deal with a probability of its own, in a pipeline that has none.
fn deal() -> Deal {
    let place = PipelineStage { pipeline: sample::PARTNERS, stage: StageId(7) };
    let value = Money { amount: 1_357.into(), currency: Currency::new("EUR") };
    Deal {
        title: TITLE.into(),
        owner: Some(UserId(1)),
        person: Some(PersonId(1)),
        probability: percent(37),
        added: Some(sample::now().0 - Duration::days(3)),
        updated: Some(sample::now().0 - Duration::days(2)),
        ..Deal::blank(HIDDEN, place, value)
    }
}

fn own(probability: i64) -> Edit {
    let patch = DealPatch { probability: Some(percent(probability)), ..DealPatch::default() };
    Edit::UpdateDeal { id: HIDDEN, patch }
}

fn kept(nth: u64, probability: i64, state: EditState) -> JournalEntry {
    JournalEntry {
        id: EditId(nth),
        made_at: sample::now().0,
        what: format!("{probability}% for '{TITLE}'"),
        edit: own(probability),
        base: Some(own(37)),
        part_of: None,
        step: None,
        ended_at: None,
        state,
    }
}

fn timeline() -> ServerUpdate {
    let changed = |field: &str, from: &str, to: &str| TimelineEntry {
        at: sample::now().0 - Duration::hours(1),
        by: Some(UserId(2)),
        what: TimelineEvent::Changed { field: field.into(), from: Some(from.into()), to: Some(to.into()) },
    };
    ServerUpdate::Details(Box::new(ItemDetails {
        item: ItemRef::Deal(HIDDEN),
        at: sample::now().0,
        as_of: None,
        notes: Vec::new(),
        products: Vec::new(),
        timeline: vec![
            changed("probability", "37", "42"),
            changed("weighted_value", "502.09", "569.94"),
            changed("title", "Old words", TITLE),
        ],
    }))
}

/// An account with the deal on the board, edits of its probability, and its columns chosen.
fn open(width: u16, height: u16) -> App {
    let mut app = sample::open(width, height);
    sample::receive(&mut app, Report::Changed(vec![ServerUpdate::Deals(vec![deal()]), timeline()]));
    let conflict = |theirs: Option<Edit>| Attention {
        id: EditId(1),
        edit: own(42),
        base: Some(own(37)),
        theirs,
        what: format!("42% for '{TITLE}'"),
        why: "somebody has changed the same in Pipedrive meanwhile".into(),
        is_kept: true,
    };
    app.account.edits.attention.extend([conflict(Some(own(41))), conflict(None)]);
    keys(&mut app, "]");
    let columns = vec![Column::Title, Column::Value, Column::Probability, Column::Weighted];
    app.session.arrangements.set_columns(dealdeck::app::View::Deals, columns);
    app
}

/// Fails where a probability or a weighted value is on the screen.
fn assert_none(app: &App, after: &str) {
    let shown = screen(app);
    for word in ["%", "≈", "eighted", "robability", "502", "569", "678"] {
        assert!(!shown.contains(word), "{word} after {after:?} in\n{shown}");
    }
}

#[test]
fn no_view_of_a_deal_shows_a_probability_that_is_off() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        for typed in ["", "\r", "E", "n", "m", "S", "e", "v", "y", "!", "!j", "!c", "!jc", "q", "W", "J", "/Zebra\r4"] {
            let mut app = open(width, height);
            keys(&mut app, "/Zebra\r");
            keys(&mut app, typed);
            // Of the lists only this one has nothing of other deals in it.
            if !typed.ends_with('4') {
                assert_none(&app, typed);
            }
        }
        let mut app = open(width, height);
        keys(&mut app, "4/Zebra\r");
        let shown = screen(&app);
        let row = shown.lines().find(|line| line.contains(TITLE) && line.contains("1,357")).unwrap();
        assert!(!row.contains('%') && !row.contains("502"), "{row}");
    }
}

#[test]
fn the_timeline_leaves_out_a_probability_that_is_off() {
    let mut app = open(120, 80);
    keys(&mut app, "/Zebra\r\r");
    assert!(screen(&app).contains("Title: Old words"), "{}", screen(&app));
    assert_none(&app, "the details");
    // Where it is on, it is there.
    let mut moved = deal();
    (moved.pipeline, moved.stage) = (sample::SALES, StageId(1));
    sample::receive(&mut app, Report::Changed(vec![ServerUpdate::Deals(vec![moved])]));
    keys(&mut app, "[");
    assert!(screen(&app).contains("Probability: 37 → 42"), "{}", screen(&app));
}

#[test]
fn the_history_leaves_out_a_probability_that_is_off() {
    let mut app = open(120, 40);
    keys(&mut app, "Y");
    let edits = vec![kept(1, 42, EditState::Waiting), kept(2, 41, EditState::Confirmed { made: None })];
    sample::receive(&mut app, Report::History(Ok(edits)));
    assert!(screen(&app).contains(&format!("Change '{TITLE}'")), "{}", screen(&app));
    assert_none(&app, "Y");
    // Taking it back is against the rule, and said without a figure.
    keys(&mut app, "u");
    assert!(!screen(&app).contains("37%") && !screen(&app).contains("42%"), "{}", screen(&app));
}

#[test]
fn what_a_colleague_makes_of_a_hidden_probability_is_no_news() {
    let mut app = open(120, 40);
    // Long after it came to the board.
    let now = Now(sample::now().0 + Duration::minutes(5));
    app.update(Msg::Tick, now);
    let change = |probability| Deal { probability: percent(probability), updated: Some(sample::now().0), ..deal() };
    let heard = |deal| {
        Report::WebhookChanges(vec![WebhookChange { by: Some(UserId(2)), change: ServerUpdate::Deals(vec![deal]) }])
    };
    app.update(Msg::Report(heard(change(42))), now);
    assert_eq!(app.account.workspace.deal(HIDDEN).unwrap().probability, percent(42));
    assert!(app.account.flash(ItemRef::Deal(HIDDEN), app.session.now).is_none());
    assert!(!screen(&app).contains("changed Zebra"), "{}", screen(&app));
    // What else of it changes flashes as ever.
    let later = Some(sample::now().0 + Duration::seconds(1));
    app.update(Msg::Report(heard(Deal { title: format!("{TITLE}s"), updated: later, ..change(42) })), now);
    assert!(app.account.flash(ItemRef::Deal(HIDDEN), app.session.now).is_some());
}

#[test]
fn a_deal_that_moves_on_takes_no_probability_along_into_words() {
    let mut app = sample::open(120, 40);
    app.account.durability = Durability::Kept;
    let mut shown = deal();
    (shown.pipeline, shown.stage, shown.probability) = (sample::SALES, StageId(1), None);
    sample::receive(&mut app, Report::Changed(vec![ServerUpdate::Deals(vec![shown])]));
    keys(&mut app, "/Zebra\r%37\r");
    assert!(screen(&app).contains("37%"), "{}", screen(&app));
    // A colleague moves it to a pipeline that has none.
    let moved = Deal { probability: None, updated: Some(sample::now().0), ..deal() };
    sample::receive(&mut app, Report::Changed(vec![ServerUpdate::Deals(vec![moved])]));
    app.session.messages.notice = None;
    keys(&mut app, "]");
    for typed in ["", "q", "\x1b", "u"] {
        keys(&mut app, typed);
        let shown = screen(&app);
        assert!(!shown.contains("37%") && !shown.contains("37 %"), "after {typed:?}:\n{shown}");
    }
}

#[test]
fn a_prompt_for_a_probability_closes_when_the_deal_leaves_its_pipeline() {
    let mut app = sample::open(120, 40);
    let shown = Deal { pipeline: sample::SALES, stage: StageId(1), ..deal() };
    sample::receive(&mut app, Report::Changed(vec![ServerUpdate::Deals(vec![shown])]));
    keys(&mut app, "/Zebra\r%");
    assert!(screen(&app).contains("Probability in percent"));
    let moved = Deal { updated: Some(sample::now().0), ..deal() };
    sample::receive(&mut app, Report::Changed(vec![ServerUpdate::Deals(vec![moved])]));
    assert!(app.session.dialog.is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// An account without any probability: whatever is pressed, none is shown. Help, palette and diagnostics, which
    /// name keys and rates, are left out, and so is the one character that typing would put there.
    #[test]
    fn without_any_probability_no_key_shows_one(
        typed in proptest::collection::vec(proptest::sample::select(
            "hjklHLmwxo evdnNEXy!YWqSCFQMBOb123456[]pt\r\t\x1b /Zebrau".chars().collect::<Vec<_>>()), 1..40),
        size in proptest::sample::select(vec![(80, 24), (120, 40), (200, 60)]),
        own in 0_i64..=100,
    ) {
        let mut app = open(size.0, size.1);
        let pipeline = |id, name: &str| Pipeline { id, name: name.into(), order: 1, has_probability: false };
        let off = vec![pipeline(sample::SALES, "Sales"), pipeline(sample::PARTNERS, "Partners")];
        let changed = Deal { probability: percent(own), ..deal() };
        sample::receive(&mut app, Report::Changed(vec![ServerUpdate::AllPipelines(off), ServerUpdate::Deals(vec![changed])]));
        let later = Now(sample::now().0 + Duration::minutes(1));
        for key in typed {
            keys(&mut app, &key.to_string());
            sample::receive(&mut app, Report::History(Ok(vec![kept(9, own, EditState::Waiting)])));
            let shown = screen(&app);
            // The rule that forbids to change one is named by its word.
            for word in ["%", "≈", "eighted", "Probability"] {
                prop_assert!(!shown.contains(word), "{word} after {key:?} in\n{shown}");
            }
        }
        app.update(Msg::Tick, later);
    }
}
