//! Custom fields of the sample account, with values.

use dealdeck::domain::{
    Currency, CustomValues, FieldCode, FieldDef, FieldKind, FieldOption, FieldValue, ItemKind, Money,
};

fn code(last: usize) -> FieldCode {
    FieldCode::new(&format!("{last:040x}")).unwrap()
}

fn range(from: &str, until: &str) -> FieldValue {
    FieldValue::Range(Box::new((from.into(), until.into())))
}

/// Returns names, types and values.
fn rows() -> Vec<(&'static str, FieldKind, FieldValue)> {
    let budget = Money { amount: "12500.50".parse().unwrap(), currency: Currency::new("USD") };
    vec![
        ("Industry", FieldKind::Choice, FieldValue::id(2)),
        ("Channels", FieldKind::Choices, FieldValue::options([1, 3, 9]).unwrap()),
        ("Order reference of the customer's purchasing", FieldKind::Text, FieldValue::Text("PO-1 \u{1b}[31m".into())),
        ("納品メモ", FieldKind::LongText, FieldValue::Text("Ring twice.\nThe lift takes 400 kg.".into())),
        ("Budget", FieldKind::Money, FieldValue::Money(Box::new(budget))),
        ("Floor area", FieldKind::Number, FieldValue::Number("1250.50".parse().unwrap())),
        ("Kick-off", FieldKind::Date, FieldValue::Text("2026-12-24".into())),
        ("Delivery", FieldKind::DateRange, range("2026-12-24", "2027-01-10")),
        ("Call at", FieldKind::Time, FieldValue::Whole("09:30:00".into())),
        ("Site hours", FieldKind::TimeRange, range("07:00:00", "16:30:00")),
        ("Site phone", FieldKind::Phone, FieldValue::Text("+372 5550 1234".into())),
        ("Site", FieldKind::Address, FieldValue::Whole("Pikk 1, Tallinn".into())),
        ("Engineer", FieldKind::User, FieldValue::id(2)),
        ("Decides", FieldKind::Person, FieldValue::id(3)),
        ("Installer", FieldKind::Org, FieldValue::id(4_711)),
        ("Urgent", FieldKind::Flag, FieldValue::Flag(true)),
        ("Floor plan", FieldKind::Other("picture".into()), FieldValue::Other(r#"{"file":7}"#.into())),
    ]
}

/// Returns the fields of deals and of organizations.
pub fn fields() -> Vec<FieldDef> {
    let option = |(id, label): (u64, &str)| FieldOption { id, label: label.into(), color: None };
    let field = |of, (nth, (name, kind, _)): (usize, (&str, FieldKind, FieldValue))| {
        let has_options = matches!(kind, FieldKind::Choice | FieldKind::Choices);
        let options = [(1, "Retail"), (2, "Offices"), (3, "Public sector")].into_iter().filter(|_| has_options);
        FieldDef { code: code(nth), name: name.into(), kind, options: options.map(option).collect(), of }
    };
    let of = |of| rows().into_iter().enumerate().map(move |row| field(of, row));
    of(ItemKind::Deal).chain(of(ItemKind::Org)).collect()
}

/// Returns a value for each field, and for one unknown field.
pub fn values() -> CustomValues {
    let known = rows().into_iter().enumerate().map(|(nth, (_, _, value))| (code(nth), value));
    known.chain([(FieldCode::new(&"fe".repeat(20)).unwrap(), FieldValue::Text("left over".into()))]).collect()
}
