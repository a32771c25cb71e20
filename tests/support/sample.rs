//! A sample account with everything that a screen can show, including hostile texts.

use std::sync::Arc;

use crate::harness::App;
use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc};
use dealdeck::app::{Msg, Now};
use dealdeck::domain::{
    Activity, ActivityId, ActivityType, ContactPoint, Currency, Deal, DealId, DealStatus, Due, Label, LabelColor,
    LabelId, Lead, LeadId, LeadLabel, LeadLabelId, Me, Money, OrgId, Organization, Person, PersonId, Pipeline,
    PipelineId, PipelineStage, Probability, Stage, StageId, User, UserId,
};
use dealdeck::pipedrive::{ApiError, Metrics, RecentError};
use dealdeck::sync::{Connection, ConnectionState, Progress, Report};
use dealdeck::workspace::ServerUpdate;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::fields;

/// The pipeline with probabilities, and the one without.
pub const SALES: PipelineId = PipelineId(1);
pub const PARTNERS: PipelineId = PipelineId(2);

/// Tuesday, 24 November 2026, a quarter past noon in Tallinn.
pub fn now() -> Now {
    Now("2026-11-24T10:15:00Z".parse().unwrap())
}

fn at(days: i64, hours: i64) -> DateTime<Utc> {
    now().0 + Duration::days(days) + Duration::hours(hours)
}

fn day(days: i64) -> NaiveDate {
    at(days, 0).date_naive()
}

/// Returns a screen of this size on the account, just synced, with two new leads.
pub fn open(width: u16, height: u16) -> App {
    let mut app = App::new((width, height), now());
    receive(&mut app, Report::Changed(settings()));
    receive(&mut app, Report::Changed(vec![ServerUpdate::People(people()), ServerUpdate::Organizations(orgs())]));
    receive(&mut app, Report::Changed(vec![ServerUpdate::Deals(deals()), ServerUpdate::Activities(activities())]));
    let (old, new) = (leads().split_off(2), leads().into_iter().take(2).collect());
    receive(&mut app, Report::Changed(vec![ServerUpdate::AllLeads(old)]));
    receive(&mut app, Report::Progress(Progress::Fresh { at: now().0, next_poll: now().0 + Duration::seconds(272) }));
    receive(&mut app, Report::Changed(vec![ServerUpdate::Leads(new)]));
    receive(&mut app, Report::Connection(Box::new(connection(ConnectionState::Online))));
    app.session.messages.notice = None;
    app
}

/// Returns the same account with this text in every field, extreme amounts, and dates at the ends of the calendar.
pub fn hostile(width: u16, height: u16, text: &str) -> App {
    let mut app = App::new((width, height), now());
    let mut changes = settings();
    changes.extend([ServerUpdate::People(people()), ServerUpdate::Organizations(orgs())]);
    changes.extend([
        ServerUpdate::Deals(deals()),
        ServerUpdate::Activities(activities()),
        ServerUpdate::AllLeads(leads()),
    ]);
    for change in &mut changes {
        make_hostile(change, text);
    }
    receive(&mut app, Report::Changed(changes));
    let mut line = connection(ConnectionState::Offline { why: text.into() });
    line.metrics = Metrics { sent: u64::MAX, tokens: u64::MAX, lanes: [(usize::MAX, 7); 5], ..line.metrics };
    for trouble in Arc::make_mut(&mut line.metrics.recent_errors) {
        (trouble.request, trouble.what) = (text.into(), text.into());
    }
    receive(&mut app, Report::Connection(Box::new(line)));
    app
}

