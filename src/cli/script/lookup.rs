//! What a command names, and this machine does not have, is asked of Pipedrive: what is archived is in no list.

use super::desk::Desk;
use crate::cli::Failure;
use crate::domain::{DealStatus, ItemRef};
use crate::pipedrive::{Api, ApiError, Lane};
use crate::workspace::ServerUpdate;

impl Desk {
    /// Asks Pipedrive for what has to be known, and is not kept on this machine.
    pub(super) async fn look_up(&mut self, wanted: &[ItemRef]) -> Result<(), Failure> {
        for one in wanted {
            // Without Pipedrive what is kept has to do.
            if self.shelf().is_some() || self.stale.is_some() || self.account().shown(*one).is_some() {
                continue;
            }
            match self.answer(|api| look_up(api, *one)).await? {
                Ok(change) => {
                    self.workspace.absorb(vec![change]);
                }
                Err(ApiError::Gone(_)) => {}
                Err(error) => return Err(Failure::running(error)),
            }
        }
        Ok(())
    }
}

async fn look_up(api: Api, wanted: ItemRef) -> Result<ServerUpdate, ApiError> {
    Ok(match wanted {
        ItemRef::Deal(id) => match api.deal(Lane::Screen, id).await? {
            // Deleted, but still told of.
            deal if deal.status == DealStatus::Other => return Err(ApiError::Gone("it was deleted".to_owned())),
            deal => ServerUpdate::Deals(vec![deal]),
        },
        ItemRef::Activity(id) => ServerUpdate::Activities(vec![api.activity(Lane::Screen, id).await?]),
        ItemRef::Lead(id) => ServerUpdate::Leads(vec![api.lead(Lane::Screen, id).await?]),
        ItemRef::Person(id) => ServerUpdate::People(api.people_by_id(Lane::Screen, &[id]).await?),
        ItemRef::Org(id) => ServerUpdate::Organizations(api.orgs_by_id(Lane::Screen, &[id]).await?),
        ItemRef::Note(id) => ServerUpdate::Notes(vec![api.note(Lane::Screen, id).await?]),
    })
}
