//! What the API task does when the server fails.

use std::sync::Mutex;
use std::time::Duration;

use dealdeck::domain::{
    Contact, Currency, DealId, DealPatch, ItemRef, Link, Money, NewDeal, OrgId, PipelineId, PipelineStage, StageId,
};
use dealdeck::pipedrive::{
    Api, ApiError, ConnectionState, HttpResponse, Lane, Method, RateLimits, Request, Token, Transport, TransportError,
    connect_over,
};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::simulated::{EMPTY, Script, answer, kept};

/// Pipedrive's answer to a token that it does not take.
const UNAUTHORIZED: &str = r#"{"success":false,"error":"unauthorized access","errorCode":401}"#;

fn refused(limits: RateLimits) -> HttpResponse {
    HttpResponse { limits, ..answer(429, "{}") }
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[tokio::test(start_paused = true)]
async fn what_can_be_sent_again_is_until_it_succeeds() {
    for fault in [
        Ok(answer(500, "")),
        Ok(answer(503, "<html>")),
        Ok(answer(200, "{\"success\":tr")),
        Err(TransportError::NoAnswer("broke".into())),
        Err(TransportError::Unreachable("refused".into())),
        Ok(refused(RateLimits::default())),
    ] {
        let server = kept(Script::new([fault.clone(), fault.clone(), Ok(answer(200, EMPTY))]));
        let (api, _task) = connect_over(server);
        assert_eq!(api.lead_labels(Lane::Screen).await, Ok(Vec::new()), "{fault:?}");
        assert_eq!(server.came.lock().unwrap().len(), 3, "{fault:?}");
        assert_eq!(api.connection().borrow().state, ConnectionState::Online);
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_gives_up_at_some_time_and_says_why() {
    for (fault, error, most) in [
        (Ok(answer(500, r#"{"error":"Out of order"}"#)), ApiError::Server("Out of order".into()), 5),
        (Err(TransportError::NoAnswer("broke".into())), ApiError::NoAnswer("broke".into()), 5),
        (Ok(answer(502, "<html>")), ApiError::Server("HTTP status 502".into()), 5),
        (Ok(refused(RateLimits::default())), ApiError::TooManyRequests, 4),
        (Ok(answer(403, "<html>")), ApiError::Blocked, 4),
    ] {
        let server = kept(Script::new([fault]));
        let (api, _task) = connect_over(server);
        let start = Instant::now();
        assert_eq!(api.lead_labels(Lane::Screen).await, Err(error.clone()));
        assert!(start.elapsed() <= seconds(60), "{error:?}: {:?}", start.elapsed());
        let came = server.came.lock().unwrap().len();
        assert!((1..=most).contains(&came), "{error:?}: {came}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_is_sent_once_and_its_outcome_reported() {
    for (fault, error) in [
        (Ok(answer(500, r#"{"error":"Out of order"}"#)), ApiError::Server("Out of order".into())),
        (Err(TransportError::NoAnswer("broke".into())), ApiError::NoAnswer("broke".into())),
        (Ok(answer(502, "<html>")), ApiError::Server("HTTP status 502".into())),
        (Ok(answer(404, "<html>")), ApiError::Gateway { status: 404, body: "a web page" }),
        (Ok(answer(403, r#"{"success":false,"error":"Not yours"}"#)), ApiError::Refused("Not yours".into())),
        (Ok(answer(404, r#"{"success":false,"error":"Not here"}"#)), ApiError::Gone("Not here".into())),
        (Ok(refused(RateLimits { daily_left: Some(0), ..RateLimits::default() })), ApiError::BudgetSpent),
    ] {
        for is_bulk in [false, true] {
            let server = kept(Script::new([fault.clone()]));
            let (api, _task) = connect_over(server);
            let api = if is_bulk { api.in_bulk() } else { api };
            assert_eq!(api.update_deal(DealId(1), &DealPatch::default()).await, Err(error.clone()));
            assert_eq!(server.came.lock().unwrap().len(), 1, "{error:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_connection_an_edit_waits_and_anything_else_gives_up() {
    let down = Err(TransportError::Unreachable("refused".into()));
    let server = kept(Script::new([down.clone()]));
    let (api, _task) = connect_over(server);
    assert_eq!(api.lead_labels(Lane::Sync).await, Err(ApiError::Unreachable("refused".into())));
    let came = server.came.lock().unwrap().len();
    assert!((5..=9).contains(&came), "{came}");

    let done = r#"{"success":true,"data":{"id":1,"pipeline_id":1,"stage_id":1}}"#;
    let back = vec![down; 40].into_iter().chain([Ok(answer(200, done))]);
    let (api, _task) = connect_over(kept(Script::new(back)));
    assert_eq!(api.update_deal(DealId(1), &DealPatch::default()).await.unwrap().id, DealId(1));
}

#[tokio::test(start_paused = true)]
async fn an_edit_waits_out_any_number_of_refusals() {
    let done = r#"{"success":true,"data":{"id":1,"pipeline_id":1,"stage_id":1}}"#;
    for is_bulk in [false, true] {
        let refusals = vec![Ok(refused(RateLimits::default())); 20];
        let (api, _task) = connect_over(kept(Script::new(refusals.into_iter().chain([Ok(answer(200, done))]))));
        let api = if is_bulk { api.in_bulk() } else { api };
        assert_eq!(api.update_deal(DealId(1), &DealPatch::default()).await.unwrap().id, DealId(1));
    }
}

/// A server that fails for a time, or at some requests.
struct Failing {
    start: Instant,
    lasts: Duration,
    fault: Result<HttpResponse, TransportError>,
    /// The only path that fails, if it is not all of them.
    path: Option<&'static str>,
    came: Mutex<Vec<(Duration, Method)>>,
}

impl Failing {
    fn new(lasts: Duration, fault: Result<HttpResponse, TransportError>) -> Self {
        Self { start: Instant::now(), lasts, fault, path: None, came: Mutex::default() }
    }

    /// How many requests came in each minute.
    fn by_minute(&self) -> Vec<usize> {
        let came = self.came.lock().unwrap();
        let minutes = self.lasts.as_secs() / 60;
        (0..minutes).map(|minute| came.iter().filter(|(at, _)| at.as_secs() / 60 == minute).count()).collect()
    }
}

impl Transport for &'static Failing {
    async fn send(&self, request: &Request) -> Result<HttpResponse, TransportError> {
        tokio::time::sleep(Duration::from_millis(60)).await;
        let at = self.start.elapsed();
        self.came.lock().unwrap().push((at, request.method));
        if at < self.lasts && self.path.is_none_or(|path| request.path == path) {
            if matches!(self.fault, Err(TransportError::NoAnswer(_))) {
                tokio::time::sleep(seconds(20)).await;
            }
            return self.fault.clone();
        }
        let one = r#"{"success":true,"data":{"id":1,"pipeline_id":1,"stage_id":1}}"#;
        Ok(answer(200, if request.path == "/leadLabels" { EMPTY } else { one }))
    }

    fn renew(&self, _: &Token) {}
}

/// Asks for something many times in a lane.
fn ask(api: &Api, lane: Lane, times: usize) -> JoinSet<Result<(), ApiError>> {
    let one = |api: Api| async move { api.lead_labels(lane).await.map(|_| ()) };
    (0..times).map(|_| one(api.clone())).collect()
}

#[tokio::test(start_paused = true)]
async fn in_an_outage_a_probe_goes_now_and_then_and_edits_wait() {
    for fault in [
        Ok(answer(503, "<html>")),
        Ok(answer(200, "{}")),
        Ok(answer(404, "404 page not found")),
        Ok(answer(403, "<html>")),
        Err(TransportError::NoAnswer("no answer in 20 s".into())),
        Err(TransportError::Unreachable("the connection was refused".into())),
    ] {
        let server = kept(Failing::new(seconds(600), fault.clone()));
        let (api, _task) = connect_over(server);
        let edits = ask(&api, Lane::Edit, 300);
        let bulk = ask(&api, Lane::Bulk, 200);
        assert!(edits.join_all().await.into_iter().chain(bulk.join_all().await).all(|ended| ended.is_ok()));
        let by_minute = server.by_minute();
        println!("{fault:?}: {by_minute:?}");
        let most = if matches!(fault, Err(TransportError::Unreachable(_))) { 16 } else { 5 };
        assert!(by_minute[0] <= 16, "{fault:?}: {by_minute:?}");
        assert!(by_minute[1..].iter().all(|count| *count <= most), "{fault:?}: {by_minute:?}");
        assert!(server.start.elapsed() < seconds(600 + 30 + 80), "{fault:?}: {:?}", server.start.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_for_an_edit_ends_soon_in_an_outage() {
    for fault in [
        Ok(answer(503, "<html>")),
        Ok(answer(403, "<html>")),
        Err(TransportError::NoAnswer("no answer in 20 s".into())),
        Err(TransportError::Unreachable("the connection was refused".into())),
    ] {
        let server = kept(Failing::new(seconds(3600), fault.clone()));
        let (api, _task) = connect_over(server);
        for lane in [Lane::Screen, Lane::Poll, Lane::Sync] {
            let start = Instant::now();
            let ended = ask(&api, lane, 50).join_all().await;
            assert!(ended.iter().all(Result::is_err), "{fault:?}");
            assert!(start.elapsed() <= seconds(75), "{fault:?}: {:?}", start.elapsed());
        }
        let came = server.came.lock().unwrap().len();
        assert!(came <= 60, "{fault:?}: {came}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_the_edge_dislikes_fails_alone() {
    let mut server = Failing::new(seconds(36_000), Ok(answer(403, "<html>")));
    server.path = Some("/deals/1");
    let server = kept(server);
    let (api, _task) = connect_over(server);
    let disliked = tokio::spawn({
        let api = api.clone();
        async move { api.update_deal(DealId(1), &DealPatch::default()).await }
    });
    let mut longest = Duration::ZERO;
    while !disliked.is_finished() {
        let start = Instant::now();
        api.lead_labels(Lane::Screen).await.unwrap();
        longest = longest.max(start.elapsed());
        tokio::time::sleep(seconds(1)).await;
        assert!(server.start.elapsed() < seconds(300), "it still waits");
    }
    assert_eq!(disliked.await.unwrap(), Err(ApiError::Blocked));
    assert!(longest < seconds(3), "others waited {longest:?}");
}

#[tokio::test(start_paused = true)]
async fn a_read_that_alone_fails_for_an_edit_ends_after_a_while() {
    let mut server = Failing::new(seconds(36_000), Ok(answer(500, "")));
    server.path = Some("/deals/1");
    let server = kept(server);
    let (api, _task) = connect_over(server);
    let failing = tokio::spawn({
        let api = api.clone();
        async move { api.deal(Lane::Edit, DealId(1)).await }
    });
    while !failing.is_finished() {
        api.lead_labels(Lane::Screen).await.unwrap();
        tokio::time::sleep(seconds(10)).await;
    }
    assert_eq!(failing.await.unwrap(), Err(ApiError::Server("HTTP status 500".into())));
    let took = server.start.elapsed();
    assert!((seconds(900)..seconds(960)).contains(&took), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn while_only_changes_fail_what_reads_goes_on() {
    let mut server = Failing::new(seconds(600), Ok(answer(503, "")));
    server.path = Some("/deals/1");
    let server = kept(server);
    let (api, _task) = connect_over(server);
    let sends = tokio::spawn({
        let api = api.clone();
        async move { while api.update_deal(DealId(1), &DealPatch::default()).await.is_err() {} }
    });
    let mut longest = Duration::ZERO;
    while !sends.is_finished() {
        let start = Instant::now();
        api.lead_labels(Lane::Screen).await.unwrap();
        longest = longest.max(start.elapsed());
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let writes = server.came.lock().unwrap().iter().filter(|(_, method)| *method == Method::Patch).count();
    assert!((20..=50).contains(&writes), "{writes} in ten minutes");
    assert!(longest < seconds(1), "{longest:?}");
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_holds_what_waits_until_there_is_another() {
    let server = kept(Script::new([Ok(answer(401, UNAUTHORIZED)), Ok(answer(200, EMPTY))]));
    let (api, _task) = connect_over(server);
    let calls: Vec<_> = [Lane::Edit, Lane::Sync]
        .into_iter()
        .map(|lane| {
            let api = api.clone();
            tokio::spawn(async move { api.lead_labels(lane).await })
        })
        .collect();
    api.connection().wait_for(|line| line.state == ConnectionState::Refused).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(server.came.lock().unwrap().len(), 1);
    api.renew(Token::new("another").unwrap()).await;
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(api.connection().borrow().state, ConnectionState::Online);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_goes_on_failing_is_not_asked_many_times_as_much() {
    let server = kept(Script::new([Ok(answer(500, ""))]));
    let (api, _task) = connect_over(server);
    let calls: Vec<_> = (0..200)
        .map(|_| {
            let api = api.clone();
            tokio::spawn(async move { api.lead_labels(Lane::Sync).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap_err();
    }
    // Each is sent once; a fifth as many again, and what was saved up.
    let sent = server.came.lock().unwrap().len();
    assert!(sent <= 200 + 200 / 5 + 20, "{sent}");
}

#[tokio::test(start_paused = true)]
async fn a_creation_whose_answer_is_lost_is_not_sent_again() {
    let new = new_deal();
    for fault in [Ok(answer(500, "")), Ok(answer(200, "{")), Err(TransportError::NoAnswer("broke".into()))] {
        let server = kept(Script::new([fault]));
        let (api, _task) = connect_over(server);
        let error = api.create_deal(&new, None, Some(OrgId(1))).await.unwrap_err();
        assert!(error.leaves_outcome_open(), "{error:?}");
        assert_eq!(server.came.lock().unwrap().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_waited_out_as_long_as_the_server_says() {
    for (limits, least) in [
        (RateLimits { retry_after: Some(seconds(7)), reset: Some(seconds(1)), ..RateLimits::default() }, 7),
        (RateLimits { reset: Some(seconds(1)), ..RateLimits::default() }, 1),
        (RateLimits::default(), 2),
        // Nobody is made to wait for ever.
        (RateLimits { retry_after: Some(seconds(1 << 40)), ..RateLimits::default() }, 300),
    ] {
        let server = kept(Script::new([Ok(refused(limits)), Ok(answer(200, EMPTY))]));
        let (api, _task) = connect_over(server);
        let start = Instant::now();
        api.lead_labels(Lane::Edit).await.unwrap();
        let took = start.elapsed().as_secs_f64();
        assert!((f64::from(least)..f64::from(least) + 0.3).contains(&took), "{limits:?}: {took}");
    }
}

#[tokio::test(start_paused = true)]
async fn while_the_edge_blocks_one_probe_a_minute_goes_and_it_is_said() {
    let server = kept(Failing::new(seconds(300), Ok(answer(403, "<!DOCTYPE html>"))));
    let (api, _task) = connect_over(server);
    let mut line = api.connection();
    let calls = ask(&api, Lane::Edit, 50);
    line.wait_for(|line| matches!(line.state, ConnectionState::Waiting { .. })).await.unwrap();
    assert!(calls.join_all().await.iter().all(Result::is_ok));
    let by_minute = server.by_minute();
    assert!(by_minute[0] <= 2 && by_minute.iter().all(|count| *count <= 2), "{by_minute:?}");
    assert_eq!(line.borrow_and_update().state, ConnectionState::Online);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_waits_for_any_more_is_not_sent() {
    let server = kept(Script::new([
        Ok(refused(RateLimits { retry_after: Some(seconds(9)), ..RateLimits::default() })),
        Ok(answer(200, EMPTY)),
    ]));
    let (api, _task) = connect_over(server);
    let first = tokio::spawn({
        let api = api.clone();
        async move { api.lead_labels(Lane::Edit).await }
    });
    api.connection().wait_for(|line| matches!(line.state, ConnectionState::Waiting { .. })).await.unwrap();
    let dropped = tokio::time::timeout(Duration::from_secs(1), api.users(Lane::Screen)).await;
    assert!(dropped.is_err());
    first.await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(server.came.lock().unwrap().len(), 2);
}

fn new_deal() -> NewDeal {
    let contact = Contact::Org(Link::Existing(OrgId(1)));
    let place = PipelineStage { pipeline: PipelineId(1), stage: StageId(1) };
    NewDeal::new("Once".into(), contact, place, Money::zero(Currency::new("EUR")))
}

/// What a proxy or gateway says where Pipedrive has no such thing, or in its place.
const GATEWAY_BODIES: [&str; 5] =
    ["404 page not found", "<html>Not Found</html>", "", "{}", r#"{"message":"no Route matched with those values"}"#];

#[tokio::test(start_paused = true)]
async fn a_404_of_a_gateway_does_not_mean_gone() {
    for status in [404, 410] {
        for body in GATEWAY_BODIES {
            let (api, _task) = connect_over(kept(Script::new([Ok(answer(status, body))])));
            let deleted = api.delete(ItemRef::Deal(DealId(7))).await;
            let error = deleted.expect_err("a gateway deletes nothing");
            assert!(matches!(error, ApiError::Gateway { status: said, .. } if said == status), "{body}: {error:?}");
            assert!(error.leaves_outcome_open(), "{body}");
            let read = api.deal(Lane::Screen, DealId(7)).await;
            assert!(matches!(read, Err(ApiError::Gateway { .. })), "{body}: {read:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_200_without_the_envelope_is_no_answer() {
    let pages = ["<html>Sign in to the network</html>", "OK", "", "[]", "{}", r#"{"data":{"id":1}}"#];
    for body in pages.into_iter().chain([r#"{"message":"Service temporarily unavailable"}"#]) {
        let (api, _task) = connect_over(kept(Script::new([Ok(answer(200, body))])));
        let made = api.create_deal(&new_deal(), None, Some(OrgId(1))).await.unwrap_err();
        assert!(matches!(made, ApiError::Gateway { status: 200, .. }), "{body}: {made:?}");
        assert!(made.leaves_outcome_open(), "{body}");
        let changed = api.update_deal(DealId(1), &DealPatch::default()).await.unwrap_err();
        assert!(changed.leaves_outcome_open(), "{body}: {changed:?}");
        let read = api.lead_labels(Lane::Screen).await;
        assert!(matches!(read, Err(ApiError::Gateway { .. })), "{body}: {read:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_redirect_leaves_it_open_whether_it_was_made() {
    for status in [301, 302, 307] {
        let (api, _task) = connect_over(kept(Script::new([Ok(answer(status, "<html>Found</html>"))])));
        let error = api.create_deal(&new_deal(), None, Some(OrgId(1))).await.unwrap_err();
        assert!(error.leaves_outcome_open(), "{error:?}");
        assert!(error.to_string().contains(&status.to_string()), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn only_pipedrive_refuses_a_request_or_the_token() {
    for (status, body) in [(400, "<html>"), (401, "<html>"), (401, "{}"), (405, ""), (407, "no"), (413, "<html>")] {
        let (api, _task) = connect_over(kept(Script::new([Ok(answer(status, body))])));
        let error = api.create_deal(&new_deal(), None, Some(OrgId(1))).await.unwrap_err();
        assert!(matches!(error, ApiError::Gateway { .. }), "{status} {body}: {error:?}");
        assert_ne!(api.connection().borrow().state, ConnectionState::Refused, "{status} {body}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_names_what_came_and_what_to_check() {
    let (api, _task) = connect_over(kept(Script::new([Ok(answer(404, "<html>Not Found</html>"))])));
    let said = api.deal(Lane::Screen, DealId(7)).await.unwrap_err().to_string();
    assert!(said.contains("404") && said.contains("web page") && said.contains("Check"), "{said}");
    let (api, _task) = connect_over(kept(Script::new([Ok(answer(200, r#"{"success":false}"#))])));
    let said = api.deal(Lane::Screen, DealId(7)).await.unwrap_err().to_string();
    assert!(!said.contains("HTTP status 200"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn a_creation_is_not_called_gone() {
    for status in [404, 410] {
        let refusal = answer(status, r#"{"success":false,"error":"Person not found"}"#);
        let (api, _task) = connect_over(kept(Script::new([Ok(refusal)])));
        let said = api.create_deal(&new_deal(), None, Some(OrgId(1))).await.unwrap_err().to_string();
        assert!(said.contains("Person not found") && said.contains("link"), "{said}");
        assert!(!said.contains("no longer in Pipedrive"), "{said}");
        // What was there is.
        let read = api.deal(Lane::Screen, DealId(7)).await;
        assert!(matches!(read, Err(ApiError::Gone(_))), "{read:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_too_large_is_not_called_unreachable() {
    let large = Err(TransportError::TooLarge("it is larger than 64 MiB".into()));
    let (api, _task) = connect_over(kept(Script::new([large])));
    let said = api.lead_labels(Lane::Screen).await.unwrap_err().to_string();
    assert!(said.contains("larger than 64 MiB") && !said.contains("cannot be reached"), "{said}");
    assert!(!matches!(api.connection().borrow().state, ConnectionState::Offline { .. }));
}
