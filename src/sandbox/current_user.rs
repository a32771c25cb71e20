//! The user of the API token that the current task acts for.

use uuid::Uuid;

/// The user whose token the server was started with. Also acts in tasks that no request started.
pub const OWNER: u64 = 1;

tokio::task_local! {
    static CURRENT: CurrentUser;
}

/// A user who makes a request.
#[derive(Debug, Clone, Copy)]
pub struct CurrentUser {
    /// The user's id.
    pub id: u64,
    /// Shared by all webhook events that the request causes.
    pub correlation_id: Uuid,
}

impl CurrentUser {
    /// Returns the user with a new correlation id.
    pub fn new(id: u64) -> Self {
        Self { id, correlation_id: Uuid::new_v4() }
    }

    /// Returns the user of the current task, or the owner outside of a scope.
    pub fn get() -> Self {
        CURRENT.try_with(|user| *user).unwrap_or_else(|_| Self::new(OWNER))
    }

    /// Runs a future on behalf of this user.
    pub async fn scope<T>(self, request: impl Future<Output = T>) -> T {
        CURRENT.scope(self, request).await
    }

    /// Calls a function on behalf of this user.
    pub fn sync_scope<T>(self, call: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self, call)
    }
}

/// Returns the id of the current task's user.
pub fn current_user_id() -> u64 {
    CURRENT.try_with(|user| user.id).unwrap_or(OWNER)
}
