//! The texts of Calico's resources, field by field.

use serde::Deserialize;
use serde_json::Value;

use crate::manifest::Mapping;

/// The `spec` of NetworkPolicy and GlobalNetworkPolicy, and of the staged kinds that mirror them.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(super) struct Spec {
    pub(super) tier: Option<String>,
    pub(super) order: Option<f64>,
    pub(super) selector: Option<String>,
    pub(super) namespace_selector: Option<String>,
    pub(super) service_account_selector: Option<String>,
    pub(super) types: Option<Vec<String>>,
    pub(super) ingress: Option<Vec<Mapping<WireRule>>>,
    pub(super) egress: Option<Vec<Mapping<WireRule>>>,
    pub(super) do_not_track: Option<bool>,
    #[serde(rename = "preDNAT")]
    pub(super) pre_dnat: Option<bool>,
    pub(super) apply_on_forward: Option<bool>,
    /// Changes speed, not meaning.
    #[serde(rename = "performanceHints")]
    _performance_hints: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(super) struct WireRule {
    pub(super) action: String,
    pub(super) ip_version: Option<u8>,
    pub(super) protocol: Option<Value>,
    pub(super) not_protocol: Option<Value>,
    pub(super) icmp: Option<Mapping<Icmp>>,
    #[serde(rename = "notICMP")]
    pub(super) not_icmp: Option<Mapping<Icmp>>,
    pub(super) source: Option<Mapping<Entity>>,
    pub(super) destination: Option<Mapping<Entity>>,
    pub(super) http: Option<Value>,
    /// Comments of the data plane's rules.
    #[serde(rename = "metadata")]
    _metadata: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(super) struct Entity {
    pub(super) nets: Option<Vec<String>>,
    pub(super) not_nets: Option<Vec<String>>,
    pub(super) selector: Option<String>,
    pub(super) not_selector: Option<String>,
    pub(super) namespace_selector: Option<String>,
    pub(super) ports: Option<Vec<Value>>,
    pub(super) not_ports: Option<Vec<Value>>,
    pub(super) service_accounts: Option<Mapping<ServiceAccounts>>,
    pub(super) services: Option<Mapping<ServiceMatch>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ServiceAccounts {
    pub(super) names: Option<Vec<String>>,
    pub(super) selector: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ServiceMatch {
    pub(super) name: String,
    pub(super) namespace: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Icmp {
    #[serde(rename = "type")]
    pub(super) kind: Option<u8>,
    pub(super) code: Option<u8>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(super) struct TierSpec {
    pub(super) order: Option<f64>,
    pub(super) default_action: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct NetworkSetSpec {
    pub(super) nets: Option<Vec<String>>,
}
