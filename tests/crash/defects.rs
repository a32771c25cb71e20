//! Compares the typed edits with the state of the server.

use std::collections::HashMap;

use serde_json::Value;

use super::ledger::{Creation, Ledger, Target};

/// The writes that the server carried out, in order.
#[derive(Debug, Default)]
pub struct Record(pub Vec<Value>);

impl Record {
    /// Returns the values set on a deal, in order.
    fn set(&self, deal: u64, field: &str) -> Vec<u64> {
        let path = format!("/api/v2/deals/{deal}");
        let writes = self.0.iter().filter(|write| write["method"] == "PATCH" && write["path"] == path.as_str());
        writes.filter_map(|write| whole(&write["body"][field])).collect()
    }

    pub fn values(&self, deal: u64) -> Vec<u64> {
        self.set(deal, "value")
    }

    pub fn stages(&self, deal: u64) -> Vec<u64> {
        self.set(deal, "stage_id")
    }

    /// Returns the number of creations with this name.
    fn count(&self, path: &str, key: &str, name: &str) -> usize {
        let is_it = |write: &&Value| {
            write["method"] == "POST"
                && write["path"].as_str().is_some_and(|other| other.ends_with(path))
                && write["body"][key] == name
        };
        self.0.iter().filter(is_it).count()
    }

    pub fn made(&self, creation: &Creation) -> usize {
        self.count(if creation.is_lead { "/leads" } else { "/deals" }, "title", &creation.title)
    }
}

/// Returns an amount without decimals.
fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| format!("{:.0}", value.as_f64()?).parse().ok())
}

/// The final state of the server.
#[derive(Debug, Default)]
pub struct Account {
    pub deals: Vec<Value>,
    pub leads: Vec<Value>,
    pub orgs: Vec<Value>,
    pub persons: Vec<Value>,
}

/// The defects found.
#[derive(Debug, Default)]
pub struct Defects {
    pub lost: Vec<String>,
    pub doubled: Vec<String>,
    pub reordered: Vec<String>,
    pub wrong: Vec<String>,
}

impl Defects {
    /// Compares all typed edits with the server.
    pub fn new(ledger: &Ledger, record: &Record, account: &Account) -> Self {
        let mut defects = Self::default();
        for target in &ledger.targets {
            defects.target(target, record, account);
        }
        let names = |list: &[Value]| -> HashMap<u64, String> {
            let named = |item: &Value| Some((item["id"].as_u64()?, item["name"].as_str()?.to_owned()));
            list.iter().filter_map(named).collect()
        };
        let (orgs, persons) = (names(&account.orgs), names(&account.persons));
        for creation in &ledger.creations {
            let list = if creation.is_lead { &account.leads } else { &account.deals };
            let items: Vec<&Value> = list.iter().filter(|item| item["title"] == creation.title.as_str()).collect();
            let is_promised = creation.is_acknowledged && !creation.is_uncertain;
            defects.once(&creation.title, is_promised, record.made(creation), items.len());
            let org_key = if creation.is_lead { "organization_id" } else { "org_id" };
            for (name, key, path, all) in [
                (&creation.org, org_key, "/organizations", &orgs),
                (&creation.person, "person_id", "/persons", &persons),
            ] {
                let Some(name) = name else { continue };
                let count = all.values().filter(|other| *other == name).count();
                // A creation that was started must be completed.
                defects.once(name, !items.is_empty(), record.count(path, "name", name), count);
                if items.is_empty() && count > 0 && !creation.is_uncertain {
                    defects.lost.push(format!("{}: of it there is only {name}", creation.title));
                }
                for item in &items {
                    if item[key].as_u64().and_then(|id| all.get(&id)) != Some(name) {
                        defects.wrong.push(format!("{} is not linked to {name}: {item}", creation.title));
                    }
                }
            }
        }
        defects
    }

    fn target(&mut self, target: &Target, record: &Record, account: &Account) {
        let Some(deal) = account.deals.iter().find(|deal| deal["id"] == target.id) else {
            self.lost.push(format!("{} is gone", target.title));
            return;
        };
        let (values, stages) = (record.values(target.id), record.stages(target.id));
        if !whole(&deal["value"]).is_some_and(|value| target.values.keeps(value)) {
            self.lost.push(format!("{}: value {} after {:?}", target.title, deal["value"], target.values));
        }
        if !whole(&deal["stage_id"]).is_some_and(|stage| target.stages.keeps(stage)) {
            self.lost.push(format!("{}: stage {} after {:?}", target.title, deal["stage_id"], target.stages));
        }
        let back = target.values.goes_back(&values) + target.stages.goes_back(&stages);
        self.reordered.extend((0..back).map(|_| format!("{}: {values:?}, {stages:?}", target.title)));
    }

    /// Checks that a creation exists exactly once; only an unacknowledged one may be missing.
    fn once(&mut self, name: &str, is_promised: bool, made: usize, there: usize) {
        for _ in 1..made.max(there) {
            self.doubled.push(format!("{name}: made {made} times, there {there} times"));
        }
        if is_promised && made.min(there) == 0 {
            self.lost.push(format!("{name}: made {made} times, there {there} times"));
        }
    }

