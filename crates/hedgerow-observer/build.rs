//! Writes the client and the server of the two gRPC services from their tables below: no `protoc` is needed.

use tonic_build::manual::{Builder, Method, Service};

fn main() {
    let codec = "tonic_prost::ProstCodec";
    let intake = Service::builder()
        .name("Intake")
        .package("hedgerow.observer.v1")
        .method(
            Method::builder()
                .name("send")
                .route_name("Send")
                .input_type("crate::link::Batch")
                .output_type("crate::link::Receipt")
                .codec_path(codec)
                .client_streaming()
                .server_streaming()
                .build(),
        )
        .build();
    // Calico's, from 3.30 on: `goldmane/proto/api.proto`. Felix is the client.
    let flows = Service::builder()
        .name("FlowCollector")
        .package("goldmane")
        .method(
            Method::builder()
                .name("connect")
                .route_name("Connect")
                .input_type("hedgerow_observe::calico::FlowUpdate")
                .output_type("crate::goldmane::FlowReceipt")
                .codec_path(codec)
                .client_streaming()
                .server_streaming()
                .build(),
        )
        .build();
    Builder::new().compile(&[intake, flows]);
}
