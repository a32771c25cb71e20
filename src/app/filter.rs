//! The filter line: typed words narrow the board, the activities and the leads to what contains all of them in its
//! title, person or organization.

use std::collections::HashMap;

use tui_input::Input;

use super::state::{Board, View};
use super::tables::{RowId, Rows};
use crate::domain::{ActivityId, DealId, DealStatus, ItemRef, LeadId, OrgId, PersonId, PipelineId, StageId};
use crate::workspace::{ColumnKey, Workspace};

/// How many numbers and addresses of a person are looked at.
const MOST_POINTS: usize = 20;

/// The filter of a screen.
#[derive(Debug, Default)]
pub struct Filter {
    /// What is typed.
    pub input: Input,
    /// Whether the keys go to it.
    pub typing: bool,
    /// Worked out when the text, the place or the account changes, not when a key moves the cursor.
    matches: Option<(Basis, Matches)>,
}

/// What matches.
#[derive(Debug, Default)]
struct Matches {
    deals: HashMap<StageId, Vec<DealId>>,
    activities: Vec<ActivityId>,
    leads: Vec<LeadId>,
    rows: Vec<RowId>,
}

/// What the matches were worked out from.
#[derive(Debug, PartialEq, Eq)]
struct Basis {
    text: String,
    place: (View, Option<PipelineId>, DealStatus),
    version: u64,
}

impl Basis {
    /// Whether all that matches `next` is among what matches this: nothing has happened but more being typed.
    fn is_narrowed_to(&self, next: &Self) -> bool {
        self.version == next.version && self.place == next.place && next.text.starts_with(&self.text)
    }
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
        self.matches.as_ref().map(|(_, matches)| matches.deals.get(&stage).map_or(&[][..], Vec::as_slice))
    }

    /// The activities that match, in order; `None` where all are shown.
    pub fn activities(&self) -> Option<&[ActivityId]> {
        self.matches.as_ref().map(|(_, matches)| matches.activities.as_slice())
    }

    /// The leads that match, in order; `None` where all are shown.
    pub fn leads(&self) -> Option<&[LeadId]> {
        self.matches.as_ref().map(|(_, matches)| matches.leads.as_slice())
    }

    /// The rows of a table that match, in order; `None` where all are shown.
    pub fn rows(&self) -> Option<&[RowId]> {
        self.matches.as_ref().map(|(_, matches)| matches.rows.as_slice())
    }

    /// Brings the matches up to date. Whether they are for another text or place than before.
    pub(super) fn refresh(&mut self, view: View, board: &Board, workspace: &Workspace) -> bool {
        if !self.is_on() {
            self.matches = None;
            return false;
        }
        let basis = Basis {
            text: self.input.value().trim().to_lowercase(),
            place: (view, board.pipeline, board.status),
            version: workspace.version(),
        };
        if self.matches.as_ref().is_some_and(|(before, _)| *before == basis) {
            return false;
        }
        let before = self.matches.take();
        let is_other =
            before.as_ref().is_none_or(|(before, _)| (&before.text, before.place) != (&basis.text, basis.place));
        let among = before.filter(|(before, _)| before.is_narrowed_to(&basis)).map(|(_, among)| among);
        let needle = Needle::new(&basis.text, workspace);
        let matches = match (among, view) {
            (Some(mut among), _) => {
                among.deals.values_mut().for_each(|deals| deals.retain(|id| needle.hits_deal(*id)));
                among.activities.retain(|id| needle.hits_activity(*id));
                among.leads.retain(|id| needle.hits_lead(*id));
                among.rows.retain(|id| needle.hits_row(*id));
                among
            }
            (None, View::Board) => Matches { deals: needle.deals(board), ..Matches::default() },
            (None, View::Activities) => Matches { activities: needle.activities(), ..Matches::default() },
            (None, View::Leads) => Matches { leads: needle.leads(), ..Matches::default() },
            (None, View::Deals | View::People | View::Orgs | View::Users) => {
                let rows = Rows::all(view, board.status, workspace);
                let matching = rows.iter_from(0).filter(|id| needle.hits_row(*id)).collect();
                Matches { rows: matching, ..Matches::default() }
            }
        };
        self.matches = Some((basis, matches));
        is_other
    }
}

