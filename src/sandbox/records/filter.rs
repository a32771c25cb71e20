//! Saved filters, <https://developers.pipedrive.com/docs/api/v1/Filters>: conditions in the documented format, and their
//! evaluation on a record.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::note::plain;
use super::{current_user_id, now, record};

/// A filter as API v1 shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the API calls it so")]
pub struct Filter {
    pub id: u64,
    pub name: String,
    pub active_flag: bool,
    #[serde(rename = "type")]
    pub kind: String,
    pub temporary_flag: Option<bool>,
    pub user_id: u64,
    #[serde(with = "plain")]
    pub add_time: DateTime<Utc>,
    #[serde(with = "plain")]
    pub update_time: DateTime<Utc>,
    pub visible_to: String,
    pub custom_view_id: Option<u64>,
    pub filter_code: Option<String>,
    pub is_editable: bool,
    pub last_used_time: Option<String>,
    pub conditions: Conditions,
}

record!(Filter, u64, "filter", filters);

impl Filter {
    /// Creates a filter of the current user.
    pub fn new(id: u64, name: &str, kind: &str, conditions: Conditions) -> Self {
        Self {
            id,
            name: name.to_owned(),
            active_flag: true,
            kind: kind.to_owned(),
            temporary_flag: None,
            user_id: current_user_id(),
            add_time: now(),
            update_time: now(),
            visible_to: "7".to_owned(),
            custom_view_id: None,
            filter_code: None,
            is_editable: true,
            last_used_time: None,
            conditions,
        }
    }
}

/// Groups of conditions, all of which must hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conditions {
    pub glue: Glue,
    pub conditions: Vec<Group>,
}

/// The operator between conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Glue {
    And,
    Or,
}

/// Conditions of which all or one must hold. An empty group holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    pub glue: Glue,
    pub conditions: Vec<Condition>,
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The object with the field: `deal`, `person`, `organization`, `activity` or `lead`.
    pub object: String,
    pub field_id: String,
    pub operator: String,
    pub value: Option<String>,
    #[serde(default)]
    pub extra_value: Option<String>,
}

/// The most conditions of a filter (`POST /filters`).
const MAX_CONDITIONS: usize = 16;

/// The fields of conditions: object, number in API v1, name.
const FIELDS: &[(&str, &str, &str)] = &[
    ("deal", "1", "title"),
    ("deal", "2", "value"),
    ("deal", "3", "owner_id"),
    ("deal", "4", "status"),
    ("deal", "5", "stage_id"),
    ("deal", "6", "pipeline_id"),
    ("deal", "7", "expected_close_date"),
    ("deal", "8", "currency"),
    ("deal", "9", "add_time"),
    ("deal", "10", "lost_reason"),
    ("person", "21", "name"),
    ("person", "22", "owner_id"),
    ("person", "23", "org_id"),
    ("organization", "31", "name"),
    ("organization", "32", "owner_id"),
    ("organization", "33", "address"),
    ("activity", "41", "subject"),
    ("activity", "42", "type"),
    ("activity", "43", "owner_id"),
    ("activity", "44", "done"),
    ("activity", "45", "due_date"),
    ("lead", "51", "title"),
    ("lead", "52", "owner_id"),
    ("lead", "53", "source_name"),
    ("lead", "54", "was_seen"),
];

const OPERATORS: &[&str] =
    &["IS NOT NULL", "IS NULL", "<=", ">=", "<", ">", "!=", "=", "LIKE '$%'", "LIKE '%$%'", "NOT LIKE '$%'"];

impl Conditions {
    /// Creates one group of conditions that must all hold.
    pub fn all(conditions: Vec<Condition>) -> Self {
        let or = Group { glue: Glue::Or, conditions: Vec::new() };
        Self { glue: Glue::And, conditions: vec![Group { glue: Glue::And, conditions }, or] }
    }

    /// Returns the first problem of invalid conditions.
    pub fn problem(&self) -> Option<String> {
        let all = || self.conditions.iter().flat_map(|group| &group.conditions);
        if self.glue != Glue::And {
            return Some("the first level must be glued with 'and'".to_owned());
        }
        if all().count() > MAX_CONDITIONS {
            return Some(format!("a filter can have {MAX_CONDITIONS} conditions at most"));
        }
        all().find_map(|condition| {
            if condition.code().is_none() {
                return Some(format!("there is no field {} of '{}'", condition.field_id, condition.object));
            }
            let is_known = OPERATORS.contains(&condition.operator.as_str());
            (!is_known).then(|| format!("there is no operator '{}'", condition.operator))
        })
    }

