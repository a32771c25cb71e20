//! Search by text, <https://developers.pipedrive.com/docs/api/v1/ItemSearch>. What is found is no record: it has a
//! form of its own, with the names of what it is linked to.

use axum::Router;
use axum::extract::{Query as Parameters, State};
use axum::routing::get;
use serde_json::{Value, json};

use super::Shared;
use super::answer::{Answer, Refusal, page};
use super::query::{Cursor, Query};
use super::records::{Contact, Deal, Lead, Organization, Person, Status, amount_and_currency};
use super::store::Store;
use super::v2::Raw;

/// The most hits on a page of one kind.
const MOST: usize = 500;
/// The most hits on a page of all kinds.
const MOST_OF_ALL: usize = 100;

/// The routes of search.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/deals/search", get(deals))
        .route("/persons/search", get(persons))
        .route("/organizations/search", get(organizations))
        .route("/leads/search", get(leads))
        .route("/itemSearch", get(all))
}

async fn deals(State(server): State<Shared>, Parameters(raw): Raw) -> Answer {
    answer(&server.store(), &Query::new(raw), &["deal"], MOST)
}

async fn persons(State(server): State<Shared>, Parameters(raw): Raw) -> Answer {
    answer(&server.store(), &Query::new(raw), &["person"], MOST)
}

async fn organizations(State(server): State<Shared>, Parameters(raw): Raw) -> Answer {
    answer(&server.store(), &Query::new(raw), &["organization"], MOST)
}

async fn leads(State(server): State<Shared>, Parameters(raw): Raw) -> Answer {
    answer(&server.store(), &Query::new(raw), &["lead"], MOST)
}

async fn all(State(server): State<Shared>, Parameters(raw): Raw) -> Answer {
    let query = Query::new(raw);
    let known = ["deal", "person", "organization", "lead", "product", "file", "mail_attachment", "project"];
    let asked = query.words("item_types", &known)?;
    let kinds = if asked.is_empty() { known.to_vec() } else { asked };
    answer(&server.store(), &query, &kinds, MOST_OF_ALL)
}

