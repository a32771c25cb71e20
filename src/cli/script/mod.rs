//! Commands for scripts: `dealdeck deals list --json`, `dealdeck deals move 42 --stage Negotiation`. Their edits follow
//! the same rules and go through the same queue as those of the dashboard.
//!
//! | file | contents |
//! |---|---|
//! | `deals`, `leads`, `activities`, `people`, `orgs`, `notes`, `metadata` | the commands of each resource: their options, and the plan that they come to |
//! | `command`, `mode`, `query`, `usage` | the trait of a command, and the types that it uses |
//! | `common`, `list`, `setters` | commands that several resources share: show, edit, delete, list |
//! | `shared_args`, `custom_fields`, `ids`, `values` | options that several commands share, and the parsers of their values |
//! | `resolve` | names to ids |
//! | `client`, `state` | the account of one command, updated from Pipedrive |
//! | `fetch` | requests to Pipedrive beyond the synced account |
//! | `execute` | edits: checked, queued, and waited for |
//! | `output` | JSON, tables, details |
//!
//! A new command is a variant of its resource's enum. A command that edits items implements `ItemEdit`; any other
//! implements `ScriptCommand`.

mod activities;
mod client;
mod command;
mod common;
mod custom_fields;
mod deals;
mod execute;
mod fetch;
mod ids;
mod leads;
mod list;
mod metadata;
mod mode;
mod notes;
mod orgs;
mod output;
mod people;
mod query;
mod resolve;
mod setters;
mod shared_args;
mod state;
mod usage;
mod values;

use chrono::SecondsFormat;
use clap::Subcommand;

use self::client::Client;
use self::command::{Cardinality, Plan, ScriptCommand};
use self::execute::{EditResult, ExecutedEdit};
use self::mode::{AsOf, Mode};
use self::output::Row;
use super::account::AccountArgs;
use super::console::{print, print_result, print_stderr};
use super::error::CliError;
use super::log;
use crate::domain::{Edit, ItemRef};
use crate::ui;

/// The exit codes of these commands, for `--help` of each.
const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  failed: the item does not exist, Pipedrive cannot be reached and nothing is stored, or
     another dealdeck uses the account
  2  wrong usage or configuration, or a rule would be broken; nothing was done
  3  needs attention: Pipedrive rejected the edit, or another user changed the same field
  4  queued: the next start or 'dealdeck sync' sends it
  5  done, but standard output could not be written; the result is on standard error";

/// The resources of an account, each with its commands.
#[derive(Debug, Subcommand)]
pub(super) enum Resource {
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
    Users(metadata::Users),
    /// Notes: list, show, create, edit, delete
    #[command(subcommand)]
    Notes(notes::Notes),
    /// Custom fields: list
    #[command(subcommand)]
    Fields(metadata::Fields),
    /// Saved filters: list
    #[command(subcommand)]
    Filters(metadata::Filters),
    /// Pipelines: list, show
    #[command(subcommand)]
    Pipelines(metadata::Pipelines),
    /// Stages: list, show
    #[command(subcommand)]
    Stages(metadata::Stages),
}

impl Resource {
    fn command(&self) -> &(dyn ScriptCommand + Sync) {
        match self {
            Self::Deals(deals) => deals.command(),
            Self::Leads(leads) => leads.command(),
            Self::Activities(activities) => activities.command(),
            Self::People(people) => people.command(),
            Self::Orgs(orgs) => orgs.command(),
            Self::Notes(notes) => notes.command(),
            Self::Users(command) => command,
            Self::Fields(command) => command,
            Self::Filters(command) => command,
            Self::Pipelines(command) => command,
            Self::Stages(command) => command,
        }
    }
}

/// Adds the exit codes to the help of each of these commands.
pub(super) fn with_exit_codes(command: clap::Command) -> clap::Command {
    command.mut_subcommands(|resource| {
        if Resource::has_subcommand(resource.get_name()) {
            resource.after_help(EXIT_CODES).mut_subcommands(|command| command.after_help(EXIT_CODES))
        } else {
            resource
        }
    })
}

/// Runs a command.
pub(super) async fn run(account: AccountArgs, resource: &Resource) -> Result<(), CliError> {
    let command = resource.command();
    command.check()?;
    let mode = command.mode();
    let account = account.resolve()?;
    let _log = log::start();
    let mut client = Client::open(account, mode).await?;
    let outcome = execute_command(&mut client, command, mode).await;
    client.state.status.clear();
    client.close().await;
    match outcome? {
        Outcome::Read(text) => print(&text),
        Outcome::Edited { text, confirmed, verdict } => print_edits(&text, &confirmed, verdict),
    }
}

/// The outcome of a command, to be printed once the account is released.
enum Outcome {
    Read(String),
    Edited {
        text: String,
        /// The confirmed edits in words.
        confirmed: String,
        verdict: Result<(), CliError>,
    },
}

