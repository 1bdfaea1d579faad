# Names for commands, no logic. What each does is in CONTRIBUTING.md.

# List what there is
default:
    @just --list --unsorted

# Format, lint and build the docs: what is quick
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --quiet

# Run the tests that need no other programs
test:
    scripts/test --fast

# Write snapshots and generated pages anew; look at the diff before you commit
bless:
    INSTA_UPDATE=always HEDGEROW_BLESS=1 cargo test --workspace --locked

# Run the cases whose folder holds NAME
case NAME:
    cargo test --package hedgerow-cli --test cases --locked -- {{NAME}}

# Build and open the pages of the crates
docs:
    cargo doc --workspace --no-deps --locked --open

# Check arrows between crates, licences and the number of packages
deny:
    scripts/check-dependencies

# Compare what the library promises with an earlier revision; without one, with the newest release
semver *REVISION:
    scripts/semver {{REVISION}}

# Fuzz one target until stopped (two grammars of tree-sitter have tables of one name, which the address sanitizer takes for a fault)
fuzz TARGET:
    cd fuzz && ASAN_OPTIONS=detect_odr_violation=0 cargo +nightly fuzz run {{TARGET}}

# Measure, beside other tools
bench:
    scripts/bench
    scripts/bench-fleet
    scripts/bench-scan
    scripts/bench-guard
    scripts/bench-observe
    scripts/bench-accounts
    scripts/bench-ready
    scripts/test-browser --budget

# Run every gate
ci:
    bash .ci/run
