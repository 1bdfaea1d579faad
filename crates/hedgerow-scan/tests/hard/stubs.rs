//! Stubs that Java's and Kotlin's generators make, whose code is not in the tree: who offers the contract is called where nothing says the
//! address.

use crate::here::rows;

const JOINED: &[&str] = &["shop -> ledger joined"];
const UNKNOWN: &[&str] = &["shop -> ledger candidate", "unresolved-call shop ->"];
const NONE: &[&str] = &[];

const SERVER: &str = "-- service.ledger/pom.xml\n<project/>\n-- service.ledger/src/main/java/l/Srv.java\npackage l;\n\
                      import billing.LedgerGrpc.LedgerImplBase;\nimport net.devh.boot.grpc.server.service.GrpcService;\n\
                      @GrpcService\npublic class Srv extends LedgerImplBase { @Override public void read(Object a, Object b) { } }\n";

fn tree(servers: &str, own: &str, code: &str) -> String {
    format!(
        "{servers}-- service.ledger/x.txt\n-- service.shop/pom.xml\n<project/>\n{own}-- service.shop/src/main/java/s/App.java\npackage s;\n\
         import billing.LedgerGrpc;\nimport io.grpc.ManagedChannel;\nimport io.grpc.ManagedChannelBuilder;\n\
         import org.springframework.beans.factory.annotation.Value;\nimport org.springframework.stereotype.Service;\n\
         @Service\npublic class App {{\n  private final LedgerGrpc.LedgerBlockingStub stub;\n{code}\n  public void read() {{ stub.read(null); }}\n}}\n"
    )
}

fn by(host: &str, made: &str) -> String {
    format!(
        "  public App(@Value(\"{host}\") String host, @Value(\"${{ledger.port:9001}}\") int port) {{\n    ManagedChannel channel = {made};\n    \
         stub = LedgerGrpc.newBlockingStub(channel);\n  }}"
    )
}

#[test]
fn the_contract_of_a_stub_that_is_not_in_the_tree_says_who_is_called() {
    let address = "ManagedChannelBuilder.forAddress(host, port).usePlaintext().build()";
    let target = "ManagedChannelBuilder.forTarget(host).build()";
    let qualified = SERVER
        .replace("import billing.LedgerGrpc.LedgerImplBase;", "import billing.LedgerGrpc;")
        .replace("extends LedgerImplBase", "extends LedgerGrpc.LedgerImplBase");
    let other = SERVER.replace("Ledger", "Books").replace("class Srv", "class Other");
    let set = "-- service.shop/src/main/resources/application.yml\nledger: {address: service.ledger}\n";
    let outside = "-- service.shop/src/main/resources/application.yml\nledger: {address: ledger.example.com}\n";
    let health = SERVER
        .replace("billing.LedgerGrpc.LedgerImplBase", "io.grpc.health.v1.HealthGrpc.HealthImplBase")
        .replace("extends LedgerImplBase", "extends HealthImplBase");
    rows(&[
        ("unknown address", tree(SERVER, "", &by("${ledger.address}", address)), JOINED),
        ("unknown target", tree(SERVER, "", &by("${ledger.address}", target)), JOINED),
        ("default of this machine", tree(SERVER, "", &by("${ledger.address:localhost}", address)), JOINED),
        ("qualified", tree(&qualified, "", &by("${ledger.address}", address)), JOINED),
        (
            "field",
            tree(
                SERVER,
                "",
                "  App() { ManagedChannel c = ManagedChannelBuilder.forTarget(System.getenv(\"LEDGER_ADDR\")).usePlaintext().build(); stub = LedgerGrpc.newBlockingStub(c); }",
            ),
            JOINED,
        ),
        ("known", tree(SERVER, set, &by("${ledger.address}", address)), JOINED),
        // An address that is known comes first.
        ("outside", tree(SERVER, outside, &by("${ledger.address}", address)), NONE),
        ("another contract", tree(&other, "", &by("${ledger.address}", address)), UNKNOWN),
        ("everybody's contract", tree(&health, "", &by("${ledger.address}", address)), UNKNOWN),
        ("nobody", tree("", "", &by("${ledger.address}", address)), UNKNOWN),
    ]);
}
