//! Lets the program find the libtorch that it was built with.

use std::path::PathBuf;

fn main() {
    println!("cargo::rerun-if-env-changed=LIBTORCH");
    if let Some(folder) = std::env::var_os("LIBTORCH").map(PathBuf::from) {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{}", folder.join("lib").display());
    }
}