fn make_hostile(change: &mut ServerUpdate, text: &str) {
    let amounts = [Decimal::MAX, Decimal::MIN, "-0.0000000001".parse().unwrap(), Decimal::ZERO];
    let money = |n: usize| Money { amount: amounts[n % 4], currency: Currency::new(text) };
    match change {
        ServerUpdate::Me(me) => (me.name, me.company) = (text.into(), text.into()),
        ServerUpdate::AllUsers(list) => list.iter_mut().for_each(|user| user.name = text.into()),
        ServerUpdate::AllPipelines(list) => list.iter_mut().for_each(|pipeline| pipeline.name = text.into()),
        ServerUpdate::AllStages(list) => list.iter_mut().for_each(|stage| stage.name = text.into()),
        ServerUpdate::AllLabels(list) | ServerUpdate::AllPersonLabels(list) | ServerUpdate::AllOrgLabels(list) => {
            for label in list {
                label.name = text.into();
            }
        }
        ServerUpdate::AllFields(list) => list.iter_mut().for_each(|field| {
            field.name = text.into();
            field.options.iter_mut().for_each(|option| option.label = text.into());
        }),
        ServerUpdate::AllLeadLabels(list) => list.iter_mut().for_each(|label| label.name = text.into()),
        ServerUpdate::AllActivityTypes(list) => list.iter_mut().for_each(|kind| kind.name = text.into()),
        ServerUpdate::Organizations(list) => {
            for org in list {
                (org.name, org.address) = (text.into(), Some(text.into()));
            }
        }
        ServerUpdate::People(list) => list.iter_mut().for_each(|person| {
            person.name = text.into();
            let points = person.phones.iter_mut().chain(&mut person.emails);
            points.for_each(|point| (point.value, point.label) = (text.into(), text.into()));
        }),
        ServerUpdate::Deals(list) => list.iter_mut().enumerate().for_each(|(n, deal)| {
            (deal.title, deal.value, deal.lost_reason) = (text.into(), money(n), Some(text.into()));
            deal.expected_close = "9999-12-31".parse().ok();
        }),
        ServerUpdate::Activities(list) => list.iter_mut().for_each(|activity| {
            (activity.subject, activity.kind, activity.note) = (text.into(), text.into(), Some(text.into()));
            let date = if activity.id.0 % 2 == 0 { "1900-01-01" } else { "9999-12-30" };
            activity.due = Some(Due { date: date.parse().unwrap(), time: None });
        }),
        ServerUpdate::AllLeads(list) => list.iter_mut().enumerate().for_each(|(n, lead)| {
            (lead.title, lead.source, lead.value) = (text.into(), text.into(), Some(money(n)));
        }),
        ServerUpdate::Leads(_) | ServerUpdate::Notes(_) | ServerUpdate::Details(_) | ServerUpdate::Gone(_) => {}
    }
}

/// Returns a connection in some state with partly used budgets.
pub fn connection(state: ConnectionState) -> Connection {
    Connection {
        state,
        edits: 0,
        reads: 0,
        window_limit: 20,
        window_free: 18,
        daily: Some((29_340, 30_000)),
        metrics: metrics(),
    }
}

/// Returns the metrics of a connection with some errors.
fn metrics() -> Metrics {
    let trouble = |days, seconds, request: &str, what: &str| RecentError {
        at: at(days, 0) + Duration::seconds(seconds),
        request: request.into(),
        what: what.into(),
    };
    let what = ApiError::Refused("this deal belongs to another team\x1b[31m".into()).to_string();
    let troubles = vec![
        trouble(-1, 0, "GET /api/v2/activities?limit=500", "Pipedrive did not answer (timed out)"),
        trouble(
            0,
            -754,
            "GET /api/v2/deals?limit=500&sort_by=update_time&sort_direction=asc&updated_since=2026-11-24T08:01:19Z",
            &ApiError::TooManyRequests.to_string(),
        ),
        trouble(0, -33, "PATCH /api/v2/deals/104", &what),
    ];
    Metrics {
        lanes: [(2, 1), (0, 0), (0, 1), (212, 8), (14, 4)],
        is_shared: true,
        latency: [87, 342, 1_240].map(std::time::Duration::from_millis),
        sent: 1_204,
        retried: 3,
        refused: 1,
        tokens: 12_660,
        recent_errors: Arc::new(troubles),
    }
}

/// Passes a report to the app.
pub fn receive(app: &mut App, report: Report) {
    app.update(Msg::Report(report), now());
}

fn settings() -> Vec<ServerUpdate> {
    let me = Me {
        id: UserId(1),
        name: "Mari Tamm".into(),
        currency: Currency::new("EUR"),
        timezone: "Europe/Tallinn".parse().unwrap(),
        company: "Northwind Traders".into(),
        domain: "northwind".into(),
    };
    let user = |id, name: &str, active| User { id: UserId(id), name: name.into(), active, email: None, phone: None };
    let pipeline = |id, name: &str, has_probability| Pipeline { id, name: name.into(), order: 1, has_probability };
    let label = |id, name: &str, color| Label { id: LabelId(id), name: name.into(), color };
    let kind = |key: &str, name: &str| ActivityType { key: key.into(), name: name.into() };
    vec![
        ServerUpdate::Me(me),
        ServerUpdate::AllUsers(vec![
            user(1, "Mari Tamm", true),
            user(2, "Jonas Berg", true),
            user(3, "Aino \u{202e}Kask", false),
        ]),
        ServerUpdate::AllPipelines(vec![pipeline(SALES, "Sales", true), pipeline(PARTNERS, "Partners", false)]),
        ServerUpdate::AllStages(stages()),
        ServerUpdate::AllLabels(vec![
            label(1, "hot", LabelColor::Red),
            label(2, "warm", LabelColor::Orange),
            label(3, "renewal", LabelColor::Blue),
            label(4, "partner", LabelColor::Purple),
        ]),
        ServerUpdate::AllLeadLabels(vec![
            LeadLabel { id: lead_label(1), name: "inbound".into(), color: LabelColor::Green },
            LeadLabel { id: lead_label(2), name: "fair".into(), color: LabelColor::Yellow },
        ]),
        ServerUpdate::AllFields(fields::fields()),
        ServerUpdate::AllActivityTypes(vec![
            kind("call", "Call"),
            kind("meeting", "Meeting"),
            kind("task", "Task"),
            kind("email", "Email"),
            kind("lunch", "Lunch"),
        ]),
    ]
}

