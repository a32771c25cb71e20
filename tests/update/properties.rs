//! Whatever comes, nothing panics, totals are the sums of the cards, and all edits end.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::harness::App;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use dealdeck::app::calendar::Shape;
use dealdeck::app::{Effect, Msg, Now, View, layout};
use dealdeck::domain::*;
use dealdeck::pipedrive::{ApiError, Metrics};
use dealdeck::sync::{Command, Connection, ConnectionState, EditFailure, EditOutcome, Progress, Report};
use dealdeck::workspace::{BoardColumnKey, EditId, ServerUpdate};
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::account::*;

/// A step of a random session.
#[derive(Debug, Clone)]
enum Step {
    Msg(Msg),
    /// A message does not show these.
    Key(KeyEvent),
    Paste(String),
    Changed(ServerUpdate),
    /// The oldest edit under way succeeds or fails.
    Answer(bool),
}

fn any_key() -> impl Strategy<Value = KeyEvent> {
    let code = prop_oneof![
        8 => "[ -~]".prop_map(|text| KeyCode::Char(text.chars().next().unwrap())),
        1 => any::<char>().prop_map(KeyCode::Char),
        4 => proptest::sample::select(vec![
            KeyCode::Enter, KeyCode::Esc, KeyCode::Tab, KeyCode::BackTab, KeyCode::Up, KeyCode::Down, KeyCode::Left,
            KeyCode::Right, KeyCode::Home, KeyCode::End, KeyCode::PageUp, KeyCode::PageDown, KeyCode::Backspace,
            KeyCode::Delete, KeyCode::F(5), KeyCode::Insert,
        ]),
    ];
    let with =
        prop_oneof![6 => Just(KeyModifiers::NONE), 1 => Just(KeyModifiers::CONTROL), 1 => Just(KeyModifiers::SHIFT)];
    (code, with).prop_map(|(code, with)| KeyEvent::new(code, with))
}

fn any_mouse() -> impl Strategy<Value = MouseEvent> {
    let kind = proptest::sample::select(vec![
        MouseEventKind::Down(MouseButton::Left),
        MouseEventKind::Up(MouseButton::Left),
        MouseEventKind::Drag(MouseButton::Left),
        MouseEventKind::Down(MouseButton::Right),
        MouseEventKind::ScrollDown,
        MouseEventKind::ScrollUp,
        MouseEventKind::Moved,
    ]);
    (kind, 0_u16..220, 0_u16..70).prop_map(|(kind, column, row)| MouseEvent {
        kind,
        column,
        row,
        modifiers: KeyModifiers::NONE,
    })
}

fn any_deal() -> impl Strategy<Value = Deal> {
    let amount = prop_oneof![
        8 => (0_i64..1_000_000).prop_map(|cents| Decimal::new(cents, 2)),
        1 => Just(Decimal::MAX),
        1 => Just(Decimal::MIN),
        1 => any::<i64>().prop_map(|n| Decimal::new(n, 9)),
    ];
    let status = proptest::sample::select(vec![
        DealStatus::Open,
        DealStatus::Open,
        DealStatus::Open,
        DealStatus::Won,
        DealStatus::Lost,
        DealStatus::Other,
    ]);
    let code = proptest::sample::select(vec!["EUR", "USD", "JPY", ""]);
    (1_u64..9, 0_u64..14, amount, status, code, proptest::option::of(0_i64..=100), ".*", 0_i64..60, any::<bool>())
        .prop_map(|(id, stage, amount, status, code, probability, title, minutes, archived)| Deal {
            title,
            status,
            probability: probability.and_then(Probability::new),
            updated: Some(at("2026-11-24T10:00:00Z") + chrono::TimeDelta::minutes(minutes)),
            archived: archived && minutes > 50,
            ..deal(id, stage, Money { amount, currency: Currency::new(code) })
        })
}

fn any_change() -> impl Strategy<Value = ServerUpdate> {
    let dated = (1_u64..9, proptest::option::of(1_u32..29), proptest::option::of(1_u64..9), any::<bool>());
    prop_oneof![
        6 => proptest::collection::vec(any_deal(), 1..4).prop_map(ServerUpdate::Deals),
        3 => dated.prop_map(|(id, on, deal, done)| {
            let due = on.map(|on| format!("2026-11-{on:02}"));
            let made = activity(id, due.as_deref().map(|date| (date, None)), deal);
            ServerUpdate::Activities(vec![Activity { done, ..made }])
        }),
        2 => (1_u128..7, any::<bool>()).prop_map(|(n, seen)| ServerUpdate::Leads(vec![lead(n, seen)])),
        1 => proptest::collection::vec((1_u128..7, any::<bool>()), 0..5)
            .prop_map(|list| ServerUpdate::AllLeads(list.into_iter().map(|(n, seen)| lead(n, seen)).collect())),
        1 => (1_u64..9).prop_map(|id| ServerUpdate::Gone(ItemRef::Deal(DealId(id)))),
        1 => (1_u64..9).prop_map(|id| ServerUpdate::Gone(ItemRef::Activity(ActivityId(id)))),
        1 => any::<bool>().prop_map(|on| ServerUpdate::AllPipelines(vec![
            Pipeline { id: PipelineId(1), name: "Sales".into(), order: 1, has_probability: on },
            Pipeline { id: PipelineId(2), name: "Partners".into(), order: 2, has_probability: !on },
        ])),
        1 => (1_usize..6, 0_i64..=100).prop_map(|(count, probability)| ServerUpdate::AllStages(
            (1..=count as u64).map(|id| stage(id, "Stage", probability)).collect(),
        )),
    ]
}

