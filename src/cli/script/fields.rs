//! The fields that several kinds of items have, as options: owner, labels, links, money, phones and e-mails.

use std::fmt::Display;

use clap::Args;

use super::args::{Clearable, NONE, name};
use super::find::{self, Named};
use super::items::{Id, clearable_id};
use super::plan::Usage;
use crate::domain::{Contact, ContactPoint, ItemRef, LabelId, LeadLabelId, Link, OrgId, PersonId, RuleError, UserId};
use crate::workspace::Workspace;

/// What a phone number or e-mail address is for where nothing is said: Pipedrive's own first choice.
const USUAL_LABEL: &str = "work";

/// Whose something is to be.
#[derive(Debug, Default, PartialEq, Args)]
pub struct Owner {
    /// Whose it is to be; 'me' is you
    #[arg(long, value_name = "NAME|ID|me")]
    owner: Option<String>,
}

impl Owner {
    pub(super) fn id(&self, account: &Workspace) -> Result<Option<UserId>, Usage> {
        self.owner.as_deref().map(|typed| find::owner(account, typed)).transpose()
    }
}

/// The labels of something new.
#[derive(Debug, Default, PartialEq, Args)]
pub struct Labels {
    /// A label; may be given several times
    #[arg(long = "label", value_name = "NAME")]
    labels: Vec<String>,
}

impl Labels {
    pub(super) fn among<L: Copy + Display + PartialEq>(&self, all: &[Named<L>]) -> Result<Vec<L>, Usage> {
        labels("--label", &self.labels, all)
    }
}

/// Labels that what is listed has.
#[derive(Debug, Args)]
pub struct Labelled {
    /// Only those with this label; where it is given several times, with all of them
    #[arg(long = "label", value_name = "NAME")]
    labels: Vec<String>,
}

impl Labelled {
    /// Tells whether something with some labels has all of these.
    pub(super) fn fits<L>(&self, all: &[Named<L>]) -> Result<impl Fn(&[L]) -> bool + use<L>, Usage>
    where
        L: Copy + Display + PartialEq,
    {
        let wanted = labels("--label", &self.labels, all)?;
        Ok(move |has: &[L]| wanted.iter().all(|label| has.contains(label)))
    }
}

/// Other labels.
#[derive(Debug, Default, PartialEq, Args)]
pub struct LabelChanges {
    /// A label that it is to have in place of those that it has; may be given several times; 'none' takes all away
    #[arg(long = "label", value_name = "NAME", conflicts_with_all = ["add", "remove"])]
    only: Vec<String>,
    /// A label that it is to have, too
    #[arg(long = "add-label", value_name = "NAME")]
    add: Vec<String>,
    /// A label that it is not to have
    #[arg(long = "remove-label", value_name = "NAME")]
    remove: Vec<String>,
}

impl LabelChanges {
    /// The labels that something is to have that has these now; `None` where they stay.
    pub(super) fn on<L>(&self, now: &[L], all: &[Named<L>]) -> Result<Option<Vec<L>>, Usage>
    where
        L: Copy + Display + PartialEq,
    {
        if let [none] = self.only.as_slice()
            && none == NONE
        {
            return Ok(Some(Vec::new()));
        }
        if !self.only.is_empty() {
            return labels("--label", &self.only, all).map(Some);
        }
        if self.add.is_empty() && self.remove.is_empty() {
            return Ok(None);
        }
        let removed = labels("--remove-label", &self.remove, all)?;
        let mut after = now.to_vec();
        after.extend(labels("--add-label", &self.add, all)?.into_iter().filter(|id| !now.contains(id)));
        after.retain(|id| !removed.contains(id));
        Ok(Some(after))
    }
}

/// Labels by their names, each once.
fn labels<L: Copy + Display + PartialEq>(option: &str, typed: &[String], all: &[Named<L>]) -> Result<Vec<L>, Usage> {
    let mut found = Vec::new();
    for typed in typed {
        let id = find::one(option, "label", typed, all)?;
        if !found.contains(&id) {
            found.push(id);
        }
    }
    Ok(found)
}

/// The labels that deals can have.
pub(super) fn deal_labels(account: &Workspace) -> Vec<Named<LabelId>> {
    account.labels().map(|label| Named::new(label.id, &label.name)).collect()
}

/// The labels that people can have.
pub(super) fn person_labels(account: &Workspace) -> Vec<Named<LabelId>> {
    account.person_labels().map(|label| Named::new(label.id, &label.name)).collect()
}

/// The labels that organizations can have.
pub(super) fn org_labels(account: &Workspace) -> Vec<Named<LabelId>> {
    account.org_labels().map(|label| Named::new(label.id, &label.name)).collect()
}

