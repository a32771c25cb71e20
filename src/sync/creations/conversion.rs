//! A lead that becomes a deal. Pipedrive converts in its own time, and says by a job how it fares.

use std::time::Duration;

use uuid::Uuid;

use super::{Creation, Found, LOOKED_AT, Log, Mark, Part, newest_deal, once, since};
use crate::domain::{Deal, LeadId, Place};
use crate::pipedrive::{Api, ApiError, Conversion as JobState};
use crate::sync::EditError;

/// The first wait for a conversion; each further one is twice as long.
const CONVERSION_WAIT: Duration = Duration::from_millis(250);
/// How many times a conversion is asked after: about a minute in all.
const CONVERSION_ASKS: u32 = 8;
/// How many times a lead is looked at whose conversion may have been begun: a quarter of a minute in all.
const LEAD_ASKS: u32 = 6;

/// The deal that a lead becomes.
pub(in crate::sync) struct Conversion(pub(in crate::sync) LeadId, pub(in crate::sync) Place);

impl Conversion {
    /// Waits for a conversion, which Pipedrive does in its own time.
    async fn wait(&self, api: &Api, job: Uuid) -> Result<Deal, ApiError> {
        let mut wait = CONVERSION_WAIT;
        for _ in 0..CONVERSION_ASKS {
            tokio::time::sleep(wait).await;
            wait *= 2;
            match api.conversion(self.0, job).await {
                Ok(JobState::Done(deal)) => return api.deal(api.edit_lane(), deal).await,
                Ok(JobState::UnderWay) => {}
                // The job is at work: what fails is only the question how it fares.
                Err(error) if error.leaves_outcome_open() => {}
                Err(error) => return Err(error),
            }
        }
        Err(ApiError::NotConverted("it is still at it; the deal may come later".to_owned()))
    }

    async fn deal_of_it(&self, api: &Api, mark: &Mark) -> Result<Found<Deal>, ApiError> {
        let new = since(api.latest_deals(LOOKED_AT).await?, mark, |(deal, _)| deal.id.0)?;
        let found = new.into_iter().find(|(_, source)| *source == Some(self.0));
        let (deal, _) = found.ok_or_else(|| ApiError::Gone("it was converted or deleted".to_owned()))?;
        Ok(Found { exact: vec![deal], others: 0 })
    }
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
        Ok(self.wait(api, job).await?)
    }

    /// Of a lead that is gone there is a deal that names it. One that is still there may be on its way: Pipedrive
    /// converts in its own time.
    async fn look_up(&self, api: &Api, mark: &Mark) -> Result<Found<Deal>, ApiError> {
        let mut wait = CONVERSION_WAIT;
        for _ in 0..LEAD_ASKS {
            match api.lead(api.edit_lane(), self.0).await {
                Ok(_) => {}
                Err(ApiError::Gone(_)) => return self.deal_of_it(api, mark).await,
                Err(error) => return Err(error),
            }
            tokio::time::sleep(wait).await;
            wait *= 2;
        }
        Ok(Found { exact: Vec::new(), others: 0 })
    }
}

/// Converts a lead once, also where an earlier run has begun it.
pub(in crate::sync) async fn convert_once(
    conversion: &Conversion,
    api: &Api,
    log: &mut Log,
) -> Result<Deal, EditError> {
    if let Some(job) = log.step.as_ref().and_then(|step| step.job) {
        match conversion.wait(api, job).await {
            // Pipedrive keeps what became of it for some days only.
            Err(ApiError::Gone(_)) => {}
            ended => return Ok(ended?),
        }
    }
    once(conversion, api, log).await
}
