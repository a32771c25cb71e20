//! The record of writes: what was carried out, in its order. A test asks it whether anything was lost, done twice or
//! done in the wrong order. Where there is a file it goes into it along with what the writes changed.

use std::collections::VecDeque;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request};
use axum::response::Response;
use futures_util::FutureExt;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::caller::me;

/// How many are kept.
pub const MOST: usize = 100_000;
/// The largest body that is taken; what the handlers take is less.
const LARGEST_BODY: usize = 4 << 20;

tokio::task_local! {
    /// The request that this task carries out.
    pub static ASKED: Asked;
}

/// A request that may write something.
#[derive(Debug, Clone)]
pub struct Asked {
    method: Method,
    path: String,
    body: Option<Box<RawValue>>,
    arrived: Duration,
}

impl Asked {
    /// Reads a request that arrived this time after the server's start, and gives it back for those who carry it out.
    pub async fn read(request: Request<Body>, arrived: Duration) -> Result<(Self, Request<Body>), axum::Error> {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, LARGEST_BODY).await?;
        let asked = Self {
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
            body: serde_json::from_slice(&body).ok(),
            arrived,
        };
        Ok((asked, Request::from_parts(parts, Body::from(body))))
    }
}

/// A write that was carried out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Write {
    /// Its number, counted from 1.
    pub seq: i64,
    /// The method of the request.
    pub method: String,
    /// Its path.
    pub path: String,
    /// Its body as it was sent, if it is JSON.
    pub body: Option<Box<RawValue>>,
    /// The id of what was made; for a conversion that of the job.
    pub id: Value,
    /// The status of the answer, whether it arrives or not.
    pub status: u16,
    /// The user whose token the request had.
    #[serde(default)]
    pub user: u64,
    /// When the request arrived, in milliseconds since the server's start.
    #[serde(default)]
    pub arrived: u64,
    /// When it was carried out, likewise.
    #[serde(default)]
    pub at: u64,
}

/// The last writes, from the oldest on.
#[derive(Debug, Default)]
pub struct Writes {
    last: VecDeque<Write>,
    count: i64,
    unsaved: usize,
}

impl Writes {
    /// Notes that the request of this task was carried out this time after the server's start, with this answer.
    pub fn note(&mut self, answer: Response, at: Duration) -> Response {
        let Ok(asked) = ASKED.try_with(Asked::clone) else { return answer };
        let status = answer.status().as_u16();
        let (id, answer) = if asked.method == Method::POST { made(answer) } else { (Value::Null, answer) };
        self.count += 1;
        self.unsaved += 1;
        self.keep(Write {
            seq: self.count,
            method: asked.method.to_string(),
            path: asked.path,
            body: asked.body,
            id,
            status,
            user: me(),
            arrived: millis(asked.arrived),
            at: millis(at),
        });
        answer
    }

    /// Takes up one that is in the file.
    pub fn load(&mut self, write: Write) {
        self.count = write.seq;
        self.keep(write);
    }

    fn keep(&mut self, write: Write) {
        self.last.push_back(write);
        if self.last.len() > MOST {
            self.last.pop_front();
        }
    }

    /// All that are kept.
    pub fn iter(&self) -> impl Iterator<Item = &Write> {
        self.last.iter()
    }

    /// Those that are not in the file yet.
    pub fn unsaved(&self) -> impl Iterator<Item = &Write> {
        self.last.iter().skip(self.last.len().saturating_sub(self.unsaved))
    }

    /// Takes note that the file has all.
    pub fn saved(&mut self) {
        self.unsaved = 0;
    }
}

/// A time as whole milliseconds.
pub fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The id of what an answer says was made, and the answer.
fn made(answer: Response) -> (Value, Response) {
    let (parts, body) = answer.into_parts();
    // The bodies of answers to writes are whole when they are made: there is nothing to wait for.
    let body = axum::body::to_bytes(body, usize::MAX).now_or_never().and_then(Result::ok).unwrap_or_default();
    let data = serde_json::from_slice::<Value>(&body).unwrap_or_default()["data"].take();
    let id = ["id", "conversion_id"].into_iter().find_map(|name| data.get(name)).cloned().unwrap_or_default();
    (id, Response::from_parts(parts, Body::from(body)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_make_room() {
        let write = |seq| Write {
            seq,
            method: "PATCH".to_owned(),
            path: "/".to_owned(),
            body: None,
            id: Value::Null,
            status: 200,
            user: 1,
            arrived: 0,
            at: 0,
        };
        let mut writes = Writes::default();
        (1..=100_003).for_each(|seq| writes.load(write(seq)));
        assert_eq!((writes.iter().count(), writes.unsaved().count()), (MOST, 0));
        assert_eq!(writes.iter().next().map(|write| write.seq), Some(4));
    }
}
