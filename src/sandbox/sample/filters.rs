//! Sample saved filters.

use super::Generator;
use crate::sandbox::records::{Condition, Conditions, Filter};

impl Generator<'_> {
    pub(super) fn filters(&mut self) {
        let open = || Condition::on("deal", "status", "=", Some("open"));
        let samples = [
            ("All open deals", "deals", vec![open()]),
            ("My open deals", "deals", vec![open(), Condition::on("deal", "owner_id", "=", Some("me"))]),
            ("Open, worth 20,000 or more", "deals", vec![open(), Condition::on("deal", "value", ">=", Some("20000"))]),
            ("Won", "deals", vec![Condition::on("deal", "status", "=", Some("won"))]),
            ("My people", "people", vec![Condition::on("person", "owner_id", "=", Some("me"))]),
            ("People without an organization", "people", vec![Condition::on("person", "org_id", "IS NULL", None)]),
            ("My organizations", "org", vec![Condition::on("organization", "owner_id", "=", Some("me"))]),
            ("Leads that nobody has looked at", "leads", vec![Condition::on("lead", "was_seen", "=", Some("0"))]),
            (
                "My calls to make",
                "activity",
                vec![
                    Condition::on("activity", "type", "=", Some("call")),
                    Condition::on("activity", "done", "=", Some("0")),
                    Condition::on("activity", "owner_id", "=", Some("me")),
                ],
            ),
        ];
        for (id, (name, kind, conditions)) in (1..).zip(samples) {
            self.store.filters.put(Filter::new(id, name, kind, Conditions::all(conditions)));
        }
    }
}
