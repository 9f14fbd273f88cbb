//! Look-ups over all organizations, for clients that only have an id.
//!
//! All other handlers see only the organization of their caller. To let a handler look across organizations, add a
//! named lookup here.

use std::sync::Arc;

use serde_json::Value;
use uuid::Uuid;

use super::Platform;
use crate::world::Tenant;
use crate::world::collection::{DOWNLOADS, Entity, UPLOADS};
use crate::world::id::Id;
use crate::world::messaging::WebDeployment;
use crate::world::table::{Record, Stored};
use crate::world::workforce::explanation::Job;

impl Platform {
    /// The web messaging deployment of that id, and the organization that it belongs to.
    pub(crate) fn deployment(&self, id: Uuid) -> Option<(Arc<Tenant>, Record<WebDeployment>)> {
        let may_have =
            |tenant: &Arc<Tenant>| tenant.is_used() || tenant.seed.has_web_deployment(tenant.id, id);
        self.tenants.all().into_iter().filter(may_have).find_map(|tenant| {
            let deployment = WebDeployment::table(&tenant.read()).get(Id::new(id)).cloned();
            deployment.map(|deployment| (tenant, deployment))
        })
    }

    /// The file of that id, of any organization.
    pub(crate) fn file(&self, id: &str) -> Option<Entity> {
        self.tenants
            .all()
            .into_iter()
            .find_map(|tenant| tenant.read_used()?.collections.get(DOWNLOADS, id).cloned())
    }

    /// The organization that gave the address of an upload.
    pub(crate) fn upload(&self, id: &str) -> Option<Arc<Tenant>> {
        let has_it = |tenant: &Arc<Tenant>| {
            tenant.read_used().is_some_and(|organization| organization.collections.get(UPLOADS, id).is_some())
        };
        self.tenants.all().into_iter().find(has_it)
    }

    /// The result of the job of that id, where the job passes `is_ready`.
    pub(crate) fn download(&self, id: Uuid, is_ready: impl Fn(&Job) -> bool) -> Option<Value> {
        self.tenants.all().into_iter().find_map(|tenant| {
            let organization = tenant.read_used()?;
            let job = organization.explanations.jobs.get(&id).filter(|job| is_ready(job));
            job.map(|job| job.result.clone())
        })
    }
}
