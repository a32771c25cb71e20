//! Rows of deals, leads and activities.

use chrono::NaiveDate;
use serde::Serialize;

use super::row::{
    Amount, CustomFields, Field, Links, Moment, Row, column, detail, last_fields, moment, moment_text, text, yes,
};
use crate::domain::{
    Activity, ActivityType, Deal, DealStatus, ItemKind, ItemRef, Lead, Money, Probability, html_to_text,
};
use crate::workspace::Workspace;

#[derive(Serialize)]
struct DealJson<'a> {
    id: Option<u64>,
    title: &'a str,
    status: &'static str,
    pipeline_id: u64,
    pipeline_name: Option<&'a str>,
    stage_id: u64,
    stage_name: Option<&'a str>,
    value: Amount,
    probability: Option<u8>,
    expected_close_date: Option<NaiveDate>,
    #[serde(flatten)]
    links: Links<'a>,
    labels: Vec<&'a str>,
    custom_fields: CustomFields,
    lost_reason: Option<&'a str>,
    next_activity_date: Option<NaiveDate>,
    add_time: Option<Moment>,
    update_time: Option<Moment>,
    stage_change_time: Option<Moment>,
    close_time: Option<Moment>,
    archived: bool,
    needs_link: bool,
    pending: bool,
}

/// Returns Pipedrive's name of a status.
fn status(status: DealStatus) -> &'static str {
    match status {
        DealStatus::Open => "open",
        DealStatus::Won => "won",
        DealStatus::Lost => "lost",
        DealStatus::Other => "other",
    }
}

impl Row {
    pub(in crate::cli::script) fn of_deal(account: &Workspace, deal: &Deal) -> Self {
        let json = DealJson {
            id: (!deal.id.is_local()).then_some(deal.id.0),
            title: &deal.title,
            status: status(deal.status),
            pipeline_id: deal.pipeline.0,
            pipeline_name: account.pipeline(deal.pipeline).map(|pipeline| pipeline.name.as_str()),
            stage_id: deal.stage.0,
            stage_name: account.stage(deal.stage).map(|stage| stage.name.as_str()),
            value: Amount::of(&deal.value),
            probability: account.deal_probability(deal).map(Probability::percent),
            expected_close_date: deal.expected_close,
            links: Links::new(account, deal.person, deal.org, deal.owner),
            labels: deal.labels.iter().filter_map(|id| account.label(*id)).map(|label| label.name.as_str()).collect(),
            custom_fields: CustomFields::of(account, ItemKind::Deal, &deal.custom),
            lost_reason: deal.lost_reason.as_deref(),
            next_activity_date: account.next_activity_due(deal.id).map(|(day, _)| day),
            add_time: moment(deal.added),
            update_time: moment(deal.updated),
            stage_change_time: moment(deal.stage_changed),
            close_time: moment(deal.closed),
            archived: deal.archived,
            needs_link: deal.needs_link(),
            pending: account.is_pending(ItemRef::Deal(deal.id)),
        };
        let mut fields = vec![
            column("ID", text(json.id)),
            column("Title", json.title),
            column("Value", deal.value.display()),
            column("%", text(json.probability)),
            // Most lists have open deals only.
            Field { in_table: deal.status != DealStatus::Open, ..detail("Status", json.status) },
            column("Stage", text(json.stage_name)),
            detail("Pipeline", text(json.pipeline_name)),
        ];
        fields.extend(json.links.fields());
        fields.extend([
            column("Close", text(json.expected_close_date)),
            column("Next", text(json.next_activity_date)),
            detail("Labels", json.labels.join(", ")),
            detail("Lost reason", text(json.lost_reason)),
            detail("In stage since", moment_text(json.stage_change_time.as_ref())),
            detail("Closed", moment_text(json.close_time.as_ref())),
            detail("Archived", yes(json.archived)),
            detail("Needs a person or organization", yes(json.needs_link)),
        ]);
        fields.extend(json.custom_fields.fields());
        fields.extend(last_fields(json.add_time.as_ref(), json.update_time.as_ref(), json.pending));
        Self::new(&json, fields)
    }
}

#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "it is the JSON, field by field")]
struct LeadJson<'a> {
    id: Option<String>,
    title: &'a str,
    value: Option<Amount>,
    expected_close_date: Option<NaiveDate>,
    #[serde(flatten)]
    links: Links<'a>,
    labels: Vec<&'a str>,
    custom_fields: CustomFields,
    source: &'a str,
    seen: bool,
    archived: bool,
    needs_link: bool,
    add_time: Option<Moment>,
    update_time: Option<Moment>,
    pending: bool,
}

