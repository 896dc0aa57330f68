//! What compiling a component takes after it was changed, with and without the functions of its last compilation.
//!
//! `cargo run --release -p airssys-wasm --example compile_again -- OLD.wasm NEW.wasm`

use std::time::Duration;

use airssys_wasm::component::{Package, parse_version};
use airssys_wasm::{DeployOptions, Host};

/// How often each is measured; the shortest counts.
const ROUNDS: usize = 5;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut paths = std::env::args().skip(1);
    let (Some(old), Some(new)) = (paths.next(), paths.next()) else {
        return Err("name the component as it was, and as it is".into());
    };
    let (old, new) = (std::fs::read(old)?, std::fs::read(new)?);
    for is_incremental in [false, true] {
        let mut best = [Duration::MAX; 2];
        for _ in 0..ROUNDS {
            let found = measure(&old, &new, is_incremental).await?;
            best = [best[0].min(found[0]), best[1].min(found[1])];
        }
        let [first, again] = best.map(|time| format!("{:.0} ms", time.as_secs_f64() * 1e3));
        print(format_args!(
            "incremental {is_incremental}: first {first}, changed {again}"
        ));
    }
    Ok(())
}

/// How long compiling the first and then the second takes, in a host of its own.
async fn measure(old: &[u8], new: &[u8], is_incremental: bool) -> Result<[Duration; 2], Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let builder = Host::builder().state_dir(folder.path()).incremental(is_incremental);
    let host = builder.build().await?;
    let mut options = DeployOptions::default();
    options.allow_breaking = true;
    let mut times = [Duration::ZERO; 2];
    for ((bytes, version), time) in [(old, "1.0.0"), (new, "2.0.0")].into_iter().zip(&mut times) {
        let package = Package::new(bytes)
            .name("measured".parse()?)
            .version(parse_version(version)?);
        let deployment = host.deploy_with(package, &options).await?;
        let compile = deployment.steps.iter().filter(|step| step.step == "compile");
        *time = compile.map(|step| step.took).sum();
    }
    host.shutdown().await?;
    Ok(times)
}

#[expect(clippy::print_stdout, reason = "it is a program")]
fn print(line: std::fmt::Arguments<'_>) {
    println!("{line}");
}
