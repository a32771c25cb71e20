//! The lead inbox: moving around, seen, archived, converted.

use super::actions::Action;
use super::board::stepped;
use super::dialog::Picking;
use super::state::Tone;
use super::{App, Effect, layout};
use crate::domain::{Edit, ItemRef, LeadPatch, RuleError};

impl App {
    pub(super) fn settle_leads(&mut self) {
        let fit = layout::rows_that_fit(layout::layout(&self.state).body);
        let mut cursor = self.state.leads;
        let inbox = self.state.inbox(&self.workspace);
        cursor.follow(inbox.len(), |id| self.state.lead_rank(&self.workspace, id), |rank| inbox.get(rank));
        cursor.scroll(cursor.rank, inbox.len(), fit);
        self.state.leads = cursor;
    }

    pub(super) fn go_in_leads(&mut self, action: Action) {
        let page = layout::rows_that_fit(layout::layout(&self.state).body);
        let inbox = self.state.inbox(&self.workspace);
        let rank = stepped(action, self.state.leads.rank, inbox.len(), page);
        let selected = inbox.get(rank);
        self.state.leads.rank = rank;
        self.state.leads.selected = selected;
    }

    pub(super) fn lead_action(&mut self, action: Action) -> Vec<Effect> {
        let selected = match self.state.selected(&self.workspace) {
            Some(ItemRef::Lead(id)) => self.workspace.lead(id),
            _ => None,
        };
        let Some(lead) = selected else {
            self.nothing_selected();
            return Vec::new();
        };
        let (id, seen, archived) = (lead.id, lead.seen, lead.archived);
        if archived && action != Action::Archive {
            self.state.tell(Tone::Info, format!("{}: a takes it out of the archive.", RuleError::Archived));
            return Vec::new();
        }
        let patch = match action {
            Action::Seen => LeadPatch { seen: Some(!seen), ..LeadPatch::default() },
            Action::Archive => LeadPatch { archived: Some(!archived), ..LeadPatch::default() },
            _ => {
                self.open_stages(Picking::ConvertLead(id), None);
                return Vec::new();
            }
        };
        let effects = self.edit(Edit::UpdateLead { id, patch });
        if !effects.is_empty() {
            // The next lead is at hand, wherever this one goes.
            self.state.leads.selected = None;
        }
        effects
    }
}