/// What is found.
#[derive(Clone, Copy)]
enum Found<'a> {
    Deal(&'a Deal),
    Person(&'a Person),
    Organization(&'a Organization),
    Lead(&'a Lead),
}

/// How well something fits, and what it is.
type Hit<'a> = (f64, Found<'a>);

fn answer(store: &Store, query: &Query, kinds: &[&str], most: usize) -> Answer {
    let (start, limit) = (query.offset()?, query.limit(most)?);
    let term = Term::read(query)?;
    let narrow = Narrow::read(query)?;
    let mut hits: Vec<Hit<'_>> = kinds.iter().flat_map(|kind| hits_of(kind, store, &term, &narrow)).collect();
    // The sort keeps the order of equals, so that pages fit together.
    hits.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let end = start.saturating_add(limit);
    let next = (end < hits.len()).then(|| Cursor::at_offset(end).write());
    let show = |(score, found): &Hit<'_>| json!({"result_score": score, "item": found.shown(store)});
    let items: Vec<Value> = hits.iter().skip(start).take(limit).map(show).collect();
    Ok(page(json!({"items": items}), next.as_deref()))
}

impl Found<'_> {
    fn shown(self, store: &Store) -> Value {
        match self {
            Self::Deal(deal) => deal_hit(deal, store),
            Self::Person(person) => person_hit(person, store),
            Self::Organization(org) => org_hit(org),
            Self::Lead(lead) => lead_hit(lead, store),
        }
    }
}

/// What is looked for.
struct Term {
    text: String,
    exact: bool,
}

impl Term {
    fn read(query: &Query) -> Result<Self, Refusal> {
        let exact = query.flag("exact_match")?.unwrap_or_default();
        let text = query.text("term").unwrap_or_default().trim().to_lowercase();
        let least = if exact { 1 } else { 2 };
        if text.chars().count() < least {
            return Err(Refusal::schema(format!("query parameter 'term' must have at least {least} characters")));
        }
        Ok(Self { text, exact })
    }

    /// How well the best of some texts fits, if any does: the more of it the term is, the better.
    #[expect(clippy::cast_precision_loss, reason = "lengths of text are far below 2^52")]
    fn score<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> Option<f64> {
        let fits = |text: &str| {
            let text = text.to_lowercase();
            let does = if self.exact { text == self.text } else { text.contains(&self.text) };
            does.then(|| self.text.len() as f64 / text.len() as f64)
        };
        texts.into_iter().filter_map(fits).max_by(f64::total_cmp)
    }
}

/// What a search is narrowed to.
struct Narrow {
    person: Option<u64>,
    organization: Option<u64>,
    status: Vec<&'static str>,
}

impl Narrow {
    fn read(query: &Query) -> Result<Self, Refusal> {
        Ok(Self {
            person: query.number("person_id")?,
            organization: query.number("organization_id")?,
            status: query.words("status", &["open", "won", "lost"])?,
        })
    }

    fn holds(&self, person: Option<u64>, organization: Option<u64>) -> bool {
        (self.person.is_none() || self.person == person)
            && (self.organization.is_none() || self.organization == organization)
    }
}

fn hits_of<'a>(kind: &str, store: &'a Store, term: &Term, narrow: &Narrow) -> Vec<Hit<'a>> {
    match kind {
        "deal" => {
            let living =
                store.deals.iter().filter(|deal| !deal.is_deleted && narrow.holds(deal.person_id, deal.org_id));
            let wanted = living.filter(|deal| narrow.status.is_empty() || narrow.status.contains(&word(deal.status)));
            wanted.filter_map(|deal| Some((term.score([&*deal.title])?, Found::Deal(deal)))).collect()
        }
        "person" => {
            let wanted = store.persons.iter().filter(|person| !person.is_deleted && narrow.holds(None, person.org_id));
            wanted.filter_map(|person| Some((term.score(texts_of(person))?, Found::Person(person)))).collect()
        }
        "organization" => {
            let living = store.organizations.iter().filter(|org| !org.is_deleted);
            living.filter_map(|org| Some((term.score([&*org.name])?, Found::Organization(org)))).collect()
        }
        "lead" => {
            let wanted = store.leads.iter().filter(|lead| narrow.holds(lead.person_id, lead.organization_id));
            wanted.filter_map(|lead| Some((term.score([&*lead.title])?, Found::Lead(lead)))).collect()
        }
        // There are no products, files, mails or projects here.
        _ => Vec::new(),
    }
}

fn texts_of(person: &Person) -> impl Iterator<Item = &str> {
    let contacts = person.emails.iter().chain(&person.phones);
    std::iter::once(&*person.name).chain(contacts.map(|contact| &*contact.value))
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Open => "open",
        Status::Won => "won",
        Status::Lost => "lost",
        Status::Deleted => "deleted",
    }
}

fn deal_hit(deal: &Deal, store: &Store) -> Value {
    let stage = store.stages.get(deal.stage_id).map(|stage| json!({"id": stage.id, "name": stage.name}));
    json!({
        "id": deal.id, "type": "deal", "title": deal.title, "value": deal.value, "currency": deal.currency,
        "status": deal.status, "visible_to": deal.visible_to, "owner": {"id": deal.owner_id}, "stage": stage,
        "person": person_name(deal.person_id, store), "organization": org_name(deal.org_id, store),
        "custom_fields": [], "notes": [], "is_archived": deal.is_archived,
    })
}

fn person_hit(person: &Person, store: &Store) -> Value {
    let values = |contacts: &[Contact]| contacts.iter().map(|contact| json!(contact.value)).collect::<Value>();
    json!({
        "id": person.id, "type": "person", "name": person.name, "phones": values(&person.phones),
        "emails": values(&person.emails), "visible_to": person.visible_to, "owner": {"id": person.owner_id},
        "organization": org_name(person.org_id, store), "custom_fields": [], "notes": [],
    })
}

fn org_hit(org: &Organization) -> Value {
    json!({
        "id": org.id, "type": "organization", "name": org.name, "address": address(org), "visible_to": org.visible_to,
        "owner": {"id": org.owner_id}, "custom_fields": [], "notes": [],
    })
}

fn lead_hit(lead: &Lead, store: &Store) -> Value {
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
