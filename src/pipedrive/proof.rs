//! Whose the token is. Until Pipedrive has said that it belongs to the expected account, only the request that asks so
//! may be sent. Pure.

use std::fmt;
use std::time::{Duration, Instant};

use super::error::ApiError;
use super::request::{Request, Version, cost};
use super::verdict::Envelope;
use super::wire::{self, MeObject};
use crate::domain::{CompanyId, TokenUser, UserId};

/// The time in which the proof also answers other requests for the token's owner.
const FRESH_FOR: Duration = Duration::from_secs(60);

/// Whose token is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectedAccount {
    /// That of anybody, as the account is not known yet. The first token decides: later ones must be the same user's.
    Anyone,
    /// That of one user.
    Account {
        /// The user.
        user: UserId,
        /// The company, if it is known.
        company: Option<CompanyId>,
    },
}

impl ExpectedAccount {
    fn account_of(owner: &TokenUser) -> Self {
        Self::Account { user: owner.me.id, company: owner.company }
    }

    fn accepts(self, owner: &TokenUser) -> bool {
        match self {
            Self::Anyone => true,
            Self::Account { user, company } => {
                owner.me.id == user && company.is_none_or(|company| owner.company == Some(company))
            }
        }
    }
}

/// A token that belongs to another account than the expected one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongAccount {
    /// The name of the token's user.
    pub name: String,
    /// The token's user.
    pub user: UserId,
    /// The name of the token's company.
    pub company: String,
    /// `true` if it is the same user's, in another company.
    pub is_same_user: bool,
}

impl fmt::Display for WrongAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, user, company, is_same_user } = self;
        let whose = if *is_same_user { "another company's" } else { "another user's" };
        write!(f, "the API token is {name}'s of {company} (user {user}), and this is {whose} account: nothing was sent")
    }
}

impl WrongAccount {
    /// Returns advice for the user.
    pub fn advice(&self) -> String {
        if self.is_same_user {
            "check the company's name, or give another directory with --data-dir".to_owned()
        } else {
            format!("use the account's own token; the next start with this one opens {}'s account", self.name)
        }
    }
}

/// Whose a token is, as Pipedrive has said.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedToken {
    /// Which token of this run: 0 for the first.
    pub token: u32,
    /// Its owner, who may be another than expected.
    pub owner: TokenUser,
}

/// The result of checking the token's owner.
#[derive(Debug, PartialEq)]
pub(super) enum Finding {
    /// It belongs to the account.
    Fits,
    /// It belongs to another one.
    Differs(WrongAccount),
}

/// The knowledge about the current token.
#[derive(Debug)]
enum Known {
    /// Nothing.
    Nothing,
    /// Its owner; when that was said, and the answer that said so.
    Owner(Box<VerifiedToken>, Instant, Envelope),
    /// It is not asked whose it is.
    Unchecked,
}

/// The proof that the token belongs to the account.
#[derive(Debug)]
pub(super) struct Proof {
    expected: ExpectedAccount,
    known: Known,
    /// Which token of this run is in use.
    token: u32,
    /// `true` if the owner must be found out although no request waits.
    is_wanted: bool,
    /// The number of failures in a row.
    pub(super) failures: u32,
}

impl Proof {
    pub(super) fn new(expected: ExpectedAccount) -> Self {
        Self { expected, known: Known::Nothing, token: 0, is_wanted: false, failures: 0 }
    }

    /// Accepts any token unseen.
    pub(super) fn unchecked() -> Self {
        Self { known: Known::Unchecked, ..Self::new(ExpectedAccount::Anyone) }
    }

    /// The request that asks whose the token is.
    pub(super) fn request() -> Request {
        Request::get(Version::V1, "/users/me", cost::GET_V1)
    }

    /// Returns `true` if requests may be sent.
    pub(super) fn holds(&self) -> bool {
        match &self.known {
            Known::Nothing => false,
            Known::Owner(proven, ..) => self.expected.accepts(&proven.owner),
            Known::Unchecked => true,
        }
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.is_wanted
    }

    /// There is another token, of which nothing is known.
    pub(super) fn renew(&mut self) {
        self.token += 1;
        self.failures = 0;
        self.is_wanted = true;
        if !matches!(self.known, Known::Unchecked) {
            self.known = Known::Nothing;
        }
    }

    /// Accepts tokens of this account only, from now on. Says what is wrong with the present one.
    pub(super) fn expect(&mut self, expected: ExpectedAccount) -> Option<WrongAccount> {
        self.expected = expected;
        match &self.known {
            Known::Owner(proven, ..) => self.mismatch(&proven.owner),
            Known::Nothing | Known::Unchecked => None,
        }
    }

    /// Takes what Pipedrive says of the token. The first owner that is accepted becomes the only one, company included.
    ///
    /// # Errors
    /// [`ApiError::Unreadable`] where it does not say whose the token is.
    pub(super) fn take(&mut self, envelope: Envelope, now: Instant) -> Result<Finding, ApiError> {
        let owner = wire::object::<MeObject>(envelope.data.as_deref())?;
        self.is_wanted = false;
        self.failures = 0;
        let found = self.mismatch(&owner).map_or(Finding::Fits, Finding::Differs);
        if found == Finding::Fits {
            self.expected = ExpectedAccount::account_of(&owner);
        }
        self.known = Known::Owner(Box::new(VerifiedToken { token: self.token, owner }), now, envelope);
        Ok(found)
    }

