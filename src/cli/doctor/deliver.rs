//! Whether a change is delivered: one is made, and taken back.

use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout_at};

use super::report::Report;
use crate::cli::Failure;
use crate::domain::{ActivityId, ItemRef, NewActivity};
use crate::pipedrive::{Api, ApiError, Lane, News};
use crate::webhooks::{Asker, Feed, Sighting, Signal};

/// What the activity is called.
const SUBJECT: &str = "dealdeck doctor: may be deleted";
/// How long a delivery is waited for. The first retry comes after three seconds, the second after 30 more.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often a listener is asked.
const ASK_EVERY: Duration = Duration::from_millis(50);
/// What is looked at.
const NAME: &str = "Delivery";

/// Where it is seen what was delivered.
pub(super) enum Watch<'a> {
    /// At a listener.
    Listener(&'a Asker),
    /// By way of the team's server.
    Team(&'a mut Feed),
}

impl Watch<'_> {
    /// Waits for an item; how long it took.
    async fn wait(&mut self, awaited: Sighting) -> Option<Duration> {
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
                        Some(Signal::Delivery(delivery)) if is_that(&delivery.news, awaited) => return true,
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
fn is_that(news: &News, awaited: Sighting) -> bool {
    let may_be = matches!(news, News::Unread(_)) || matches!(news, News::Gone(_)) == awaited.gone;
    may_be && news.item() == Some(awaited.item)
}

/// Makes an activity, waits for its delivery, deletes it and waits for that.
pub(super) async fn try_it(report: &mut Report, api: &Api, mut watch: Watch<'_>) -> Result<(), Failure> {
    let id = match make(api).await {
        Ok(id) => id,
        Err(error) => return report.wrong(NAME, format!("no activity could be made: {error}"), "try again later"),
    };
    let item = ItemRef::Activity(id);
    let made = watch.wait(Sighting { item, gone: false }).await;
    let deleted = api.delete(item).await;
    if let Err(error) = &deleted {
        let what = format!("the activity {id} could not be deleted: {error}");
        report.wrong(NAME, what, format!("delete '{SUBJECT}' in Pipedrive"))?;
    }
    let gone = if made.is_some() && deleted.is_ok() { watch.wait(Sighting { item, gone: true }).await } else { None };
    match (made, gone) {
        (None, _) => report.wrong(
            NAME,
            format!("nothing came in {} s of an activity that was made", PATIENCE.as_secs()),
            "look at what is said of the address and the registrations; after ten failures Pipedrive delivers nothing \
             for half an hour",
        ),
        (Some(_), None) if deleted.is_err() => Ok(()),
        (Some(made), None) => report.wrong(
            NAME,
            format!("an activity came after {} ms, but nothing of its deletion", made.as_millis()),
            "try again: deliveries may come late",
        ),
        (Some(made), Some(gone)) => report.well(
            NAME,
            format!("an activity came after {} ms, its deletion after {} ms", made.as_millis(), gone.as_millis()),
        ),
    }
}

async fn make(api: &Api) -> Result<ActivityId, ApiError> {
    let types = api.activity_types(Lane::Screen).await?;
    let kind = types.into_iter().next().map(|kind| kind.key).unwrap_or_default();
    let new = NewActivity { subject: SUBJECT.to_owned(), kind, done: true, ..NewActivity::default() };
    Ok(api.create_activity(&new).await?.id)
}
