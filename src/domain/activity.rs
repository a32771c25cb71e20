//! Activities: the calls, meetings and tasks around deals.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::double_option::double_option;
use super::{ActivityId, DealId, LeadId, OrgId, PersonId, UserId};

/// When an activity is due, as Pipedrive keeps it: a day, and a time of day in UTC unless it is for the whole day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Due {
    /// The day; with a time, the day in UTC.
    pub date: NaiveDate,
    /// The time of day in UTC; `None` for the whole day.
    pub time: Option<NaiveTime>,
}

impl Due {
    /// The day and time of day in the user's zone. A day without a time is that day everywhere.
    pub fn local(self, zone: Tz) -> (NaiveDate, Option<NaiveTime>) {
        match self.time {
            None => (self.date, None),
            Some(time) => {
                let local = zone.from_utc_datetime(&self.date.and_time(time)).naive_local();
                (local.date(), Some(local.time()))
            }
        }
    }

    /// The same time of day in the user's zone, on another day there.
    #[must_use]
    pub fn on_local_day(self, day: NaiveDate, zone: Tz) -> Self {
        Self::at_local(day, self.local(zone).1, zone)
    }

    /// A day, and a time of day unless it is for the whole day, in the user's zone.
    pub fn at_local(day: NaiveDate, time: Option<NaiveTime>, zone: Tz) -> Self {
        // Where the clock skips that time on that day, it is the first one after.
        let utc = time.and_then(|time| {
            let wanted = day.and_time(time);
            (0..=4).find_map(|half_hours| {
                zone.from_local_datetime(&(wanted + TimeDelta::minutes(30 * half_hours))).earliest()
            })
        });
        match utc {
            Some(utc) => {
                let utc = utc.naive_utc();
                Self { date: utc.date(), time: Some(utc.time()) }
            }
            None => Self { date: day, time },
        }
    }
}

/// An activity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// Its id.
    pub id: ActivityId,
    /// Its subject.
    pub subject: String,
    /// The key of its type, such as `call`.
    pub kind: CompactString,
    /// Its owner.
    pub owner: Option<UserId>,
    /// The deal it belongs to.
    pub deal: Option<DealId>,
    /// The lead it belongs to.
    pub lead: Option<LeadId>,
    /// The person it is with.
    pub person: Option<PersonId>,
    /// The organization it is with.
    pub org: Option<OrgId>,
    /// When it is due, if ever.
    pub due: Option<Due>,
    /// `true` if it is done.
    pub done: bool,
    /// When it was marked as done.
    pub done_at: Option<DateTime<Utc>>,
    /// A note to it; may hold HTML.
    pub note: Option<String>,
    /// When it last changed.
    pub updated: Option<DateTime<Utc>>,
    /// When it was made.
    #[serde(default)]
    pub added: Option<DateTime<Utc>>,
    /// Its duration in minutes.
    #[serde(default)]
    pub minutes: Option<u32>,
    /// Its location, in one line.
    #[serde(default)]
    pub location: Option<String>,
    /// All people who take part, also the one whom it is with.
    #[serde(default)]
    pub participants: Vec<PersonId>,
    /// `true` if its owner is shown as busy for its duration.
    #[serde(default)]
    pub busy: bool,
}

impl Activity {
    /// Returns an activity with no field set.
    pub fn blank(id: ActivityId) -> Self {
        Self {
            id,
            subject: String::new(),
            kind: CompactString::default(),
            owner: None,
            deal: None,
            lead: None,
            person: None,
            org: None,
            due: None,
            done: false,
            done_at: None,
            note: None,
            updated: None,
            added: None,
            minutes: None,
            location: None,
            participants: Vec::new(),
            busy: false,
        }
    }

    /// Makes another person the one whom it is with. Others who take part stay.
    pub fn set_person(&mut self, person: Option<PersonId>) {
        let before = std::mem::replace(&mut self.person, person);
        self.participants.retain(|other| Some(*other) != before && Some(*other) != person);
        if let Some(person) = person {
            self.participants.insert(0, person);
        }
    }

    /// Returns the participants other than its person.
    pub fn others(&self) -> impl Iterator<Item = PersonId> {
        self.participants.iter().copied().filter(|other| Some(*other) != self.person)
    }

    /// Has others take part, and nobody else besides the one whom it is with.
    pub fn set_others(&mut self, others: &[PersonId]) {
        let others = others.iter().copied().filter(|other| Some(*other) != self.person);
        self.participants = self.person.into_iter().chain(others).collect();
    }
}

/// A type of activity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityType {
    /// The key by which activities refer to it.
    pub key: CompactString,
    /// Its name for people.
    pub name: String,
}

