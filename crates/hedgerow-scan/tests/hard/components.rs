//! In which packages an application looks for its components: by names, by classes, by constants, by patterns.

use crate::finds;

/// A shop with a library of components, one of which calls the ledger when its time has come.
fn tree(imports: &str, main: &str, body: &str) -> String {
    format!(
        "-- pom.xml\n<project><modules><module>service.shop</module><module>lib</module></modules></project>\n-- lib/pom.xml\n\
         <project><groupId>g</groupId><artifactId>lib</artifactId></project>\n-- lib/src/main/java/com/lib/Marker.java\npackage com.lib;\n\
         public interface Marker {{}}\n-- lib/src/main/java/com/lib/jobs/Job.java\npackage com.lib.jobs;\n\
         import org.springframework.web.client.RestTemplate;\n@Component\npublic class Job {{ @Scheduled(fixedRate = 1) \
         public void go() {{ new RestTemplate().getForObject(\"http://s-ledger/x\", String.class); }} }}\n-- service.ledger/x.txt\n\
         -- service.shop/pom.xml\n<project><groupId>g</groupId><artifactId>shop</artifactId><dependencies><dependency><groupId>g</groupId>\
         <artifactId>lib</artifactId></dependency></dependencies></project>\n-- service.shop/src/main/java/com/shop/Marker.java\n\
         package com.shop;\npublic interface Own {{}}\n-- service.shop/src/main/java/com/shop/App.java\npackage com.shop;\n{imports}\n{main}\n\
         public class App {{ {body} public static void main(String[] a) {{ SpringApplication.run(App.class, a); }} }}\n"
    )
}

#[test]
fn components_are_found_by_all_ways_to_name_a_package() {
    let calls: &[&str] = &["shop -> ledger proven"];
    let none: &[&str] = &[];
    let constant = "static final String BASE = \"com.lib\";";
    for (imports, main, body, expected) in [
        ("", "@SpringBootApplication(scanBasePackageClasses = com.lib.Marker.class)", "", calls),
        ("import com.lib.Marker;", "@SpringBootApplication(scanBasePackageClasses = Marker.class)", "", calls),
        ("import com.lib.*;", "@SpringBootApplication(scanBasePackageClasses = {Marker.class})", "", calls),
        ("import com.lib.Marker;", "@ComponentScan(basePackageClasses = {App.class, Marker.class})", "", calls),
        ("", "@SpringBootApplication\n@ComponentScan(basePackages = \"com.shop, com.lib\")", "", calls),
        ("", "@ComponentScan(\"com.shop;com.lib\")", "", calls),
        ("", "@SpringBootApplication\n@ComponentScan(\"com.**\")", "", calls),
        ("", "@ComponentScan(\"com.*\")", "", calls),
        ("", "@ComponentScan(\"${shop.packages}\")", "", calls),
        ("", "@SpringBootApplication(scanBasePackages = App.BASE)", constant, calls),
        ("", "@SpringBootApplication(scanBasePackages = {App.BASE, \"com.shop\"})", constant, calls),
        ("import com.other.Names;", "@SpringBootApplication(scanBasePackages = Names.BASE)", "", calls),
        ("", "@SpringBootApplication\n@ComponentScans({@ComponentScan(\"com.lib\")})", "", calls),
        // Packages in which the library is not.
        ("", "@SpringBootApplication(scanBasePackageClasses = App.class)", "", none),
        ("", "@SpringBootApplication(scanBasePackageClasses = Own.class)", "", none),
        ("import com.libs.Other;", "@SpringBootApplication(scanBasePackageClasses = Other.class)", "", none),
        ("", "@ComponentScan(\"com.shop, com.li\")", "", none),
        ("", "@ComponentScan(\"com.shop.**\")", "", none),
        ("", "@SpringBootApplication(exclude = Marker.class)", "", none),
        ("", "@ComponentScan(lazyInit = true)", "", none),
    ] {
        finds(&tree(imports, main, body), expected);
    }
}
