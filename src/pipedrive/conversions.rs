//! Leads to deals and back: jobs that Pipedrive does in its own time.

use uuid::Uuid;

use super::client::Api;
use super::error::ApiError;
use super::request::{Request, Version, cost};
use super::wire::{self, ConversionObject};
use crate::domain::{DealId, LeadId, PipelineStage};

/// The status of a conversion of a lead to a deal, or of a deal to a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConversionStatus<Id> {
    /// Not yet done.
    UnderWay,
    /// Done.
    Done(Id),
}

impl Api {
    /// Starts to make a deal of a lead. Gives the job's id.
    pub async fn convert_lead(&self, id: LeadId, to: PipelineStage) -> Result<Uuid, ApiError> {
        let path = format!("/leads/{id}/convert/deal");
        self.begin_conversion(Request::post(Version::V2, path, wire::conversion_target(to), cost::CONVERT)).await
    }

    /// Asks how a conversion fares.
    ///
    /// # Errors
    /// [`ApiError::NotConverted`] where Pipedrive gave it up.
    pub async fn conversion(&self, lead: LeadId, job: Uuid) -> Result<ConversionStatus<DealId>, ApiError> {
        let path = format!("/leads/{lead}/convert/status/{job}");
        let job = self.conversion_job(Request::get(Version::V2, path, cost::CONVERT_STATUS)).await?;
        job_status(&job, job.deal_id.0.map(DealId))
    }

    /// Starts to make a lead of a deal again. Gives the job's id.
    pub async fn convert_deal(&self, id: DealId) -> Result<Uuid, ApiError> {
        self.begin_conversion(Request::post_empty(Version::V2, format!("/deals/{id}/convert/lead"), cost::CONVERT))
            .await
    }

    /// Asks how that fares.
    ///
    /// # Errors
    /// [`ApiError::NotConverted`] where Pipedrive gave it up.
    pub async fn deal_conversion(&self, deal: DealId, job: Uuid) -> Result<ConversionStatus<LeadId>, ApiError> {
        let path = format!("/deals/{deal}/convert/status/{job}");
        let job = self.conversion_job(Request::get(Version::V2, path, cost::CONVERT_STATUS)).await?;
        job_status(&job, job.lead_id.0.map(LeadId))
    }

    async fn begin_conversion(&self, request: Request) -> Result<Uuid, ApiError> {
        let job = self.conversion_job(request).await?;
        job.conversion_id.0.ok_or_else(|| ApiError::Unreadable("the conversion has no id".to_owned()))
    }

    async fn conversion_job(&self, request: Request) -> Result<ConversionObject, ApiError> {
        let envelope = self.call(self.edit_lane(), request).await?;
        wire::structure(envelope.data.as_deref())
    }
}

/// Reads the status of a conversion job.
fn job_status<Id>(job: &ConversionObject, made: Option<Id>) -> Result<ConversionStatus<Id>, ApiError> {
    match (job.status.0.as_deref(), made) {
        (_, Some(made)) => Ok(ConversionStatus::Done(made)),
        (Some(status @ ("failed" | "rejected")), None) => Err(ApiError::NotConverted(status.to_owned())),
        (Some("completed"), None) => Err(ApiError::Unreadable("what was converted has no id".to_owned())),
        _ => Ok(ConversionStatus::UnderWay),
    }
}