/// Changes to an activity; `None` leaves a field as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityPatch {
    /// Done or not done.
    pub done: Option<bool>,
    /// Another day or time.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "double_option")]
    pub due: Option<Option<Due>>,
    /// Its subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The key of another type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<CompactString>,
    /// Another owner. An activity always has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    /// Another deal; `Some(None)` removes the link, here and below.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "double_option")]
    pub deal: Option<Option<DealId>>,
    /// Another lead.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "double_option")]
    pub lead: Option<Option<LeadId>>,
    /// Another person whom it is with.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "double_option")]
    pub person: Option<Option<PersonId>>,
    /// Another organization.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "double_option")]
    pub org: Option<Option<OrgId>>,
    /// Another note.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "double_option")]
    pub note: Option<Option<String>>,
    /// Its duration in minutes.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "double_option")]
    pub minutes: Option<Option<u32>>,
    /// Its location.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "double_option")]
    pub location: Option<Option<String>>,
    /// All who are to take part besides the one whom it is with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participants: Option<Vec<PersonId>>,
    /// `true` if its owner is shown as busy for its duration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busy: Option<bool>,
}

impl ActivityPatch {
    /// Returns `true` if the request depends on the present activity: other participants stay, and only a time
    /// of day that is set is cleared.
    pub fn rests_on_now(&self) -> bool {
        self.person.is_some() || self.participants.is_some() || self.due.flatten().is_some_and(|due| due.time.is_none())
    }

    /// Applies the change to an activity.
    pub fn apply(&self, activity: &mut Activity) {
        if let Some(done) = self.done {
            activity.done = done;
            if !done {
                activity.done_at = None;
            }
        }
        if let Some(due) = self.due {
            activity.due = due;
        }
        if let Some(subject) = &self.subject {
            activity.subject.clone_from(subject);
        }
        if let Some(kind) = &self.kind {
            activity.kind.clone_from(kind);
        }
        activity.owner = self.owner.or(activity.owner);
        activity.deal = self.deal.unwrap_or(activity.deal);
        activity.lead = self.lead.unwrap_or(activity.lead);
        if let Some(person) = self.person.filter(|person| *person != activity.person) {
            activity.set_person(person);
        }
        if let Some(others) = &self.participants {
            activity.set_others(others);
        }
        activity.busy = self.busy.unwrap_or(activity.busy);
        activity.org = self.org.unwrap_or(activity.org);
        if let Some(note) = &self.note {
            activity.note.clone_from(note);
        }
        activity.minutes = self.minutes.unwrap_or(activity.minutes);
        if let Some(location) = &self.location {
            activity.location.clone_from(location);
        }
    }

    /// The change that takes this one back, given the activity as it was before.
    #[must_use]
    pub fn inverse(&self, before: &Activity) -> Self {
        Self {
            done: self.done.map(|_| before.done),
            due: self.due.map(|_| before.due),
            subject: self.subject.as_ref().map(|_| before.subject.clone()),
            kind: self.kind.as_ref().map(|_| before.kind.clone()),
            owner: self.owner.and(before.owner),
            deal: self.deal.map(|_| before.deal),
            lead: self.lead.map(|_| before.lead),
            person: self.person.map(|_| before.person),
            org: self.org.map(|_| before.org),
            note: self.note.as_ref().map(|_| before.note.clone()),
            minutes: self.minutes.map(|_| before.minutes),
            location: self.location.as_ref().map(|_| before.location.clone()),
            participants: self.participants.as_ref().map(|_| before.others().collect()),
            busy: self.busy.map(|_| before.busy),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn due_times_are_in_the_users_zone() {
        let zone: Tz = "America/New_York".parse().unwrap();
        let due = Due { date: day("2026-03-07"), time: NaiveTime::from_hms_opt(2, 30, 0) };
        assert_eq!(due.local(zone), (day("2026-03-06"), NaiveTime::from_hms_opt(21, 30, 0)));
        // The clocks change on 8 March: half past nine in the evening is an hour earlier in UTC.
        let moved = due.on_local_day(day("2026-03-09"), zone);
        assert_eq!(moved, Due { date: day("2026-03-10"), time: NaiveTime::from_hms_opt(1, 30, 0) });
    }

    #[test]
    fn a_skipped_time_becomes_the_next_one_that_day() {
        let zone: Tz = "Pacific/Auckland".parse().unwrap();
        let due = Due { date: day("2026-09-24"), time: NaiveTime::from_hms_opt(14, 30, 0) };
        assert_eq!(due.local(zone), (day("2026-09-25"), NaiveTime::from_hms_opt(2, 30, 0)));
        // On 27 September the clock goes from two to three.
        let moved = due.on_local_day(day("2026-09-27"), zone);
        assert_eq!(moved.local(zone), (day("2026-09-27"), NaiveTime::from_hms_opt(3, 0, 0)));
    }

    #[test]
    fn a_whole_day_is_the_same_day_everywhere() {
        let zone: Tz = "Pacific/Auckland".parse().unwrap();
        let due = Due { date: day("2026-11-24"), time: None };
        assert_eq!(due.local(zone), (day("2026-11-24"), None));
        assert_eq!(due.on_local_day(day("2026-11-30"), zone), Due { date: day("2026-11-30"), time: None });
    }
}
