//! A call on its way from a caller to the API task and back, and the channels between the two.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::connection::Connection;
use super::error::ApiError;
use super::health::Kind;
use super::proof::{ExpectedAccount, Proof, VerifiedToken};
use super::request::{Lane, Method, Request};
use super::scheduler::Job;
use super::token::Token;
use super::verdict::Envelope;

/// The most calls per lane that may wait for the API task. Further callers wait for room.
const CHANNEL: usize = 64;

/// A request, with the caller that waits for the answer.
pub(super) struct Call {
    pub(super) request: Request,
    /// `None` for the request that finds out who owns the token.
    answer: Option<oneshot::Sender<Result<Envelope, ApiError>>>,
    pub(super) tries: u32,
    pub(super) refusals: u32,
    pub(super) arrived: Instant,
    /// The time of its first failure, and the number of answers to other requests until then.
    pub(super) first_failure: Option<(Instant, u64)>,
    /// The number of blocks by the edge while others passed, and the number of answers at the last of them.
    pub(super) blocks: (u32, u64),
}

impl Call {
    fn new(request: Request, answer: oneshot::Sender<Result<Envelope, ApiError>>) -> Self {
        Self { answer: Some(answer), ..Self::proving_by(request) }
    }

    /// Returns the call that finds out who owns the token.
    pub(super) fn proving() -> Self {
        Self::proving_by(Proof::request())
    }

    fn proving_by(request: Request) -> Self {
        Self {
            request,
            answer: None,
            tries: 0,
            refusals: 0,
            arrived: Instant::now(),
            first_failure: None,
            blocks: (0, 0),
        }
    }

    /// Returns `true` if it finds out who owns the token.
    pub(super) fn is_proving(&self) -> bool {
        self.answer.is_none()
    }

    pub(super) fn kind(&self) -> Kind {
        if self.request.method == Method::Get { Kind::Read } else { Kind::Write }
    }

    /// Hands the outcome to the caller.
    pub(super) fn finish(self, outcome: Result<Envelope, ApiError>) {
        // The caller may have stopped waiting.
        let _ = self.answer.map(|answer| answer.send(outcome));
    }
}

impl Job for Call {
    fn is_search(&self) -> bool {
        self.request.is_search()
    }

    fn is_read(&self) -> bool {
        self.kind() == Kind::Read
    }

    fn is_wanted(&self) -> bool {
        self.answer.as_ref().is_none_or(|answer| !answer.is_closed())
    }
}

/// A change of the token, or of the account that it must belong to.
pub(super) enum Control {
    /// Use another token from now on.
    Renew(Token),
    /// Accept tokens of this account only.
    Expect(ExpectedAccount),
}

/// Receives the calls of each lane.
pub(super) type Lanes = [mpsc::Receiver<Call>; Lane::ALL.len()];

/// The API task's ends of all channels.
pub(super) struct CallReceivers {
    pub(super) lanes: Lanes,
    pub(super) controls: mpsc::Receiver<Control>,
    pub(super) connection: watch::Sender<Connection>,
    /// The owner of the token.
    pub(super) proven: watch::Sender<Option<VerifiedToken>>,
    /// The time after its sending in which a request without an answer may still reach Pipedrive.
    pub(super) max_delay: Duration,
}

/// The callers' ends of all channels.
pub(super) struct CallSenders {
    pub(super) caller: Caller,
    pub(super) controls: mpsc::Sender<Control>,
    pub(super) connection: watch::Receiver<Connection>,
    pub(super) proven: watch::Receiver<Option<VerifiedToken>>,
}

/// Opens the channels between the callers and the API task.
pub(super) fn channels(max_delay: Duration) -> (CallSenders, CallReceivers) {
    let [(edit, edits), (screen, screens), (poll, polls), (bulk, bulks), (sync, syncs)] =
        Lane::ALL.map(|_| mpsc::channel(CHANNEL));
    let (controls, controlled) = mpsc::channel(1);
    let (published, connection) = watch::channel(Connection::default());
    let (found, proven) = watch::channel(None);
    let caller = Caller { lanes: [edit, screen, poll, bulk, sync] };
    let lanes = [edits, screens, polls, bulks, syncs];
    let senders = CallSenders { caller, controls, connection, proven };
    (senders, CallReceivers { lanes, controls: controlled, connection: published, proven: found, max_delay })
}

/// Puts requests into the lanes and waits for their answers. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    lanes: [mpsc::Sender<Call>; Lane::ALL.len()],
}

impl Caller {
    /// Sends a request through a lane and waits for the answer.
    pub(super) async fn call(&self, lane: Lane, request: Request) -> Result<Envelope, ApiError> {
        let (answer, answered) = oneshot::channel();
        self.lanes[lane.index()].send(Call::new(request, answer)).await.map_err(|_| ApiError::Closed)?;
        answered.await.map_err(|_| ApiError::Closed)?
    }
}
