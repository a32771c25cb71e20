//! Sample details of deals: notes, products and a timeline.

use chrono::Duration;
use dealdeck::domain::*;
use dealdeck::workspace::ServerUpdate;
use rust_decimal::Decimal;

use super::sample::now;

fn money(amount: &str) -> Decimal {
    amount.parse().unwrap()
}

fn product(name: &str, quantity: &str, price: &str, sum: &str) -> Product {
    Product {
        name: name.into(),
        quantity: money(quantity),
        price: money(price),
        discount: None,
        tax: Decimal::ZERO,
        tax_method: TaxMethod::Exclusive,
        sum: Money { amount: money(sum), currency: Currency::new("EUR") },
        enabled: true,
        billing: None,
        comment: None,
    }
}

fn happening(hours: i64, by: u64, what: TimelineEvent) -> TimelineEntry {
    TimelineEntry { at: now().0 - Duration::hours(hours), by: Some(UserId(by)), what }
}

fn changed(field: &str, from: Option<&str>, to: Option<&str>) -> TimelineEvent {
    TimelineEvent::Changed { field: field.into(), from: from.map(Into::into), to: to.map(Into::into) }
}

fn note(id: u64, deal: DealId, content: &str) -> Note {
    Note {
        on: vec![ItemRef::Deal(deal)],
        content: content.into(),
        author: Some(UserId(1)),
        added: Some(now().0 - Duration::hours(30)),
        updated: Some(now().0 - Duration::hours(30)),
        ..Note::blank(NoteId(id))
    }
}

/// Returns plausible details of a deal.
pub fn of(deal: DealId) -> ServerUpdate {
    let notes = vec![
        Note { pinned: true, ..note(1, deal, "<p>Wants an offer <b>by Friday</b>.</p><ul><li>12 seats</li></ul>") },
        Note {
            author: Some(UserId(999)),
            updated: Some(now().0),
            ..note(2, deal, "Called, nobody there &amp; no mailbox")
        },
    ];
    let products = vec![
        Product {
            discount: Some(Discount::Percent(money("10"))),
            tax: money("22"),
            billing: Some("annually".into()),
            ..product("Licence, year", "3", "19.99", "65.85")
        },
        Product { enabled: false, comment: Some("only if asked".into()), ..product("Training", "1.5", "400", "600") },
    ];
    let activity = TimelineEvent::Activity { subject: "First call".into(), kind: "call".into(), done: true };
    let timeline = vec![
        happening(1, 1, changed("stage_id", Some("1"), Some("2"))),
        happening(3, 1, changed("value", Some("1000"), Some("12500"))),
        happening(26, 2, activity),
        happening(30, 1, TimelineEvent::Note("Called, nobody there".into())),
        happening(50, 1, changed("dcf558aac1ae4e8c4f849ba5e668430d8df9be12", None, Some("Retail"))),
        happening(51, 1, TimelineEvent::File("offer.pdf".into())),
    ];
    let at = now().0 - Duration::hours(2);
    ServerUpdate::Details(Box::new(ItemDetails {
        item: ItemRef::Deal(deal),
        at,
        as_of: None,
        notes,
        products,
        timeline,
    }))
}

/// Returns details with a hostile text in every field and extreme amounts.
pub fn hostile(deal: DealId, text: &str) -> ServerUpdate {
    let products = [Decimal::MAX, Decimal::MIN].map(|amount| Product {
        quantity: amount,
        price: amount,
        discount: Some(Discount::Amount(amount)),
        tax: amount,
        sum: Money { amount, currency: Currency::new(text) },
        billing: Some(text.into()),
        comment: Some(text.into()),
        ..product(text, "1", "1", "1")
    });
    let activity = TimelineEvent::Activity { subject: text.into(), kind: text.into(), done: false };
    let events = [
        changed(text, Some(text), Some(text)),
        activity,
        TimelineEvent::Note(text.into()),
        TimelineEvent::File(text.into()),
        TimelineEvent::Mail(text.into()),
        TimelineEvent::Deal(text.into()),
        TimelineEvent::Other(text.into()),
    ];
    let timeline = events.into_iter().map(|event| happening(1, 999, event)).collect();
    let notes = vec![note(1, deal, text), note(2, deal, &text.repeat(300))];
    let at = now().0;
    let products = products.into();
    ServerUpdate::Details(Box::new(ItemDetails {
        item: ItemRef::Deal(deal),
        at,
        as_of: None,
        notes,
        products,
        timeline,
    }))
}
