//! The write log: all requests that changed something, in the order of execution. A test learns from it if a request
//! was lost, carried out twice or out of order. It is saved together with the changes.

use std::collections::VecDeque;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request};
use axum::response::Response;
use futures_util::FutureExt;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::sandbox::current_user::current_user_id;

/// The most writes in the log.
pub const MAX_ENTRIES: usize = 100_000;
/// The largest body that is read, in bytes; the handlers accept less.
const MAX_BODY: usize = 4 << 20;

tokio::task_local! {
    /// The request that the current task carries out.
    pub static CURRENT_REQUEST: RecordedRequest;
}

/// A request that may change something, as the log records it.
#[derive(Debug, Clone)]
pub struct RecordedRequest {
    method: Method,
    path: String,
    body: Option<Box<RawValue>>,
    arrived: Duration,
}

impl RecordedRequest {
    /// Reads a request that arrived `arrived` after the server's start. Returns it again for its handler.
    pub async fn read(request: Request<Body>, arrived: Duration) -> Result<(Self, Request<Body>), axum::Error> {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, MAX_BODY).await?;
        let recorded = Self {
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
            body: serde_json::from_slice(&body).ok(),
            arrived,
        };
        Ok((recorded, Request::from_parts(parts, Body::from(body))))
    }
}

/// A request that changed something.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Write {
    /// Its number, from 1.
    pub seq: i64,
    /// The method of the request.
    pub method: String,
    /// The path of the request.
    pub path: String,
    /// The body as it was sent, if it is JSON.
    pub body: Option<Box<RawValue>>,
    /// The id of the created record; for a conversion that of the job.
    pub id: Value,
    /// The status of the response, even if it never arrives.
    pub status: u16,
    /// The id of the user whose token the request had.
    #[serde(default)]
    pub user: u64,
    /// The arrival of the request, in milliseconds since the server's start.
    #[serde(default)]
    pub arrived: u64,
    /// The execution of the request, in milliseconds since the server's start.
    #[serde(default)]
    pub at: u64,
}

/// The last writes, oldest first.
#[derive(Debug, Default)]
pub struct WriteLog {
    last: VecDeque<Write>,
    count: i64,
    unsaved: usize,
}

impl WriteLog {
    /// Records that the current task's request was carried out `at` after the server's start. Returns its response.
    pub fn record(&mut self, response: Response, at: Duration) -> Response {
        let Ok(request) = CURRENT_REQUEST.try_with(RecordedRequest::clone) else { return response };
        let status = response.status().as_u16();
        let (id, response) =
            if request.method == Method::POST { created_id(response) } else { (Value::Null, response) };
        self.count += 1;
        self.unsaved += 1;
        self.push(Write {
            seq: self.count,
            method: request.method.to_string(),
            path: request.path,
            body: request.body,
            id,
            status,
            user: current_user_id(),
            arrived: millis(request.arrived),
            at: millis(at),
        });
        response
    }

    /// Adds a write that is in the file already.
    pub fn load(&mut self, write: Write) {
        self.count = write.seq;
        self.push(write);
    }

    fn push(&mut self, write: Write) {
        self.last.push_back(write);
        if self.last.len() > MAX_ENTRIES {
            self.last.pop_front();
        }
    }

    /// Returns all writes in the log.
    pub fn iter(&self) -> impl Iterator<Item = &Write> {
        self.last.iter()
    }

    /// Returns the writes that are not in the file yet.
    pub fn unsaved(&self) -> impl Iterator<Item = &Write> {
        self.last.iter().skip(self.last.len().saturating_sub(self.unsaved))
    }

    /// Marks all writes as saved.
    pub fn mark_saved(&mut self) {
        self.unsaved = 0;
    }
}

/// Converts a duration to whole milliseconds.
pub fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Returns the id of the record that a response reports as created, and the response.
fn created_id(response: Response) -> (Value, Response) {
    let (parts, body) = response.into_parts();
    // The bodies of responses to writes are in memory: there is nothing to wait for.
    let body = axum::body::to_bytes(body, usize::MAX).now_or_never().and_then(Result::ok).unwrap_or_default();
    let data = serde_json::from_slice::<Value>(&body).unwrap_or_default()["data"].take();
    let id = ["id", "conversion_id"].into_iter().find_map(|name| data.get(name)).cloned().unwrap_or_default();
    (id, Response::from_parts(parts, Body::from(body)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_log_drops_its_oldest_write() {
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
        let mut writes = WriteLog::default();
        (1..=100_003).for_each(|seq| writes.load(write(seq)));
        assert_eq!((writes.iter().count(), writes.unsaved().count()), (MAX_ENTRIES, 0));
        assert_eq!(writes.iter().next().map(|write| write.seq), Some(4));
    }
}
