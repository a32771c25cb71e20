//! The `dealdeck` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    dealdeck::cli::main()
}
