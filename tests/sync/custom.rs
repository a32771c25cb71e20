//! Custom fields of an account: read with it, changed, cleared, refused, and changed by two at once.

use dealdeck::domain::*;
use dealdeck::sync::EditError;
use serde_json::{Value, json};

use super::Bench;

impl Bench {
    fn field(&self, of: ItemKind, name: &str) -> FieldDef {
        self.account.fields(of).find(|field| field.name == name).unwrap().clone()
    }

    fn parsed(&self, field: &FieldDef, text: &str) -> Option<FieldValue> {
        field.parse(text, "2026-11-24".parse().unwrap(), &self.account).unwrap()
    }

    /// Has a field of an item changed to what this text says, as the command line and the forms do.
    async fn set(&mut self, item: ItemRef, name: &str, text: &str) -> Result<(), EditError> {
        let field = self.field(item.kind().unwrap(), name);
        let custom: CustomPatch = [(field.code.clone(), self.parsed(&field, text))].into_iter().collect();
        let edit = match item {
            ItemRef::Deal(id) => Edit::UpdateDeal { id, patch: DealPatch { custom, ..DealPatch::default() } },
            ItemRef::Lead(id) => Edit::UpdateLead { id, patch: LeadPatch { custom, ..LeadPatch::default() } },
            ItemRef::Person(id) => Edit::UpdatePerson { id, patch: PersonPatch { custom, ..PersonPatch::default() } },
            ItemRef::Org(id) => Edit::UpdateOrg { id, patch: OrgPatch { custom, ..OrgPatch::default() } },
            ItemRef::Activity(_) | ItemRef::Note(_) => unreachable!("these have no custom fields"),
        };
        let before = self.shown(item);
        let outcome = self.edit_of(edit, &before).await.map_err(|failure| failure.error)?;
        self.account.absorb(outcome.changes);
        Ok(())
    }

    /// What is shown in a field.
    fn told(&self, item: ItemRef, name: &str) -> Option<String> {
        let field = self.field(item.kind().unwrap(), name);
        let custom = match self.shown(item) {
            Item::Deal(deal) => deal.custom,
            Item::Lead(lead) => lead.custom,
            Item::Person(person) => person.custom,
            Item::Org(org) => org.custom,
            Item::Activity(_) | Item::Note(_) => unreachable!("these have no custom fields"),
        };
        custom.get(&field.code).map(|value| field.display(value, &self.account))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fields_of_each_type_are_changed_and_cleared_on_the_server() {
    let mut bench = Bench::start().await;
    let deal = ItemRef::Deal(bench.open_deal().id);
    let lead = ItemRef::Lead(bench.account.inbox().iter().next().map(|(.., id)| *id).unwrap());
    let user = bench.account.user(UserId(2)).unwrap().name.clone();
    let org = bench.account.org(OrgId(1)).unwrap().name.clone();
    for (name, typed, shown) in [
        ("Industry", "housing, new", "Housing, new"),
        ("Channels", "Tender, Trade fair", "Trade fair, Tender"),
        ("Order reference", "PO-1", "PO-1"),
        ("Approved budget", "1250.50 USD", "$1,250.50"),
        ("Floor area", "12.5", "12.5"),
        ("Kick-off", "tomorrow", "2026-11-25"),
        ("Delivery window", "2026-12-24..2026-12-31", "2026-12-24 – 2026-12-31"),
        ("Best time to call", "9:30", "09:30"),
        ("Site hours", "9:00..17:30", "09:00 – 17:30"),
        ("Site address", "Pikk 1, Tallinn", "Pikk 1, Tallinn"),
        ("Engineer", &user, &user),
        ("Installer", "#1", &org),
    ] {
        for item in [deal, lead] {
            bench.set(item, name, typed).await.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(bench.told(item, name).as_deref(), Some(shown), "{name} of {item:?}");
        }
    }
    let code = bench.field(ItemKind::Deal, "Industry").code.to_string();
    assert_eq!(bench.on_server(deal).await["custom_fields"][&code], 105);
    assert_eq!(bench.on_server(lead).await[&code], "105");
    for name in ["Industry", "Channels", "Approved budget", "Delivery window", "Engineer"] {
        for item in [deal, lead] {
            bench.set(item, name, "").await.unwrap();
            assert_eq!(bench.told(item, name), None, "{name} of {item:?}");
        }
    }
    assert_eq!(bench.on_server(deal).await["custom_fields"].get(&code), None);
    bench.set(ItemRef::Person(PersonId(1)), "Role", "Buyer").await.unwrap();
    bench.set(ItemRef::Org(OrgId(1)), "Yearly volume", "9000 EUR").await.unwrap();
    assert_eq!(bench.told(ItemRef::Org(OrgId(1)), "Yearly volume").as_deref(), Some("€9,000"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_field_merges_the_same_one_is_a_conflict_and_a_refusal_says_which() {
    let mut bench = Bench::start().await;
    let deal = ItemRef::Deal(bench.open_deal().id);
    let code = |bench: &Bench, name: &str| bench.field(ItemKind::Deal, name).code.to_string();
    let (reference, area) = (code(&bench, "Order reference"), code(&bench, "Floor area"));
    bench.set(deal, "Order reference", "base").await.unwrap();
    bench.set(deal, "Floor area", "1").await.unwrap();
    let path = format!("/api/v2/deals/{}", bench.open_deal().id);

    bench.send("PATCH", &path, &json!({"custom_fields": {&area: 2}})).await;
    bench.set(deal, "Order reference", "mine").await.unwrap();
    let there = bench.on_server(deal).await;
    assert_eq!((&there["custom_fields"][&reference], &there["custom_fields"][&area]), (&json!("mine"), &json!(2)));

    bench.send("PATCH", &path, &json!({"custom_fields": {&reference: "theirs"}})).await;
    let error = bench.set(deal, "Order reference", "mine again").await.unwrap_err();
    assert!(matches!(error, EditError::Conflict(_)), "{error:?}");
    assert_eq!(bench.on_server(deal).await["custom_fields"][&reference], "theirs");

    // An option that was deleted meanwhile.
    let field = bench.field(ItemKind::Deal, "Industry");
    let custom = [(field.code.clone(), Some(FieldValue::id(199)))].into_iter().collect();
    let ItemRef::Deal(id) = deal else { unreachable!() };
    let edit = Edit::UpdateDeal { id, patch: DealPatch { custom, ..DealPatch::default() } };
    let error = bench.edit(edit).await.unwrap_err().error.to_string();
    assert!(error.contains(&field.code.to_string()), "{error}");
    assert!(bench.account.with_field_names(&error).contains("'Industry'"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_deal_has_its_fields_from_the_start() {
    let mut bench = Bench::start().await;
    let deal = bench.open_deal();
    let field = bench.field(ItemKind::Deal, "Approved budget");
    let value = bench.parsed(&field, "12 EUR").unwrap();
    let contact = Contact::Person(Link::Existing(PersonId(1)));
    let place = PipelineStage { pipeline: deal.pipeline, stage: deal.stage };
    let new = NewDeal {
        custom: [(field.code.clone(), value)].into_iter().collect(),
        ..NewDeal::new("With a budget".into(), contact, place, Money::zero(Currency::new("EUR")))
    };
    let made = bench.made(Edit::CreateDeal { id: DealId::local(1), new }).await;
    assert_eq!(bench.told(made, "Approved budget").as_deref(), Some("€12"));
    let there: Value = bench.on_server(made).await;
    assert_eq!(there["custom_fields"][field.code.to_string()], json!({"value": 12, "currency": "EUR"}));
}
