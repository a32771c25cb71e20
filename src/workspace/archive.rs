//! The archive of leads: what was archived from here, and what was read of it.

use std::collections::HashSet;

use super::{InboxKey, UpdateSource, Workspace};
use crate::domain::{Item, ItemRef, Lead, LeadId};

impl Workspace {
    /// Takes in the leads of the archive that have changed last; all there are, where that `is_whole`. Those that are
    /// known and would be among them are no longer in it.
    pub fn absorb_archive(&mut self, leads: Vec<Lead>, is_whole: bool) {
        let oldest = leads.iter().filter_map(|lead| lead.updated).min();
        let read: HashSet<LeadId> = leads.iter().map(|lead| lead.id).collect();
        let is_gone = |(_, updated, id): &InboxKey| {
            let is_covered = is_whole || (oldest.is_some() && updated.0 > oldest);
            is_covered && !read.contains(id) && !self.overlays.contains_key(&ItemRef::Lead(*id))
        };
        let gone: Vec<LeadId> = self.index.archive.iter().filter(|key| is_gone(key)).map(|(.., id)| *id).collect();
        for id in gone {
            self.remove_shown(ItemRef::Lead(id));
        }
        for lead in leads {
            self.absorb_item(UpdateSource::Reading, Item::Lead(lead));
        }
        self.version += 1;
    }
}
