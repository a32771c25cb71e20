//! Lists that are none, and lists that leave out what is still there.

use std::sync::Mutex;
use std::time::Duration;

use dealdeck::pipedrive::{ApiError, HttpResponse, Request, Token, Transport, TransportError, connect_over};
use dealdeck::sync::{self, Command, Progress, ReadError, Report, Settings};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{Bench, LEAD_INTERVAL, in_memory};

/// What the bench knows, in numbers.
#[derive(Debug, PartialEq)]
struct Known {
    deals: usize,
    leads: usize,
    agenda: usize,
    pipelines: usize,
    stages: usize,
    users: usize,
    people: usize,
}

impl Bench {
    fn known(&self) -> Known {
        let account = &self.account;
        let stages = account.pipelines().iter().map(|pipeline| account.stages(pipeline.id).count()).sum();
        Known {
            deals: account.deals().count(),
            leads: account.inbox().len(),
            agenda: account.agenda().len(),
            pipelines: account.pipelines().len(),
            stages,
            users: account.users().len(),
            people: account.people().len(),
        }
    }

    /// Has the server answer so to one kind of request until it is told otherwise.
    async fn answer_with(&self, path: &str, body: &str) {
        let fault = json!({"kind": "body", "method": "GET", "path": path, "body": body});
        self.send("POST", "/sandbox/faults", &fault).await;
    }

    async fn heal(&self) {
        self.send("DELETE", "/sandbox/faults", &Value::Null).await;
    }

    /// Has the account read, and gives why that did not go well.
    async fn reading_fails(&mut self, command: Command) -> ReadError {
        self.commands.send(command).await.unwrap();
        let mut why = None;
        self.until(|report| match report {
            Report::Progress(Progress::Failed { error, .. }) => {
                why = Some(error.clone());
                true
            }
            Report::Progress(Progress::Fresh { .. }) => panic!("it was believed"),
            _ => false,
        })
        .await;
        why.unwrap()
    }
}

const LISTS: [&str; 6] =
    ["/api/v2/deals", "/api/v2/activities", "/api/v2/persons", "/api/v1/leads", "/api/v2/pipelines", "/api/v2/stages"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_without_a_list_empties_nothing() {
    let mut bench = Bench::start().await;
    let before = bench.known();
    for (nth, path) in LISTS.into_iter().enumerate() {
        let odd = [r#"{"success":true,"data":{}}"#, r#"{"success":true}"#, r#"{"success":true,"data":"none"}"#];
        bench.answer_with(path, odd[nth % odd.len()]).await;
        let why = bench.reading_fails(Command::Reload).await;
        assert!(matches!(why, ReadError::Api(ApiError::Unreadable(_))), "{path}: {why:?}");
        bench.heal().await;
    }
    bench.ask(Command::Reload).await;
    assert_eq!(bench.known(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_list_is_not_believed_while_its_items_are_there() {
    let mut bench = Bench::start().await;
    let before = bench.known();
    for path in LISTS.into_iter().chain(["/api/v1/users"]) {
        bench.answer_with(path, r#"{"success":true,"data":[],"additional_data":{"next_cursor":null}}"#).await;
        let why = bench.reading_fails(Command::Reload).await;
        assert!(matches!(why, ReadError::Doubtful(_)), "{path}: {why:?}");
        assert_eq!(bench.known(), before, "{path}");
        bench.heal().await;
    }
    bench.ask(Command::Reload).await;
    assert_eq!(bench.known(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_believed_when_its_items_are_gone() {
    let mut bench = Bench::start().await;
    let leads = bench.get("/api/v1/leads?limit=500").await;
    for lead in leads.as_array().unwrap() {
        let path = format!("/api/v1/leads/{}", lead["id"].as_str().unwrap());
        bench.send("PATCH", &path, &json!({"is_archived": true})).await;
    }
    bench.ask(Command::Reload).await;
    assert_eq!(bench.account.inbox().len(), 0);
}

/// Serves an account of which one list has no end: each page has a new cursor and the same deal.
#[derive(Default)]
struct Endless {
    tokens: Mutex<u64>,
}

impl Transport for &'static Endless {
    async fn send(&self, request: &Request) -> Result<HttpResponse, TransportError> {
        let nth = {
            let mut tokens = self.tokens.lock().unwrap();
            *tokens += u64::from(request.cost);
            *tokens
        };
        let body = match request.path.as_str() {
            "/users/me" => json!({"success": true, "data": {"id": 1}}),
            "/deals" => json!({"success": true, "data": [{"id": 5, "pipeline_id": 1, "stage_id": 1, "status": "open"}],
                "additional_data": {"next_cursor": format!("c{nth}")}}),
            _ => json!({"success": true, "data": []}),
        };
        Ok(HttpResponse { status: 200, is_json: true, body: body.to_string().into(), ..HttpResponse::default() })
    }

    fn renew(&self, _: &Token) {}
}

#[tokio::test(start_paused = true)]
async fn a_list_without_end_costs_little_in_a_day() {
    let server: &'static Endless = Box::leak(Box::default());
    let (api, _task) = connect_over(server);
    let (commands, queue) = mpsc::channel(4);
    let (report, mut reports) = mpsc::channel(1024);
    sync::start(api, in_memory(), Settings::new(LEAD_INTERVAL), None, queue, report);
    let drained = tokio::spawn(async move {
        let mut failed = 0;
        while let Some(report) = reports.recv().await {
            failed += u32::from(matches!(report, Report::Progress(Progress::Failed { .. })));
        }
        failed
    });
    for _ in 0..24 * 12 {
        commands.send(Command::UserActive).await.unwrap();
        tokio::time::sleep(Duration::from_secs(300)).await;
    }
    drop(commands);
    let failed = drained.await.unwrap();
    let tokens = *server.tokens.lock().unwrap();
    println!("a list without end: {tokens} tokens in a day, {failed} attempts");
    assert!(failed >= 5 && tokens < 6_000, "{tokens} tokens, {failed} attempts");
}
