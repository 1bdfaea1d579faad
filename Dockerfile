# syntax=docker/dockerfile:1
# Images of Hedgerow:
#   docker build --target hedgerow .   the program alone, for CI: no shell, no libraries
#   docker build --target argocd .     with sh, Helm and kustomize, for the sidecar of integrations/argocd
# scripts/release makes the first of the program that it built without Docker. No test runs the stages `build` and `argocd`: they need images of others.
FROM rust:1.95-alpine AS build
# tree-sitter and the allocator are C.
RUN apk add --no-cache build-base
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --release --locked --package hedgerow-cli --bin hedgerow && cp target/release/hedgerow /hedgerow

FROM alpine:3.22 AS argocd
RUN apk add --no-cache helm kustomize git
COPY --from=build /hedgerow /usr/local/bin/hedgerow
# The user that Argo CD runs plugins as.
USER 999

FROM scratch AS hedgerow
COPY --from=build /hedgerow /usr/bin/hedgerow
COPY LICENSE-APACHE LICENSE-MIT /usr/share/doc/hedgerow/
USER 65534:65534
WORKDIR /work
ENTRYPOINT ["/usr/bin/hedgerow"]