    /// Returns `true` if the conditions hold. `record` returns the filtered record and the ones it links to, by object.
    pub fn match_record(&self, record: impl Fn(&str) -> Option<Value>, me: u64) -> bool {
        self.conditions.iter().all(|group| {
            let holds = |condition: &Condition| condition.holds(record(&condition.object).as_ref(), me);
            match group.glue {
                Glue::And => group.conditions.iter().all(holds),
                Glue::Or => group.conditions.is_empty() || group.conditions.iter().any(holds),
            }
        })
    }
}

impl Condition {
    /// Creates a condition on a field by its name.
    pub fn on(object: &str, code: &str, operator: &str, value: Option<&str>) -> Self {
        let found = FIELDS.iter().find(|(of, _, known)| *of == object && *known == code);
        Self {
            object: object.to_owned(),
            field_id: found.map_or("", |(_, id, _)| id).to_owned(),
            operator: operator.to_owned(),
            value: value.map(str::to_owned),
            extra_value: None,
        }
    }

    /// Returns the name of the field on the record.
    fn code(&self) -> Option<&'static str> {
        FIELDS.iter().find(|(object, id, _)| *object == self.object && *id == self.field_id).map(|(_, _, code)| *code)
    }

    fn holds(&self, record: Option<&Value>, me: u64) -> bool {
        let field = self.code().and_then(|code| record?.get(code)).unwrap_or(&Value::Null);
        let is = text(field);
        let wanted = match self.value.as_deref() {
            Some("me") => me.to_string(),
            Some(value) => value.to_lowercase(),
            None => String::new(),
        };
        match (self.operator.as_str(), is) {
            ("IS NULL", is) => is.is_none(),
            ("IS NOT NULL", is) => is.is_some(),
            ("!=" | "NOT LIKE '$%'", None) => true,
            ("=", Some(is)) => order(&is, &wanted).is_eq(),
            ("!=", Some(is)) => order(&is, &wanted).is_ne(),
            ("<", Some(is)) => order(&is, &wanted).is_lt(),
            (">", Some(is)) => order(&is, &wanted).is_gt(),
            ("<=", Some(is)) => order(&is, &wanted).is_le(),
            (">=", Some(is)) => order(&is, &wanted).is_ge(),
            ("LIKE '$%'", Some(is)) => is.starts_with(&wanted),
            ("LIKE '%$%'", Some(is)) => is.contains(&wanted),
            ("NOT LIKE '$%'", Some(is)) => !is.starts_with(&wanted),
            _ => false,
        }
    }
}

/// Returns a value as conditions compare it: an address as its text, a boolean as 1 or 0.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(flag) => Some(u8::from(*flag).to_string()),
        Value::String(text) => Some(text.to_lowercase()),
        Value::Object(object) => object.get("value").and_then(text),
        other => Some(other.to_string()),
    }
}

/// Compares numbers by value and everything else as text, which orders dates correctly.
fn order(a: &str, b: &str) -> std::cmp::Ordering {
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => a.total_cmp(&b),
        _ => a.cmp(b),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn conditions_match_as_documented() {
        let deal = json!({"title": "Big Tower", "value": 1500.5, "owner_id": 1, "lost_reason": null});
        let holds = |code, operator, value| {
            Conditions::all(vec![Condition::on("deal", code, operator, value)]).match_record(|_| Some(deal.clone()), 1)
        };
        assert!(holds("value", ">=", Some("1500.50")) && !holds("value", "<", Some("900")));
        assert!(holds("owner_id", "=", Some("me")) && !holds("owner_id", "!=", Some("1")));
        assert!(holds("title", "LIKE '%$%'", Some("tower")) && !holds("title", "LIKE '$%'", Some("tower")));
        assert!(holds("title", "NOT LIKE '$%'", Some("tower")));
        assert!(holds("lost_reason", "IS NULL", None) && !holds("lost_reason", "IS NOT NULL", None));
        assert!(!holds("lost_reason", "=", Some("price")) && holds("lost_reason", "!=", Some("price")));
    }
}
