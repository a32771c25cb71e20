//! The company's users.

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::{CompanyId, Currency, UserId};

/// A user of the company's account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The user's id.
    pub id: UserId,
    /// Full name.
    pub name: String,
    /// `true` if the user can sign in. Deactivated users stay in the list.
    pub active: bool,
    /// E-mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// Phone number.
    #[serde(default)]
    pub phone: Option<String>,
}

impl User {
    /// The first letters of the first and last name, for a card.
    pub fn initials(&self) -> String {
        let mut words = self.name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
        let first = words.next();
        first.into_iter().chain(words.next_back()).flat_map(char::to_uppercase).collect()
    }
}

/// The user whose token is in use, and the company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// The user's id.
    pub id: UserId,
    /// Full name.
    pub name: String,
    /// The default currency of new deals and leads.
    pub currency: Currency,
    /// The zone in which the user's days begin and end.
    pub timezone: Tz,
    /// The company's name.
    pub company: String,
    /// The company's subdomain of pipedrive.com.
    pub domain: String,
}

/// The user who owns an API token, and their company.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenUser {
    /// The user.
    pub me: Me,
    /// The company, if Pipedrive says which.
    pub company: Option<CompanyId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_come_from_first_and_last_name() {
        for (name, initials) in
            [("Mari Tamm", "MT"), ("Jean-Luc de la Tour", "JT"), ("Prince", "P"), ("  ", ""), ("李 小龙", "李小")]
        {
            let user = User { id: UserId(1), name: name.into(), active: true, email: None, phone: None };
            assert_eq!(user.initials(), initials);
        }
    }
}
