//! A lead that becomes a deal, and a deal that becomes a lead again. Pipedrive converts in its own time, and says by a
//! job how it fares.

use std::future::Future;
use std::time::Duration;

use uuid::Uuid;

use super::{Creation, CreationLog, CreationPart, HighWaterMark, LOOKED_AT, Lookup, named, newest_deal, once, since};
use crate::domain::{Deal, DealId, DealStatus, Lead, LeadId, PipelineStage};
use crate::pipedrive::{Api, ApiError, ConversionStatus as JobState};
use crate::sync::EditError;

/// The first wait for a conversion; each further one is twice as long.
const CONVERSION_WAIT: Duration = Duration::from_millis(250);
/// How many times a conversion is asked after: about a minute in all.
const CONVERSION_ASKS: u32 = 8;

/// The deal that a lead becomes.
pub(in crate::sync) struct Conversion(pub(in crate::sync) LeadId, pub(in crate::sync) PipelineStage);

/// The lead that a deal becomes.
pub(in crate::sync) struct BackToLead(pub(in crate::sync) DealId);

/// What is made of something else, which goes by that.
pub(in crate::sync) trait Job: Creation {
    /// What a job has made; `None` while it is at it.
    fn ask(&self, api: &Api, job: Uuid) -> impl Future<Output = Result<Option<Self::Output>, ApiError>> + Send;

    /// Whether what it is made of is still there.
    fn is_waiting(&self, api: &Api) -> impl Future<Output = Result<bool, ApiError>> + Send;
}

/// Waits for a conversion, which Pipedrive does in its own time.
async fn finish<J: Job>(conversion: &J, api: &Api, log: &mut CreationLog, job: Uuid) -> Result<J::Output, EditError> {
    let mut wait = CONVERSION_WAIT;
    for _ in 0..CONVERSION_ASKS {
        tokio::time::sleep(wait).await;
        wait *= 2;
        match conversion.ask(api, job).await {
            Ok(Some(made)) => return Ok(made),
            Ok(None) => {}
            // The job is at work: what fails is only the question how it fares.
            Err(error) if error.leaves_outcome_open() => {}
            Err(error @ ApiError::NotConverted(_)) => {
                log.forget_job();
                return Err(error.into());
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(ApiError::NotConverted("it is still at it; what it makes may come later".to_owned()).into())
}

/// The one that names what it was made of.
fn made_of_it<T>(found: Option<T>) -> Result<Lookup<T>, ApiError> {
    let found = found.ok_or_else(|| ApiError::Gone("it was converted or deleted".to_owned()))?;
    Ok(Lookup { exact: vec![found], others: Vec::new(), mark: HighWaterMark::None })
}

/// What was to be converted is still there. It may be on its way.
fn not_yet<T>() -> Lookup<T> {
    Lookup { exact: Vec::new(), others: Vec::new(), mark: HighWaterMark::None }
}

impl Creation for Conversion {
    type Output = Deal;
    const PART: CreationPart = CreationPart::Item;

    async fn mark(&self, api: &Api) -> Result<HighWaterMark, ApiError> {
        newest_deal(api).await
    }

    async fn make(&self, api: &Api, log: &mut CreationLog) -> Result<Deal, EditError> {
        let job = log.sending(api.convert_lead(self.0, self.1)).await?;
        log.note_job(job).await?;
        finish(self, api, log, job).await
    }

    fn name(deal: &Deal) -> String {
        named(&deal.title, deal.id)
    }

    async fn look_up(&self, api: &Api, mark: &HighWaterMark) -> Result<Lookup<Deal>, ApiError> {
        if self.is_waiting(api).await? {
            return Ok(not_yet());
        }
        let (new, _) = since(api.latest_deals(LOOKED_AT).await?, mark, |(deal, _)| deal.id.0)?;
        made_of_it(new.into_iter().find(|(_, source)| *source == Some(self.0)).map(|(deal, _)| deal))
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
    type Output = Lead;
    const PART: CreationPart = CreationPart::Item;

    /// Nothing need be compared: the lead names its deal, and a deal becomes a lead but once.
    async fn mark(&self, _: &Api) -> Result<HighWaterMark, ApiError> {
        Ok(HighWaterMark::None)
    }

    async fn make(&self, api: &Api, log: &mut CreationLog) -> Result<Lead, EditError> {
        let job = log.sending(api.convert_deal(self.0)).await?;
        log.note_job(job).await?;
        finish(self, api, log, job).await
    }

    fn name(lead: &Lead) -> String {
        format!("“{}”", lead.title)
    }

    async fn look_up(&self, api: &Api, _: &HighWaterMark) -> Result<Lookup<Lead>, ApiError> {
        if self.is_waiting(api).await? {
            return Ok(not_yet());
        }
        made_of_it(api.lead_of(self.0, LOOKED_AT).await?)
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
    log: &mut CreationLog,
) -> Result<J::Output, EditError> {
    if let Some(job) = log.step.as_ref().and_then(|step| step.job) {
        match finish(conversion, api, log, job).await {
            // Pipedrive keeps what became of it for some days only.
            Err(EditError::Api(ApiError::Gone(_))) => {}
            ended => return ended,
        }
    }
    once(conversion, api, log).await
}
