//! The filter line: typed words narrow the board, the activities and the leads to what contains all of them in its
//! title, person or organization.

use std::collections::HashMap;

use tui_input::Input;

use super::state::{Board, View};
use crate::domain::{Activity, ActivityId, Deal, DealId, Lead, LeadId, OrgId, PersonId, PipelineId, StageId};
use crate::workspace::{ColumnKey, Workspace};

/// The filter of a screen.
#[derive(Debug, Default)]
pub struct Filter {
    /// What is typed.
    pub input: Input,
    /// Whether the keys go to it.
    pub typing: bool,
    matches: Option<Matches>,
}

/// What matches. Worked out when the text, the place or the account changes, not when a key moves the cursor.
#[derive(Debug)]
struct Matches {
    basis: Basis,
    deals: HashMap<StageId, Vec<DealId>>,
    activities: Vec<ActivityId>,
    leads: Vec<LeadId>,
}

/// What the matches were worked out from.
#[derive(Debug, PartialEq, Eq)]
struct Basis {
    text: String,
    version: u64,
    view: View,
    pipeline: Option<PipelineId>,
    status: crate::domain::DealStatus,
}

impl Filter {
    /// Whether there is a filter line on the screen.
    pub fn is_shown(&self) -> bool {
        self.typing || self.is_on()
    }

    /// Whether anything is filtered.
    pub fn is_on(&self) -> bool {
        !self.input.value().trim().is_empty()
    }

    /// The deals of a stage that match, in order; `None` where all are shown.
    pub fn deals(&self, stage: StageId) -> Option<&[DealId]> {
        self.matches.as_ref().map(|matches| matches.deals.get(&stage).map_or(&[][..], Vec::as_slice))
    }

    /// The activities that match, in order; `None` where all are shown.
    pub fn activities(&self) -> Option<&[ActivityId]> {
        self.matches.as_ref().map(|matches| matches.activities.as_slice())
    }

    /// The leads that match, in order; `None` where all are shown.
    pub fn leads(&self) -> Option<&[LeadId]> {
        self.matches.as_ref().map(|matches| matches.leads.as_slice())
    }

    /// Brings the matches up to date. Whether they are for another text than before.
    pub(super) fn refresh(&mut self, view: View, board: &Board, workspace: &Workspace) -> bool {
        if !self.is_on() {
            self.matches = None;
            return false;
        }
        let basis = Basis {
            text: self.input.value().trim().to_lowercase(),
            version: workspace.version(),
            view,
            pipeline: board.pipeline,
            status: board.status,
        };
        if self.matches.as_ref().is_some_and(|matches| matches.basis == basis) {
            return false;
        }
        let is_other = self.matches.as_ref().is_none_or(|matches| matches.basis.text != basis.text);
        let needle = Needle { words: basis.text.split_whitespace().collect(), workspace };
        let mut matches = Matches {
            deals: HashMap::new(),
            activities: Vec::new(),
            leads: Vec::new(),
            basis: Basis { text: String::new(), ..basis },
        };
        match view {
            View::Board => matches.deals = needle.deals(board),
            View::Activities => matches.activities = needle.activities(),
            View::Leads => matches.leads = needle.leads(),
        }
        matches.basis.text = basis.text;
        self.matches = Some(matches);
        is_other
    }
}

struct Needle<'a> {
    words: Vec<&'a str>,
    workspace: &'a Workspace,
}

impl Needle<'_> {
    fn deals(&self, board: &Board) -> HashMap<StageId, Vec<DealId>> {
        let Some(pipeline) = board.pipeline else { return HashMap::new() };
        let matching = |stage| {
            let column = self.workspace.column(ColumnKey { stage, status: board.status });
            let deals = column.into_iter().flat_map(|column| column.cards.iter());
            deals
                .filter_map(|card| self.workspace.deal(card.id))
                .filter(|deal| self.hits_deal(deal))
                .map(|deal| deal.id)
                .collect()
        };
        self.workspace.stages(pipeline).map(|stage| (stage.id, matching(stage.id))).collect()
    }

    fn activities(&self) -> Vec<ActivityId> {
        let open = self.workspace.agenda().iter().map(|key| key.id);
        let done = self.workspace.done().iter().map(|(_, id)| *id);
        open.chain(done)
            .filter(|id| self.workspace.activity(*id).is_some_and(|found| self.hits_activity(found)))
            .collect()
    }

    fn leads(&self) -> Vec<LeadId> {
        let inbox = self.workspace.inbox().iter().map(|(.., id)| *id);
        inbox.filter(|id| self.workspace.lead(*id).is_some_and(|found| self.hits_lead(found))).collect()
    }

    fn hits_deal(&self, deal: &Deal) -> bool {
        self.hits(&deal.title, deal.person, deal.org)
    }

    fn hits_lead(&self, lead: &Lead) -> bool {
        self.hits(&lead.title, lead.person, lead.org)
    }

    fn hits_activity(&self, activity: &Activity) -> bool {
        let deal = activity.deal.and_then(|deal| self.workspace.deal(deal));
        let title = deal.map(|deal| deal.title.as_str()).unwrap_or_default();
        self.hits(&format!("{} {title}", activity.subject), activity.person, activity.org)
    }

    fn hits(&self, title: &str, person: Option<PersonId>, org: Option<OrgId>) -> bool {
        let title = title.to_lowercase();
        let name = |name: Option<&str>| name.map(str::to_lowercase).unwrap_or_default();
        let person = name(person.and_then(|id| self.workspace.person(id)).map(|person| person.name.as_str()));
        let org = name(org.and_then(|id| self.workspace.org(id)).map(|org| org.name.as_str()));
        self.words.iter().all(|word| title.contains(word) || person.contains(word) || org.contains(word))
    }
}
