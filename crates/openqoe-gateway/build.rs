//! Embeds what npm has built (`sdk/web/dist`, `demo/dist`, `console/dist`), so that one binary is the whole product. Without npm the lists
//! are empty and the binary says how to fill them.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

const WEB: [(&str, &str); 3] = [("SDK", "sdk/web"), ("DEMO", "demo"), ("CONSOLE", "console")];
const SERVED: [&str; 4] = ["html", "js", "css", "svg"];

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../..");
    let mut code = String::new();
    for (name, package) in WEB {
        let dist = root.join(package).join("dist");
        // Of a folder that is not there yet, only the one above can tell that it has appeared.
        let watched = if dist.is_dir() { dist.clone() } else { root.join(package) };
        println!("cargo::rerun-if-changed={}", watched.display());
        let files = files(&dist)?;
        let _ = writeln!(code, "pub(crate) static {name}: &[Asset] = &[");
        for file in files {
            let served = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let path = file.canonicalize()?;
            let _ = writeln!(code, "Asset {{ name: {served:?}, bytes: include_bytes!({path:?}) }},");
        }
        code.push_str("];\n");
    }
    fs::write(Path::new(&env::var("OUT_DIR").unwrap_or_default()).join("assets.rs"), code)
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    if folder.is_dir() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let extension = path.extension().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_file() && SERVED.contains(&extension.as_str()) {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}
