//! Edits of a single field that deals and leads share.

use clap::Args;

use super::common::ItemEdit;
use super::values::{Clearable, Day, clearable_day, title};
use crate::cli::error::CliError;
use crate::domain::{DealId, DealPatch, Edit, LeadId, LeadPatch};
use crate::workspace::Workspace;

/// Changes the title.
#[derive(Debug, Args)]
pub struct SetTitle {
    /// Title
    #[arg(value_name = "TEXT", value_parser = title)]
    title: String,
}

impl ItemEdit<DealId> for SetTitle {
    fn edit(&self, _: &Workspace, id: DealId) -> Result<Edit, CliError> {
        let patch = DealPatch { title: Some(self.title.clone()), ..DealPatch::default() };
        Ok(Edit::UpdateDeal { id, patch })
    }
}

impl ItemEdit<LeadId> for SetTitle {
    fn edit(&self, _: &Workspace, id: LeadId) -> Result<Edit, CliError> {
        let patch = LeadPatch { title: Some(self.title.clone()), ..LeadPatch::default() };
        Ok(Edit::UpdateLead { id, patch })
    }
}

/// Changes the expected close date.
#[derive(Debug, Args)]
pub struct SetCloseDate {
    /// Day, such as 2026-12-24, fri, +3d or eom, or 'none'
    #[arg(value_name = "DAY", allow_hyphen_values = true, value_parser = clearable_day)]
    date: Clearable<Day>,
}

impl ItemEdit<DealId> for SetCloseDate {
    fn edit(&self, account: &Workspace, id: DealId) -> Result<Edit, CliError> {
        let date = self.date.and_then(|day| day.date(account))?;
        let patch = DealPatch { expected_close: Some(date), ..DealPatch::default() };
        Ok(Edit::UpdateDeal { id, patch })
    }
}

impl ItemEdit<LeadId> for SetCloseDate {
    fn edit(&self, account: &Workspace, id: LeadId) -> Result<Edit, CliError> {
        let date = self.date.and_then(|day| day.date(account))?;
        let patch = LeadPatch { expected_close: Some(date), ..LeadPatch::default() };
        Ok(Edit::UpdateLead { id, patch })
    }
}
