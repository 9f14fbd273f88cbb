//! The caller's organization and its settings.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::setting::{self, Setting};
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::id::seed_id;
use crate::world::json::object;
use crate::world::{LANGUAGE, Organization};

const ME: &str = "/api/v2/organizations/me";
/// The version of an organization that no client has changed.
const FIRST_VERSION: u64 = 1;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(ME, setting::get::<Me>),
        Route::put(ME, update),
        Route::patch("/api/v2/organizations/features/{featureName}", change_feature),
        Route::get("/api/v2/organizations/authentication/settings", setting::get::<Authentication>),
        Route::patch("/api/v2/organizations/authentication/settings", setting::patch::<Authentication>),
        Route::get("/api/v2/organizations/embeddedintegration", setting::get::<Whitelist>),
        Route::put("/api/v2/organizations/embeddedintegration", setting::put::<Whitelist>),
        Route::get("/api/v2/organizations/whitelist", setting::get::<Whitelist>),
        Route::put("/api/v2/organizations/whitelist", setting::put::<Whitelist>),
        Route::get("/api/v2/organizations/ipaddressauthentication", setting::get::<Addresses>),
        Route::put("/api/v2/organizations/ipaddressauthentication", setting::put::<Addresses>),
    ]
}

struct Me;

impl Setting for Me {
    const FIELDS: &'static [&'static str] = &[
        "name",
        "defaultLanguage",
        "defaultCountryCode",
        "thirdPartyURI",
        "defaultSiteId",
        "supportURI",
        "voicemailEnabled",
        "version",
    ];

    fn path(_: &Call<'_>, _: &Organization) -> String {
        ME.to_owned()
    }

    fn default(call: &Call<'_>, organization: &Organization) -> Map<String, Value> {
        let tenant = call.tenant();
        let site = organization.telephony().sites.iter().next().map(|site| site.uuid);
        object(json!({
            "id": tenant.id,
            "name": tenant.name,
            "thirdPartyOrgName": tenant.seed.domain,
            "domain": tenant.seed.domain,
            "defaultLanguage": LANGUAGE,
            "defaultCountryCode": "US",
            // The platform has a default site at the start, also where the file has none.
            "defaultSiteId": site.unwrap_or_else(|| seed_id(tenant.id, "site")),
            "supportURI": "",
            "voicemailEnabled": true,
            "state": "active",
            "productPlatform": "PureCloud",
            "version": FIRST_VERSION,
            "features": {
                "realtimeCIC": false, "purecloud": true, "hipaa": false, "ucEnabled": true, "pci": false,
                "purecloudVoice": true, "xmppFederation": false, "chat": true, "informalPhotos": true,
                "directory": true, "contactCenter": true, "unifiedCommunications": true, "custserv": true,
            },
            "selfUri": ME,
        }))
    }
}

/// Changes the organization. Its version counts up; another version in the body is refused.
fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let current = {
        let organization = call.tenant().read();
        let stored = setting::stored(&organization, ME).and_then(|value| value.get("version")?.as_u64());
        stored.unwrap_or(FIRST_VERSION)
    };
    super::record::check_version(u32::try_from(current).unwrap_or(u32::MAX), &body)?;
    call.change(|organization| {
        let mut value = setting::stored(organization, ME).unwrap_or_else(|| Me::default(call, organization));
        value.extend(body.into_iter().filter(|(key, _)| Me::FIELDS.contains(&key.as_str())));
        value.insert("version".to_owned(), json!(current + 1));
        setting::set(organization, ME, value.clone());
        Reply::ok(&value)
    })
}

/// Switches a feature, and answers with all features.
fn change_feature(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (name, body) = (call.param("featureName")?, call.json_object()?);
    let enabled = body.get("enabled").and_then(Value::as_bool).unwrap_or(false);
    call.change(|organization| {
        let mut value = setting::stored(organization, ME).unwrap_or_else(|| Me::default(call, organization));
        let features = value.get_mut("features").and_then(Value::as_object_mut);
        let features = features.ok_or_else(ApiError::internal)?;
        let key = features.keys().find(|key| key.eq_ignore_ascii_case(&name)).cloned();
        let key = key.ok_or_else(|| ApiError::no_such("feature", &name))?;
        features.insert(key, json!(enabled));
        let features = features.clone();
        setting::set(organization, ME, value);
        Reply::ok(&features)
    })
}

struct Authentication;

impl Setting for Authentication {
    const FIELDS: &'static [&'static str] = &[
        "multifactorAuthenticationRequired",
        "domainAllowlistEnabled",
        "domainAllowlist",
        "ipAddressAllowlist",
        "passwordRequirements",
        "inactivityTimeoutExclusions",
        "universalLogout",
    ];

    fn default(_: &Call<'_>, _: &Organization) -> Map<String, Value> {
        object(json!({ "multifactorAuthenticationRequired": false, "domainAllowlistEnabled": false,
            "domainAllowlist": [], "ipAddressAllowlist": [] }))
    }
}

/// Domains that may embed the client.
struct Whitelist;

impl Setting for Whitelist {
    const FIELDS: &'static [&'static str] = &["enableWhitelist", "domainWhitelist"];

    fn default(_: &Call<'_>, _: &Organization) -> Map<String, Value> {
        object(json!({ "enableWhitelist": false, "domainWhitelist": [] }))
    }
}

/// Networks from which users may log in.
struct Addresses;

impl Setting for Addresses {
    const FIELDS: &'static [&'static str] = &["networkWhitelist"];

    fn default(_: &Call<'_>, _: &Organization) -> Map<String, Value> {
        object(json!({ "networkWhitelist": [] }))
    }
}
