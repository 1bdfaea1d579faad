//! Issuers of tokens with which code compares what it is given: `ValidIssuer = settings.Issuer`, `jwt.require(key).withIssuer(issuer)`. Nobody
//! is called by such an address. Who discovers keys by it calls the issuer.

use crate::program::Program;
use std::collections::BTreeSet;

/// What code that discovers by an issuer's address, or asks the issuer itself, has in it; in small letters.
const DISCOVERS: &[&str] = &[
    "auth0",
    "authority",
    "discover",
    "fromissuer",
    "introspect",
    "issuerbaseurl",
    "jwks",
    "keycloak",
    "metadataaddress",
    "newprovider",
    "nextauth",
    "next-auth",
    "oidc",
    "okta",
    "openid",
    "remotejwk",
    "userinfo",
    "wellknown",
    "well-known",
];

/// What code that verifies tokens by itself has in it.
const VERIFIES: &[&str] = &["jose", "jwt", "validissuer", "requireissuer", "withissuer"];

/// Whether a name is that of an issuer: `JWT_ISSUER`, `JwtSettings:Issuer`, `validIssuers`. A `jwt.issuer-uri` says by its name that it is called.
pub(crate) fn is_issuer(name: &str) -> bool {
    let name = name.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
    let last = name.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or(name);
    let lower = last.to_ascii_lowercase();
    let Some(rest) = ["issuer", "issuers"].iter().find_map(|word| lower.strip_suffix(word)) else { return false };
    // `validIssuer` is two words, a `reissuer` is one.
    rest.is_empty() || last[rest.len()..].starts_with('I')
}

/// Whether a service's code compares issuers and discovers nothing by them, as far as its words tell.
pub(crate) fn are_compared(program: &Program, files: &BTreeSet<u32>) -> bool {
    let texts = || files.iter().map(|file| program.files[*file as usize].facts.text.as_str());
    if !texts().any(|text| text.contains("ssuer") || text.contains("ISSUER")) {
        return false;
    }
    let mut verifies = false;
    for text in texts() {
        // Spring calls rights of users so.
        let text = text.to_ascii_lowercase().replace("grantedauthority", "");
        if DISCOVERS.iter().any(|word| text.contains(word)) {
            return false;
        }
        verifies |= VERIFIES.iter().any(|word| text.contains(word));
    }
    verifies
}

#[cfg(test)]
mod tests {
    use super::is_issuer;

    #[test]
    fn issuers_are_known_by_their_names() {
        for name in [
            "JWT_ISSUER",
            "Issuer",
            "ISSUER",
            "<setting JwtSettings.Issuer>",
            "$JWT_ISSUER",
            "--token-issuer",
            "ValidIssuers",
            "withIssuer",
            "jwt.issuer",
        ] {
            assert!(is_issuer(name), "{name}");
        }
        for name in ["JWT_ISSUER_URI", "issuer-uri", "reissuer", "ISSUER_HOST", "issuerUrl", "tissuer", ""] {
            assert!(!is_issuer(name), "{name}");
        }
    }
}
