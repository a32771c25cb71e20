//! Whose request it is.

use uuid::Uuid;

/// The user whose token the server was started with, who is also the one who acts where there is no request.
pub const OWNER: u64 = 1;

tokio::task_local! {
    /// Who asked for what this task does.
    static CALLER: Caller;
}

/// Someone who asks for something.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    /// Their id.
    pub user: u64,
    /// What all that the request does has in common.
    pub correlation: Uuid,
}

impl Caller {
    /// A request of a user.
    pub fn new(user: u64) -> Self {
        Self { user, correlation: Uuid::new_v4() }
    }

    /// Whose request this task carries out.
    pub fn current() -> Self {
        CALLER.try_with(|caller| *caller).unwrap_or_else(|_| Self::new(OWNER))
    }

    /// Carries out a request of theirs.
    pub async fn asks<T>(self, request: impl Future<Output = T>) -> T {
        CALLER.scope(self, request).await
    }

    /// Does something in their name.
    pub fn acts<T>(self, act: impl FnOnce() -> T) -> T {
        CALLER.sync_scope(self, act)
    }
}

/// The user whose request it is.
pub fn me() -> u64 {
    CALLER.try_with(|caller| caller.user).unwrap_or(OWNER)
}
