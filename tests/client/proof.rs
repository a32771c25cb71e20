//! Nothing but the question whose the token is goes out before its answer names the account.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use dealdeck::domain::{CompanyId, DealId, DealPatch, UserId};
use dealdeck::pipedrive::{
    Api, ApiError, ConnectionState, ExpectedAccount, HttpResponse, Lane, Request, Token, Transport, TransportError,
    connect_over_as,
};
use tokio::sync::Semaphore;

use crate::simulated::{EMPTY, answer, kept};

const ME: &str = "/api/v1/users/me";
const DEAL: &str = r#"{"success":true,"data":{"id":1,"title":"T","pipeline_id":1,"stage_id":1,"status":"open"}}"#;
const ACCOUNT: ExpectedAccount = ExpectedAccount::Account { user: UserId(1), company: Some(CompanyId(9)) };

fn token(user: u64) -> Token {
    Token::new(&format!("token-of-{user}")).unwrap()
}

/// A company of which each user has a token. It begins with that of user 1.
struct Company {
    user: Mutex<u64>,
    /// What came, with the user whose token it had.
    came: Mutex<Vec<(u64, String)>>,
    /// What becomes of requests before anything is answered as it should be.
    faults: Mutex<VecDeque<Result<HttpResponse, TransportError>>>,
    /// Requests about deals are answered once there is a permit.
    deals: Semaphore,
}

impl Company {
    fn new(faults: impl IntoIterator<Item = Result<HttpResponse, TransportError>>) -> &'static Self {
        let faults = Mutex::new(faults.into_iter().collect());
        let deals = Semaphore::new(1_000);
        kept(Self { user: Mutex::new(1), came: Mutex::default(), faults, deals })
    }

    fn came(&self) -> Vec<(u64, String)> {
        self.came.lock().unwrap().clone()
    }

    fn paths(&self) -> Vec<String> {
        self.came().into_iter().map(|(_, path)| path).collect()
    }
}

impl Transport for &'static Company {
    async fn send(&self, request: &Request) -> Result<HttpResponse, TransportError> {
        let user = *self.user.lock().unwrap();
        self.came.lock().unwrap().push((user, request.full_path()));
        if request.path.starts_with("/deals") {
            self.deals.acquire().await.unwrap().forget();
        }
        // The way there and back.
        tokio::time::sleep(Duration::from_millis(50)).await;
        if let Some(fault) = self.faults.lock().unwrap().pop_front() {
            return fault;
        }
        Ok(match request.full_path().as_str() {
            ME => {
                let data = format!(r#"{{"success":true,"data":{{"id":{user},"name":"U{user}","company_id":9}}}}"#);
                answer(200, &data)
            }
            path if path.starts_with("/api/v2/deals") => answer(200, DEAL),
            _ => answer(200, EMPTY),
        })
    }

    fn renew(&self, new: &Token) {
        let user = (1..10).find(|user| token(*user) == *new).unwrap();
        *self.user.lock().unwrap() = user;
    }
}

fn edit(api: &Api) -> tokio::task::JoinHandle<Result<(), ApiError>> {
    let api = api.clone();
    tokio::spawn(async move { api.update_deal(DealId(1), &DealPatch::default()).await.map(drop) })
}

