//! Sets `cfg(yardsticks)` if the library has all of them, and `cfg(browser)` if there is a Chromium with its driver: a
//! test that needs them is `ignored` without, and cargo counts it. The yardsticks are built by the library's build
//! script, `harness/build.rs`; the browser is installed by `scripts/install-browser.sh`.
//!
//! The program is linked to a fixed address: to relocate it at each start would take a tenth of the instructions of one.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=PATH");
    println!("cargo:rustc-check-cfg=cfg(yardsticks)");
    println!("cargo:rustc-check-cfg=cfg(browser)");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
    if std::env::var_os("DEP_JITLAB_YARDSTICKS_BUILT").is_some() {
        println!("cargo:rustc-cfg=yardsticks");
    }
    if ["chromium", "chromedriver"].into_iter().all(is_installed) {
        println!("cargo:rustc-cfg=browser");
    }
}

/// Whether a program is in one of the folders of `PATH`.
fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
