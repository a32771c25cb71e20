//! Custom fields as options.

use clap::Args;

use super::resolve::{self, Candidate};
use super::usage::UsageError;
use super::values::{NONE, today};
use crate::domain::{CustomPatch, CustomValues, FieldCode, FieldValue, ItemKind};
use crate::workspace::Workspace;

/// The values of custom fields.
#[derive(Debug, Default, PartialEq, Args)]
pub struct CustomFieldArgs {
    /// Custom field by name, with its new value; 'none' clears it (repeatable)
    #[arg(long = "field", value_name = "NAME=VALUE", value_parser = parse_pair)]
    fields: Vec<(String, String)>,
}

fn parse_pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()));
    pair.filter(|(name, _)| !name.is_empty()).ok_or_else(|| "expected NAME=VALUE".to_owned())
}

impl CustomFieldArgs {
    /// Returns the changes to an item of a kind.
    pub(super) fn changes(&self, account: &Workspace, kind: ItemKind) -> Result<CustomPatch, UsageError> {
        self.fields.iter().map(|(name, value)| parse_field(account, kind, name, value)).collect()
    }

    /// Returns the values of a new item of a kind.
    pub(super) fn values(&self, account: &Workspace, kind: ItemKind) -> Result<CustomValues, UsageError> {
        let mut values = CustomValues::default();
        self.changes(account, kind)?.apply(&mut values);
        Ok(values)
    }
}

fn parse_field(
    account: &Workspace,
    kind: ItemKind,
    name: &str,
    value: &str,
) -> Result<(FieldCode, Option<FieldValue>), UsageError> {
    let candidates: Vec<_> = account.fields(kind).map(|field| Candidate::new(&field.code, &field.name)).collect();
    let code = resolve::one("--field", "custom field", name, &candidates)?;
    let field = account.field(kind, code).ok_or_else(|| UsageError::at("--field", "it no longer exists"))?;
    let value = if value == NONE { "" } else { value };
    let parsed = field.parse(value, today(account), account);
    parsed
        .map(|value| (field.code.clone(), value))
        .map_err(|error| UsageError::at("--field", format!("{}: {error}", field.name)))
}
