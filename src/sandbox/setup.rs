//! The fixed part of the practice workspace, from `assets/workspace.toml`: company, users, labels, currencies, custom
//! fields and pipelines.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::sandbox::table::TableRow;

/// The settings of the account.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountSetup {
    pub company: Company,
    pub users: Vec<User>,
    pub currencies: Vec<Currency>,
    pub activity_types: Vec<ActivityType>,
    pub deal_labels: Vec<Label>,
    pub person_labels: Vec<Label>,
    pub organization_labels: Vec<Label>,
    pub priorities: Vec<Label>,
    pub lead_labels: Vec<Label>,
    pub lead_sources: Vec<String>,
    pub deal_fields: Vec<CustomField>,
    pub person_fields: Vec<CustomField>,
    pub organization_fields: Vec<CustomField>,
    pub pipelines: Vec<Pipeline>,
}

/// The company that owns the workspace.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Company {
    pub id: u64,
    pub name: String,
    pub domain: String,
    pub country: String,
    pub industry: String,
}

/// A user of the company.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    pub id: u64,
    pub name: String,
    pub email: String,
    pub phone: Option<String>,
    pub default_currency: String,
    pub locale: String,
    pub timezone_name: String,
    pub is_admin: bool,
    pub is_active: bool,
    #[serde(default = "default_modified")]
    pub modified: DateTime<Utc>,
}

/// The modification time of users who were never changed.
fn default_modified() -> DateTime<Utc> {
    DateTime::from_timestamp_secs(1_768_480_200).unwrap_or_default()
}

impl TableRow for User {
    type Key = u64;
    const KIND: &'static str = "user";

    fn key(&self) -> u64 {
        self.id
    }

    fn update_time(&self) -> DateTime<Utc> {
        self.modified
    }
}

/// A currency.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Currency {
    pub code: String,
    pub name: String,
    pub symbol: String,
    pub decimal_points: u8,
    /// The amount that equals one euro, for the totals that Pipedrive converts.
    pub per_euro: f64,
}

/// A type of activity.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActivityType {
    pub name: String,
    pub key_string: String,
    pub icon_key: String,
    #[serde(default)]
    pub is_custom: bool,
}

/// A label, or a priority.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    #[serde(default)]
    pub id: u64,
    pub name: String,
    pub color: String,
}

/// A custom field.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomField {
    pub code: String,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    /// The id of the first option; the others follow.
    #[serde(default)]
    pub first_option: u64,
    #[serde(default)]
    pub options: Vec<String>,
}

impl CustomField {
    /// Returns the options with their ids.
    pub fn options(&self) -> impl Iterator<Item = (u64, &str)> {
        (self.first_option..).zip(self.options.iter().map(String::as_str))
    }

    /// Returns the label of an option.
    pub fn option(&self, id: u64) -> Option<&str> {
        self.options().find(|(other, _)| *other == id).map(|(_, label)| label)
    }
}

/// A pipeline.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pipeline {
    pub name: String,
    pub is_deal_probability_enabled: bool,
    pub stages: Vec<Stage>,
}

/// A stage of a pipeline.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    pub name: String,
    pub probability: u8,
    pub days_to_rotten: Option<u64>,
}

impl AccountSetup {
    /// Reads the file embedded in the program.
    pub fn read() -> Result<Self, toml::de::Error> {
        toml::from_str(include_str!("../../assets/workspace.toml"))
    }

    /// Returns the user whose token the server was started with.
    pub fn owner(&self) -> &User {
        // The file has users: a test checks it.
        &self.users[0]
    }
}
