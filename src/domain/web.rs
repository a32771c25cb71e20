//! Links that open outside of dealdeck: an item's page in Pipedrive, an e-mail, a call. Their parts
//! comes from a server, so they hold nothing but what may stand in an address.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{ItemRef, Me};

/// The longest that is made: terminals take about two thousand bytes, and no real address comes near.
const LONGEST: usize = 400;
/// The longest name between two dots of a host's name (RFC 1035).
const LONGEST_LABEL: usize = 63;

/// An address of printable ASCII alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebLink(String);

impl WebLink {
    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The page of an item in the company's Pipedrive. Activities have none of their own, nor has what Pipedrive has
    /// not named yet.
    pub fn page(me: &Me, item: ItemRef) -> Option<Self> {
        let company = &me.domain;
        let is_label = (1..=LONGEST_LABEL).contains(&company.len())
            && company.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !is_label || item.is_local() {
            return None;
        }
        let path = match item {
            ItemRef::Deal(id) => format!("deal/{id}"),
            ItemRef::Person(id) => format!("person/{id}"),
            ItemRef::Org(id) => format!("organization/{id}"),
            ItemRef::Lead(id) => format!("leads/inbox/{id}"),
            ItemRef::Activity(_) | ItemRef::Note(_) => return None,
        };
        Some(Self(format!("https://{company}.pipedrive.com/{path}")))
    }

    /// A mail to an address.
    pub fn mail(address: &str) -> Option<Self> {
        let (name, host) = address.trim().rsplit_once('@')?;
        let is_whole = !name.is_empty() && !host.is_empty() && address.len() <= LONGEST / 3;
        is_whole.then(|| Self(format!("mailto:{}@{}", encoded(name), encoded(host))))
    }

    /// A call to a number: digits and a plus in front, as RFC 3966 has them. Anything that is not plainly a number
    /// gives none, such as one with an extension in words.
    pub fn call(number: &str) -> Option<Self> {
        let number = number.trim();
        let (plus, rest) = number.strip_prefix('+').map_or(("", number), |rest| ("+", rest));
        let between = |c: char| matches!(c, ' ' | '\u{a0}' | '-' | '.' | '/' | '(' | ')');
        if !rest.chars().all(|c| c.is_ascii_digit() || between(c)) {
            return None;
        }
        let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
        (3..=20).contains(&digits.len()).then(|| Self(format!("tel:{plus}{digits}")))
    }
}

impl fmt::Display for WebLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// All characters but the unreserved ones of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Encodes all but the unreserved characters with percent signs.
fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{Currency, DealId, LeadId, UserId};

    fn me(domain: &str) -> Me {
        let (name, company) = ("Mari".into(), "Acme".into());
        let (currency, timezone) = (Currency::new("EUR"), chrono_tz::Tz::UTC);
        Me { id: UserId(1), name, currency, timezone, company, domain: domain.into() }
    }

    #[test]
    fn pages_are_at_the_companys_subdomain() {
        let page = |domain: &str, item| WebLink::page(&me(domain), item).map(|page| page.to_string());
        let deal = ItemRef::Deal(DealId(42));
        assert_eq!(page("acme", deal).as_deref(), Some("https://acme.pipedrive.com/deal/42"));
        assert_eq!(page("acme", ItemRef::Deal(DealId::local(1))), None, "not yet made");
        for hostile in ["", "evil.example/", "a@b", "acme\u{1b}]8", "a b", "ä", &"a".repeat(64)] {
            assert_eq!(page(hostile, deal), None, "{hostile}");
        }
        let lead = ItemRef::Lead(LeadId("7c0a5a1e-3a57-4a0b-9d1c-0f5f5d7a9b10".parse().unwrap()));
        let expected = "https://acme.pipedrive.com/leads/inbox/7c0a5a1e-3a57-4a0b-9d1c-0f5f5d7a9b10";
        assert_eq!(page("acme", lead).as_deref(), Some(expected));
    }

    #[test]
    fn only_addresses_and_numbers_become_links() {
        let mail = |text: &str| WebLink::mail(text).map(|link| link.to_string());
        assert_eq!(mail("jane.doe+x@acme.test").as_deref(), Some("mailto:jane.doe%2Bx@acme.test"));
        assert_eq!(mail("j?subject=x&cc=y@acme.test").as_deref(), Some("mailto:j%3Fsubject%3Dx%26cc%3Dy@acme.test"));
        assert_eq!(mail("nobody"), None);
        let call = |text: &str| WebLink::call(text).map(|link| link.to_string());
        assert_eq!(call("+372 (5) 123-45.67").as_deref(), Some("tel:+37251234567"));
        for none in ["", "ask Jane", "12", "+372 123 ext. 4", "*100#", "1;phone-context=evil"] {
            assert_eq!(call(none), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn links_are_always_printable_ascii(text in "\\PC*|.*") {
            for link in [WebLink::mail(&format!("a{text}@b{text}")), WebLink::call(&text), WebLink::page(&me(&text), ItemRef::Deal(DealId(1)))] {
                let is_safe = |link: &WebLink| link.as_str().bytes().all(|byte| byte.is_ascii_graphic());
                prop_assert!(link.as_ref().is_none_or(is_safe), "{link:?}");
            }
        }
    }
}
