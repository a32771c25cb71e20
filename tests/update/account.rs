//! A small account made by hand, and ways to drive a screen on it.

use crate::harness::App;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use dealdeck::app::{Effect, Msg, Now};
use dealdeck::domain::*;
use dealdeck::sync::{Command, EditFailure, EditOutcome, Progress, Report};
use dealdeck::workspace::{EditId, ServerUpdate};
use uuid::Uuid;

pub const TODAY: &str = "2026-11-24";

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub fn now() -> Now {
    Now(at("2026-11-24T10:00:00Z"))
}

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub fn money(amount: i64, code: &str) -> Money {
    Money { amount: amount.into(), currency: Currency::new(code) }
}

pub fn deal(id: u64, stage: u64, value: Money) -> Deal {
    let pipeline = PipelineId(if stage < 10 { 1 } else { 2 });
    Deal {
        title: format!("Deal {id}"),
        owner: Some(UserId(1)),
        person: Some(PersonId(1)),
        added: Some(at("2026-11-01T08:00:00Z")),
        updated: Some(at("2026-11-20T08:00:00Z")),
        origin: "API".into(),
        ..Deal::blank(DealId(id), PipelineStage { pipeline, stage: StageId(stage) }, value)
    }
}

pub fn activity(id: u64, due: Option<(&str, Option<&str>)>, deal: Option<u64>) -> Activity {
    let time = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").unwrap();
    Activity {
        id: ActivityId(id),
        subject: format!("Activity {id}"),
        kind: "call".into(),
        owner: Some(UserId(1)),
        deal: deal.map(DealId),
        lead: None,
        person: None,
        org: None,
        due: due.map(|(date, at)| Due { date: day(date), time: at.map(time) }),
        done: false,
        done_at: None,
        note: None,
        updated: Some(at("2026-11-20T08:00:00Z")),
        ..Activity::blank(ActivityId(id))
    }
}

pub fn lead_id(n: u128) -> LeadId {
    LeadId(Uuid::from_u128((0xa0 << 120) + n))
}

pub fn lead(n: u128, seen: bool) -> Lead {
    Lead {
        id: lead_id(n),
        title: format!("Lead {n}"),
        owner: Some(UserId(1)),
        person: Some(PersonId(1)),
        org: None,
        labels: Vec::new(),
        source: "API".into(),
        seen,
        value: None,
        expected_close: None,
        archived: false,
        added: Some(at("2026-11-01T08:00:00Z") + chrono::TimeDelta::hours(i64::try_from(n).unwrap())),
        updated: Some(at("2026-11-20T08:00:00Z")),
        ..Lead::blank(lead_id(n))
    }
}

pub fn stage(id: u64, name: &str, probability: i64) -> Stage {
    Stage {
        id: StageId(id),
        name: name.into(),
        pipeline: PipelineId(if id < 10 { 1 } else { 2 }),
        order: i64::try_from(id).unwrap(),
        probability: Probability::new(probability).unwrap(),
        rots_after_days: None,
    }
}

/// Two pipelines, the second without probabilities; six deals, four activities, three leads.
pub fn changes() -> Vec<ServerUpdate> {
    vec![
        ServerUpdate::Me(Me {
            id: UserId(1),
            name: "Mari Tamm".into(),
            currency: Currency::new("EUR"),
            timezone: chrono_tz::Europe::Tallinn,
            company: "Acme".into(),
            domain: "acme".into(),
        }),
        ServerUpdate::AllUsers(vec![User {
            id: UserId(1),
            name: "Mari Tamm".into(),
            active: true,
            email: None,
            phone: None,
        }]),
        ServerUpdate::AllPipelines(vec![
            Pipeline { id: PipelineId(1), name: "Sales".into(), order: 1, has_probability: true },
            Pipeline { id: PipelineId(2), name: "Partners".into(), order: 2, has_probability: false },
        ]),
        ServerUpdate::AllStages(vec![
            stage(1, "Qualified", 20),
            stage(2, "Proposal", 50),
            stage(3, "Negotiation", 80),
            stage(11, "Talks", 100),
            stage(12, "Signed", 100),
        ]),
        ServerUpdate::People(vec![Person {
            id: PersonId(1),
            name: "Ada Lovelace".into(),
            owner: None,
            org: Some(OrgId(1)),
            phones: Vec::new(),
            emails: Vec::new(),
            ..Person::blank(PersonId(1))
        }]),
        ServerUpdate::Organizations(vec![Organization {
            id: OrgId(1),
            name: "Engines Ltd".into(),
            owner: None,
            address: None,
            ..Organization::blank(OrgId(1))
        }]),
        ServerUpdate::Deals(vec![
            deal(1, 1, money(1_000, "EUR")),
            deal(2, 1, money(2_000, "EUR")),
            deal(3, 1, money(500, "USD")),
            deal(4, 2, money(4_000, "EUR")),
            deal(5, 3, money(5_000, "EUR")),
            deal(6, 11, money(6_000, "EUR")),
        ]),
        ServerUpdate::Activities(vec![
            activity(1, Some(("2026-11-20", None)), Some(2)),
            activity(2, Some((TODAY, Some("12:30"))), Some(3)),
            activity(3, Some(("2026-11-27", None)), None),
            activity(4, None, None),
        ]),
        ServerUpdate::AllLeads(vec![lead(1, true), lead(2, false), lead(3, false)]),
    ]
}

