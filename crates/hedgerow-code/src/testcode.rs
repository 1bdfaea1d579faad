//! Which source files are tests: no service runs them.

use crate::frontend::Language;
use crate::frontend::foreign::foreign;

/// Directories that hold tests in most languages.
const DIRECTORIES: &[&str] =
    &["test", "tests", "__tests__", "__mocks__", "e2e", "cypress", "androidTest", "integrationTest", "testFixtures"];

/// Whether a file of source code is a test, by the conventions of its language and by those that all of them share.
pub fn is_test(path: &str) -> bool {
    let mut parts: Vec<&str> = path.split('/').collect();
    let name = parts.pop().unwrap_or_default();
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let language = Language::by_name(path);
    // What lies below the code of the JVM that is deployed is no test, whatever its packages and classes are called.
    let is_of_jvm = matches!(language, None | Some(Language::Java | Language::Kotlin));
    if is_of_jvm && parts.windows(2).any(|pair| pair == ["src", "main"]) {
        return false;
    }
    if parts.iter().any(|part| DIRECTORIES.contains(part) || is_test_project(part)) {
        return true;
    }
    match language {
        Some(language) => language.semantics().is_test(stem, &parts),
        None if has_source_set(&parts) => true,
        None => match extension {
            "scala" | "groovy" => is_jvm_test(stem, &parts),
            "fs" | "vb" => ["Test", "Tests"].iter().any(|end| ends_in_word(stem, end)),
            "ex" | "exs" | "erl" | "dart" | "cc" | "cpp" | "c" | "lua" => is_suffixed_test(stem),
            "sh" | "bash" | "zsh" | "ksh" => is_suffixed_test(stem) || stem.ends_with("_spec"),
            "bats" => true,
            "vue" | "svelte" => is_script_test(stem),
            _ => false,
        },
    }
}

/// Whether a script's file is a test, or made by a program that makes it small.
pub(crate) fn is_script_test(stem: &str) -> bool {
    let kinds = ["test", "spec", "e2e", "e2e-spec", "cy", "mock", "stories"];
    stem.split('.').skip(1).any(|part| kinds.contains(&part)) || stem.ends_with(".min") || is_script_runner(stem)
}

/// Whether a script's file sets up a program that runs tests: `jest.config`, `jestGlobalSetup`, `vitest.setup`. What only begins with the
/// name of one may be code of a service: `playwrightRenderer`, `karma-client`.
fn is_script_runner(stem: &str) -> bool {
    const RUNNERS: &[&str] = &["jest", "vitest", "karma", "playwright", "cypress"];
    const SETTINGS: &[&str] =
        &[".config", ".conf", ".setup", ".teardown", ".preset", ".workspace", ".global-setup", ".global-teardown"];
    const SETUPS: &[&str] = &[
        "-setup",
        "-teardown",
        "-global-setup",
        "-global-teardown",
        "Setup",
        "Teardown",
        "GlobalSetup",
        "GlobalTeardown",
        ".globalSetup",
        ".globalTeardown",
    ];
    let mut rests = RUNNERS.iter().filter_map(|runner| stem.strip_prefix(runner));
    rests.any(|rest| {
        let mut ends = SETTINGS.iter().chain(SETUPS).filter_map(|says| rest.strip_prefix(says));
        // `jest.config.base`, `jest.setup-env`.
        ends.any(|end| end.is_empty() || end.starts_with(['.', '-']))
    })
}

/// Whether a file of the languages of the JVM is a test.
pub(crate) fn is_jvm_test(stem: &str, directories: &[&str]) -> bool {
    has_source_set(directories) || ["Test", "Tests", "IT", "Spec"].iter().any(|end| ends_in_word(stem, end))
}

/// Whether a directory holds the code and the settings of tests of a program of the JVM (source sets of Maven and Gradle).
fn has_source_set(directories: &[&str]) -> bool {
    const SETS: &[&str] =
        &["test", "it", "integrationTest", "integration-test", "intTest", "functionalTest", "testFixtures"];
    directories.windows(2).any(|pair| pair[0] == "src" && SETS.contains(&pair[1]))
}