    fn mismatch(&self, owner: &TokenUser) -> Option<WrongAccount> {
        if self.expected.accepts(owner) {
            return None;
        }
        let is_same_user = matches!(self.expected, ExpectedAccount::Account { user, .. } if user == owner.me.id);
        let (name, company) = (owner.me.name.clone(), owner.me.company.clone());
        Some(WrongAccount { name, user: owner.me.id, company, is_same_user })
    }

    /// Whose the present token is, once Pipedrive has said so.
    pub(super) fn proven(&self) -> Option<&VerifiedToken> {
        match &self.known {
            Known::Owner(proven, ..) => Some(proven),
            Known::Nothing | Known::Unchecked => None,
        }
    }

    /// The answer to a request that asks the same as the proof did a moment ago.
    pub(super) fn answer(&self, request: &Request, now: Instant) -> Option<Envelope> {
        match &self.known {
            Known::Owner(_, at, envelope) if now.saturating_duration_since(*at) < FRESH_FOR => {
                (*request == Self::request()).then(|| envelope.clone())
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(user: u64, company: Option<u64>) -> Envelope {
        let company = company.map_or("null".to_owned(), |company| company.to_string());
        let text = format!(r#"{{"success":true,"data":{{"id":{user},"name":"U","company_id":{company}}}}}"#);
        serde_json::from_str(&text).unwrap()
    }

    fn account(user: u64, company: Option<u64>) -> ExpectedAccount {
        ExpectedAccount::Account { user: UserId(user), company: company.map(CompanyId) }
    }

    fn fits(expected: ExpectedAccount, user: u64, company: Option<u64>) -> bool {
        let mut proof = Proof::new(expected);
        assert!(!proof.holds(), "nothing is known yet");
        let found = proof.take(says(user, company), Instant::now()).unwrap();
        assert_eq!(found == Finding::Fits, proof.holds());
        proof.holds()
    }

    #[test]
    fn user_and_company_have_to_be_the_expected_ones() {
        assert!(fits(ExpectedAccount::Anyone, 7, None));
        assert!(fits(account(1, None), 1, Some(9)));
        assert!(fits(account(1, Some(9)), 1, Some(9)));
        assert!(!fits(account(1, None), 2, None));
        assert!(!fits(account(1, Some(9)), 2, Some(9)));
        assert!(!fits(account(1, Some(9)), 1, Some(8)));
        assert!(!fits(account(1, Some(9)), 1, None), "a company that is not told is not the one");
    }

    #[test]
    fn the_first_owner_is_the_only_one_from_then_on() {
        let mut proof = Proof::new(ExpectedAccount::Anyone);
        proof.take(says(1, Some(9)), Instant::now()).unwrap();
        proof.renew();
        assert!(!proof.holds(), "a new token proves itself");
        assert!(matches!(proof.take(says(2, Some(9)), Instant::now()), Ok(Finding::Differs(_))));
        proof.renew();
        assert_eq!(proof.take(says(1, Some(9)), Instant::now()), Ok(Finding::Fits));
        assert_eq!(proof.proven().map(|proven| proven.token), Some(2));
    }

    #[test]
    fn the_first_company_is_the_only_one_from_then_on() {
        let mut proof = Proof::new(account(1, None));
        assert_eq!(proof.take(says(1, Some(9)), Instant::now()), Ok(Finding::Fits));
        proof.renew();
        assert!(matches!(proof.take(says(1, Some(8)), Instant::now()), Ok(Finding::Differs(_))));
    }

    #[test]
    fn an_answer_without_a_user_proves_nothing() {
        for text in [r#"{"success":true,"data":[]}"#, r#"{"success":true}"#, r#"{"success":true,"data":{"name":"U"}}"#]
        {
            let mut proof = Proof::new(ExpectedAccount::Anyone);
            assert!(proof.take(serde_json::from_str(text).unwrap(), Instant::now()).is_err(), "{text}");
            assert!(!proof.holds());
        }
    }

    #[test]
    fn the_proof_answers_the_same_question_for_a_minute() {
        let mut proof = Proof::new(ExpectedAccount::Anyone);
        let now = Instant::now();
        assert!(proof.answer(&Proof::request(), now).is_none());
        proof.take(says(1, None), now).unwrap();
        assert!(proof.answer(&Proof::request(), now).is_some());
        assert!(proof.answer(&Request::get(Version::V1, "/users", cost::LIST_V1), now).is_none());
        assert!(proof.answer(&Proof::request(), now + FRESH_FOR).is_none());
    }

    #[test]
    fn an_expectation_that_comes_later_counts_too() {
        let mut proof = Proof::new(ExpectedAccount::Anyone);
        proof.take(says(1, Some(9)), Instant::now()).unwrap();
        assert_eq!(proof.expect(account(1, Some(9))), None);
        let wrong = proof.expect(account(1, Some(8))).unwrap();
        assert!(wrong.is_same_user && !proof.holds());
    }
}
