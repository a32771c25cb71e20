//! Sample activities and notes.

use chrono::{DateTime, NaiveTime, TimeDelta, TimeZone, Utc};

use super::word_lists::{Pairs, ordinal};
use super::{Generator, pick};
use crate::sandbox::records::{Activity, Editable, Lead, Note, Status};

/// One of this many activities has an unusual subject.
const ODD_EVERY: usize = 23;

impl Generator<'_> {
    pub(super) fn activities(&mut self) {
        let open = self.store.deals.iter().filter(|deal| deal.status == Status::Open && !deal.is_archived);
        let deals: Vec<u64> = open.map(|deal| deal.id).collect();
        let leads: Vec<Lead> = self.store.leads.iter().filter(|lead| !lead.is_archived).cloned().collect();
        let mut subjects = Pairs::new(self.words.activity_openings.len(), self.words.topics.len(), &mut self.rng);
        for at in 0..self.counts.activities {
            let (opening, topic, round) = subjects.take();
            let (kind, opening) = self.words.activity_openings[opening].clone();
            let odd = self.words.odd_subjects.get(at / ODD_EVERY).filter(|_| at % ODD_EVERY == 7).cloned();
            let subject = odd.unwrap_or_else(|| format!("{opening} {}{}", self.words.topics[topic], ordinal(round)));
            let mut activity = Activity { subject, kind: kind.into(), ..Activity::blank(self.store, self.now) };
            self.link(&mut activity, &deals, &leads);
            self.schedule(&mut activity);
            self.store.activities.put(activity);
        }
    }

    /// Links an activity to a deal, a lead, or a person alone.
    fn link(&mut self, activity: &mut Activity, deals: &[u64], leads: &[Lead]) {
        activity.owner_id = self.owner();
        let choice = self.rng.u8(0..100);
        if choice < 78 && !deals.is_empty() {
            let deal = self.store.deals.get(*pick(&mut self.rng, deals));
            let Some(deal) = deal else { return };
            (activity.deal_id, activity.org_id) = (Some(deal.id), deal.org_id);
            activity.set_person(deal.person_id);
        } else if choice < 90 && !leads.is_empty() {
            let lead = pick(&mut self.rng, leads);
            (activity.lead_id, activity.org_id) = (Some(lead.id), lead.organization_id);
            activity.set_person(lead.person_id);
        } else {
            let person = self.rng.u64(1..=self.counts.persons as u64);
            activity.org_id = self.store.persons.get(person).and_then(|person| person.org_id);
            activity.set_person(Some(person));
        }
        if self.chance(15) {
            activity.note = Some(pick(&mut self.rng, &self.words.activity_notes).clone());
        }
        if self.chance(20) {
            activity.priority = Some(pick(&mut self.rng, &self.store.setup.priorities).id);
        }
    }

    /// Sets the due date of an activity: done, overdue, today, this week or later.
    fn schedule(&mut self, activity: &mut Activity) {
        let days = match self.rng.u8(0..100) {
            0..28 => {
                activity.done = true;
                -self.rng.i64(0..60)
            }
            28..40 => -self.rng.i64(1..20),
            40..52 => 0,
            52..76 => self.rng.i64(1..7),
            76..97 => self.rng.i64(7..60),
            _ => return self.date_back(activity),
        };
        let date = self.today() + TimeDelta::days(days);
        activity.due_date = Some(date);
        if self.chance(50) {
            // Dates and times on the wire are in UTC; meetings start on local quarter hours.
            let time = NaiveTime::from_hms_opt(self.rng.u32(8..18), self.rng.u32(0..4) * 15, 0).unwrap_or_default();
            if let Some(due) = self.zone.from_local_datetime(&date.and_time(time)).earliest() {
                let due = due.with_timezone(&Utc);
                activity.due_date = Some(due.date_naive());
                activity.due_time = Some(due.format("%H:%M:%S").to_string().into());
                activity.duration = Some(["00:30:00", "01:00:00", "01:30:00"][self.rng.usize(0..3)].into());
                activity.busy = self.chance(50);
            }
        }
        self.date_back(activity);
    }

    /// Sets the creation and completion times of an activity.
    fn date_back(&mut self, activity: &mut Activity) {
        let due: DateTime<Utc> =
            activity.due_date.map_or(self.now, |date| date.and_time(NaiveTime::default()).and_utc()).min(self.now);
        activity.add_time = due - TimeDelta::days(self.rng.i64(1..14));
        activity.update_time = self.since(activity.add_time);
        activity.marked_as_done_time = activity.done.then_some(activity.update_time);
    }

    pub(super) fn notes(&mut self) {
        for _ in 0..self.counts.notes {
            let add_time = self.ago(0..90);
            let mut note = Note { add_time, update_time: add_time, ..Note::blank(self.store, self.now) };
            note.content.clone_from(pick(&mut self.rng, &self.words.notes));
            note.user_id = self.owner();
            if self.counts.deals > 0 {
                note.deal_id = Some(self.rng.u64(1..=self.counts.deals as u64));
            } else {
                note.person_id = Some(self.rng.u64(1..=self.counts.persons as u64));
            }
            self.store.notes.put(note);
        }
    }
}
