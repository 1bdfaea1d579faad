//! `hedgerow init --services` on the ports of charts.

use crate::common::tree;
use crate::init::proposed;

#[test]
fn a_template_s_port_keeps_its_name_and_protocol() {
    let template = |port: &str| {
        format!(
            "{{{{- with .Values.a }}}}\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{{{ include \"x.fullname\" $ }}}}-{{{{ .name }}}}\nspec:\n  template:\n    spec:\n      containers:\n        - name: main\n          ports:\n{port}{{{{- end }}}}\n"
        )
    };
    let (udp, sctp, both) = (
        template("            - name: n4\n              containerPort: 8805\n              protocol: UDP\n"),
        template("            - name: n2\n              containerPort: 38412\n              protocol: SCTP\n"),
        template("            - containerPort: 53\n              protocol: UDP\n            - containerPort: 53\n"),
    );
    let root = tree(&[
        ("chart/Chart.yaml", b"apiVersion: v2\nname: x\nversion: 1.0.0\n"),
        ("chart/values.yaml", b"upf:\n  containerPort: 8805\n"),
        ("chart/templates/upf/upf-deployment.yaml", udp.as_bytes()),
        ("chart/templates/upf/upf-service.yaml", b"spec:\n  ports:\n  - name: pfcp\n    targetPort: 8805\n"),
        ("chart/templates/amf/amf-deployment.yaml", sctp.as_bytes()),
        ("chart/templates/dns/dns-deployment.yaml", both.as_bytes()),
    ]);
    proposed(root.path(), "--services");
    for (name, expected) in [
        ("upf", "ports:\n  - {name: n4, port: 8805, protocol: UDP}\n"),
        ("amf", "ports:\n  - {name: n2, port: 38412, protocol: SCTP}\n"),
        ("dns", "ports:\n  - {port: 53}\n  - {port: 53, protocol: UDP}\n"),
    ] {
        let text = std::fs::read_to_string(root.path().join(format!("hedgerow/{name}/service.yaml"))).unwrap();
        assert!(text.ends_with(expected), "{name}: {text}");
    }
}
