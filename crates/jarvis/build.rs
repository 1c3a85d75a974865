//! Builds again when the web app was built for the first time: embedding does not see a folder appear by itself.

use std::fs;

const DIST: &str = "../../web/dist";

fn main() {
    // Cargo takes a missing folder for a change at every build.
    if let Err(error) = fs::create_dir_all(DIST) {
        println!("cargo::warning={DIST}: {error}");
    }
    println!("cargo::rerun-if-changed={DIST}");
}
