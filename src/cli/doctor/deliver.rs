//! Checks that changes are delivered: creates an activity and deletes it, whatever answers are lost, even if a signal
//! interrupts the check.

use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout, timeout_at};
use uuid::Uuid;

use super::report::Report;
use crate::cli::console::print_stderr;
use crate::cli::error::CliError;
use crate::domain::{ActivityId, ItemRef, NewActivity};
use crate::pipedrive::{Api, ApiError, Lane, Payload};
use crate::runtime;
use crate::webhooks::{Feed, Prober, SeenDelivery, Signal};

/// Interval at which an activity whose creation got no answer is searched.
const SEARCH_INTERVAL: Duration = Duration::from_secs(2);
/// Number of the latest activities among which it is searched.
const SEARCHED: usize = 100;
/// Maximum time for a search or a deletion.
const ANSWER: Duration = Duration::from_secs(30);
/// Maximum number of attempts to delete.
const MAX_DELETIONS: u32 = 3;
/// Time to wait for a delivery. Pipedrive's first retry comes after three seconds, the second after 30 more.
const PATIENCE: Duration = Duration::from_secs(20);
/// Interval at which the listener is queried.
const QUERY_INTERVAL: Duration = Duration::from_millis(50);
/// The name of the check.
const NAME: &str = "Delivery";

/// The observer of deliveries.
pub(super) enum Watch<'a> {
    /// The listener that receives them.
    Listener(&'a Prober),
    /// The stream of the team's server.
    Team(&'a mut Feed),
}

impl Watch<'_> {
    /// Waits for a delivery; returns the time that it took.
    async fn wait(&mut self, awaited: SeenDelivery) -> Option<Duration> {
        let started = Instant::now();
        let deadline = tokio::time::Instant::now() + PATIENCE;
        let seen = async {
            loop {
                match self {
                    Self::Listener(asker) => {
                        let status = asker.status().await;
                        if status.is_ok_and(|status| status.latest.contains(&awaited)) {
                            return true;
                        }
                        sleep(QUERY_INTERVAL).await;
                    }
                    Self::Team(feed) => match feed.signals.recv().await {
                        Some(Signal::Delivery(delivery)) if is_that(&delivery.payload, awaited) => return true,
                        Some(_) => {}
                        None => return false,
                    },
                }
            }
        };
        timeout_at(deadline, seen).await.is_ok_and(|seen| seen).then(|| started.elapsed())
    }
}

/// A payload that a member may not read can be either.
fn is_that(news: &Payload, awaited: SeenDelivery) -> bool {
    let may_be = matches!(news, Payload::Unreadable(_)) || matches!(news, Payload::Deleted(_)) == awaited.gone;
    may_be && news.item() == Some(awaited.item)
}

/// The result of the check.
enum Seen {
    /// The times until the creation and the deletion were delivered, if they were.
    Waited { made: Option<Duration>, gone: Option<Duration> },
    /// A signal arrived first.
    Interrupted,
}

