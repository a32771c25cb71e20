//! Search by text, <https://developers.pipedrive.com/docs/api/v1/ItemSearch>. A result is not the record itself: it has
//! fields of its own, with the names of linked records.

use axum::Router;
use axum::extract::{Query as Parameters, State};
use axum::routing::get;
use serde_json::{Value, json};

use crate::sandbox::query::{Cursor, Query};
use crate::sandbox::records::{Contact, Deal, Lead, Organization, Person, Status, amount_and_currency};
use crate::sandbox::request::RawQuery;
use crate::sandbox::response::{ApiResult, ErrorResponse, page};
use crate::sandbox::server::Shared;
use crate::sandbox::store::Store;

/// The most results on a page of one kind.
const MAX_PAGE: usize = 500;
/// The most results on a page of all kinds.
const MAX_PAGE_OF_ALL: usize = 100;

/// The routes of search.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/deals/search", get(deals))
        .route("/persons/search", get(persons))
        .route("/organizations/search", get(organizations))
        .route("/leads/search", get(leads))
        .route("/itemSearch", get(all))
}

async fn deals(State(server): State<Shared>, Parameters(raw): RawQuery) -> ApiResult {
    search(&server.store(), &Query::new(raw), &["deal"], MAX_PAGE)
}

async fn persons(State(server): State<Shared>, Parameters(raw): RawQuery) -> ApiResult {
    search(&server.store(), &Query::new(raw), &["person"], MAX_PAGE)
}

async fn organizations(State(server): State<Shared>, Parameters(raw): RawQuery) -> ApiResult {
    search(&server.store(), &Query::new(raw), &["organization"], MAX_PAGE)
}

async fn leads(State(server): State<Shared>, Parameters(raw): RawQuery) -> ApiResult {
    search(&server.store(), &Query::new(raw), &["lead"], MAX_PAGE)
}

async fn all(State(server): State<Shared>, Parameters(raw): RawQuery) -> ApiResult {
    let query = Query::new(raw);
    let known = ["deal", "person", "organization", "lead", "product", "file", "mail_attachment", "project"];
    let wanted = query.keywords("item_types", &known)?;
    let kinds = if wanted.is_empty() { known.to_vec() } else { wanted };
    search(&server.store(), &query, &kinds, MAX_PAGE_OF_ALL)
}

/// A record that matches the term.
#[derive(Clone, Copy)]
enum Match<'a> {
    Deal(&'a Deal),
    Person(&'a Person),
    Organization(&'a Organization),
    Lead(&'a Lead),
}

/// A score and the matching record.
type ScoredMatch<'a> = (f64, Match<'a>);

fn search(store: &Store, query: &Query, kinds: &[&str], max_page: usize) -> ApiResult {
    let (start, limit) = (query.offset()?, query.limit(max_page)?);
    let term = Term::read(query)?;
    let scope = Scope::read(query)?;
    let mut matches: Vec<ScoredMatch<'_>> =
        kinds.iter().flat_map(|kind| matches_of(kind, store, &term, &scope)).collect();
    // The sort is stable, so that pages neither overlap nor skip results.
    matches.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let end = start.saturating_add(limit);
    let next = (end < matches.len()).then(|| Cursor::at_offset(end).encode());
    let show = |(score, found): &ScoredMatch<'_>| json!({"result_score": score, "item": found.to_json(store)});
    let items: Vec<Value> = matches.iter().skip(start).take(limit).map(show).collect();
    Ok(page(json!({"items": items}), next.as_deref()))
}

impl Match<'_> {
    fn to_json(self, store: &Store) -> Value {
        match self {
            Self::Deal(deal) => deal_result(deal, store),
            Self::Person(person) => person_result(person, store),
            Self::Organization(org) => org_result(org),
            Self::Lead(lead) => lead_result(lead, store),
        }
    }
}

/// The search term.
struct Term {
    text: String,
    is_exact: bool,
}

impl Term {
    fn read(query: &Query) -> Result<Self, ErrorResponse> {
        let is_exact = query.flag("exact_match")?.unwrap_or_default();
        let text = query.text("term").unwrap_or_default().trim().to_lowercase();
        let min = if is_exact { 1 } else { 2 };
        if text.chars().count() < min {
            return Err(ErrorResponse::schema(format!("query parameter 'term' must have at least {min} characters")));
        }
        Ok(Self { text, is_exact })
    }

    /// Returns the score of the best matching text: the share of the text that the term covers.
    #[expect(clippy::cast_precision_loss, reason = "lengths of text are far below 2^52")]
    fn score<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> Option<f64> {
        let score = |text: &str| {
            let text = text.to_lowercase();
            let is_match = if self.is_exact { text == self.text } else { text.contains(&self.text) };
            is_match.then(|| self.text.len() as f64 / text.len() as f64)
        };
        texts.into_iter().filter_map(score).max_by(f64::total_cmp)
    }
}

/// The linked records and statuses that a search is limited to.
struct Scope {
    person: Option<u64>,
    organization: Option<u64>,
    status: Vec<&'static str>,
}

impl Scope {
    fn read(query: &Query) -> Result<Self, ErrorResponse> {
        Ok(Self {
            person: query.number("person_id")?,
            organization: query.number("organization_id")?,
            status: query.keywords("status", &["open", "won", "lost"])?,
        })
    }

    fn includes(&self, person: Option<u64>, organization: Option<u64>) -> bool {
        (self.person.is_none() || self.person == person)
            && (self.organization.is_none() || self.organization == organization)
    }
}

fn matches_of<'a>(kind: &str, store: &'a Store, term: &Term, scope: &Scope) -> Vec<ScoredMatch<'a>> {
    match kind {
        "deal" => {
            let live =
                store.deals.iter().filter(|deal| !deal.is_deleted && scope.includes(deal.person_id, deal.org_id));
            let wanted =
                live.filter(|deal| scope.status.is_empty() || scope.status.contains(&status_keyword(deal.status)));
            wanted.filter_map(|deal| Some((term.score([&*deal.title])?, Match::Deal(deal)))).collect()
        }
        "person" => {
            let wanted =
                store.persons.iter().filter(|person| !person.is_deleted && scope.includes(None, person.org_id));
            wanted.filter_map(|person| Some((term.score(texts_of(person))?, Match::Person(person)))).collect()
        }
        "organization" => {
            let live = store.organizations.iter().filter(|org| !org.is_deleted);
            live.filter_map(|org| Some((term.score([&*org.name])?, Match::Organization(org)))).collect()
        }
        "lead" => {
            let wanted = store.leads.iter().filter(|lead| scope.includes(lead.person_id, lead.organization_id));
            wanted.filter_map(|lead| Some((term.score([&*lead.title])?, Match::Lead(lead)))).collect()
        }
        // The practice server has no products, files, mails or projects.
        _ => Vec::new(),
    }
}

