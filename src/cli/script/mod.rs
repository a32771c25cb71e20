//! The actions of the dashboard without the screen: `dealdeck deals list --json`, `deals move 42 --stage Negotiation`.
//! They go the way of every edit: the rules, the outbox, the one API task.
//!
//! | file | what |
//! |---|---|
//! | `deals`, `leads`, `activities`, `people`, `orgs`, `notes`, `filters`, `basics` | the commands of each kind: options, and what they come to |
//! | `plan` | what a command is |
//! | `items`, `listing` | what the commands of several kinds have in common: show, change, delete, list |
//! | `args`, `fields`, `custom` | options that several of them have |
//! | `desk` | the account, brought up to date |
//! | `lookup`, `ask` | what this machine does not have, asked for; what only Pipedrive can tell |
//! | `carry` | edits carried out and waited for |
//! | `find` | things by a part of their name |
//! | `row`, `table` | what is printed: JSON, tables, details |
//!
//! A new command is a variant of its kind's enum. What changes items is a `Change`: its options, and the edit that they
//! come to.

mod activities;
mod args;
mod ask;
mod basics;
mod carry;
mod custom;
mod deals;
mod desk;
mod fields;
mod filters;
mod find;
mod items;
mod leads;
mod listing;
mod lookup;
mod notes;
mod orgs;
mod people;
mod plan;
mod row;
mod table;

use chrono::SecondsFormat;
use clap::Subcommand;

use self::carry::{Done, Fate};
use self::desk::Desk;
use self::plan::{AsOf, How, Plan, Shape, Verb};
use self::row::Row;
use super::told::{print, print_done, say};
use super::{Account, Failure, choose, log};
use crate::domain::ItemRef;

/// What the exit codes of these commands mean; `--help` of each says so.
const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  failed: there is no such item, Pipedrive cannot be reached and nothing is kept, or another
     dealdeck has the account
  2  wrong usage or configuration, or a rule that would be broken; nothing was done
  3  needs attention: Pipedrive has refused the edit, or somebody else has changed the same
  4  queued: a later start, or 'dealdeck sync', sends it
  5  done, but standard output could not be written; what came of it is on standard error";

/// The objects of the account.
#[derive(Debug, Subcommand)]
pub(super) enum Object {
    /// Deals: list, show, create, edit, move, won, lost, reopen, delete
    #[command(subcommand)]
    Deals(deals::Deals),
    /// Leads: list, show, create, edit, convert, archive, restore, seen, delete
    #[command(subcommand)]
    Leads(leads::Leads),
    /// Activities: list, show, create, edit, done, undone, reschedule, delete
    #[command(subcommand)]
    Activities(activities::Activities),
    /// People: list, show, create, edit, delete
    #[command(subcommand)]
    People(people::People),
    /// Organizations: list, show, create, edit, delete
    #[command(subcommand)]
    Orgs(orgs::Orgs),
    /// Users: list, show
    #[command(subcommand)]
    Users(basics::Users),
    /// Notes: list, show, create, edit, delete
    #[command(subcommand)]
    Notes(notes::Notes),
    /// Custom fields: list
    #[command(subcommand)]
    Fields(filters::Fields),
    /// Saved filters: list
    #[command(subcommand)]
    Filters(filters::Filters),
    /// Pipelines: list, show
    #[command(subcommand)]
    Pipelines(basics::Pipelines),
    /// Stages: list, show
    #[command(subcommand)]
    Stages(basics::Stages),
}

impl Object {
    fn verb(&self) -> &(dyn Verb + Sync) {
        match self {
            Self::Deals(deals) => deals.verb(),
            Self::Leads(leads) => leads.verb(),
            Self::Activities(activities) => activities.verb(),
            Self::People(people) => people.verb(),
            Self::Orgs(orgs) => orgs.verb(),
            Self::Users(verb) => verb,
            Self::Notes(notes) => notes.verb(),
            Self::Fields(verb) => verb,
            Self::Filters(verb) => verb,
            Self::Pipelines(verb) => verb,
            Self::Stages(verb) => verb,
        }
    }
}

/// The command line, with the exit codes in the help of each of these commands.
pub(super) fn with_exit_codes(command: clap::Command) -> clap::Command {
    command.mut_subcommands(|object| {
        if Object::has_subcommand(object.get_name()) {
            object.after_help(EXIT_CODES).mut_subcommands(|verb| verb.after_help(EXIT_CODES))
        } else {
            object
        }
    })
}