#[tokio::test(start_paused = true)]
async fn the_first_request_asks_whose_token_it_is_and_goes_alone() {
    let company = Company::new([]);
    let (api, _task) = connect_over_as(company, ACCOUNT);
    let edits: Vec<_> = (0..5).map(|_| edit(&api)).collect();
    tokio::time::sleep(Duration::from_millis(49)).await;
    assert_eq!(company.paths(), [ME], "the proof is under way");
    assert_eq!(api.connection().borrow().state, ConnectionState::Connecting);
    for edit in edits {
        edit.await.unwrap().unwrap();
    }
    assert_eq!(company.paths().len(), 6);
    // Whoever asks the same gets the same answer, without a request.
    assert_eq!(api.me(Lane::Sync).await.unwrap().id, UserId(1));
    assert_eq!(company.paths().len(), 6);
    tokio::time::sleep(Duration::from_secs(60)).await;
    api.me(Lane::Sync).await.unwrap();
    assert_eq!(company.paths().len(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_token_of_another_account_sends_nothing() {
    let company = Company::new([]);
    for expected in [
        ExpectedAccount::Account { user: UserId(2), company: None },
        ExpectedAccount::Account { user: UserId(1), company: Some(CompanyId(8)) },
    ] {
        let before = company.paths().len();
        let (api, _task) = connect_over_as(company, expected);
        let edit = edit(&api);
        let reads = Lane::ALL.map(|lane| {
            let api = api.clone();
            tokio::spawn(async move { api.users(lane).await })
        });
        api.connection().wait_for(|line| matches!(line.state, ConnectionState::WrongAccount(_))).await.unwrap();
        tokio::time::sleep(Duration::from_secs(3600)).await;
        assert_eq!(company.paths()[before..], [ME]);
        assert!(!edit.is_finished() && reads.iter().all(|read| !read.is_finished()), "all wait");
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_token_waits_for_what_is_under_way_and_proves_itself() {
    let company = Company::new([]);
    let (api, _task) = connect_over_as(company, ExpectedAccount::Anyone);
    api.users(Lane::Screen).await.unwrap();
    company.deals.forget_permits(1_000);
    let under_way = edit(&api);
    tokio::task::yield_now().await;
    tokio::time::sleep(Duration::from_millis(10)).await;
    api.renew(token(2)).await;
    let later = edit(&api);
    tokio::time::sleep(Duration::from_secs(10)).await;
    let deal = "/api/v2/deals/1".to_owned();
    let users = "/api/v1/users".to_owned();
    let so_far = vec![(1, ME.to_owned()), (1, users), (1, deal.clone())];
    assert_eq!(company.came(), so_far, "the new token is not in use yet");
    company.deals.add_permits(1_000);
    under_way.await.unwrap().unwrap();
    api.connection().wait_for(|line| matches!(line.state, ConnectionState::WrongAccount(_))).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    let asked = [so_far, vec![(2, ME.to_owned())]].concat();
    assert_eq!(company.came(), asked, "nothing else goes out as user 2");
    // The account's own mends it.
    api.renew(token(1)).await;
    later.await.unwrap().unwrap();
    assert_eq!(company.came(), [asked, vec![(1, ME.to_owned()), (1, deal)]].concat());
    assert_eq!(api.connection().borrow().state, ConnectionState::Online);
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_asked_about_once() {
    let unauthorized = answer(401, r#"{"success":false,"error":"unauthorized access","errorCode":401}"#);
    let company = Company::new([Ok(unauthorized)]);
    let (api, _task) = connect_over_as(company, ACCOUNT);
    let edit = edit(&api);
    api.connection().wait_for(|line| line.state == ConnectionState::Refused).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(company.paths(), [ME]);
    api.renew(token(1)).await;
    edit.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn while_the_proof_fails_edits_wait_and_reads_end() {
    let down = || Err(TransportError::Unreachable("refused".into()));
    let broken = || Ok(answer(503, "<html>"));
    let nonsense = || Ok(answer(200, r#"{"success":true,"data":[]}"#));
    let faults = (0..20).flat_map(|_| [down(), broken(), nonsense(), Err(TransportError::NoAnswer("broke".into()))]);
    let company = Company::new(faults);
    let (api, _task) = connect_over_as(company, ACCOUNT);
    let edit = edit(&api);
    for lane in [Lane::Screen, Lane::Poll, Lane::Sync] {
        api.users(lane).await.unwrap_err();
    }
    assert!(!edit.is_finished());
    assert!(company.paths().iter().all(|path| path == ME), "{:?}", company.paths());
    edit.await.unwrap().unwrap();
    let asked = company.paths().iter().filter(|path| *path == ME).count();
    assert_eq!(asked, 81, "one after the other until it is known");
}

#[tokio::test(start_paused = true)]
async fn the_task_ends_though_the_token_was_never_proven() {
    let company = Company::new((0..1_000).map(|_| Err(TransportError::Unreachable("refused".into()))));
    let (api, task) = connect_over_as(company, ACCOUNT);
    let edit = edit(&api);
    tokio::time::sleep(Duration::from_secs(5)).await;
    edit.abort();
    drop(api);
    tokio::time::timeout(Duration::from_secs(300), task).await.expect("it ends").unwrap();
}
