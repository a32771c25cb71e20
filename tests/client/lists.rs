//! What is a list and what is none, and lists that do not come to their end.

use std::sync::Mutex;

use dealdeck::domain::*;
use dealdeck::pipedrive::{
    Api, ApiError, DealsQuery, HttpResponse, Lane, Request, Token, Transport, TransportError, connect_over,
};
use uuid::Uuid;

use crate::simulated::{Canned, answer, kept};

/// Answers whatever a function says, and counts.
struct Server<F> {
    answer: F,
    asked: Mutex<usize>,
}

impl<F: Fn(&Request, usize) -> String> Server<F> {
    fn new(answer: F) -> Self {
        Self { answer, asked: Mutex::new(0) }
    }

    fn asked(&self) -> usize {
        *self.asked.lock().unwrap()
    }
}

impl<F: Fn(&Request, usize) -> String + Send + Sync> Transport for &'static Server<F> {
    async fn send(&self, request: &Request) -> Result<HttpResponse, TransportError> {
        let nth = {
            let mut asked = self.asked.lock().unwrap();
            *asked += 1;
            *asked
        };
        Ok(answer(200, &(self.answer)(request, nth)))
    }

    fn renew(&self, _: &Token) {}
}

fn is_unreadable<T>(read: &Result<T, ApiError>) -> bool {
    matches!(read, Err(ApiError::Unreadable(_)))
}