/// Runs a command.
pub(super) async fn run(account: Account, object: &Object) -> Result<(), Failure> {
    let verb = object.verb();
    verb.check()?;
    let how = verb.how();
    let chosen = choose(account)?;
    let _log = log::start();
    let mut desk = Desk::open(chosen, how).await?;
    let worked = work(&mut desk, verb, how).await;
    desk.told.end_line();
    desk.close().await;
    let Worked { text, edited } = worked?;
    let Some((done, verdict)) = edited else { return print(&text) };
    let edits = match done.lines().count() {
        0 => "the command has ended",
        1 => "the edit was made",
        _ => "the edits were made",
    };
    match (print_done(&text, edits, &done), verdict) {
        (printed, Ok(())) => printed,
        (printed, verdict) => {
            if let Err(unprinted) = printed {
                say(&unprinted.message);
            }
            verdict
        }
    }
}

/// What a command came to.
struct Worked {
    /// The text for standard output.
    text: String,
    /// The edits that were confirmed, in words, and how all of them ended; `None` for a command that only reads.
    edited: Option<(String, Result<(), Failure>)>,
}

/// Does what a command asks for.
async fn work(desk: &mut Desk, verb: &(dyn Verb + Sync), how: How) -> Result<Worked, Failure> {
    desk.look_up(&verb.wanted()).await?;
    desk.ask(verb.asks()).await?;
    let plan = verb.plan(desk)?;
    if !how.edits {
        desk.tell_age(how);
        desk.tell_queued();
    }
    let text = match plan {
        Plan::Show(row) if how.as_of == AsOf::Given => dated(desk, how, "item", &row.json),
        Plan::List(rows) if how.as_of == AsOf::Given => dated(desk, how, "items", &table::array(&rows)),
        Plan::Show(row) if how.json => format!("{}\n", row.json),
        Plan::Show(row) => table::details(&row),
        Plan::List(rows) if how.json => table::array(&rows),
        Plan::List(rows) => {
            if rows.is_empty() {
                desk.told.say("nothing fits");
            }
            table::table(&rows, table::room())
        }
        Plan::Edit(edits, shape) => {
            let done = carry::carry_out(desk, edits).await?;
            let words = in_words(&done);
            let text = if how.json { as_json(desk, &done, shape) } else { words.clone() };
            tell(desk, &done);
            return Ok(Worked { text, edited: Some((words, carry::verdict(&done))) });
        }
    };
    Ok(Worked { text, edited: None })
}

/// JSON in an object that says as of when it is, and if that is not now, why.
fn dated(desk: &Desk, how: How, name: &str, json: &str) -> String {
    let text = |value: Option<String>| serde_json::Value::from(value).to_string();
    let at = text(desk.as_of(how).map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true)));
    let why = text(desk.stale.clone());
    format!("{{\"as_of\": {at}, \"stale\": {why}, \"{name}\": {}}}\n", json.trim_end())
}

/// The items as they are now; those of edits that failed are left out.
fn as_json(desk: &Desk, done: &[Done], shape: Shape) -> String {
    let shown = |done: &Done| Row::of_item(desk.account(), done.shown()?);
    let rows: Vec<Row> = done.iter().filter_map(shown).collect();
    match (shape, rows.as_slice()) {
        (Shape::Many, rows) => table::array(rows),
        (Shape::One, [row, ..]) => format!("{}\n", row.json),
        (Shape::One, []) => String::new(),
    }
}

/// What was confirmed: the id of what was made, else what was done.
fn in_words(done: &[Done]) -> String {
    let line = |done: &Done| match done.fate {
        Fate::Confirmed(Some(made)) => Some(format!("{}\n", id(made))),
        Fate::Confirmed(None) => Some(format!("Done: {}\n", crate::ui::printable(&done.what))),
        _ => None,
    };
    done.iter().filter_map(line).collect()
}

fn id(item: ItemRef) -> String {
    match item {
        ItemRef::Deal(id) => id.to_string(),
        ItemRef::Activity(id) => id.to_string(),
        ItemRef::Lead(id) => id.to_string(),
        ItemRef::Person(id) => id.to_string(),
        ItemRef::Org(id) => id.to_string(),
        ItemRef::Note(id) => id.to_string(),
    }
}

/// Says what was not simply confirmed.
fn tell(desk: &mut Desk, done: &[Done]) {
    for done in done {
        let what = &done.what;
        match &done.fate {
            Fate::Confirmed(_) => {}
            Fate::AlreadySo => desk.told.say(&format!("it is so already: {what}")),
            Fate::Queued(why) => desk.told.say(&format!("queued: {what} ({why})")),
            Fate::Attention(why) => desk.told.say(&format!("needs attention: {what} ({why})")),
            Fate::Failed(why) => desk.told.say(&format!("failed: {what} ({why})")),
        }
    }
}
