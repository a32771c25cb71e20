//! What the lists of all kinds of items have in common.

use clap::Args;

use super::args::Reading;
use super::find;
use super::plan::{How, Plan};
use super::row::Row;
use crate::app::filter::Needle;
use crate::cli::Failure;
use crate::domain::{ItemRef, UserId, plain_text};
use crate::workspace::Workspace;

/// Which of many are listed, and how.
#[derive(Debug, Clone, Args)]
pub struct Listing {
    /// Only those of this user; 'me' is you
    #[arg(long, value_name = "NAME|ID|me")]
    owner: Option<String>,
    /// Only those with all these words in title, name, person or organization
    #[arg(long, value_name = "WORDS")]
    text: Option<String>,
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

    /// Of what was found, in order, what is to be listed.
    pub(super) fn plan(&self, account: &Workspace, found: impl Iterator<Item = ItemRef>) -> Result<Plan, Failure> {
        let owner = self.owner.as_deref().map(|typed| find::owner(account, typed)).transpose()?;
        let folded = self.text.as_deref().unwrap_or_default().to_lowercase();
        let needle = Needle::new(&folded, account);
        let fits = |item: &ItemRef| {
            owner.is_none_or(|owner| owner_of(account, *item) == Some(owner)) && hits(&needle, account, *item)
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

fn hits(needle: &Needle, account: &Workspace, item: ItemRef) -> bool {
    match item {
        ItemRef::Deal(id) => needle.hits_deal(id),
        ItemRef::Activity(id) => needle.hits_activity(id),
        ItemRef::Lead(id) => needle.hits_lead(id),
        ItemRef::Person(id) => account.person(id).is_some_and(|found| needle.hits(&found.name, None, found.org)),
        ItemRef::Org(id) => account.org(id).is_some_and(|found| needle.hits(&found.name, None, None)),
        ItemRef::Note(id) => account.note(id).is_some_and(|found| needle.hits(&plain_text(&found.content), None, None)),
    }
}
