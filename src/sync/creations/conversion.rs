//! A lead that becomes a deal, and a deal that becomes a lead again. Pipedrive converts in its own time, and says by a
//! job how it fares.

use std::future::Future;
use std::time::Duration;

use uuid::Uuid;

use super::{Creation, Found, LOOKED_AT, Log, Mark, Part, newest_deal, once, since};
use crate::domain::{Deal, DealId, DealStatus, Lead, LeadId, Place};
use crate::pipedrive::{Api, ApiError, Conversion as JobState};
use crate::sync::EditError;

/// The first wait for a conversion; each further one is twice as long.
const CONVERSION_WAIT: Duration = Duration::from_millis(250);
/// How many times a conversion is asked after: about a minute in all.
const CONVERSION_ASKS: u32 = 8;
/// How many times something is looked at whose conversion may have been begun: a quarter of a minute in all.
const SOURCE_ASKS: u32 = 6;

/// The deal that a lead becomes.
pub(in crate::sync) struct Conversion(pub(in crate::sync) LeadId, pub(in crate::sync) Place);

/// The lead that a deal becomes.
pub(in crate::sync) struct BackToLead(pub(in crate::sync) DealId);

/// What is made of something else, which goes by that.
pub(in crate::sync) trait Job: Creation {
    /// What a job has made; `None` while it is at it.
    fn ask(&self, api: &Api, job: Uuid) -> impl Future<Output = Result<Option<Self::Made>, ApiError>> + Send;

    /// Whether what it is made of is still there.
    fn is_waiting(&self, api: &Api) -> impl Future<Output = Result<bool, ApiError>> + Send;
}

/// Waits for a conversion, which Pipedrive does in its own time.
async fn wait<J: Job>(conversion: &J, api: &Api, job: Uuid) -> Result<J::Made, ApiError> {
    let mut wait = CONVERSION_WAIT;
    for _ in 0..CONVERSION_ASKS {
        tokio::time::sleep(wait).await;
        wait *= 2;
        match conversion.ask(api, job).await {
            Ok(Some(made)) => return Ok(made),
            Ok(None) => {}
            // The job is at work: what fails is only the question how it fares.
            Err(error) if error.leaves_outcome_open() => {}
            Err(error) => return Err(error),
        }
    }
    Err(ApiError::NotConverted("it is still at it; what it makes may come later".to_owned()))
}

/// Whether what was to be converted goes, in the time that this takes. What is still there may be on its way.
async fn goes<J: Job>(conversion: &J, api: &Api) -> Result<bool, ApiError> {
    let mut wait = CONVERSION_WAIT;
    for _ in 0..SOURCE_ASKS {
        if !conversion.is_waiting(api).await? {
            return Ok(true);
        }
        tokio::time::sleep(wait).await;
        wait *= 2;
    }
    Ok(false)
}

/// The one that names what it was made of.
fn named<T>(found: Option<T>) -> Result<Found<T>, ApiError> {
    let found = found.ok_or_else(|| ApiError::Gone("it was converted or deleted".to_owned()))?;
    Ok(Found { exact: vec![found], others: 0 })
}

impl Creation for Conversion {
    type Made = Deal;
    const PART: Part = Part::Item;

    async fn mark(&self, api: &Api) -> Result<Mark, ApiError> {
        newest_deal(api).await
    }

    async fn make(&self, api: &Api, log: &mut Log) -> Result<Deal, EditError> {
        let job = api.convert_lead(self.0, self.1).await?;
        log.note_job(job).await?;
        Ok(wait(self, api, job).await?)
    }

    async fn look_up(&self, api: &Api, mark: &Mark) -> Result<Found<Deal>, ApiError> {
        if !goes(self, api).await? {
            return Ok(Found { exact: Vec::new(), others: 0 });
        }
        let new = since(api.latest_deals(LOOKED_AT).await?, mark, |(deal, _)| deal.id.0)?;
        named(new.into_iter().find(|(_, source)| *source == Some(self.0)).map(|(deal, _)| deal))
    }
}

impl Job for Conversion {
    async fn ask(&self, api: &Api, job: Uuid) -> Result<Option<Deal>, ApiError> {
        match api.conversion(self.0, job).await? {
            JobState::Done(deal) => api.deal(api.edit_lane(), deal).await.map(Some),
            JobState::UnderWay => Ok(None),
        }
    }

    async fn is_waiting(&self, api: &Api) -> Result<bool, ApiError> {
        match api.lead(api.edit_lane(), self.0).await {
            Ok(_) => Ok(true),
            Err(ApiError::Gone(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Creation for BackToLead {
    type Made = Lead;
    const PART: Part = Part::Item;

    /// Nothing need be compared: the lead names its deal, and a deal becomes a lead but once.
    async fn mark(&self, _: &Api) -> Result<Mark, ApiError> {
        Ok(Mark::None)
    }

    async fn make(&self, api: &Api, log: &mut Log) -> Result<Lead, EditError> {
        let job = api.convert_deal(self.0).await?;
        log.note_job(job).await?;
        Ok(wait(self, api, job).await?)
    }

    async fn look_up(&self, api: &Api, _: &Mark) -> Result<Found<Lead>, ApiError> {
        if !goes(self, api).await? {
            return Ok(Found { exact: Vec::new(), others: 0 });
        }
        named(api.lead_of(self.0, LOOKED_AT).await?)
    }
}

impl Job for BackToLead {
    async fn ask(&self, api: &Api, job: Uuid) -> Result<Option<Lead>, ApiError> {
        match api.deal_conversion(self.0, job).await? {
            JobState::Done(lead) => api.lead(api.edit_lane(), lead).await.map(Some),
            JobState::UnderWay => Ok(None),
        }
    }

    /// Deleted deals stay readable for a while.
    async fn is_waiting(&self, api: &Api) -> Result<bool, ApiError> {
        match api.deal(api.edit_lane(), self.0).await {
            Ok(deal) => Ok(deal.status != DealStatus::Other),
            Err(ApiError::Gone(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Converts something once, also where an earlier run has begun it.
pub(in crate::sync) async fn convert_once<J: Job>(
    conversion: &J,
    api: &Api,
    log: &mut Log,
) -> Result<J::Made, EditError> {
    if let Some(job) = log.step.as_ref().and_then(|step| step.job) {
        match wait(conversion, api, job).await {
            // Pipedrive keeps what became of it for some days only.
            Err(ApiError::Gone(_)) => {}
            ended => return Ok(ended?),
        }
    }
    once(conversion, api, log).await
}
