//! The time of a keypress on an account of 100,000 deals compared with one of 1,000: the ratio should be near 1.
//!
//!     cargo bench --bench keypress

#[path = "../tests/support/harness.rs"]
mod harness;

use std::hint::black_box;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use dealdeck::app::{Msg, Now};
use dealdeck::domain::{
    Currency, Deal, DealId, Money, PersonId, Pipeline, PipelineId, PipelineStage, Probability, Stage, StageId,
};
use dealdeck::sync::Report;
use dealdeck::ui::{self, ColorSupport, Theme};
use dealdeck::workspace::ServerUpdate;
use harness::App;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

const SMALL: u64 = 1_000;
const LARGE: u64 = 100_000;
const STAGES: u64 = 6;
const ROUNDS: usize = 400;

fn now() -> Now {
    Now(DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000))
}

fn deal(id: u64) -> Deal {
    let place = PipelineStage { pipeline: PipelineId(1), stage: StageId(id % STAGES) };
    Deal {
        title: format!("Deal number {id}"),
        person: Some(PersonId(1)),
        origin: "API".into(),
        ..Deal::blank(DealId(id), place, Money { amount: id.into(), currency: Currency::new("EUR") })
    }
}

fn app(deals: u64) -> App {
    let stage = |id| Stage {
        id: StageId(id),
        name: format!("Stage {id}"),
        pipeline: PipelineId(1),
        order: i64::try_from(id).unwrap_or(0),
        probability: Probability::CERTAIN,
        rots_after_days: None,
    };
    let mut app = App::new((200, 50), now());
    let changes = vec![
        ServerUpdate::AllPipelines(vec![Pipeline {
            id: PipelineId(1),
            name: "P".into(),
            order: 1,
            has_probability: true,
        }]),
        ServerUpdate::AllStages((0..STAGES).map(stage).collect()),
        ServerUpdate::Deals((1..=deals).map(deal).collect()),
    ];
    app.update(Msg::Report(Report::Changed(changes)), now());
    app
}

/// Returns the median time of a key with its frame, in microseconds.
fn cost(app: &mut App, keys: &[KeyCode]) -> f64 {
    let theme = Theme::for_terminal(ColorSupport::TrueColor);
    let Ok(mut terminal) = Terminal::new(TestBackend::new(200, 50));
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|round| {
            let key = KeyEvent::new(keys[round % keys.len()], KeyModifiers::NONE);
            let start = Instant::now();
            black_box(app.update(Msg::Key(key), now()));
            let Ok(_) = terminal.draw(|frame| {
                ui::view(&app.session, &app.account, &theme, frame);
            });
            start.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Types characters without measuring.
fn type_in(app: &mut App, keys: &[KeyCode]) {
    for key in keys {
        app.update(Msg::Key(KeyEvent::new(*key, KeyModifiers::NONE)), now());
    }
}

/// Measures the same keys on both accounts.
fn compare(small: &mut App, large: &mut App, name: &str, keys: &[KeyCode]) {
    let (a, b) = (cost(small, keys), cost(large, keys));
    println!("{name:<28} {a:>9.1} µs {b:>9.1} µs {:>8.2}", b / a);
}

fn main() {
    let (mut small, mut large) = (app(SMALL), app(LARGE));
    println!("{:<28} {:>12} {:>12} {:>8}", "key, with its frame", "1,000 deals", "100,000", "ratio");
    let cases: [(&str, &[KeyCode]); 5] = [
        ("down and up", &[KeyCode::Char('j'), KeyCode::Char('k')]),
        ("bottom and top", &[KeyCode::Char('G'), KeyCode::Char('g')]),
        ("column right and left", &[KeyCode::Char('l'), KeyCode::Char('h')]),
        ("move a deal on and back", &[KeyCode::Char('L'), KeyCode::Char('H')]),
        ("view by view", &[KeyCode::Char('2'), KeyCode::Char('3'), KeyCode::Char('1')]),
    ];
    for (name, keys) in cases {
        compare(&mut small, &mut large, name, keys);
    }
    // With a sort and a filter that nearly all deals match. The first letter searches all deals once.
    let arranged = [KeyCode::Char('4'), KeyCode::Char('S'), KeyCode::Char('v'), KeyCode::Char('a'), KeyCode::Enter];
    let filtered = [KeyCode::Char('/'), KeyCode::Char('n'), KeyCode::Char('u'), KeyCode::Enter];
    for app in [&mut small, &mut large] {
        type_in(app, &arranged);
        type_in(app, &filtered);
    }
    let cases: [(&str, &[KeyCode]); 3] = [
        ("sorted, filtered: down, up", &[KeyCode::Char('j'), KeyCode::Char('k')]),
        ("sorted, filtered: G and g", &[KeyCode::Char('G'), KeyCode::Char('g')]),
        ("sorted, filtered: L and H", &[KeyCode::Char('L'), KeyCode::Char('H')]),
    ];
    for (name, keys) in cases {
        compare(&mut small, &mut large, name, keys);
    }
    // A longer word searches the current matches; deleting a letter searches all deals.
    for app in [&mut small, &mut large] {
        type_in(app, &[KeyCode::Char('/')]);
    }
    compare(&mut small, &mut large, "a letter typed, taken back", &[KeyCode::Char('m'), KeyCode::Backspace]);
}
