//! The options and the filtering that the lists of all kinds of items share.

use clap::Args;

use super::client::Client;
use super::command::Plan;
use super::mode::{Mode, Scope};
use super::output::Row;
use super::query::Query;
use super::resolve;
use super::shared_args::ReadArgs;
use crate::cli::error::CliError;
use crate::domain::{ItemKind, ItemRef, UserId};
use crate::workspace::{RowId, TextFilter, Workspace};

/// The options of a list of items.
#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    /// Only items of this user; 'me' is you
    #[arg(long, value_name = "NAME|ID|me")]
    owner: Option<String>,
    /// Only items with all these words in their title, name, person or organization
    #[arg(long, value_name = "WORDS")]
    text: Option<String>,
    /// Only items that match this filter saved in Pipedrive
    #[arg(long, value_name = "NAME|ID")]
    filter: Option<String>,
    /// Maximum number of items
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    #[command(flatten)]
    read: ReadArgs,
}

impl ListArgs {
    pub(super) fn mode(&self, scope: Scope) -> Mode {
        self.read.mode(scope)
    }

    /// Returns the query for the saved filter, if there is one.
    pub(super) fn query(&self, kind: ItemKind) -> Option<Query<'_>> {
        self.filter.as_deref().map(|typed| Query::Filtered(kind, typed))
    }

    /// Returns the list of the items that match these options, in the given order.
    pub(super) fn plan(&self, client: &Client, items: impl Iterator<Item = ItemRef>) -> Result<Plan, CliError> {
        let (account, filtered) = (client.account(), client.answers.filtered.as_ref());
        let owner = self.owner.as_deref().map(|typed| resolve::owner(account, typed)).transpose()?;
        let text = TextFilter::new(self.text.as_deref().unwrap_or_default(), account);
        let matches = |item: &ItemRef| {
            filtered.is_none_or(|filtered| filtered.contains(item))
                && owner.is_none_or(|owner| owner_of(account, *item) == Some(owner))
                && text.matches_row(RowId::Item(*item))
        };
        let rows = items.filter(matches).filter_map(|item| Row::of_item(account, item));
        Ok(Plan::List(rows.take(self.limit.unwrap_or(usize::MAX)).collect()))
    }
}

fn owner_of(account: &Workspace, item: ItemRef) -> Option<UserId> {
    match item {
        ItemRef::Deal(id) => account.deal(id)?.owner,
        ItemRef::Activity(id) => account.activity(id)?.owner,
        ItemRef::Lead(id) => account.lead(id)?.owner,
        ItemRef::Person(id) => account.person(id)?.owner,
        ItemRef::Org(id) => account.org(id)?.owner,
        ItemRef::Note(id) => account.note(id)?.author,
    }
}
