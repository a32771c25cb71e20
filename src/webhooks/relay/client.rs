//! The member's side: keeps a stream from the team's server open, and tells what it says.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Response, StatusCode, Url};
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;

use super::event::Parser;
use super::wire;
use crate::pipedrive::{client_for, root_cause};
use crate::webhooks::{Feed, MemberKey, Signal};

/// The content type of a stream of events.
const EVENT_STREAM: &str = "text/event-stream";
/// The most signals that wait; the stream is not read further while they do.
const WAITING: usize = 1_024;
/// The longest time to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest time until an answer begins.
const ANSWER: Duration = Duration::from_secs(20);
/// The longest silence of the stream: four heartbeats of the server.
const SILENCE: Duration = Duration::from_secs(45);
/// The first and the longest wait before another try.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// The same where only a person can make it work.
const HOPELESS_WAIT: Duration = Duration::from_secs(30 * 60);

/// Listens to the team's server, at the address at which it has its webhooks, for as long as somebody hears it.
pub fn listen(url: &Url, key: MemberKey) -> Feed {
    let (out, signals) = mpsc::channel(WAITING);
    let doubt = Arc::new(Notify::new());
    let mut url = url.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push("live");
    }
    let line = Line { url, key, out, doubt: Arc::clone(&doubt), parser: Parser::default(), has_heard: false };
    tokio::spawn(line.run());
    Feed { signals, doubt }
}

/// Why the stream broke, or does not come about.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("the team's server cannot be reached ({0})")]
    Unreachable(String),
    #[error("the team's server refuses the key: ask whoever runs it for a new one")]
    Refused,
    #[error("there is no 'dealdeck serve' at the team's address ({0})")]
    NotThere(String),
    #[error("the team's server does not work now ({0})")]
    Status(StatusCode),
    #[error("the connection to the team's server broke ({0})")]
    Cut(String),
    /// Nobody hears any more.
    #[error("nobody listens")]
    ProbeError,
}

impl Broken {
    /// Returns `true` if another try is useless. A missing path is no such case: it may be a tunnel or a proxy whose
    /// server is just restarting.
    fn is_hopeless(&self) -> bool {
        matches!(self, Self::Refused)
    }
}

struct Line {
    url: Url,
    key: MemberKey,
    out: mpsc::Sender<Signal>,
    doubt: Arc<Notify>,
    /// Goes on over connections: it knows what was heard last.
    parser: Parser,
    /// `true` once this connection has sent anything.
    has_heard: bool,
}

impl Line {
    async fn run(mut self) {
        let mut wait = FIRST_WAIT;
        loop {
            self.has_heard = false;
            let broken = match client_for(self.url.as_str(), CONNECT_TIMEOUT).build() {
                Ok(client) => self.hear(&client).await,
                Err(error) => Broken::Unreachable(root_cause(&error)),
            };
            if matches!(broken, Broken::ProbeError) {
                return;
            }
            tracing::info!(%broken, "the team's server");
            if self.out.send(Signal::Down(broken.to_string())).await.is_err() {
                return;
            }
            if self.has_heard {
                wait = FIRST_WAIT;
            }
            let pause = if broken.is_hopeless() { HOPELESS_WAIT } else { wait };
            wait = (wait * 2).min(LONGEST_WAIT);
            tokio::select! {
                // Not all at once, after the server was gone for all.
                () = tokio::time::sleep(pause.mul_f64(0.5 + fastrand::f64() / 2.0)) => {}
                () = self.out.closed() => return,
            }
        }
    }

    /// Opens a stream and tells what it says until it breaks.
    async fn hear(&mut self, client: &reqwest::Client) -> Broken {
        let opened = match self.open(client).await {
            Ok(opened) => opened,
            Err(broken) => return broken,
        };
        // Half of an event may have come before.
        self.parser = self.parser.anew();
        match self.read(client, opened).await {
            Ok(()) => Broken::Cut("it was closed".to_owned()),
            Err(broken) => broken,
        }
    }

    async fn open(&self, client: &reqwest::Client) -> Result<Response, Broken> {
        let key = self.key.header().map_err(|_| Broken::Refused)?;
        let mut asking = client.get(self.url.clone()).header(AUTHORIZATION, key).header(ACCEPT, EVENT_STREAM);
        if !self.parser.last_id().is_empty() {
            asking = asking.header("last-event-id", self.parser.last_id());
        }
        let answer = tokio::select! {
            answer = timeout(ANSWER, asking.send()) => answer,
            () = self.out.closed() => return Err(Broken::ProbeError),
        };
        let answer = answer.map_err(|_| Broken::Unreachable(format!("no answer in {} s", ANSWER.as_secs())))?;
        let answer = answer.map_err(|error| Broken::Unreachable(root_cause(&error)))?;
        let is_stream =
            answer.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(EVENT_STREAM.as_bytes()));
        match answer.status() {
            StatusCode::OK if is_stream => Ok(answer),
            StatusCode::OK => Err(Broken::NotThere("something else answers".to_owned())),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(Broken::Refused),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => Err(Broken::Status(answer.status())),
            status if status.is_redirection() || status.is_client_error() => Err(Broken::NotThere(status.to_string())),
            status => Err(Broken::Status(status)),
        }
    }

    async fn read(&mut self, client: &reqwest::Client, mut opened: Response) -> Result<(), Broken> {
        loop {
            let chunk = tokio::select! {
                chunk = timeout(SILENCE, opened.chunk()) => chunk,
                () = self.doubt.notified() => {
                    self.pass_doubt_on(client).await?;
                    continue;
                }
                () = self.out.closed() => return Err(Broken::ProbeError),
            };
            let chunk = chunk.map_err(|_| Broken::Cut(format!("nothing came for {} s", SILENCE.as_secs())))?;
            let Some(chunk) = chunk.map_err(|error| Broken::Cut(root_cause(&error)))? else { return Ok(()) };
            let events = self.parser.read(&chunk).map_err(|error| {
                // To go on from there would bring the same again.
                self.parser = Parser::default();
                Broken::Cut(error.to_string())
            })?;
            self.has_heard = true;
            for event in events {
                let Some(signal) = wire::signal(&event) else {
                    tracing::warn!("the team's server says something that makes no sense");
                    continue;
                };
                self.out.send(signal).await.map_err(|_| Broken::ProbeError)?;
            }
        }
    }

    /// Asks the server to look whether it is still told of everything. What comes of that it says to all.
    async fn pass_doubt_on(&self, client: &reqwest::Client) -> Result<(), Broken> {
        let key = self.key.header().map_err(|_| Broken::Refused)?;
        let asking = client.post(self.url.clone()).header(AUTHORIZATION, key).timeout(ANSWER).send();
        asking.await.map(drop).map_err(|error| Broken::Cut(root_cause(&error)))
    }
}
