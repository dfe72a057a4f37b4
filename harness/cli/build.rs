//! Sets `cfg(yardsticks)` if the library has all of them: a test that needs them is `ignored` without, and cargo counts
//! it. They are built by the library's build script, `harness/build.rs`.
//!
//! The program is linked to a fixed address: to relocate it at each start would take a tenth of the instructions of one.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-check-cfg=cfg(yardsticks)");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
    if std::env::var_os("DEP_JITLAB_YARDSTICKS_BUILT").is_some() {
        println!("cargo:rustc-cfg=yardsticks");
    }
}
