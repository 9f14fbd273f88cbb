//! The vendor's hosts: `api.`, `login.` and the others of every region (from the official SDKs).

/// What stands before a region's domain.
const SERVICES: [&str; 6] = ["api", "login", "apps", "api-cdn", "streaming", "webmessaging"];

/// The domains of the regions.
const REGIONS: [&str; 18] = [
    "mypurecloud.com",
    "mypurecloud.ie",
    "mypurecloud.com.au",
    "mypurecloud.jp",
    "mypurecloud.de",
    "usw2.pure.cloud",
    "cac1.pure.cloud",
    "apne2.pure.cloud",
    "euw2.pure.cloud",
    "aps1.pure.cloud",
    "use2.us-gov-pure.cloud",
    "sae1.pure.cloud",
    "mec1.pure.cloud",
    "apne3.pure.cloud",
    "euc2.pure.cloud",
    "mxc1.pure.cloud",
    "apse1.pure.cloud",
    "edee1.eusc-pure.cloud",
];

/// Whether `host`, in lower case and without a port, is one of the vendor's.
pub fn is_vendors(host: &str) -> bool {
    host.split_once('.')
        .is_some_and(|(service, region)| SERVICES.contains(&service) && REGIONS.contains(&region))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_vendors_own_hosts_are_the_vendors() {
        for host in ["api.mypurecloud.com", "streaming.apse1.pure.cloud", "login.use2.us-gov-pure.cloud"] {
            assert!(is_vendors(host), "{host}");
        }
        for host in
            ["mypurecloud.com", "evil.mypurecloud.com", "api.pure.cloud", "api.example.com", "localhost", ""]
        {
            assert!(!is_vendors(host), "{host}");
        }
    }
}
