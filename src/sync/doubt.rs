//! Whether a list may take the place of what is known: one that lacks much of it may be an answer that went wrong, and is
//! believed only once a second look confirms it. Pure, but for [`are_gone`].

use std::collections::{HashMap, HashSet};

use crate::domain::{DealStatus, ItemRef, LeadId};
use crate::pipedrive::{Api, ApiError, Lane};
use crate::workspace::ServerUpdate;

/// So many may always be missing from a list at once, unless these are all.
const USUAL: usize = 20;
/// The share of what is known that may be missing at once, in percent.
const USUAL_PERCENT: usize = 30;
/// How many of those that are missing are looked at one by one.
const LOOKED_AT: usize = 3;

/// Returns `true` if a list lacks so much of what is known that it has to be confirmed: all, or more than a third of it.
pub(super) fn is_implausible(missing: usize, known: usize) -> bool {
    missing > 0 && (missing >= known || missing > (known * USUAL_PERCENT / 100).max(USUAL))
}

/// Asks for some of the items that a list lacks, one by one. Returns `true` if Pipedrive says of each that it is not
/// there, or no longer belongs on the list: that is not what a list that went wrong can say.
///
/// # Errors
/// Those of the calls; that an item is gone or may not be seen is none.
pub(super) async fn are_gone(api: &Api, lane: Lane, items: &[ItemRef]) -> Result<bool, ApiError> {
    let step = items.len().div_ceil(LOOKED_AT).max(1);
    for item in items.iter().step_by(step) {
        let is_listed = match item {
            ItemRef::Deal(id) => {
                api.deal(lane, *id).await.map(|deal| !deal.archived && deal.status != DealStatus::Other)
            }
            ItemRef::Activity(id) => api.activity(lane, *id).await.map(|activity| !activity.done),
            ItemRef::Lead(id) => api.lead(lane, *id).await.map(|lead| !lead.archived),
            ItemRef::Person(id) => api.person(lane, *id).await.map(|_| true),
            ItemRef::Org(id) => api.org(lane, *id).await.map(|_| true),
            ItemRef::Note(id) => api.note(lane, *id).await.map(|_| true),
        };
        match is_listed {
            Ok(true) => return Ok(false),
            Ok(false) | Err(ApiError::Gone(_) | ApiError::Refused(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

/// A list that comes whole: its name, and whether each company has something on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Name {
    text: &'static str,
    is_never_empty: bool,
}

const fn name(text: &'static str) -> Name {
    Name { text, is_never_empty: false }
}

const fn never_empty(text: &'static str) -> Name {
    Name { text, is_never_empty: true }
}

/// What is known of the lists that come whole.
#[derive(Debug, Default)]
pub(super) struct Lists {
    listed: HashMap<&'static str, HashSet<String>>,
    leads: HashSet<LeadId>,
}

/// What a list has, by what names it.
fn listed(change: &ServerUpdate) -> Option<(Name, HashSet<String>)> {
    fn names<T>(list: &[T], name: impl Fn(&T) -> String) -> HashSet<String> {
        list.iter().map(name).collect()
    }
    Some(match change {
        ServerUpdate::AllUsers(list) => (never_empty("users"), names(list, |user| user.id.to_string())),
        ServerUpdate::AllPipelines(list) => (never_empty("pipelines"), names(list, |pipeline| pipeline.id.to_string())),
        ServerUpdate::AllStages(list) => (never_empty("stages"), names(list, |stage| stage.id.to_string())),
        ServerUpdate::AllActivityTypes(list) => {
            (never_empty("types of activities"), names(list, |kind| kind.key.to_string()))
        }
        ServerUpdate::AllLabels(list) => (name("labels of deals"), names(list, |label| label.id.to_string())),
        ServerUpdate::AllPersonLabels(list) => (name("labels of people"), names(list, |label| label.id.to_string())),
        ServerUpdate::AllOrgLabels(list) => {
            (name("labels of organizations"), names(list, |label| label.id.to_string()))
        }
        ServerUpdate::AllLeadLabels(list) => (name("labels of leads"), names(list, |label| label.id.to_string())),
        ServerUpdate::AllFields(list) => {
            (name("custom fields"), names(list, |field| format!("{:?} {}", field.of, field.code)))
        }
        _ => return None,
    })
}

impl Lists {
    /// Takes note of what is stored or shown now.
    pub(super) fn note(&mut self, change: &ServerUpdate) {
        match change {
            ServerUpdate::AllLeads(leads) => self.leads = leads.iter().map(|lead| lead.id).collect(),
            ServerUpdate::Leads(leads) => {
                for lead in leads {
                    if lead.archived {
                        self.leads.remove(&lead.id);
                    } else {
                        self.leads.insert(lead.id);
                    }
                }
            }
            ServerUpdate::Gone(ItemRef::Lead(id)) => {
                self.leads.remove(id);
            }
            change => {
                if let Some((name, listed)) = listed(change) {
                    self.listed.insert(name.text, listed);
                }
            }
        }
    }

    /// How many leads the inbox is known to have, and those that are not among these.
    pub(super) fn missing_leads(&self, listed: &HashSet<LeadId>) -> (usize, Vec<ItemRef>) {
        let mut missing: Vec<LeadId> = self.leads.difference(listed).copied().collect();
        missing.sort();
        (self.leads.len(), missing.into_iter().map(ItemRef::Lead).collect())
    }

    /// Returns `true` if all of these lists may take the place of what is known.
    pub(super) fn allow(&self, changes: &[ServerUpdate]) -> bool {
        changes.iter().all(|change| self.missing(change).is_none())
    }

    /// Of lists that were read twice, those of the second time that may take the place of what is known, and the names
    /// of the others: a list that lacks much of what is known must lack the same both times.
    pub(super) fn confirmed(
        &self,
        first: &[ServerUpdate],
        second: Vec<ServerUpdate>,
    ) -> (Vec<ServerUpdate>, Vec<&'static str>) {
        let (mut confirmed, mut doubtful) = (Vec::new(), Vec::new());
        for (first, second) in first.iter().zip(second) {
            match self.missing(&second) {
                Some((name, _)) if name.is_never_empty && is_empty(&second) => doubtful.push(name.text),
                Some((name, missing)) if self.missing(first).is_none_or(|(_, before)| before != missing) => {
                    doubtful.push(name.text);
                }
                _ => confirmed.push(second),
            }
        }
        (confirmed, doubtful)
    }

    /// What a list lacks, if that is implausibly much.
    fn missing(&self, change: &ServerUpdate) -> Option<(Name, HashSet<&String>)> {
        let (name, listed) = listed(change)?;
        let known = self.listed.get(name.text)?;
        let missing: HashSet<&String> = known.iter().filter(|one| !listed.contains(*one)).collect();
        is_implausible(missing.len(), known.len()).then_some((name, missing))
    }
}

fn is_empty(change: &ServerUpdate) -> bool {
    listed(change).is_some_and(|(_, listed)| listed.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Pipeline, PipelineId};

    fn pipelines(ids: std::ops::Range<u64>) -> ServerUpdate {
        let pipeline = |id| Pipeline { id: PipelineId(id), name: String::new(), order: 0, has_probability: false };
        ServerUpdate::AllPipelines(ids.map(pipeline).collect())
    }

    #[test]
    fn all_or_more_than_a_share_is_implausible() {
        for (missing, known, expected) in [
            (0, 0, false),
            (0, 50, false),
            (1, 1, true),
            (1, 2, false),
            (20, 21, false),
            (21, 30, true),
            (29, 100, false),
            (30, 100, false),
            (31, 100, true),
            (100, 100, true),
        ] {
            assert_eq!(is_implausible(missing, known), expected, "{missing} of {known}");
        }
    }

    #[test]
    fn a_list_that_lacks_much_counts_the_second_time() {
        let mut lists = Lists::default();
        assert!(lists.allow(&[pipelines(0..0)]), "nothing is known yet");
        lists.note(&pipelines(1..60));
        assert!(lists.allow(&[pipelines(5..70)]));
        assert!(!lists.allow(&[pipelines(1..20)]));
        let confirmed = |first, second| lists.confirmed(&[first], vec![second]);
        assert_eq!(confirmed(pipelines(1..20), pipelines(1..60)), (vec![pipelines(1..60)], vec![]));
        assert_eq!(confirmed(pipelines(1..20), pipelines(1..20)), (vec![pipelines(1..20)], vec![]));
        assert_eq!(confirmed(pipelines(1..20), pipelines(1..10)), (vec![], vec!["pipelines"]));
        assert_eq!(confirmed(pipelines(1..1), pipelines(1..1)), (vec![], vec!["pipelines"]));
    }
}
