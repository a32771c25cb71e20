//! What the lists of all kinds of items have in common.

use clap::Args;

use super::args::Reading;
use super::ask::Question;
use super::desk::Desk;
use super::find;
use super::plan::{How, Plan};
use super::row::Row;
use crate::cli::Failure;
use crate::domain::{ItemKind, ItemRef, UserId};
use crate::workspace::{RowId, TextFilter, Workspace};

/// Which of many are listed, and how.
#[derive(Debug, Clone, Args)]
pub struct Listing {
    /// Only those of this user; 'me' is you
    #[arg(long, value_name = "NAME|ID|me")]
    owner: Option<String>,
    /// Only those with all these words in title, name, person or organization
    #[arg(long, value_name = "WORDS")]
    text: Option<String>,
    /// Only those that this filter lets through, which is saved in Pipedrive
    #[arg(long, value_name = "NAME|ID")]
    filter: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    #[command(flatten)]
    reading: Reading,
}

impl Listing {
    pub(super) fn how(&self) -> How {
        self.reading.how()
    }

    /// What has to be asked for a list of this kind.
    pub(super) fn asks(&self, kind: ItemKind) -> Option<Question<'_>> {
        self.filter.as_deref().map(|typed| Question::Passing(kind, typed))
    }

    /// Of what was found, in order, what is to be listed.
    pub(super) fn plan(&self, desk: &Desk, found: impl Iterator<Item = ItemRef>) -> Result<Plan, Failure> {
        let (account, passing) = (desk.account(), desk.answers.passing.as_ref());
        let owner = self.owner.as_deref().map(|typed| find::owner(account, typed)).transpose()?;
        let needle = TextFilter::new(self.text.as_deref().unwrap_or_default(), account);
        let fits = |item: &ItemRef| {
            passing.is_none_or(|passing| passing.contains(item))
                && owner.is_none_or(|owner| owner_of(account, *item) == Some(owner))
                && needle.matches_row(RowId::Item(*item))
        };
        let rows = found.filter(fits).filter_map(|item| Row::of_item(account, item));
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