fn deal(id: usize) -> String {
    format!(r#"{{"id":{id},"title":"D","pipeline_id":1,"stage_id":1,"status":"open"}}"#)
}

fn page(objects: &[String], cursor: Option<&str>) -> String {
    let cursor = cursor.map_or("null".to_owned(), |cursor| format!("\"{cursor}\""));
    format!(r#"{{"success":true,"data":[{}],"additional_data":{{"next_cursor":{cursor}}}}}"#, objects.join(","))
}

async fn deals(api: &Api) -> Result<Vec<Deal>, ApiError> {
    api.deals(Lane::Sync, &DealsQuery { status: Some("open"), since: None }).all().await
}

#[tokio::test]
async fn what_is_no_list_is_not_an_empty_one() {
    for data in ["null", "{}", r#""none""#, "7", "true", r#"{"items":[]}"#] {
        let body = format!(r#"{{"success":true,"data":{data}}}"#);
        let all = ["/deals", "/activities", "/persons", "/organizations", "/pipelines", "/stages", "/dealFields"];
        let answers: Vec<(String, &str)> = all.iter().map(|path| (format!("/api/v2{path}"), body.as_str())).collect();
        let answers: Vec<(&str, &str)> = answers.iter().map(|(path, body)| (path.as_str(), *body)).collect();
        let (api, _task) = connect_over(Canned::new(&answers));
        assert!(is_unreadable(&deals(&api).await), "{data}");
        assert!(is_unreadable(&api.activities(Lane::Sync, None, None).all().await), "{data}");
        assert!(is_unreadable(&api.people(Lane::Sync, None).all().await), "{data}");
        assert!(is_unreadable(&api.orgs(Lane::Sync, None).all().await), "{data}");
        assert!(is_unreadable(&api.pipelines(Lane::Sync).await), "{data}");
        assert!(is_unreadable(&api.stages(Lane::Sync).await), "{data}");
        assert!(is_unreadable(&api.fields(Lane::Sync, ItemKind::Deal).await), "{data}");
        assert!(is_unreadable(&api.latest_deals(5).await), "{data}");
    }
    for body in [r#"{"success":true}"#, r#"{"success":true,"data":{}}"#, r#"{"success":true,"data":"x"}"#] {
        let (api, _task) = connect_over(Canned::new(&[("/api/v1/leads", body), ("/api/v1/users", body)]));
        assert!(is_unreadable(&api.leads(Lane::Sync).await), "{body}");
        assert!(is_unreadable(&api.users(Lane::Sync).await), "{body}");
    }
}

#[tokio::test]
async fn null_is_an_empty_list_of_version_1() {
    let body = r#"{"success":true,"data":null,"additional_data":null}"#;
    let (api, _task) = connect_over(Canned::new(&[("/api/v1/leads", body), ("/api/v1/leadLabels", body)]));
    assert_eq!(api.leads(Lane::Poll).await.unwrap().leads, []);
    assert_eq!(api.lead_labels(Lane::Poll).await, Ok(Vec::new()));
}

#[tokio::test]
async fn what_is_no_object_is_not_an_item() {
    for data in ["null", "[]", "[7]", r#""x""#, "7", r#"{"title":"no id"}"#] {
        let body = format!(r#"{{"success":true,"data":{data}}}"#);
        let (api, _task) = connect_over(Canned::new(&[("/api/v2/deals/7", &body), ("/api/v1/users/me", &body)]));
        assert!(is_unreadable(&api.deal(Lane::Screen, DealId(7)).await), "{data}");
        assert!(is_unreadable(&api.me(Lane::Screen).await), "{data}");
    }
}

#[tokio::test]
async fn an_unreadable_cursor_is_not_the_end() {
    for cursor in ["{}", "[1]", "true"] {
        let body = format!(r#"{{"success":true,"data":[{}],"additional_data":{{"next_cursor":{cursor}}}}}"#, deal(1));
        let (api, _task) = connect_over(Canned::new(&[("/api/v2/deals", &body)]));
        assert!(is_unreadable(&deals(&api).await), "{cursor}");
    }
    let more = r#"{"success":true,"data":[],"additional_data":{"more_items_in_collection":"perhaps"}}"#;
    let (api, _task) = connect_over(Canned::new(&[("/api/v1/leads", more)]));
    assert!(is_unreadable(&api.leads(Lane::Sync).await));
    let empty = format!(r#"{{"success":true,"data":[{}],"additional_data":[]}}"#, deal(1));
    let (api, _task) = connect_over(Canned::new(&[("/api/v2/deals", &empty)]));
    assert_eq!(deals(&api).await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn new_cursors_with_the_same_items_end_soon() {
    let same: &'static Server<_> =
        kept(Server::new(|_: &Request, nth| page(&[deal(9), deal(8)], Some(&format!("c{nth}")))));
    let (api, _task) = connect_over(same);
    assert!(is_unreadable(&deals(&api).await));
    assert!(same.asked() <= 5, "{}", same.asked());

    // The same from the highest down, and where the order is not that of the ids.
    let (api, _task) = connect_over(same);
    let before = same.asked();
    assert!(is_unreadable(&api.deals(Lane::Sync, &DealsQuery::default()).newest_first().all().await));
    assert!(is_unreadable(&api.pipelines(Lane::Sync).await));
    assert!(same.asked() - before <= 10, "{}", same.asked());
}

#[tokio::test(start_paused = true)]
async fn ids_that_go_back_and_forth_end_soon() {
    let server: &'static Server<_> =
        kept(Server::new(|_: &Request, nth| page(&[deal(1000 - nth % 7)], Some(&format!("c{nth}")))));
    let (api, _task) = connect_over(server);
    assert!(is_unreadable(&deals(&api).await));
    assert!(server.asked() <= 12, "{}", server.asked());
}

#[tokio::test(start_paused = true)]
async fn leads_that_repeat_end_soon() {
    let server: &'static Server<_> = kept(Server::new(|_: &Request, _| {
        let lead = format!(r#"{{"id":"{}","title":"x"}}"#, Uuid::from_u128(5));
        format!(r#"{{"success":true,"data":[{lead}],"additional_data":{{"more_items_in_collection":true}}}}"#)
    }));
    let (api, _task) = connect_over(server);
    assert!(is_unreadable(&api.leads(Lane::Sync).await));
    assert!(server.asked() <= 8, "{}", server.asked());
}

#[tokio::test(start_paused = true)]
async fn a_list_that_always_goes_on_has_a_last_page() {
    let server: &'static Server<_> = kept(Server::new(|_: &Request, nth| page(&[deal(nth)], Some(&format!("c{nth}")))));
    let (api, _task) = connect_over(server);
    let mut pages = api.people(Lane::Sync, None);
    let mut last = None;
    while let Some(page) = pages.next().await {
        last = Some(page.map(|page| page.len()));
    }
    assert!(is_unreadable(&last.unwrap()));
    assert!(server.asked() <= 2_001, "{}", server.asked());
}

#[tokio::test]
async fn a_page_with_too_many_items_is_refused() {
    let objects = |count: usize| (1..=count).map(deal).collect::<Vec<_>>();
    let read = |body: String| async move {
        let (api, _task) = connect_over(Canned::new(&[("/api/v2/deals", &body)]));
        deals(&api).await
    };
    assert_eq!(read(page(&objects(500), None)).await.unwrap().len(), 500);
    assert!(is_unreadable(&read(page(&objects(1_001), None)).await));
}

#[tokio::test]
async fn pages_of_any_size_are_read_to_the_end() {
    let server: &'static Server<_> = kept(Server::new(|request: &Request, _| {
        let cursor = request.query.iter().find(|(name, _)| *name == "cursor").map(|(_, value)| value.as_str());
        match cursor {
            None => page(&[deal(1), deal(2)], Some("a")),
            Some("a") => page(&[], Some("b")),
            // What another user has moved comes again.
            Some("b") => page(&[deal(2)], Some("c")),
            Some("c") => page(&[deal(3)], Some("d")),
            _ => page(&[deal(3)], None),
        }
    }));
    let (api, _task) = connect_over(server);
    let ids: Vec<u64> = deals(&api).await.unwrap().iter().map(|deal| deal.id.0).collect();
    assert_eq!(ids, [1, 2, 2, 3, 3]);
}

/// An inbox from which leads vanish.
struct LeadServer {
    leads: Mutex<Vec<u128>>,
    /// How many leave it after each page, from its beginning; the last number goes for all further pages.
    leave: &'static [usize],
    starts: Mutex<Vec<usize>>,
}

impl Transport for &'static LeadServer {
    async fn send(&self, request: &Request) -> Result<HttpResponse, TransportError> {
        let number = |name: &str| request.query.iter().find(|(key, _)| *key == name).unwrap().1.parse().unwrap();
        let (start, limit): (usize, usize) = (number("start"), number("limit"));
        assert!(request.query.contains(&("sort", "id ASC".to_owned())), "an order that no change touches: {request:?}");
        let page = {
            let mut starts = self.starts.lock().unwrap();
            starts.push(start);
            starts.len() - 1
        };
        let leave = self.leave[page.min(self.leave.len() - 1)];
        let mut leads = self.leads.lock().unwrap();
        let page: Vec<String> = leads
            .iter()
            .skip(start)
            .take(limit)
            .map(|id| format!(r#"{{"id":"{}","title":"x"}}"#, Uuid::from_u128(*id)))
            .collect();
        let more = start + page.len() < leads.len();
        let leave = leave.min(leads.len());
        leads.drain(..leave);
        let data = page.join(",");
        let body = format!(
            r#"{{"success":true,"data":[{data}],"additional_data":{{"start":{start},"more_items_in_collection":{more}}}}}"#
        );
        Ok(answer(200, &body))
    }

    fn renew(&self, _: &Token) {}
}

#[tokio::test(start_paused = true)]
async fn no_lead_is_missed_while_others_leave_the_inbox() {
    let cases: [(&[usize], usize); 6] =
        [(&[0], 3), (&[1], 3), (&[20], 5), (&[100, 0], 6), (&[0, 300, 0], 8), (&[50, 50, 50, 0], 10)];
    for (leave, most) in cases {
        let leads: Vec<u128> = (1..=1_200).collect();
        let server = kept(LeadServer { leads: Mutex::new(leads), leave, starts: Mutex::default() });
        let (api, _task) = connect_over(server);
        let inbox = api.leads(Lane::Poll).await.unwrap();
        let read: std::collections::HashSet<u128> = inbox.leads.iter().map(|lead| lead.id.0.as_u128()).collect();
        assert_eq!(read.len(), inbox.leads.len(), "none comes twice");
        let left = server.leads.lock().unwrap().clone();
        assert!(left.iter().all(|lead| read.contains(lead)), "{leave:?} leave after each page");
        let starts = server.starts.lock().unwrap().clone();
        assert!(starts.len() <= most && starts.len() == inbox.pages as usize, "{leave:?}: {starts:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_inbox_that_cannot_be_followed_is_an_error() {
    let leads: Vec<u128> = (1..=500_000).collect();
    let server = kept(LeadServer { leads: Mutex::new(leads), leave: &[60_000], starts: Mutex::default() });
    let (api, _task) = connect_over(server);
    assert!(is_unreadable(&api.leads(Lane::Poll).await));
    assert!(server.starts.lock().unwrap().len() <= 8);
}