    /// Returns all defects with their kinds.
    pub fn all(&self) -> Vec<String> {
        let kinds =
            [("lost", &self.lost), ("doubled", &self.doubled), ("reordered", &self.reordered), ("wrong", &self.wrong)];
        kinds.into_iter().flat_map(|(kind, all)| all.iter().map(move |what| format!("{kind}: {what}"))).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::ledger::Typed;
    use super::super::screen_log::{EditStatus, ShownEdit};
    use super::*;

    /// Returns a ledger with the values 5 and 7 of a deal, and a deal with an organization, acknowledged as given.
    fn ledger(typed: &[ShownEdit]) -> Ledger {
        let mut target = Target { id: 1, title: "A".to_owned(), values: Typed::from(1), stages: Typed::from(2) };
        target.values.push(5);
        target.values.push(7);
        let creation = Creation {
            title: "Made".to_owned(),
            is_lead: false,
            org: Some("Org".to_owned()),
            person: None,
            is_acknowledged: false,
            is_uncertain: false,
        };
        let mut ledger = Ledger { targets: vec![target], creations: vec![creation], stages: Vec::new() };
        for edit in typed {
            ledger.record(&EditStatus { edit: edit.clone(), is_acknowledged: true });
        }
        ledger
    }

    fn value(value: u64) -> Value {
        json!({"method": "PATCH", "path": "/api/v2/deals/1", "body": {"value": value}})
    }

    fn made(path: &str, body: &Value) -> Value {
        json!({"method": "POST", "path": path, "body": body})
    }

    /// Returns the numbers of lost, doubled, reordered and wrong edits.
    fn defects(typed: &[ShownEdit], writes: Vec<Value>, account: &Account) -> [usize; 4] {
        let Defects { lost, doubled, reordered, wrong } = Defects::new(&ledger(typed), &Record(writes), account);
        [lost, doubled, reordered, wrong].map(|all| all.len())
    }

    fn account(value: u64, made: &[Value], orgs: &[Value]) -> Account {
        let mut deals = vec![json!({"id": 1, "title": "A", "value": value, "stage_id": 2})];
        deals.extend_from_slice(made);
        Account { deals, orgs: orgs.to_vec(), ..Account::default() }
    }

    #[test]
    fn acknowledged_values_arrive_in_order() {
        let five = || ShownEdit::Value("A".to_owned(), 5);
        let seven = || ShownEdit::Value("A".to_owned(), 7);
        for (typed, writes, last, expected) in [
            (vec![], vec![], 1, [0, 0, 0, 0]),
            (vec![five()], vec![5], 5, [0, 0, 0, 0]),
            (vec![five()], vec![5, 5, 7], 7, [0, 0, 0, 0]),
            (vec![five()], vec![7], 7, [0, 0, 0, 0]),
            (vec![five()], vec![], 1, [1, 0, 0, 0]),
            (vec![seven()], vec![5], 5, [1, 0, 0, 0]),
            (vec![five()], vec![5, 7, 5], 5, [0, 0, 1, 0]),
            (vec![seven()], vec![5, 7, 5, 7], 7, [0, 0, 1, 0]),
            (vec![], vec![6], 6, [1, 0, 1, 0]),
        ] {
            let writes: Vec<Value> = writes.into_iter().map(value).collect();
            let case = format!("{typed:?} {writes:?} {last}");
            assert_eq!(defects(&typed, writes, &account(last, &[], &[])), expected, "{case}");
        }
    }

    #[test]
    fn uncertain_edits_may_be_missing_but_not_doubled() {
        let mut ledger = ledger(&[ShownEdit::New("Made".to_owned())]);
        ledger.creations[0].is_uncertain = true;
        let of_org = made("/api/v2/organizations", &json!({"name": "Org"}));
        let org = json!({"id": 3, "name": "Org"});
        let count = |writes: Vec<Value>, account: &Account| {
            let defects = Defects::new(&ledger, &Record(writes), account);
            [defects.lost.len(), defects.doubled.len()]
        };
        assert_eq!(count(vec![], &account(1, &[], &[])), [0, 0]);
        assert_eq!(count(vec![of_org.clone()], &account(1, &[], std::slice::from_ref(&org))), [0, 0]);
        assert_eq!(count(vec![of_org.clone(), of_org], &account(1, &[], &[org.clone(), org])), [0, 1]);
    }

    #[test]
    fn creations_are_complete_and_happen_once() {
        let typed = [ShownEdit::New("Made".to_owned())];
        let org = |id: u64| json!({"id": id, "name": "Org"});
        let deal = |org: u64| json!({"id": 9, "title": "Made", "org_id": org});
        let (of_org, of_deal) =
            (made("/api/v2/organizations", &json!({"name": "Org"})), made("/api/v2/deals", &json!({"title": "Made"})));
        let once = || vec![of_org.clone(), of_deal.clone()];
        assert_eq!(defects(&typed, once(), &account(1, &[deal(3)], &[org(3)])), [0, 0, 0, 0]);
        assert_eq!(defects(&[], vec![], &account(1, &[], &[])), [0, 0, 0, 0]);
        // Lost, and half created.
        assert_eq!(defects(&typed, vec![], &account(1, &[], &[])), [1, 0, 0, 0]);
        assert_eq!(defects(&[], vec![of_org.clone()], &account(1, &[], &[org(3)])), [1, 0, 0, 0]);
        // Twice: the deal, the organization, or one that was deleted again.
        let twice = [once(), vec![of_deal.clone()]].concat();
        assert_eq!(defects(&typed, twice.clone(), &account(1, &[deal(3), deal(3)], &[org(3)])), [0, 1, 0, 0]);
        assert_eq!(defects(&typed, twice, &account(1, &[deal(3)], &[org(3)])), [0, 1, 0, 0]);
        let twice = [vec![of_org.clone()], once()].concat();
        assert_eq!(defects(&typed, twice, &account(1, &[deal(3)], &[org(3), org(4)])), [0, 1, 0, 0]);
        // With another organization.
        assert_eq!(defects(&typed, once(), &account(1, &[deal(4)], &[org(3)])), [0, 0, 0, 1]);
    }
}