fn any_line() -> impl Strategy<Value = Connection> {
    let why = || "no route".to_owned();
    let state = proptest::sample::select(vec![
        ConnectionState::Connecting,
        ConnectionState::Online,
        ConnectionState::Offline { why: why() },
        ConnectionState::Waiting { wait: Duration::from_secs(30), why: why() },
        ConnectionState::Refused,
    ]);
    (state, 0_u64..4).prop_map(|(state, sent)| Connection {
        state,
        metrics: Metrics { sent, ..Metrics::default() },
        ..Connection::default()
    })
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => any_key().prop_map(Step::Key),
        3 => any_mouse().prop_map(|mouse| Step::Msg(Msg::Mouse(mouse))),
        1 => (0_u16..300, 0_u16..120).prop_map(|(columns, rows)| Step::Msg(Msg::Resize(columns, rows))),
        1 => ".*".prop_map(Step::Paste),
        1 => any_line().prop_map(|line| Step::Msg(Msg::Report(Report::Connection(Box::new(line))))),
        1 => Just(Step::Msg(Msg::Tick)),
        1 => Just(Step::Msg(Msg::Report(Report::Progress(Progress::Reading(reading()))))),
        4 => any_change().prop_map(Step::Changed),
        4 => any::<bool>().prop_map(Step::Answer),
    ]
}

/// Every column's totals are what its cards add up to, and every deal on a board is in exactly one column.
pub fn check_totals(app: &App) -> Result<(), TestCaseError> {
    let mut seen = 0;
    for pipeline in app.account.workspace.pipelines() {
        for stage in app.account.workspace.stages(pipeline.id) {
            for status in [DealStatus::Open, DealStatus::Won, DealStatus::Lost] {
                let Some(column) = app.account.workspace.column(BoardColumnKey { stage: stage.id, status }) else {
                    continue;
                };
                let mut sums: BTreeMap<Currency, (usize, Decimal, Decimal)> = BTreeMap::new();
                for card in column.cards.iter() {
                    let deal = app.account.workspace.deal(card.id).unwrap();
                    prop_assert_eq!((deal.stage, deal.status, deal.archived), (stage.id, status, false));
                    let percent = if pipeline.has_probability {
                        deal.probability.unwrap_or(stage.probability).percent()
                    } else {
                        0
                    };
                    let sum = sums.entry(deal.currency().clone()).or_default();
                    sum.0 += 1;
                    sum.1 += deal.countable_value();
                    sum.2 += deal.countable_value() * Decimal::from(percent) / Decimal::ONE_HUNDRED;
                    seen += 1;
                }
                let shown: BTreeMap<_, _> =
                    column.totals.values().into_iter().map(|money| (money.currency.clone(), money.amount)).collect();
                let weighted: BTreeMap<_, _> =
                    column.totals.weighted().into_iter().map(|money| (money.currency.clone(), money.amount)).collect();
                prop_assert_eq!(column.totals.count(), column.cards.len());
                prop_assert_eq!(shown, sums.iter().map(|(c, sum)| (c.clone(), sum.1)).collect::<BTreeMap<_, _>>());
                prop_assert_eq!(weighted, sums.iter().map(|(c, sum)| (c.clone(), sum.2)).collect::<BTreeMap<_, _>>());
            }
        }
    }
    let stages: Vec<StageId> = app
        .account
        .workspace
        .pipelines()
        .iter()
        .flat_map(|pipeline| app.account.workspace.stages(pipeline.id))
        .map(|stage| stage.id)
        .collect();
    let on_boards = app
        .account
        .workspace
        .deals()
        .filter(|deal| !deal.archived && deal.status != DealStatus::Other && stages.contains(&deal.stage))
        .count();
    prop_assert_eq!(seen, on_boards);
    Ok(())
}