fn lead_label(n: u128) -> LeadLabelId {
    LeadLabelId(Uuid::from_u128(0xaa00 + (5 << 64) + n))
}

fn stages() -> Vec<Stage> {
    let rows = [
        (1, SALES, "Qualified", 10, Some(14)),
        (2, SALES, "Contact made", 25, Some(14)),
        (3, SALES, "Demo scheduled", 40, None),
        (4, SALES, "Proposal made", 60, Some(10)),
        (5, SALES, "Negotiations started with procurement", 80, Some(7)),
        (6, SALES, "Signature", 95, None),
        (7, PARTNERS, "Scouting", 50, None),
        (8, PARTNERS, "Talks", 50, Some(30)),
    ];
    rows.into_iter()
        .map(|(id, pipeline, name, percent, rots_after_days)| Stage {
            id: StageId(id),
            name: name.into(),
            pipeline,
            order: i64::try_from(id).unwrap(),
            probability: Probability::new(percent).unwrap(),
            rots_after_days,
        })
        .collect()
}

const ORGS: [(&str, Option<&str>); 8] = [
    ("Acme Corporation", Some("12 Harbour Street, Rotterdam, Netherlands")),
    ("Globex GmbH", Some("Torstraße 140, 10119 Berlin, Germany")),
    ("Initech", None),
    ("株式会社ミライ", Some("東京都港区六本木 6-10-1")),
    ("שלום תעשיות", None),
    ("Umbrella \x1b[31mLogistics\x07", None),
    ("Stark & Sons Fine Woodworking and Restoration Ltd.", Some("1 Mill Lane, York, UK")),
    ("Hooli", None),
];

const PEOPLE: [(&str, u64); 7] = [
    ("Ada Lindqvist", 1),
    ("Bruno Keller", 2),
    ("Peter Gibbons", 3),
    ("田中 美咲", 4),
    ("Noa Levi", 5),
    ("Chloë d’Arcy", 7),
    ("Gavin Belson", 8),
];

fn orgs() -> Vec<Organization> {
    let org = |(id, (name, address)): (u64, (&str, Option<&str>))| Organization {
        id: OrgId(id),
        name: name.into(),
        owner: Some(UserId(1)),
        address: address.map(str::to_owned),
        ..Organization::blank(OrgId(id))
    };
    let mut orgs: Vec<Organization> = (1..).zip(ORGS).map(org).collect();
    orgs[0].custom = fields::values();
    orgs
}

fn people() -> Vec<Person> {
    let point = |value: &str, label: &str, primary| ContactPoint { value: value.into(), label: label.into(), primary };
    let person = |(id, (name, org)): (u64, (&str, u64))| Person {
        id: PersonId(id),
        name: name.into(),
        owner: Some(UserId(1)),
        org: Some(OrgId(org)),
        phones: vec![point("+372 5555 0101", "work", true), point("+372 5555 0102", "mobile", false)],
        emails: vec![point("someone@example.com", "work", true)],
        ..Person::blank(PersonId(id))
    };
    (1..).zip(PEOPLE).map(person).collect()
}

