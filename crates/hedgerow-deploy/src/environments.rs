//! What people call environments.

/// Words by which people name environments, beside `test`.
pub const ENVIRONMENTS: &[&str] = &[
    "acceptance",
    "canary",
    "dev",
    "development",
    "int",
    "integration",
    "live",
    "prd",
    "preprod",
    "prod",
    "production",
    "qa",
    "sandbox",
    "stage",
    "staging",
    "stg",
    "testing",
    "uat",
];