impl Row {
    pub(in crate::cli::script) fn of_lead(account: &Workspace, lead: &Lead) -> Self {
        let json = LeadJson {
            id: (!lead.id.is_local()).then(|| lead.id.to_string()),
            title: &lead.title,
            value: lead.value.as_ref().map(Amount::of),
            expected_close_date: lead.expected_close,
            links: Links::new(account, lead.person, lead.org, lead.owner),
            labels: lead
                .labels
                .iter()
                .filter_map(|id| account.lead_label(*id))
                .map(|label| label.name.as_str())
                .collect(),
            custom_fields: CustomFields::of(account, ItemKind::Lead, &lead.custom),
            source: &lead.source,
            seen: lead.seen,
            archived: lead.archived,
            needs_link: lead.needs_link(),
            add_time: moment(lead.added),
            update_time: moment(lead.updated),
            pending: account.is_pending(ItemRef::Lead(lead.id)),
        };
        let mut fields = vec![
            column("ID", text(json.id.as_ref())),
            column("Title", json.title),
            column("Value", text(lead.value.as_ref().map(Money::display))),
        ];
        fields.extend(json.links.fields());
        fields.extend([
            column("Close", text(json.expected_close_date)),
            column("Labels", json.labels.join(", ")),
            column("Seen", yes(json.seen)),
            detail("Backend", json.source),
            column("Archived", yes(json.archived)),
            detail("Needs a person or organization", yes(json.needs_link)),
        ]);
        fields.extend(json.custom_fields.fields());
        fields.extend(last_fields(json.add_time.as_ref(), json.update_time.as_ref(), json.pending));
        Self::new(&json, fields)
    }
}

#[derive(Serialize)]
struct ActivityJson<'a> {
    id: Option<u64>,
    subject: &'a str,
    r#type: &'a str,
    type_name: Option<&'a str>,
    done: bool,
    /// In the user's time zone.
    due_date: Option<NaiveDate>,
    /// In the user's time zone.
    due_time: Option<String>,
    /// The same moment in UTC, if there is a time.
    due_at: Option<Moment>,
    deal_id: Option<u64>,
    deal_title: Option<&'a str>,
    lead_id: Option<String>,
    lead_title: Option<&'a str>,
    #[serde(flatten)]
    links: Links<'a>,
    duration_minutes: Option<u32>,
    location: Option<&'a str>,
    /// Plain text.
    note: Option<String>,
    done_time: Option<Moment>,
    add_time: Option<Moment>,
    update_time: Option<Moment>,
    pending: bool,
}

impl Row {
    pub(in crate::cli::script) fn of_activity(account: &Workspace, activity: &Activity) -> Self {
        let local = activity.due.map(|due| due.local(account.zone()));
        let at = activity.due.and_then(|due| Some(due.date.and_time(due.time?).and_utc()));
        let json = ActivityJson {
            id: (!activity.id.is_local()).then_some(activity.id.0),
            subject: &activity.subject,
            r#type: &activity.kind,
            type_name: account.activity_type(&activity.kind).map(|kind: &ActivityType| kind.name.as_str()),
            done: activity.done,
            due_date: local.map(|(day, _)| day),
            due_time: local.and_then(|(_, time)| time).map(|time| time.format("%H:%M").to_string()),
            due_at: moment(at),
            deal_id: activity.deal.map(|id| id.0),
            deal_title: activity.deal.and_then(|id| account.deal(id)).map(|deal| deal.title.as_str()),
            lead_id: activity.lead.map(|id| id.to_string()),
            lead_title: activity.lead.and_then(|id| account.lead(id)).map(|lead| lead.title.as_str()),
            links: Links::new(account, activity.person, activity.org, activity.owner),
            duration_minutes: activity.minutes,
            location: activity.location.as_deref(),
            note: activity.note.as_deref().map(html_to_text),
            done_time: moment(activity.done_at),
            add_time: moment(activity.added),
            update_time: moment(activity.updated),
            pending: account.is_pending(ItemRef::Activity(activity.id)),
        };
        let mut fields = vec![
            column("ID", text(json.id)),
            column("Due", text(json.due_date)),
            column("Time", text(json.due_time.as_ref())),
            column("Type", json.type_name.unwrap_or(json.r#type)),
            column("Subject", json.subject),
            column("Deal", json.deal_title.map_or_else(|| text(json.deal_id), str::to_owned)),
            column("Lead", text(json.lead_title)),
        ];
        fields.extend(json.links.fields());
        fields.extend([
            column("Done", yes(json.done)),
            detail("Minutes", text(json.duration_minutes)),
            detail("Location", text(json.location)),
            detail("Note", text(json.note.as_ref())),
            detail("Done at", moment_text(json.done_time.as_ref())),
        ]);
        fields.extend(last_fields(json.add_time.as_ref(), json.update_time.as_ref(), json.pending));
        Self::new(&json, fields)
    }
}
