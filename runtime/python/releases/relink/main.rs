//! relink MODULE PLAN OUTPUT

use std::error::Error;
use std::{env, fs, process};

fn run() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [module, plan, output] = &arguments[..] else {
        return Err("three arguments: MODULE PLAN OUTPUT".into());
    };
    let read = |path: &String| fs::read(path).map_err(|error| format!("reading {path}: {error}"));
    let plan = relink::Plan::parse(&String::from_utf8(read(plan)?)?)?;
    fs::write(output, relink::relink(&read(module)?, &plan)?)?;
    Ok(())
}

fn main() {
    if let Err(error) = run() {
        eprintln!("relink: {error}");
        process::exit(1);
    }
}