/// Creates an activity, waits for the delivery, deletes it and waits again.
pub(super) async fn check_delivery(report: &mut Report, api: &Api, mut watch: Watch<'_>) -> Result<(), CliError> {
    // Unique, so that a search finds this activity and no other.
    let subject = format!("dealdeck doctor {}: may be deleted", Uuid::new_v4().simple());
    let signal = runtime::ended_by_signal();
    tokio::pin!(signal);
    let made = tokio::select! {
        made = make(api, &subject) => made,
        // The activity may exist.
        _ = &mut signal => Err(ApiError::Closed),
    };
    let (id, is_ended) = match made {
        Ok(id) => (id, false),
        Err(error) if matches!(error, ApiError::Closed) || error.leaves_outcome_open() => {
            let id = look_up(api, &subject, &error).await;
            let Some(id) = id else {
                let what = format!("the activity could not be created: {error}");
                return report.wrong(NAME, what, format!("delete '{subject}' in Pipedrive if it appears there"));
            };
            (id, matches!(error, ApiError::Closed))
        }
        Err(error) => {
            return report.wrong(NAME, format!("the activity could not be created: {error}"), "try again later");
        }
    };
    let item = ItemRef::Activity(id);
    let made = tokio::select! {
        made = watch.wait(SeenDelivery { item, gone: false }), if !is_ended => Some(made),
        _ = &mut signal, if !is_ended => None,
        else => None,
    };
    let deleted = delete(api, item).await;
    if let Err(error) = &deleted {
        let what = format!("the activity {id} could not be deleted: {error}");
        report.wrong(NAME, what, format!("delete '{subject}' in Pipedrive"))?;
    }
    let seen = match made {
        None => Seen::Interrupted,
        Some(made) if made.is_some() && deleted.is_ok() => tokio::select! {
            gone = watch.wait(SeenDelivery { item, gone: true }) => Seen::Waited { made, gone },
            _ = &mut signal => Seen::Interrupted,
        },
        Some(made) => Seen::Waited { made, gone: None },
    };
    report_result(report, &seen, deleted.is_ok())
}

fn report_result(report: &mut Report, seen: &Seen, is_deleted: bool) -> Result<(), CliError> {
    match seen {
        Seen::Interrupted if is_deleted => report.wrong(NAME, "interrupted; the activity is deleted", "run it again"),
        Seen::Interrupted => Ok(()),
        Seen::Waited { made: None, .. } => report.wrong(
            NAME,
            format!("no delivery in {} s for the created activity", PATIENCE.as_secs()),
            "see the findings for the address and the registrations; after ten failures Pipedrive stops deliveries \
             for 30 minutes",
        ),
        Seen::Waited { gone: None, .. } if !is_deleted => Ok(()),
        Seen::Waited { made: Some(made), gone: None } => report.wrong(
            NAME,
            format!("the creation arrived after {} ms, but the deletion did not", made.as_millis()),
            "try again: deliveries may be late",
        ),
        Seen::Waited { made: Some(made), gone: Some(gone) } => report.well(
            NAME,
            format!("the creation arrived after {} ms, the deletion after {} ms", made.as_millis(), gone.as_millis()),
        ),
    }
}

async fn make(api: &Api, subject: &str) -> Result<ActivityId, ApiError> {
    let types = api.activity_types(Lane::Screen).await?;
    let kind = types.into_iter().next().map(|kind| kind.key).unwrap_or_default();
    let new = NewActivity { subject: subject.to_owned(), kind, done: true, ..NewActivity::default() };
    Ok(api.create_activity(&new).await?.id)
}

/// Searches an activity that may have been created, as long as the request may still arrive.
async fn look_up(api: &Api, subject: &str, why: &ApiError) -> Option<ActivityId> {
    let time = api.max_delay();
    print_stderr(&format!("{why}: searching the activity for up to {} s", time.as_secs()));
    let deadline = Instant::now() + time;
    loop {
        let is_last = Instant::now() >= deadline;
        let latest = timeout(ANSWER, api.latest_activities(SEARCHED)).await;
        let found = latest.ok().and_then(Result::ok).unwrap_or_default();
        if let Some(made) = found.into_iter().find(|activity| activity.subject == subject) {
            return Some(made.id);
        }
        if is_last {
            return None;
        }
        sleep(SEARCH_INTERVAL.min(deadline.saturating_duration_since(Instant::now()))).await;
    }
}

/// Deletes an item, again if the outcome is open. An item that no longer exists counts as deleted.
async fn delete(api: &Api, item: ItemRef) -> Result<(), ApiError> {
    let mut tries = 0;
    loop {
        tries += 1;
        let late = |_| Err(ApiError::NoAnswer(format!("no answer in {} s", ANSWER.as_secs())));
        match timeout(ANSWER, api.delete(item)).await.unwrap_or_else(late) {
            Err(error) if error.leaves_outcome_open() && tries < MAX_DELETIONS => {
                tracing::debug!(%error, "retrying the deletion");
            }
            ended => return ended,
        }
    }
}
