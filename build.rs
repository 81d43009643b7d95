//! Lets a karat with the engine `rust-bert` run with the libtorch that it was built with. Without that feature it does nothing.

use std::path::PathBuf;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_RUST_BERT").is_none() {
        return;
    }
    let place = |name: &str| {
        println!("cargo::rerun-if-env-changed={name}");
        std::env::var_os(name).map(PathBuf::from)
    };
    // As torch-sys looks for it, whose own build script says what is wrong with it.
    let Some(folder) = place("LIBTORCH_LIB").or_else(|| place("LIBTORCH")).map(|folder| folder.join("lib")) else {
        return;
    };
    println!("cargo::rustc-link-arg=-Wl,-rpath,{}", folder.display());
    if folder.join("libtorch_cuda.so").exists() {
        // No symbol of it is called by name: the linker would leave it out, and no GPU would be found.
        println!("cargo::rustc-link-arg=-Wl,--no-as-needed");
        println!("cargo::rustc-link-arg=-ltorch_cuda");
    }
}
