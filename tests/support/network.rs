//! A server behind a network that delays requests: they may arrive after the client has given up.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dealdeck::pipedrive::{HttpResponse, Method, RateLimits, Request, Token, Transport, TransportError};
use serde_json::{Value, json};
use tokio::time::Instant;

/// The timeout of the client.
pub const TIMEOUT: Duration = Duration::from_secs(20);

/// The outcome of a write.
#[derive(Debug, Clone)]
pub enum Fate {
    /// It arrives after this time; its client has given up by then.
    Held(Duration),
    /// A gateway reports a timeout at once; the request arrives after this time.
    GatewayTimeout(Duration),
    /// It is not carried out, and the response has this status and body.
    Refused(u16, &'static str),
    /// It is carried out, but the response has this status and body.
    Disguised(u16, &'static str),
    /// It never arrives and gets no response.
    Lost,
}

#[derive(Debug, Default)]
pub struct Account {
    /// Deals by their ids: titles, with the stage.
    pub deals: BTreeMap<u64, (String, u64)>,
    /// The writes carried out, in order: method, path, and the title or stage.
    pub carried_out: Vec<(Method, String, String)>,
    /// The requests sent, with their times.
    pub sent: Vec<(Instant, Method, String)>,
    /// The outcomes of the next writes; later ones succeed.
    pub fates: VecDeque<Fate>,
    /// The time until which every request gets a server error.
    pub fails_until: Option<Instant>,
}

impl Account {
    fn deal(&self, id: u64) -> Option<String> {
        let (title, stage) = self.deals.get(&id)?;
        Some(
            json!({
                "id": id, "title": title, "status": "open", "pipeline_id": 1, "stage_id": stage, "org_id": 7,
                "person_id": null,
            })
            .to_string(),
        )
    }

    fn carry_out(&mut self, request: &Request) -> (u16, String) {
        let body: Value = request.body.as_deref().map_or(Value::Null, |body| serde_json::from_str(body).unwrap());
        let what = [&body["title"], &body["stage_id"]].into_iter().find(|value| !value.is_null()).cloned();
        let what = what.unwrap_or_default().to_string().trim_matches('"').to_owned();
        let id = match (request.method, request.path.strip_prefix("/deals/").map(|id| id.parse::<u64>().unwrap())) {
            (Method::Post, None) => {
                let id = self.deals.keys().max().unwrap_or(&0) + 1;
                self.deals.insert(id, (what.clone(), 1));
                id
            }
            (Method::Delete, Some(id)) => {
                self.deals.remove(&id);
                self.carried_out.push((request.method, request.path.clone(), what));
                return (200, format!(r#"{{"success":true,"data":{{"id":{id}}}}}"#));
            }
            (_, Some(id)) => {
                let Some(deal) = self.deals.get_mut(&id) else { return not_found() };
                if let Some(title) = body["title"].as_str() {
                    title.clone_into(&mut deal.0);
                }
                deal.1 = body["stage_id"].as_u64().unwrap_or(deal.1);
                id
            }
            other => panic!("{other:?}"),
        };
        self.carried_out.push((request.method, request.path.clone(), what));
        (200, format!(r#"{{"success":true,"data":{}}}"#, self.deal(id).unwrap()))
    }

    fn read(&self, request: &Request) -> (u16, String) {
        let value = |name: &str| request.query.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str());
        let list = |ids: Vec<u64>| {
            let deals: Vec<String> = ids.into_iter().filter_map(|id| self.deal(id)).collect();
            (200, format!(r#"{{"success":true,"data":[{}]}}"#, deals.join(",")))
        };
        match request.path.as_str() {
            "/users/me" => (200, r#"{"success":true,"data":{"id":1,"company_id":1}}"#.to_owned()),
            "/deals" if value("ids").is_some() => {
                list(value("ids").unwrap().split(',').map(|id| id.parse().unwrap()).collect())
            }
            "/deals" if value("sort_direction") == Some("desc") => {
                let most = value("limit").unwrap().parse().unwrap();
                list(self.deals.keys().rev().take(most).copied().collect())
            }
            "/deals" => list(self.deals.keys().copied().collect()),
            path => match path.strip_prefix("/deals/") {
                Some(id) => match self.deal(id.parse().unwrap()) {
                    Some(deal) => (200, format!(r#"{{"success":true,"data":{deal}}}"#)),
                    None => not_found(),
                },
                None => (200, r#"{"success":true,"data":[]}"#.to_owned()),
            },
        }
    }

    pub fn titles(&self) -> Vec<&str> {
        self.deals.values().map(|(title, _)| title.as_str()).collect()
    }

    pub fn sent(&self, method: Method) -> usize {
        self.sent.iter().filter(|(_, other, _)| *other == method).count()
    }
}

fn not_found() -> (u16, String) {
    (404, r#"{"success":false,"error":"Deal not found"}"#.to_owned())
}

/// A server behind a network that delays requests.
#[derive(Clone, Default)]
pub struct Network(pub Arc<Mutex<Account>>);

impl Network {
    /// Lets a request arrive after some time, even if its client has given up.
    fn arrive_after(&self, after: Duration, request: &Request) {
        let (network, request) = (self.clone(), request.clone());
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            network.0.lock().unwrap().carry_out(&request);
        });
    }
}

impl Transport for Network {
    async fn send(&self, request: &Request) -> Result<HttpResponse, TransportError> {
        let no_answer = async || {
            tokio::time::sleep(TIMEOUT).await;
            Err(TransportError::NoAnswer("no answer in 20 s".into()))
        };
        let fate = {
            let mut account = self.0.lock().unwrap();
            account.sent.push((Instant::now(), request.method, request.path.clone()));
            if account.fails_until.is_some_and(|until| Instant::now() < until) {
                return Ok(answer(503, "<html>Service unavailable</html>".to_owned()));
            }
            if request.method == Method::Get { None } else { account.fates.pop_front() }
        };
        let (status, body) = match fate {
            Some(Fate::Held(after)) => {
                self.arrive_after(after, request);
                return no_answer().await;
            }
            Some(Fate::Lost) => return no_answer().await,
            Some(Fate::GatewayTimeout(after)) => {
                self.arrive_after(after, request);
                (504, "<html>Gateway timeout</html>".to_owned())
            }
            Some(Fate::Refused(status, body)) => (status, body.to_owned()),
            Some(Fate::Disguised(status, body)) => {
                self.0.lock().unwrap().carry_out(request);
                (status, body.to_owned())
            }
            None if request.method == Method::Get => self.0.lock().unwrap().read(request),
            None => self.0.lock().unwrap().carry_out(request),
        };
        Ok(answer(status, body))
    }

    fn renew(&self, _: &Token) {}
}

fn answer(status: u16, body: String) -> HttpResponse {
    HttpResponse { status, limits: RateLimits::default(), is_json: body.starts_with('{'), body: body.into() }
}