fn texts_of(person: &Person) -> impl Iterator<Item = &str> {
    let contacts = person.emails.iter().chain(&person.phones);
    std::iter::once(&*person.name).chain(contacts.map(|contact| &*contact.value))
}

fn status_keyword(status: Status) -> &'static str {
    match status {
        Status::Open => "open",
        Status::Won => "won",
        Status::Lost => "lost",
        Status::Deleted => "deleted",
    }
}

fn deal_result(deal: &Deal, store: &Store) -> Value {
    let stage = store.stages.get(deal.stage_id).map(|stage| json!({"id": stage.id, "name": stage.name}));
    json!({
        "id": deal.id, "type": "deal", "title": deal.title, "value": deal.value, "currency": deal.currency,
        "status": deal.status, "visible_to": deal.visible_to, "owner": {"id": deal.owner_id}, "stage": stage,
        "person": person_name(deal.person_id, store), "organization": org_name(deal.org_id, store),
        "custom_fields": [], "notes": [], "is_archived": deal.is_archived,
    })
}

fn person_result(person: &Person, store: &Store) -> Value {
    let values = |contacts: &[Contact]| contacts.iter().map(|contact| json!(contact.value)).collect::<Value>();
    json!({
        "id": person.id, "type": "person", "name": person.name, "phones": values(&person.phones),
        "emails": values(&person.emails), "visible_to": person.visible_to, "owner": {"id": person.owner_id},
        "organization": org_name(person.org_id, store), "custom_fields": [], "notes": [],
    })
}

fn org_result(org: &Organization) -> Value {
    json!({
        "id": org.id, "type": "organization", "name": org.name, "address": address(org), "visible_to": org.visible_to,
        "owner": {"id": org.owner_id}, "custom_fields": [], "notes": [],
    })
}

fn lead_result(lead: &Lead, store: &Store) -> Value {
    let (value, currency) = amount_and_currency(lead);
    json!({
        "id": lead.id, "type": "lead", "title": lead.title, "owner": {"id": lead.owner_id},
        "person": person_name(lead.person_id, store), "organization": org_name(lead.organization_id, store),
        "phones": [], "emails": [], "custom_fields": [], "notes": [], "value": value, "currency": currency,
        "visible_to": lead.visible_to.parse::<u8>().ok(), "is_archived": lead.is_archived,
    })
}

fn person_name(id: Option<u64>, store: &Store) -> Option<Value> {
    let person = store.persons.get(id?)?;
    Some(json!({"id": person.id, "name": person.name}))
}

fn org_name(id: Option<u64>, store: &Store) -> Option<Value> {
    let org = store.organizations.get(id?)?;
    Some(json!({"id": org.id, "name": org.name, "address": address(org)}))
}

fn address(org: &Organization) -> Option<&str> {
    org.address.as_ref()?.value.as_deref()
}