async fn execute_command(
    client: &mut Client,
    command: &(dyn ScriptCommand + Sync),
    mode: Mode,
) -> Result<Outcome, CliError> {
    client.fetch_missing(&command.needed_items()).await?;
    client.run_query(command.query()).await?;
    let plan = command.plan(client)?;
    if !mode.edits {
        client.report_age(mode);
        client.report_queued();
    }
    match plan {
        Plan::Show(row) => Ok(Outcome::Read(item_text(client, mode, &row))),
        Plan::List(rows) => Ok(Outcome::Read(list_text(client, mode, &rows))),
        Plan::Edit(edits, cardinality) => edit(client, mode, edits, cardinality).await,
    }
}

fn item_text(client: &Client, mode: Mode, row: &Row) -> String {
    match (mode.json, mode.as_of) {
        (true, AsOf::Included) => with_date(client, mode, "item", &row.json),
        (true, AsOf::Omitted) => format!("{}\n", row.json),
        (false, _) => output::details(row),
    }
}

fn list_text(client: &mut Client, mode: Mode, rows: &[Row]) -> String {
    match (mode.json, mode.as_of) {
        (true, AsOf::Included) => with_date(client, mode, "items", &output::array(rows)),
        (true, AsOf::Omitted) => output::array(rows),
        (false, _) => {
            if rows.is_empty() {
                client.message("no results");
            }
            output::table(rows, output::terminal_width())
        }
    }
}

/// Returns JSON in an object with the time of the data and, if it is not up to date, the reason.
fn with_date(client: &Client, mode: Mode, name: &str, json: &str) -> String {
    let text = |value: Option<String>| serde_json::Value::from(value).to_string();
    let at = text(client.as_of(mode).map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true)));
    let why = text(client.stale.clone());
    format!("{{\"as_of\": {at}, \"stale\": {why}, \"{name}\": {}}}\n", json.trim_end())
}

async fn edit(
    client: &mut Client,
    mode: Mode,
    edits: Vec<Edit>,
    cardinality: Cardinality,
) -> Result<Outcome, CliError> {
    let executed = execute::execute(client, edits).await?;
    let confirmed = confirmed_text(&executed);
    let text = if mode.json { items_json(client, &executed, cardinality) } else { confirmed.clone() };
    report_unconfirmed(client, &executed);
    Ok(Outcome::Edited { text, confirmed, verdict: execute::verdict(&executed) })
}

/// Returns the present state of the edited items; those of failed edits are left out.
fn items_json(client: &Client, executed: &[ExecutedEdit], cardinality: Cardinality) -> String {
    let row = |edit: &ExecutedEdit| Row::of_item(client.account(), edit.shown()?);
    let rows: Vec<Row> = executed.iter().filter_map(row).collect();
    match (cardinality, rows.as_slice()) {
        (Cardinality::Many, rows) => output::array(rows),
        (Cardinality::One, [row, ..]) => format!("{}\n", row.json),
        (Cardinality::One, []) => String::new(),
    }
}

/// Returns a line for each confirmed edit: the id of the new item, else the description.
fn confirmed_text(executed: &[ExecutedEdit]) -> String {
    let line = |edit: &ExecutedEdit| match edit.result {
        EditResult::Confirmed(Some(created)) => Some(format!("{}\n", id_text(created))),
        EditResult::Confirmed(None) => Some(format!("Done: {}\n", ui::printable(&edit.what))),
        EditResult::NoChange | EditResult::Queued(_) | EditResult::Attention(_) | EditResult::Failed(_) => None,
    };
    executed.iter().filter_map(line).collect()
}

fn id_text(item: ItemRef) -> String {
    match item {
        ItemRef::Deal(id) => id.to_string(),
        ItemRef::Activity(id) => id.to_string(),
        ItemRef::Lead(id) => id.to_string(),
        ItemRef::Person(id) => id.to_string(),
        ItemRef::Org(id) => id.to_string(),
        ItemRef::Note(id) => id.to_string(),
    }
}

/// Reports the edits that Pipedrive did not confirm.
fn report_unconfirmed(client: &mut Client, executed: &[ExecutedEdit]) {
    for ExecutedEdit { what, result, .. } in executed {
        match result {
            EditResult::Confirmed(_) => {}
            EditResult::NoChange => client.message(&format!("no change: {what}")),
            EditResult::Queued(why) => client.message(&format!("queued: {what} ({why})")),
            EditResult::Attention(why) => client.message(&format!("needs attention: {what} ({why})")),
            EditResult::Failed(why) => client.message(&format!("failed: {what} ({why})")),
        }
    }
}

/// Prints the result of edits. That it could not be printed is reported, but does not hide a worse verdict.
fn print_edits(text: &str, confirmed: &str, verdict: Result<(), CliError>) -> Result<(), CliError> {
    let done = match confirmed.lines().count() {
        0 => "the command has ended",
        1 => "the edit was made",
        _ => "the edits were made",
    };
    match (print_result(text, done, confirmed), verdict) {
        (printed, Ok(())) => printed,
        (Ok(()), verdict) => verdict,
        (Err(unprinted), verdict) => {
            print_stderr(&unprinted.message);
            verdict
        }
    }
}