/// A screen with the account on it.
pub fn app() -> App {
    let mut app = App::new((120, 40), now());
    app.update(Msg::Report(Report::Changed(changes())), now());
    let fresh = Progress::Fresh { at: now().0, next_poll: at("2026-11-24T10:05:00Z") };
    app.update(Msg::Report(Report::Progress(fresh)), now());
    app
}

pub fn code(name: &str) -> KeyEvent {
    let plain = |code| KeyEvent::new(code, KeyModifiers::NONE);
    match name {
        "enter" => plain(KeyCode::Enter),
        "esc" => plain(KeyCode::Esc),
        "tab" => plain(KeyCode::Tab),
        "down" => plain(KeyCode::Down),
        "up" => plain(KeyCode::Up),
        "backspace" => plain(KeyCode::Backspace),
        "ctrl-u" => KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL),
        "ctrl-s" => KeyEvent::new(KeyCode::Char('s'), KeyModifiers::CONTROL),
        "ctrl-l" => KeyEvent::new(KeyCode::Char('l'), KeyModifiers::CONTROL),
        "ctrl-t" => KeyEvent::new(KeyCode::Char('t'), KeyModifiers::CONTROL),
        "left" => plain(KeyCode::Left),
        "right" => plain(KeyCode::Right),
        "space" => plain(KeyCode::Char(' ')),
        "ctrl-c" => KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL),
        "ctrl-r" => KeyEvent::new(KeyCode::Char('r'), KeyModifiers::CONTROL),
        one => plain(KeyCode::Char(one.chars().next().unwrap())),
    }
}

/// Presses keys, separated by spaces, and gives the effects of all.
pub fn press(app: &mut App, keys: &str) -> Vec<Effect> {
    keys.split_whitespace().flat_map(|key| send(app, Msg::Key(code(key)))).collect()
}

/// Gives a message and its effects, but for the word that somebody is there, which goes along now and then.
pub fn send(app: &mut App, msg: Msg) -> Vec<Effect> {
    app.update(msg, now()).into_iter().filter(|effect| *effect != Effect::Send(Command::UserActive)).collect()
}

/// Types a text.
pub fn type_text(app: &mut App, text: &str) {
    for c in text.chars() {
        app.update(Msg::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)), now());
    }
}

/// The only edit among effects, with its name.
pub fn only_edit(effects: &[Effect]) -> (EditId, Edit) {
    match effects {
        [Effect::Send(Command::Edit { kept, .. })] => (kept.id, kept.edit.clone()),
        other => panic!("not one edit: {other:?}"),
    }
}

pub fn succeed(app: &mut App, id: EditId, changes: Vec<ServerUpdate>, created: Option<ItemRef>) {
    app.update(Msg::Report(Report::EditDone { id, outcome: Ok(EditOutcome { changes, created }) }), now());
}

pub fn fail(app: &mut App, id: EditId, error: dealdeck::pipedrive::ApiError) {
    let failure = EditFailure::new(Vec::new(), error);
    app.update(Msg::Report(Report::EditDone { id, outcome: Err(failure) }), now());
}

pub fn stage_of(app: &App, id: u64) -> u64 {
    app.account.workspace.deal(DealId(id)).unwrap().stage.0
}
