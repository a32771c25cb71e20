//! One screen on one account, for tests that need no more.

use dealdeck::app::{self, Account, Effect, Msg, Now, Session, SessionId};

/// One screen on one account.
#[derive(Debug)]
pub struct App {
    pub session: Session,
    pub account: Account,
}

impl App {
    /// An empty screen of this size.
    pub fn new(size: (u16, u16), now: Now) -> Self {
        Self { session: Session::new(SessionId::default(), size, now), account: Account::new(now) }
    }

    /// Goes to an item.
    #[allow(dead_code, reason = "not every test program goes to an item")]
    pub fn go_to(&mut self, item: dealdeck::domain::ItemRef) -> bool {
        app::go_to(&mut self.session, &self.account, item)
    }

    /// Handles one message.
    pub fn update(&mut self, msg: Msg, now: Now) -> Vec<Effect> {
        app::update(&mut self.session, &mut self.account, msg, now)
    }
}
