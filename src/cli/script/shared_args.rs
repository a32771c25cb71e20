//! Options that the commands of several kinds of items share.

use std::fmt::Display;

use clap::Args;

use super::custom_fields::CustomFieldArgs;
use super::ids::{Id, clearable_id, linked};
use super::mode::{AsOf, Mode, Scope};
use super::resolve::{self, Candidate};
use super::usage::UsageError;
use super::values::{Clearable, NONE, name};
use crate::domain::{Contact, ContactPoint, ItemRef, LabelId, LeadLabelId, Link, OrgId, PersonId, RuleError, UserId};
use crate::workspace::Workspace;

/// The label of a phone number or e-mail address that is typed without one: Pipedrive's own default.
const DEFAULT_LABEL: &str = "work";

/// The options of commands that only read.
#[derive(Debug, Clone, Copy, Args)]
pub struct ReadArgs {
    /// Prints JSON
    #[arg(long)]
    json: bool,
    /// Puts the JSON into an object with the time of the data
    #[arg(long, requires = "json")]
    as_of: bool,
    /// Shows the data stored on this machine, without a request to Pipedrive
    #[arg(long)]
    offline: bool,
}

impl ReadArgs {
    pub(super) fn mode(self, scope: Scope) -> Mode {
        let as_of = if self.as_of { AsOf::Included } else { AsOf::Omitted };
        Mode { json: self.json, offline: self.offline, edits: false, as_of, scope }
    }
}

/// The options of commands that edit.
#[derive(Debug, Clone, Copy, Args)]
pub struct WriteArgs {
    /// Prints the result as JSON
    #[arg(long)]
    json: bool,
    /// Only queues the edit: the next start or 'dealdeck sync' sends it
    #[arg(long)]
    queue: bool,
}

impl WriteArgs {
    pub(super) fn mode(self) -> Mode {
        Mode { json: self.json, offline: self.queue, edits: true, as_of: AsOf::Omitted, scope: Scope::Items }
    }
}

/// The options that deals, leads, people and organizations share when they are created.
#[derive(Debug, Args)]
pub struct CreateArgs {
    #[command(flatten)]
    pub(super) owner: OwnerArg,
    #[command(flatten)]
    pub(super) labels: LabelArgs,
    #[command(flatten)]
    pub(super) custom: CustomFieldArgs,
    #[command(flatten)]
    pub(super) write: WriteArgs,
}

/// The options that deals, leads, people and organizations share when they are edited.
#[derive(Debug, Default, PartialEq, Args)]
pub struct UpdateArgs {
    #[command(flatten)]
    pub(super) owner: OwnerArg,
    #[command(flatten)]
    pub(super) labels: LabelChangeArgs,
    #[command(flatten)]
    pub(super) custom: CustomFieldArgs,
}

#[derive(Debug, Default, PartialEq, Args)]
pub struct OwnerArg {
    /// Owner; 'me' is you
    #[arg(long, value_name = "NAME|ID|me")]
    owner: Option<String>,
}

impl OwnerArg {
    pub(super) fn id(&self, account: &Workspace) -> Result<Option<UserId>, UsageError> {
        self.owner.as_deref().map(|typed| resolve::owner(account, typed)).transpose()
    }
}

/// The labels of a new item.
#[derive(Debug, Default, PartialEq, Args)]
pub struct LabelArgs {
    /// Label (repeatable)
    #[arg(long = "label", value_name = "NAME")]
    labels: Vec<String>,
}

impl LabelArgs {
    pub(super) fn ids<L: Copy + Display + PartialEq>(&self, all: &[Candidate<L>]) -> Result<Vec<L>, UsageError> {
        resolve_labels("--label", &self.labels, all)
    }
}

/// The labels that the listed items have.
#[derive(Debug, Args)]
pub struct LabelFilterArgs {
    /// Only items with this label; if given several times, with all of them
    #[arg(long = "label", value_name = "NAME")]
    labels: Vec<String>,
}

impl LabelFilterArgs {
    /// Returns a function that returns `true` for labels among which are all of these.
    pub(super) fn filter<L>(&self, all: &[Candidate<L>]) -> Result<impl Fn(&[L]) -> bool + use<L>, UsageError>
    where
        L: Copy + Display + PartialEq,
    {
        let required = resolve_labels("--label", &self.labels, all)?;
        Ok(move |labels: &[L]| required.iter().all(|label| labels.contains(label)))
    }
}

/// Changes to the labels of an item.
#[derive(Debug, Default, PartialEq, Args)]
pub struct LabelChangeArgs {
    /// Label that replaces all others (repeatable); 'none' removes all
    #[arg(long = "label", value_name = "NAME", conflicts_with_all = ["add", "remove"])]
    only: Vec<String>,
    /// Label to add (repeatable)
    #[arg(long = "add-label", value_name = "NAME")]
    add: Vec<String>,
    /// Label to remove (repeatable)
    #[arg(long = "remove-label", value_name = "NAME")]
    remove: Vec<String>,
}

impl LabelChangeArgs {
    /// Returns the new labels of an item that has the labels `now`; `None` if they do not change.
    pub(super) fn apply<L>(&self, now: &[L], all: &[Candidate<L>]) -> Result<Option<Vec<L>>, UsageError>
    where
        L: Copy + Display + PartialEq,
    {
        if let [none] = self.only.as_slice()
            && none == NONE
        {
            return Ok(Some(Vec::new()));
        }
        if !self.only.is_empty() {
            return resolve_labels("--label", &self.only, all).map(Some);
        }
        if self.add.is_empty() && self.remove.is_empty() {
            return Ok(None);
        }
        let removed = resolve_labels("--remove-label", &self.remove, all)?;
        let mut after = now.to_vec();
        after.extend(resolve_labels("--add-label", &self.add, all)?.into_iter().filter(|id| !now.contains(id)));
        after.retain(|id| !removed.contains(id));
        Ok(Some(after))
    }
}

