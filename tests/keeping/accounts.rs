//! Nothing is read or sent with a token that is not known to belong to the account.

use dealdeck::pipedrive::{ConnectionState, WrongAccount, connect_as};
use dealdeck::sync::expected;

use super::*;

const OWN: UserId = UserId(1);
/// A company that the practice server is not.
const ELSEWHERE: CompanyId = CompanyId(99);

impl Place {
    fn home(&self) -> CompanyDir {
        CompanyDir::new(self.folder.path(), "practice")
    }

    fn fingerprint(&self, token: &str) -> String {
        Token::new(token).unwrap().fingerprint(&self.home().salt().unwrap())
    }

    /// Starts the engine as the program does: only the account that the token is known for is accepted.
    fn start_checked(&self, token: &str) -> Run {
        let token = Token::new(token).unwrap();
        let endpoint = Endpoint::from_url(self.sandbox.url()).unwrap();
        let (api, _task) = connect_as(endpoint, &token, expected(&self.home(), &token), PATIENCE).unwrap();
        let (commands, queue) = mpsc::channel(64);
        let (report, reports) = mpsc::channel(64);
        let (storage, restored) = Storage::open(self.home(), &token).unwrap();
        let engine = sync::start(api, storage, Settings::new(Duration::from_secs(300)), None, queue, report);
        Run { commands, reports, engine, account: Workspace::new(), restored, done: Vec::new(), next: 0 }
    }

    async fn requests(&self) -> u64 {
        self.send("GET", "/sandbox/stats", &Value::Null).await["requests"].as_u64().unwrap()
    }

    async fn writes(&self) -> usize {
        self.send("GET", "/sandbox/writes", &Value::Null).await["data"].as_array().unwrap().len()
    }
}

impl Run {
    /// Waits until the token turns out to be another account's.
    async fn wrong_account(&mut self) -> WrongAccount {
        let mut found = None;
        self.until(|report| {
            if let Report::Connection(line) = report
                && let ConnectionState::WrongAccount(wrong) = &line.state
            {
                found = Some((**wrong).clone());
            }
            found.is_some()
        })
        .await;
        found.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queued_edits_wait_for_the_accounts_own_token() {
    let place = Place::new(60).await;
    let mut run = place.start().await;
    run.fresh().await;
    let deal = run.open_deal();
    place.fault(&json!({"kind": "status", "status": 401})).await;
    let edit = run.hand_over(titled(&deal, "By its own user"), &deal).await;
    run.until(|report| matches!(report, Report::Connection(line) if line.state == ConnectionState::Refused)).await;
    place.heal().await;
    let before = place.requests().await;

    run.commands.send(Command::UseToken(Token::new(COLLEAGUE.0).unwrap())).await.unwrap();
    let wrong = run.wrong_account().await;
    assert_eq!((wrong.user, wrong.is_same_user), (UserId(COLLEAGUE.1), false));
    // Neither does anything else go out, whoever asks for it.
    run.commands.send(Command::Reload).await.unwrap();
    let kept = place.home().company_of(OWN);
    assert!(kept.is_some(), "the company is noted with the account");
    assert_eq!((place.writes().await, place.requests().await), (0, before + 1));
    assert!(run.done.is_empty(), "{:?}", run.done);

    run.commands.send(Command::UseToken(Token::new(place.sandbox.token()).unwrap())).await.unwrap();
    run.until(|report| matches!(report, Report::EditDone { id, .. } if *id == edit)).await;
    assert!(run.done.iter().all(|(_, outcome)| outcome.is_ok()), "{:?}", run.done);
    assert_eq!(place.writes().await, 1);
    assert_eq!(place.get(&path(&deal)).await["title"], "By its own user");
    run.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_with_another_users_token_reads_and_sends_nothing() {
    let place = Place::new(60).await;
    let mut run = place.start().await;
    run.fresh().await;
    run.end().await;
    // The colleague's token was noted as this user's.
    place.home().remember(&place.fingerprint(COLLEAGUE.0), OWN).unwrap();
    let before = place.requests().await;
    let mut run = place.start_checked(COLLEAGUE.0);
    let wrong = run.wrong_account().await;
    assert_eq!(wrong.user, UserId(COLLEAGUE.1));
    run.end().await;
    assert_eq!((place.writes().await, place.requests().await), (0, before + 1));
    // The next start opens the account that the token belongs to.
    assert_eq!(place.home().user_of(&place.fingerprint(COLLEAGUE.0)), Some(UserId(COLLEAGUE.1)));
    let mut run = place.start_checked(COLLEAGUE.0);
    run.fresh().await;
    run.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_user_of_another_company_is_another_account() {
    let place = Place::new(60).await;
    place.home().remember_company(OWN, ELSEWHERE).unwrap();
    // The token is new here, and then known.
    for is_known in [false, true] {
        if is_known {
            place.home().remember(&place.fingerprint(place.sandbox.token()), OWN).unwrap();
        }
        let before = place.requests().await;
        let mut run = place.start_checked(place.sandbox.token());
        let wrong = run.wrong_account().await;
        assert!(wrong.is_same_user && wrong.user == OWN, "{wrong:?}");
        run.end().await;
        assert_eq!(place.requests().await, before + 1, "{is_known}");
        assert_eq!(place.home().company_of(OWN), Some(ELSEWHERE));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_company_of_older_data_is_noted_by_the_first_proof() {
    let place = Place::new(60).await;
    place.home().remember(&place.fingerprint(place.sandbox.token()), OWN).unwrap();
    let mut run = place.start_checked(place.sandbox.token());
    run.fresh().await;
    run.end().await;
    let company = place.get("/api/v1/users/me").await["company_id"].as_u64().map(CompanyId);
    assert!(company.is_some());
    assert_eq!(place.home().company_of(OWN), company);
    let stats = place.send("GET", "/sandbox/stats", &Value::Null).await;
    assert_eq!(stats["by_path"]["GET /api/v1/users/me"], 2, "one by the engine, one by this test: {stats}");
}