/// Whether a file is a test where those end in that word.
pub(crate) fn is_suffixed_test(stem: &str) -> bool {
    stem.ends_with("_test") || stem.ends_with("_tests") || stem.ends_with("_SUITE")
}

/// Whether a path is one of source code, of any language.
pub fn is_code(path: &str) -> bool {
    Language::of(path).is_some() || foreign(path).is_some()
}

/// The directory of a .NET project of tests: `Shop.UnitTests`.
fn is_test_project(part: &str) -> bool {
    part.contains('.')
        && ["Test", "Tests", "UnitTests", "IntegrationTests", "FunctionalTests"]
            .iter()
            .any(|end| part.rsplit('.').next() == Some(*end))
}

/// Whether a name ends in a word of its own: `OrderTest`, and not `Contest` or `Test` alone.
pub(crate) fn ends_in_word(stem: &str, word: &str) -> bool {
    stem.strip_suffix(word).is_some_and(|head| !head.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_told_by_their_names_in_every_language() {
        for path in [
            "a/x_test.go",
            "a/test/x.go",
            "a/tests/x.go",
            "a/test_x.py",
            "a/x_test.py",
            "a/conftest.py",
            "a/tests/x.py",
            "a/test/container.py",
            "a/src/test/java/X.java",
            "a/src/it/resources/application.properties",
            "a/src/integrationTest/resources/application.yml",
            "a/src/testFixtures/kotlin/X.kt",
            "a/XTest.java",
            "a/XIT.java",
            "a/test/X.java",
            "a/x.test.js",
            "a/x.spec.js",
            "a/__tests__/x.js",
            "a/test/x.js",
            "a/e2e/x.js",
            "a/x.min.js",
            "a/jest.config.js",
            "a/jestGlobalSetup.js",
            "a/jest-setup.ts",
            "a/jest.setup-env.js",
            "a/jest.config.base.js",
            "a/karma.conf.js",
            "a/playwrightGlobalTeardown.ts",
            "a/vitest.workspace.ts",
            "a/vitest.config.mts",
            "a/playwright.config.ts",
            "a/x.spec.ts",
            "a/x.test.tsx",
            "a/x.e2e.ts",
            "a/x.e2e-spec.ts",
            "a/cypress/x.ts",
            "a/tests/x.ts",
            "a/Shop.UnitTests/X.cs",
            "a/XTests.cs",
            "a/tests/X.cs",
            "a/src/test/kotlin/X.kt",
            "a/XTest.kt",
            "a/src/androidTest/X.kt",
            "a/tests/x.rs",
            "a/x_test.rs",
            "a/spec/x.rb",
            "a/x_spec.rb",
            "a/test/x.rb",
            "a/tests/X.php",
            "a/XTest.php",
            "a/spec/X.php",
            "a/test/x.exs",
            "a/x_test.exs",
            "a/x_test.cc",
            "a/tests/x.lua",
            "a/src/test/scala/X.scala",
            "a/XSpec.scala",
            "a/tests/tests.sh",
            "a/x_test.sh",
            "a/x_tests.bash",
            "a/x_spec.sh",
            "a/x.bats",
        ] {
            assert!(is_test(path), "{path}");
        }
    }

    #[test]
    fn what_only_looks_like_a_test_is_read() {
        for path in [
            "a/contest.go",
            "a/jester.js",
            "a/playwrightRenderer.ts",
            "a/playwright.service.ts",
            "a/karma-client.ts",
            "a/karma-confirm.ts",
            "a/karmaConfig.js",
            "a/cypressSetupService.ts",
            "a/jest.configure.js",
            "a/jest/x.js",
            "a/testing.py",
            "a/latest.py",
            "a/Contest.java",
            "a/Test.java",
            "a/src/main/java/attest/X.java",
            "a/src/main/kotlin/bank/test/X.kt",
            "a/src/main/java/bank/OrderSpec.java",
            "a/src/it/api.ts",
            "a/test.js",
            "a/spec.ts",
            "a/spec/x.ts",
            "a/Contest.cs",
            "a/Best.kt",
            "a/tested/x.rs",
            "a/latest.rb",
            "a/request.php",
            "service.test/main.go",
            "a/latest.sh",
            "a/attest.bash",
            "a/bats.sh",
        ] {
            assert!(!is_test(path), "{path}");
        }
    }
}
