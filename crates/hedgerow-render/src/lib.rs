//! Translates a finished plan into manifests.