/// Resolves labels by name, each once.
fn resolve_labels<L>(option: &str, typed: &[String], all: &[Candidate<L>]) -> Result<Vec<L>, UsageError>
where
    L: Copy + Display + PartialEq,
{
    let mut ids = Vec::new();
    for typed in typed {
        let id = resolve::one(option, "label", typed, all)?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// Returns the labels that deals can have.
pub(super) fn deal_labels(account: &Workspace) -> Vec<Candidate<LabelId>> {
    account.labels().map(|label| Candidate::new(label.id, &label.name)).collect()
}

/// Returns the labels that people can have.
pub(super) fn person_labels(account: &Workspace) -> Vec<Candidate<LabelId>> {
    account.person_labels().map(|label| Candidate::new(label.id, &label.name)).collect()
}

/// Returns the labels that organizations can have.
pub(super) fn org_labels(account: &Workspace) -> Vec<Candidate<LabelId>> {
    account.org_labels().map(|label| Candidate::new(label.id, &label.name)).collect()
}

/// Returns the labels that leads can have.
pub(super) fn lead_labels(account: &Workspace) -> Vec<Candidate<LeadLabelId>> {
    account.lead_labels().map(|label| Candidate::new(label.id, &label.name)).collect()
}

/// The person and the organization of a new deal or lead.
#[derive(Debug, Args)]
pub struct ContactArgs {
    /// ID of the person
    #[arg(long, value_name = "ID", value_parser = PersonId::parse, conflicts_with = "new_person")]
    person: Option<PersonId>,
    /// Name of a person to create
    #[arg(long, value_name = "NAME", value_parser = name)]
    new_person: Option<String>,
    #[command(flatten)]
    org_args: OrgArgs,
}

impl ContactArgs {
    /// Returns the contact; `rule` is the rule that is broken if there is none.
    pub(super) fn contact(&self, rule: &RuleError) -> Result<Contact, UsageError> {
        Contact::new(link(self.person, self.new_person.as_ref()), self.org_args.link())
            .ok_or_else(|| UsageError::at("--person, --new-person, --org or --new-org", rule))
    }

    /// Returns the existing ones.
    pub(super) fn needed_items(&self) -> Vec<ItemRef> {
        self.person.map(Id::item).into_iter().chain(self.org_args.needed_items()).collect()
    }
}

/// The organization of a new item.
#[derive(Debug, Args)]
pub struct OrgArgs {
    /// ID of the organization
    #[arg(long, value_name = "ID", value_parser = OrgId::parse, conflicts_with = "new_org")]
    org: Option<OrgId>,
    /// Name of an organization to create
    #[arg(long, value_name = "NAME", value_parser = name)]
    new_org: Option<String>,
}

impl OrgArgs {
    pub(super) fn link(&self) -> Option<Link<OrgId>> {
        link(self.org, self.new_org.as_ref())
    }

    pub(super) fn needed_items(&self) -> Vec<ItemRef> {
        self.org.map(Id::item).into_iter().collect()
    }
}

fn link<Id>(existing: Option<Id>, new: Option<&String>) -> Option<Link<Id>> {
    existing.map(Link::Existing).or_else(|| new.cloned().map(Link::New))
}

/// Changes to the person and the organization of an item.
#[derive(Debug, Default, PartialEq, Args)]
pub struct ContactChangeArgs {
    /// ID of the person, or 'none'
    #[arg(long, value_name = "ID", value_parser = clearable_id::<PersonId>)]
    pub(super) person: Option<Clearable<PersonId>>,
    #[command(flatten)]
    pub(super) org_change: OrgChangeArg,
}

impl ContactChangeArgs {
    pub(super) fn needed_items(&self) -> Vec<ItemRef> {
        linked(self.person).into_iter().chain(self.org_change.needed_items()).collect()
    }
}

/// A change to the organization of an item.
#[derive(Debug, Default, PartialEq, Args)]
pub struct OrgChangeArg {
    /// ID of the organization, or 'none'
    #[arg(long, value_name = "ID", value_parser = clearable_id::<OrgId>)]
    pub(super) org: Option<Clearable<OrgId>>,
}

impl OrgChangeArg {
    pub(super) fn needed_items(&self) -> Vec<ItemRef> {
        linked(self.org).into_iter().collect()
    }
}

/// Checks that at least one option is given.
pub(super) fn check_not_empty<T: Default + PartialEq>(options: &T) -> Result<(), UsageError> {
    let why = "there is nothing to change: give at least one option, see --help";
    if *options == T::default() { Err(UsageError::at("edit", why)) } else { Ok(()) }
}

/// Parses phone numbers or e-mail addresses, the primary one first: `mobile:+372 5555 0101`.
pub(super) fn parse_points(typed: &[String]) -> Vec<ContactPoint> {
    let point = |(at, typed): (usize, &String)| {
        let labelled = typed.split_once(':').filter(|(label, _)| label.chars().all(char::is_alphabetic));
        let (label, value) = labelled.unwrap_or((DEFAULT_LABEL, typed));
        ContactPoint { value: value.trim().to_owned(), label: label.to_lowercase(), primary: at == 0 }
    };
    typed.iter().enumerate().map(point).collect()
}

/// Parses the new phone numbers or e-mail addresses of a person; `None` if they do not change.
pub(super) fn parse_point_changes(typed: &[String]) -> Option<Vec<ContactPoint>> {
    match typed {
        [] => None,
        [none] if none == NONE => Some(Vec::new()),
        typed => Some(parse_points(typed)),
    }
}
