//! Whether a change is delivered: an activity is made and deleted again, whatever becomes of the answers, and also if a
//! signal ends it.

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

/// How often an activity whose making got no answer is looked for.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Among how many of the latest activities.
const LOOKED_AMONG: usize = 100;
/// How long a look-up or a deletion may take.
const ANSWER: Duration = Duration::from_secs(30);
/// How often a deletion is tried.
const DELETIONS: u32 = 3;
/// How long a delivery is waited for. The first retry comes after three seconds, the second after 30 more.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often a listener is asked.
const ASK_EVERY: Duration = Duration::from_millis(50);
/// What is looked at.
const NAME: &str = "Delivery";

/// Where it is seen what was delivered.
pub(super) enum Watch<'a> {
    /// At a listener.
    Listener(&'a Prober),
    /// By way of the team's server.
    Team(&'a mut Feed),
}

impl Watch<'_> {
    /// Waits for an item; how long it took.
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
                        sleep(ASK_EVERY).await;
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

/// What cannot be read by a member may be either.
fn is_that(news: &Payload, awaited: SeenDelivery) -> bool {
    let may_be = matches!(news, Payload::Unreadable(_)) || matches!(news, Payload::Deleted(_)) == awaited.gone;
    may_be && news.item() == Some(awaited.item)
}

/// What became of the activity.
enum Seen {
    /// After how long it and its deletion were delivered, as far as they were.
    Waited { made: Option<Duration>, gone: Option<Duration> },
    /// A signal came first.
    Interrupted,
}

/// Makes an activity, waits for its delivery, deletes it and waits for that.
pub(super) async fn try_it(report: &mut Report, api: &Api, mut watch: Watch<'_>) -> Result<(), CliError> {
    // So that it can be found, and is not taken for one of another run.
    let subject = format!("dealdeck doctor {}: may be deleted", Uuid::new_v4().simple());
    let signal = runtime::ended_by_signal();
    tokio::pin!(signal);
    let made = tokio::select! {
        made = make(api, &subject) => made,
        // Whether it was made is not known.
        _ = &mut signal => Err(ApiError::Closed),
    };
    let (id, is_ended) = match made {
        Ok(id) => (id, false),
        Err(error) if matches!(error, ApiError::Closed) || error.leaves_outcome_open() => {
            let id = look_up(api, &subject, &error).await;
            let Some(id) = id else {
                let what = format!("no activity could be made: {error}");
                return report.wrong(NAME, what, format!("delete '{subject}' in Pipedrive if it appears there"));
            };
            (id, matches!(error, ApiError::Closed))
        }
        Err(error) => return report.wrong(NAME, format!("no activity could be made: {error}"), "try again later"),
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
    tell(report, &seen, deleted.is_ok())
}

fn tell(report: &mut Report, seen: &Seen, is_deleted: bool) -> Result<(), CliError> {
    match seen {
        Seen::Interrupted if is_deleted => {
            report.wrong(NAME, "it was interrupted; the activity is deleted", "run it again")
        }
        Seen::Interrupted => Ok(()),
        Seen::Waited { made: None, .. } => report.wrong(
            NAME,
            format!("nothing came in {} s of an activity that was made", PATIENCE.as_secs()),
            "look at what is said of the address and the registrations; after ten failures Pipedrive delivers nothing \
             for half an hour",
        ),
        Seen::Waited { gone: None, .. } if !is_deleted => Ok(()),
        Seen::Waited { made: Some(made), gone: None } => report.wrong(
            NAME,
            format!("an activity came after {} ms, but nothing of its deletion", made.as_millis()),
            "try again: deliveries may come late",
        ),
        Seen::Waited { made: Some(made), gone: Some(gone) } => report.well(
            NAME,
            format!("an activity came after {} ms, its deletion after {} ms", made.as_millis(), gone.as_millis()),
        ),
    }
}

async fn make(api: &Api, subject: &str) -> Result<ActivityId, ApiError> {
    let types = api.activity_types(Lane::Screen).await?;
    let kind = types.into_iter().next().map(|kind| kind.key).unwrap_or_default();
    let new = NewActivity { subject: subject.to_owned(), kind, done: true, ..NewActivity::default() };
    Ok(api.create_activity(&new).await?.id)
}

/// Looks for an activity that may have been made, for as long as the request may still arrive.
async fn look_up(api: &Api, subject: &str, why: &ApiError) -> Option<ActivityId> {
    let time = api.max_delay();
    print_stderr(&format!("{why}: looking for what may have been made, for up to {} s", time.as_secs()));
    let deadline = Instant::now() + time;
    loop {
        let is_last = Instant::now() >= deadline;
        let latest = timeout(ANSWER, api.latest_activities(LOOKED_AMONG)).await;
        let found = latest.ok().and_then(Result::ok).unwrap_or_default();
        if let Some(made) = found.into_iter().find(|activity| activity.subject == subject) {
            return Some(made.id);
        }
        if is_last {
            return None;
        }
        sleep(LOOK_EVERY.min(deadline.saturating_duration_since(Instant::now()))).await;
    }
}

/// Deletes it, again where it is not known whether that took effect. One that is gone is deleted.
async fn delete(api: &Api, item: ItemRef) -> Result<(), ApiError> {
    let mut tries = 0;
    loop {
        tries += 1;
        let late = |_| Err(ApiError::NoAnswer(format!("none in {} s", ANSWER.as_secs())));
        match timeout(ANSWER, api.delete(item)).await.unwrap_or_else(late) {
            Err(error) if error.leaves_outcome_open() && tries < DELETIONS => {
                tracing::debug!(%error, "the deletion is tried again");
            }
            ended => return ended,
        }
    }
}
