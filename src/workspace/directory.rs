//! People, organizations and users by name: the lists that views show, the words by which they are found, and who works
//! where. None of it depends on stages or time zones, so that it is never rebuilt.

use std::collections::{BTreeSet, HashMap};

use compact_str::CompactString;

use super::Workspace;
use super::name_index::NameIndex;
use super::sorted::SortedList;
use super::title_index::TitleIndex;
use crate::domain::{DealId, LeadId, OrgId, Organization, Person, PersonId, User, UserId};

/// The sort key of a list by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NameKey<Id> {
    /// The name folded to lower case. Bounded, as names from a server may be of any length.
    pub name: CompactString,
    /// The id; decides among equal names.
    pub id: Id,
}

impl<Id> NameKey<Id> {
    pub(super) fn new(name: &str, id: Id) -> Self {
        const LONGEST: usize = 120;
        Self { name: name.trim().chars().take(LONGEST).flat_map(char::to_lowercase).collect(), id }
    }
}

/// All lists by name.
#[derive(Debug, Default)]
pub(super) struct ContactDirectory {
    pub people: SortedList<NameKey<PersonId>>,
    pub orgs: SortedList<NameKey<OrgId>>,
    pub users: SortedList<NameKey<UserId>>,
    pub person_names: NameIndex<PersonId>,
    pub org_names: NameIndex<OrgId>,
    pub deal_titles: TitleIndex<DealId>,
    pub lead_titles: TitleIndex<LeadId>,
    /// The people of each organization.
    pub staff: HashMap<OrgId, BTreeSet<NameKey<PersonId>>>,
}

impl ContactDirectory {
    pub fn enter_person(&mut self, person: &Person) {
        let key = NameKey::new(&person.name, person.id);
        self.person_names.insert(&person.name, person.id);
        if let Some(org) = person.org {
            self.staff.entry(org).or_default().insert(key.clone());
        }
        self.people.insert(key);
    }

    pub fn leave_person(&mut self, person: &Person) {
        let key = NameKey::new(&person.name, person.id);
        self.people.remove(&key);
        self.person_names.remove(&person.name, person.id);
        if let Some(org) = person.org
            && let Some(staff) = self.staff.get_mut(&org)
        {
            staff.remove(&key);
            if staff.is_empty() {
                self.staff.remove(&org);
            }
        }
    }

    pub fn enter_org(&mut self, org: &Organization) {
        self.org_names.insert(&org.name, org.id);
        self.orgs.insert(NameKey::new(&org.name, org.id));
    }

    pub fn leave_org(&mut self, org: &Organization) {
        self.org_names.remove(&org.name, org.id);
        self.orgs.remove(&NameKey::new(&org.name, org.id));
    }

    /// The whole list of users, in place of the one before.
    pub fn all_users<'a>(&mut self, users: impl Iterator<Item = &'a User>) {
        self.users = SortedList::default();
        for user in users {
            self.users.insert(NameKey::new(&user.name, user.id));
        }
    }
}

impl Workspace {
    /// All people by name.
    pub fn people(&self) -> &SortedList<NameKey<PersonId>> {
        &self.directory.people
    }

    /// All organizations by name.
    pub fn orgs(&self) -> &SortedList<NameKey<OrgId>> {
        &self.directory.orgs
    }

    /// All users by name, former ones included.
    pub fn users(&self) -> &SortedList<NameKey<UserId>> {
        &self.directory.users
    }

    /// Returns the position of a person in the list; `None` if unknown.
    pub fn person_rank(&self, id: PersonId) -> Option<usize> {
        Some(self.directory.people.rank(&NameKey::new(&self.people.get(&id)?.name, id)))
    }

    /// Returns the position of an organization in the list; `None` if unknown.
    pub fn org_rank(&self, id: OrgId) -> Option<usize> {
        Some(self.directory.orgs.rank(&NameKey::new(&self.orgs.get(&id)?.name, id)))
    }

    /// Returns the position of a user in the list; `None` if unknown.
    pub fn user_rank(&self, id: UserId) -> Option<usize> {
        Some(self.directory.users.rank(&NameKey::new(&self.users.get(&id)?.name, id)))
    }

    /// The people of an organization by name.
    pub fn people_of(&self, org: OrgId) -> impl Iterator<Item = &Person> {
        self.directory.staff.get(&org).into_iter().flatten().filter_map(|key| self.people.get(&key.id))
    }

    /// The number of people of an organization.
    pub fn people_count(&self, org: OrgId) -> usize {
        self.directory.staff.get(&org).map_or(0, BTreeSet::len)
    }
}
