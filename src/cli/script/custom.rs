//! Custom fields as options.

use clap::Args;

use super::args::{NONE, today};
use super::find::{self, Named};
use super::plan::Usage;
use crate::domain::{CustomPatch, CustomValues, FieldCode, FieldValue, ItemKind};
use crate::workspace::Workspace;

/// What is to stand in custom fields.
#[derive(Debug, Default, PartialEq, Args)]
pub struct Custom {
    /// What is to stand in a custom field, by its name; 'none' clears it; may be given several times
    #[arg(long = "field", value_name = "NAME=VALUE", value_parser = pair)]
    fields: Vec<(String, String)>,
}

/// Reads a name and a value.
fn pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()));
    pair.filter(|(name, _)| !name.is_empty()).ok_or_else(|| "write NAME=VALUE".to_owned())
}

impl Custom {
    /// What that changes in items of a kind.
    pub(super) fn changes(&self, account: &Workspace, of: ItemKind) -> Result<CustomPatch, Usage> {
        self.fields.iter().map(|(name, value)| field(account, of, name, value)).collect()
    }

    /// What that puts into something new.
    pub(super) fn values(&self, account: &Workspace, of: ItemKind) -> Result<CustomValues, Usage> {
        let mut values = CustomValues::default();
        self.changes(account, of)?.apply(&mut values);
        Ok(values)
    }
}

fn field(account: &Workspace, of: ItemKind, name: &str, value: &str) -> Result<(FieldCode, Option<FieldValue>), Usage> {
    let all: Vec<_> = account.fields(of).map(|field| Named::new(&field.code, &field.name)).collect();
    let code = find::one("--field", "custom field", name, &all)?;
    let field = account.field(of, code).ok_or_else(|| Usage::at("--field", "it is gone"))?;
    let value = if value == NONE { "" } else { value };
    let parsed = field.parse(value, today(account), account);
    parsed
        .map(|value| (field.code.clone(), value))
        .map_err(|error| Usage::at("--field", format!("{}: {error}", field.name)))
}