/// Words that are looked for in titles and in the names of people and organizations.
pub struct Needle<'a> {
    words: Vec<&'a str>,
    workspace: &'a Workspace,
}

impl<'a> Needle<'a> {
    /// The words of a text that was folded to lower case.
    pub fn new(folded: &'a str, workspace: &'a Workspace) -> Self {
        Self { words: folded.split_whitespace().collect(), workspace }
    }

    fn deals(&self, board: &Board) -> HashMap<StageId, Vec<DealId>> {
        let Some(pipeline) = board.pipeline else { return HashMap::new() };
        let matching = |stage| {
            let column = self.workspace.column(ColumnKey { stage, status: board.status });
            let deals = column.into_iter().flat_map(|column| column.cards.iter()).map(|card| card.id);
            deals.filter(|id| self.hits_deal(*id)).collect()
        };
        self.workspace.stages(pipeline).map(|stage| (stage.id, matching(stage.id))).collect()
    }

    fn activities(&self) -> Vec<ActivityId> {
        let open = self.workspace.agenda().iter().map(|key| key.id);
        let done = self.workspace.done().iter().map(|(_, id)| *id);
        open.chain(done).filter(|id| self.hits_activity(*id)).collect()
    }

    fn leads(&self) -> Vec<LeadId> {
        let inbox = self.workspace.inbox().iter().map(|(.., id)| *id);
        inbox.filter(|id| self.hits_lead(*id)).collect()
    }

    /// Whether all of them are found.
    pub fn hits_deal(&self, id: DealId) -> bool {
        self.workspace.deal(id).is_some_and(|deal| self.hits(&deal.title, deal.person, deal.org))
    }

    /// Whether all of them are found.
    pub fn hits_lead(&self, id: LeadId) -> bool {
        self.workspace.lead(id).is_some_and(|lead| self.hits(&lead.title, lead.person, lead.org))
    }

    /// Whether all of them are found.
    pub fn hits_activity(&self, id: ActivityId) -> bool {
        self.workspace.activity(id).is_some_and(|activity| {
            let deal = activity.deal.and_then(|deal| self.workspace.deal(deal));
            let title = deal.map(|deal| deal.title.as_str()).unwrap_or_default();
            self.hits(&format!("{} {title}", activity.subject), activity.person, activity.org)
        })
    }

    /// Whether all of them are found.
    pub fn hits_row(&self, id: RowId) -> bool {
        match id {
            RowId::Item(ItemRef::Deal(id)) => self.hits_deal(id),
            RowId::Item(ItemRef::Lead(id)) => self.hits_lead(id),
            RowId::Item(ItemRef::Activity(id)) => self.hits_activity(id),
            RowId::Item(ItemRef::Person(id)) => self.workspace.person(id).is_some_and(|person| {
                let points = person.emails.iter().chain(&person.phones).take(MOST_POINTS);
                let points = points.map(|point| point.value.as_str()).collect::<Vec<_>>().join(" ");
                self.hits(&format!("{} {points}", person.name), None, person.org)
            }),
            RowId::Item(ItemRef::Org(id)) => self.workspace.org(id).is_some_and(|org| {
                self.hits(&format!("{} {}", org.name, org.address.as_deref().unwrap_or_default()), None, None)
            }),
            RowId::Item(ItemRef::Note(_)) => false,
            RowId::User(id) => self.workspace.user(id).is_some_and(|user| {
                self.hits(&format!("{} {}", user.name, user.email.as_deref().unwrap_or_default()), None, None)
            }),
        }
    }

    /// Whether all of them are found in a title and the names that go with it.
    pub fn hits(&self, title: &str, person: Option<PersonId>, org: Option<OrgId>) -> bool {
        let title = title.to_lowercase();
        let mut left = self.words.iter().filter(|word| !title.contains(**word)).peekable();
        if left.peek().is_none() {
            return true;
        }
        let name = |name: Option<&str>| name.map(str::to_lowercase).unwrap_or_default();
        let person = name(person.and_then(|id| self.workspace.person(id)).map(|person| person.name.as_str()));
        let org = name(org.and_then(|id| self.workspace.org(id)).map(|org| org.name.as_str()));
        left.all(|word| person.contains(word) || org.contains(word))
    }
}
