//! Colleagues who edit the practice workspace.

use std::time::Duration;

use fastrand::Rng;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::super::support::practice::Practice;

/// The colleagues' tokens and user ids.
pub const TOKENS: [(&str, u64); 4] = [("joonas", 2), ("zoe", 3), ("priya", 4), ("oskar", 5)];
/// The number of items of each kind that they edit: so few that each changes several times per second.
const WORKED_ON: u64 = 120;
/// The pause of a colleague who hit the rate limit.
const BREATH: Duration = Duration::from_millis(250);

/// Lets each colleague make this many changes.
pub async fn work(practice: &Practice, changes: u64) {
    let mut work = JoinSet::new();
    for (token, user) in TOKENS {
        let colleague = Colleague {
            http: Client::builder().no_proxy().build().unwrap(),
            url: practice.url.clone(),
            token,
            rng: Rng::with_seed(user),
        };
        work.spawn(colleague.work(changes));
    }
    while let Some(done) = work.join_next().await {
        done.unwrap();
    }
}

struct Colleague {
    http: Client,
    url: String,
    token: &'static str,
    rng: Rng,
}

impl Colleague {
    async fn work(mut self, changes: u64) {
        let mut done = 0;
        while done < changes {
            done += u64::from(self.change().await);
        }
    }

    /// Changes an item, if it still exists and allows the change.
    async fn change(&mut self) -> bool {
        let kinds = ["deals", "deals", "activities", "persons", "organizations"];
        let kind = kinds[self.rng.usize(..kinds.len())];
        let item = format!("/api/v2/{kind}/{}", self.rng.u64(1..=WORKED_ON));
        match self.rng.u8(..100) {
            0..3 => self.send("DELETE", &item, &Value::Null).await,
            3..10 => {
                let body = self.new_item(kind);
                self.send("POST", &format!("/api/v2/{kind}"), &body).await
            }
            _ => {
                let body = match kind {
                    "deals" => self.of_a_deal(),
                    "activities" => self.of_an_activity(),
                    _ => self.of_a_contact(),
                };
                self.send("PATCH", &item, &body).await
            }
        }
    }

    fn new_item(&mut self, kind: &str) -> Value {
        let word = self.word();
        match kind {
            "deals" => {
                let (stage, person) = (self.rng.u64(1..=4), self.rng.u64(1..=WORKED_ON));
                json!({"title": word, "stage_id": stage, "person_id": person, "value": 100, "currency": "EUR"})
            }
            "activities" => json!({"subject": word, "type": "call", "deal_id": self.rng.u64(1..=WORKED_ON)}),
            _ => json!({"name": word}),
        }
    }

    fn of_a_deal(&mut self) -> Value {
        match self.rng.u8(..10) {
            0..4 => json!({"stage_id": self.rng.u64(1..=4)}),
            4 | 5 => json!({"value": self.rng.u32(..100_000)}),
            6 => json!({"title": self.word()}),
            7 => json!({"status": self.rng.choice(["open", "won", "lost"])}),
            8 => json!({"owner_id": self.rng.u64(1..=5)}),
            _ => json!({"expected_close_date": self.day(), "person_id": self.rng.u64(1..=WORKED_ON)}),
        }
    }

    fn of_an_activity(&mut self) -> Value {
        match self.rng.u8(..3) {
            0 => json!({"done": self.rng.bool()}),
            1 => json!({"subject": self.word()}),
            _ => json!({"due_date": self.day(), "due_time": "10:30"}),
        }
    }

    /// Returns a change of a field that people and organizations share.
    fn of_a_contact(&mut self) -> Value {
        match self.rng.u8(..3) {
            0 => json!({"owner_id": self.rng.u64(1..=5)}),
            1 => json!({"label_ids": []}),
            _ => json!({"name": self.word()}),
        }
    }

    fn word(&mut self) -> String {
        let name: String = std::iter::repeat_with(|| self.rng.lowercase()).take(12).collect();
        format!("Storm {name}")
    }

    fn day(&mut self) -> String {
        format!("2027-{:02}-{:02}", self.rng.u8(1..=12), self.rng.u8(1..=28))
    }

    /// Sends a change, below the rate limit. Returns `true` if it was carried out.
    async fn send(&self, method: &str, path: &str, body: &Value) -> bool {
        loop {
            let request = self.http.request(method.parse().unwrap(), format!("{}{path}", self.url));
            let answer = request.header("x-api-token", self.token).json(body).send().await.unwrap();
            match answer.status() {
                StatusCode::TOO_MANY_REQUESTS => tokio::time::sleep(BREATH).await,
                status => return status.is_success(),
            }
        }
    }
}