/// The labels that leads can have.
pub(super) fn lead_labels(account: &Workspace) -> Vec<Named<LeadLabelId>> {
    account.lead_labels().map(|label| Named::new(label.id, &label.name)).collect()
}

/// Whom a new deal or lead is about.
#[derive(Debug, Args)]
pub struct Linking {
    /// The person that it is about
    #[arg(long, value_name = "ID", value_parser = PersonId::read, conflicts_with = "new_person")]
    person: Option<PersonId>,
    /// A person to be made along with it
    #[arg(long, value_name = "NAME", value_parser = name)]
    new_person: Option<String>,
    #[command(flatten)]
    at: Employer,
}

/// The organization of something new.
#[derive(Debug, Args)]
pub struct Employer {
    /// Its organization
    #[arg(long, value_name = "ID", value_parser = OrgId::read, conflicts_with = "new_org")]
    org: Option<OrgId>,
    /// An organization to be made along with it
    #[arg(long, value_name = "NAME", value_parser = name)]
    new_org: Option<String>,
}

impl Linking {
    /// Whom it is about; `rule` is the one that is broken where that is nobody.
    pub(super) fn contact(&self, rule: &RuleError) -> Result<Contact, Usage> {
        Contact::new(link(self.person, self.new_person.as_ref()), self.at.link())
            .ok_or_else(|| Usage::at("--person, --new-person, --org or --new-org", rule))
    }

    /// Those that exist already.
    pub(super) fn wanted(&self) -> Vec<ItemRef> {
        self.person.map(Id::item).into_iter().chain(self.at.wanted()).collect()
    }
}

impl Employer {
    pub(super) fn link(&self) -> Option<Link<OrgId>> {
        link(self.org, self.new_org.as_ref())
    }

    pub(super) fn wanted(&self) -> Vec<ItemRef> {
        self.org.map(Id::item).into_iter().collect()
    }
}

fn link<Id>(existing: Option<Id>, new: Option<&String>) -> Option<Link<Id>> {
    existing.map(Link::Existing).or_else(|| new.cloned().map(Link::New))
}

/// A person and an organization that something is linked to from now on.
#[derive(Debug, Default, PartialEq, Args)]
pub struct LinkChanges {
    /// The person that it is about, or 'none'
    #[arg(long, value_name = "ID", value_parser = clearable_id::<PersonId>)]
    pub(super) person: Option<Clearable<PersonId>>,
    #[command(flatten)]
    pub(super) at: OrgChange,
}

/// Another organization.
#[derive(Debug, Default, PartialEq, Args)]
pub struct OrgChange {
    /// The organization, or 'none'
    #[arg(long, value_name = "ID", value_parser = clearable_id::<OrgId>)]
    pub(super) org: Option<Clearable<OrgId>>,
}

impl LinkChanges {
    pub(super) fn wanted(&self) -> Vec<ItemRef> {
        linked(self.person).into_iter().chain(self.at.wanted()).collect()
    }
}

impl OrgChange {
    pub(super) fn wanted(&self) -> Vec<ItemRef> {
        linked(self.org).into_iter().collect()
    }
}

/// What something is to be linked to.
pub(super) fn linked<I: Id>(link: Option<Clearable<I>>) -> Option<ItemRef> {
    link?.0.map(Id::item)
}

/// At least one of some options is given.
pub(super) fn something<T: Default + PartialEq>(options: &T) -> Result<(), Usage> {
    let why = "nothing is to be changed: give at least one option, see --help";
    if *options == T::default() { Err(Usage::at("edit", why)) } else { Ok(()) }
}

/// Reads phone numbers or e-mail addresses, the one to use first before others: `mobile:+372 5555 0101`.
pub(super) fn points(typed: &[String]) -> Vec<ContactPoint> {
    let point = |(at, typed): (usize, &String)| {
        let labelled = typed.split_once(':').filter(|(label, _)| label.chars().all(char::is_alphabetic));
        let (label, value) = labelled.unwrap_or((USUAL_LABEL, typed));
        ContactPoint { value: value.trim().to_owned(), label: label.to_lowercase(), primary: at == 0 }
    };
    typed.iter().enumerate().map(point).collect()
}

/// Reads the phone numbers or e-mail addresses that somebody is to have from now on; `None` where they stay.
pub(super) fn point_changes(typed: &[String]) -> Option<Vec<ContactPoint>> {
    match typed {
        [] => None,
        [none] if none == NONE => Some(Vec::new()),
        typed => Some(points(typed)),
    }
}