/// The cursor of the view is on an item of its list, and that is on the screen.
fn check_cursor(app: &App) -> Result<(), TestCaseError> {
    let (list, cursor_rank, selected) = match app.session.view {
        View::Board => {
            let Some(stage) = app.session.focused_stage(&app.account.workspace) else { return Ok(()) };
            let cards = app.session.cards(&app.account.workspace, stage);
            let cursor = app.session.board.cursors[&stage];
            (cards.len(), cursor.rank, cards.get(cursor.rank) == cursor.selected)
        }
        View::Activities if app.session.calendar.shape != Shape::List => {
            let (day, cursor) = (app.session.calendar_day(&app.account.workspace), app.session.cursors.activities);
            let ids = app.session.agenda(&app.account.workspace).on(day, usize::MAX);
            let grid = app.session.grid(&app.account.workspace, layout::layout(&app.session).body);
            let is_shown = grid.days.iter().any(|column| column.day == day);
            prop_assert!(is_shown, "the day with the cursor is on the screen");
            (ids.len(), cursor.rank, ids.get(cursor.rank).copied() == cursor.selected)
        }
        View::Activities => {
            let agenda = app.session.agenda(&app.account.workspace);
            (
                agenda.len(),
                app.session.cursors.activities.rank,
                agenda.get(app.session.cursors.activities.rank) == app.session.cursors.activities.selected,
            )
        }
        View::Deals | View::People | View::Orgs | View::Users => {
            let rows = app.session.rows(&app.account.workspace);
            let cursor = app.session.cursors.tables.cursor(app.session.view);
            (rows.len(), cursor.rank, rows.get(cursor.rank) == cursor.selected)
        }
        View::Leads => {
            let inbox = app.session.inbox(&app.account.workspace);
            (
                inbox.len(),
                app.session.cursors.leads.rank,
                inbox.get(app.session.cursors.leads.rank) == app.session.cursors.leads.selected,
            )
        }
    };
    prop_assert!(selected, "the selected item is the one of its rank");
    prop_assert!(cursor_rank < list.max(1));
    Ok(())
}

fn answer(app: &mut App, id: EditId, edit: &Edit, well: bool) {
    let outcome = if well {
        let server = match edit.item() {
            ItemRef::Deal(id) => app.account.workspace.deal(id).cloned().map(|deal| ServerUpdate::Deals(vec![deal])),
            ItemRef::Activity(id) => {
                app.account.workspace.activity(id).cloned().map(|one| ServerUpdate::Activities(vec![one]))
            }
            ItemRef::Lead(id) => app.account.workspace.lead(id).cloned().map(|lead| ServerUpdate::Leads(vec![lead])),
            ItemRef::Person(id) => {
                app.account.workspace.person(id).cloned().map(|person| ServerUpdate::People(vec![person]))
            }
            ItemRef::Org(id) => {
                app.account.workspace.org(id).cloned().map(|org| ServerUpdate::Organizations(vec![org]))
            }
            ItemRef::Note(id) => app.account.workspace.note(id).cloned().map(|note| ServerUpdate::Notes(vec![note])),
        };
        let local = edit.is_creation();
        Ok(EditOutcome { changes: if local { Vec::new() } else { server.into_iter().collect() }, created: None })
    } else {
        Err(EditFailure::new(Vec::new(), ApiError::Busy))
    };
    app.update(Msg::Report(Report::EditDone { id, outcome }), now());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_session_holds_together(steps in proptest::collection::vec(any_step(), 1..120)) {
        let mut app = app();
        let mut under_way: Vec<(EditId, Edit)> = Vec::new();
        let mut seconds = 0;
        for step in steps {
            seconds += 1;
            let later = Now(now().0 + chrono::TimeDelta::seconds(seconds));
            let step = match step {
                Step::Key(key) => Step::Msg(Msg::Key(key)),
                Step::Paste(text) => Step::Msg(Msg::Paste(text)),
                step => step,
            };
            match step {
                Step::Key(_) | Step::Paste(_) => {}
                Step::Msg(msg) => for effect in app.update(msg, later) {
                    match effect {
                        Effect::Send(Command::Edit { kept, .. }) => under_way.push((kept.id, kept.edit)),
                        Effect::Send(Command::Bulk(edits)) => {
                            under_way.extend(edits.into_iter().map(|kept| (kept.id, kept.edit)));
                        }
                        _ => {}
                    }
                },
                Step::Changed(change) => {
                    app.update(Msg::Report(Report::Changed(vec![change])), later);
                }
                Step::Answer(well) => if !under_way.is_empty() {
                    let (id, edit) = under_way.remove(0);
                    answer(&mut app, id, &edit, well);
                },
            }
            check_totals(&app)?;
            check_cursor(&app)?;
            for item in app.session.marked() {
                prop_assert!(app.account.workspace.shown(item).is_some(), "{item:?} is marked, but not there");
            }
            prop_assert_eq!(app.account.workspace.pending(), under_way.len());
        }
        for (id, edit) in under_way {
            answer(&mut app, id, &edit, false);
        }
        prop_assert_eq!(app.account.workspace.pending(), 0);
        check_totals(&app)?;
    }
}

fn reading() -> dealdeck::sync::ReadProgress {
    let elapsed = std::time::Duration::from_secs(1);
    dealdeck::sync::ReadProgress { what: "deals", items: 3, pages: 1, elapsed, share: Some(0.3), left: Some(elapsed) }
}
