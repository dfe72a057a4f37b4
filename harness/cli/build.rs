//! Sets `cfg(yardsticks)` if the library has all of them: a test that needs them is `ignored` without, and cargo counts
//! it. They are built by the library's build script, `harness/build.rs`.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-check-cfg=cfg(yardsticks)");
    if std::env::var_os("DEP_JITLAB_YARDSTICKS_BUILT").is_some() {
        println!("cargo:rustc-cfg=yardsticks");
    }
}