/// Stage, title, organization, person, value, currency, labels, days since the last update, own probability.
type DealRow = (u64, &'static str, u64, u64, i64, &'static str, &'static [u64], i64, Option<i64>);

const DEALS: [DealRow; 24] = [
    (1, "Acme — forty seats, first year", 1, 1, 12_500, "EUR", &[1], 2, None),
    (1, "Globex pilot", 2, 2, 4_200, "EUR", &[], 21, None),
    (1, "Initech reporting add-on", 3, 3, 8_900, "USD", &[2, 3], 5, Some(35)),
    (1, "ミライ様 年間契約の更新とサポート", 4, 4, 1_850_000, "JPY", &[3], 1, None),
    (1, "הצעת מחיר לשנת 2027", 5, 5, 23_000, "EUR", &[], 3, None),
    (1, "🚀 Launch 👩\u{200d}💻 team 🇪🇪 licence", 8, 7, 960, "EUR", &[4], 0, None),
    (1, "Umbrella\x1b]52;c;ZXZpbA==\x07 cold chain", 6, 0, 31_000, "USD", &[1, 2, 3, 4], 40, None),
    (1, "Z\u{341}\u{350}\u{341}\u{350}a\u{341}\u{350}lgo order", 8, 7, 100, "EUR", &[], 2, None),
    (1, "Renewal 2027", 1, 1, 48_000, "EUR", &[3], 2, None),
    (2, "Hooli data platform, phase two of three with an option on the third", 8, 7, 240_000, "USD", &[1], 1, None),
    (2, "Stark workshop tablets", 7, 6, 6_480, "GBP", &[], 3, None),
    (2, "Globex field service", 2, 2, 77_000, "EUR", &[2], 16, None),
    (2, "", 3, 3, 0, "EUR", &[], 2, None),
    (3, "Demo for the harbour team", 1, 1, 18_000, "EUR", &[4], 2, Some(55)),
    (3, "Initech badge readers", 3, 3, 3_150, "USD", &[], 9, None),
    (4, "Acme — second site", 1, 1, 36_400, "EUR", &[1, 3], 12, None),
    (4, "ミライ様 導入支援", 4, 4, 980_000, "JPY", &[], 2, Some(70)),
    (4, "Levi & Co. onboarding", 5, 5, 15_000, "EUR", &[], 1, None),
    (5, "Stark framework agreement", 7, 6, 128_500, "GBP", &[3], 4, None),
    (5, "Globex rollout Germany, Austria, Switzerland", 2, 2, 310_000, "EUR", &[1], 9, Some(90)),
    (7, "Reseller in Latvia", 3, 3, 5_000, "EUR", &[4], 1, None),
    (7, "Integration with Hooli Mail", 8, 7, 0, "EUR", &[], 60, Some(20)),
    (8, "Umbrella distribution", 6, 0, 90_000, "USD", &[], 45, None),
    (8, "Campus licence", 1, 1, 1_000_000_000_000, "EUR", &[], 3, None),
];

fn deals() -> Vec<Deal> {
    let mut deals: Vec<Deal> = (101..).zip(DEALS).map(|(id, row)| deal(id, row)).collect();
    // A column longer than any screen.
    let mut bulk = (201..).zip(1..=60_i64).map(|(id, n)| {
        let value = 1_000 * n + 500;
        deal(id, (2, "", 2, 2, value, "EUR", &[], n / 4, None))
    });
    deals[6].custom = fields::values();
    deals.extend(bulk.by_ref().map(|deal| Deal { title: format!("Follow-up order {}", deal.id.0 - 200), ..deal }));
    let closed = |id, status, days: i64| Deal { status, closed: Some(at(-days, 0)), ..deal(id, DEALS[0]) };
    deals.push(Deal { title: "Hooli starter kit".into(), ..closed(301, DealStatus::Won, 4) });
    deals.push(Deal { lost_reason: Some("Too dear".into()), ..closed(302, DealStatus::Lost, 9) });
    deals
}

fn deal(id: u64, row: DealRow) -> Deal {
    let (stage, title, org, person, value, currency, labels, idle, own) = row;
    let place = PipelineStage { pipeline: if stage >= 7 { PARTNERS } else { SALES }, stage: StageId(stage) };
    Deal {
        title: title.into(),
        owner: Some(UserId(1 + id % 3)),
        person: (person > 0).then_some(PersonId(person)),
        org: Some(OrgId(org)),
        probability: own.and_then(Probability::new),
        expected_close: Some(day(30 + i64::try_from(id % 40).unwrap())),
        labels: labels.iter().copied().map(LabelId).collect(),
        added: Some(at(-80, 0)),
        updated: Some(at(-idle, -1)),
        stage_changed: Some(at(-idle - 10, -3)),
        origin: "API".into(),
        ..Deal::blank(DealId(id), place, Money { amount: value.into(), currency: Currency::new(currency) })
    }
}

/// Subject, type, deal, days from today, hour in UTC.
type ActivityRow = (&'static str, &'static str, u64, i64, Option<u32>);

const ACTIVITIES: [ActivityRow; 14] = [
    ("Send the revised offer", "email", 101, -2, None),
    ("Call about the pilot's scope", "call", 102, -1, Some(13)),
    ("Chase signature\x1b[2J", "task", 120, -12, None),
    ("Check in with Ada", "call", 109, 0, Some(9)),
    ("Demo: reporting", "meeting", 103, 0, Some(12)),
    ("Prepare slides", "task", 114, 0, None),
    ("見積もりの説明", "meeting", 104, 1, Some(2)),
    ("Lunch with Noa", "lunch", 105, 2, Some(10)),
    ("Price talk", "call", 110, 3, Some(8)),
    ("Site visit", "meeting", 116, 6, Some(7)),
    ("Contract review", "task", 119, 13, None),
    ("Renewal kick-off", "meeting", 109, 45, Some(9)),
    ("Think about a discount", "task", 112, 0, None),
    ("Introduce partner team", "unknown_type", 121, 4, None),
];

fn activities() -> Vec<Activity> {
    let note = "<p>Bring the <b>updated</b> price list.</p><ul><li>40 seats &lt; 12 500 &euro;</li><li>ask for \
                references</li></ul>";
    let mut all: Vec<Activity> = (501..)
        .zip(ACTIVITIES)
        .map(|(id, (subject, kind, deal, days, hour))| Activity {
            id: ActivityId(id),
            subject: subject.into(),
            kind: kind.into(),
            owner: Some(UserId(1)),
            deal: Some(DealId(deal)),
            lead: None,
            person: Some(PersonId(1 + id % 7)),
            org: Some(OrgId(1 + id % 8)),
            due: Some(Due { date: day(days), time: hour.and_then(|hour| NaiveTime::from_hms_opt(hour, 30, 0)) }),
            done: false,
            done_at: None,
            note: (id == 505).then(|| note.to_owned()),
            updated: Some(at(-1, 0)),
            ..Activity::blank(ActivityId(id))
        })
        .collect();
    let undated = Activity { id: ActivityId(601), due: None, subject: "Some day: visit Oulu".into(), ..all[0].clone() };
    let done = Activity {
        id: ActivityId(602),
        done: true,
        done_at: Some(at(-1, 2)),
        subject: "First call".into(),
        ..all[1].clone()
    };
    all.extend([undated, done]);
    all
}

fn leads() -> Vec<Lead> {
    let lead = |n: u128, title: &str, source: &str, seen, value: Option<i64>, hours: i64| {
        let n64 = u64::try_from(n).unwrap();
        Lead {
            id: LeadId(Uuid::from_u128((7 << 64) + n)),
            title: title.into(),
            owner: Some(UserId(1)),
            person: (n64 != 4).then_some(PersonId(1 + n64 % 7)),
            org: (n64 != 3).then_some(OrgId(1 + n64 % 8)),
            labels: (1..=n % 3).map(lead_label).collect(),
            source: source.into(),
            seen,
            value: value.map(|value| Money { amount: value.into(), currency: Currency::new("EUR") }),
            expected_close: (n64 == 1).then(|| day(40)),
            archived: false,
            added: Some(at(0, -hours)),
            updated: Some(at(0, -hours)),
            ..Lead::blank(LeadId(Uuid::from_u128((7 << 64) + n)))
        }
    };
    vec![
        lead(1, "Warehouse scanners for three sites", "WebForms", false, Some(18_400), 0),
        lead(2, "Chat: pricing for schools?", "Chatbot", false, None, 1),
        lead(3, "Trade fair contact", "ManuallyCreated", false, Some(2_500), 5),
        lead(4, "問い合わせ：物流システム", "API", false, Some(120_000), 30),
        lead(5, "Referral from Globex", "ManuallyCreated", true, Some(7_700), 52),
        lead(6, "Newsletter reply\u{7}\u{202e}", "Deal", true, None, 90),
        lead(7, "مرحبا، نريد عرض أسعار", "Import", true, Some(64_000), 400),
        lead(8, "Old enquiry about hosting", "Prospector", true, Some(1_000_000_000_000_000), 20_000),
    ]
}

/// Returns the progress of a sync with this many items.
pub fn reading(items: usize) -> dealdeck::sync::ReadProgress {
    dealdeck::sync::ReadProgress {
        what: "deals",
        items,
        pages: items.div_ceil(500),
        elapsed: std::time::Duration::from_secs(3),
        share: None,
        left: None,
    }
}
