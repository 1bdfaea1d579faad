//! Lossless YAML documents: byte ranges, routes and edits.
