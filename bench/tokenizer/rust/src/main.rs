//! Times the Rust library on the pieces that `go run ./bench/tokenizer -generate` wrote.
//!
//!     tokenizer-bench TOKENIZER.json PIECES SECONDS
//!
//! Prints megabytes per second of processor time, the number of tokens and a checksum over ids and
//! byte spans; the last two must be those of the Go program.

use std::{env, error::Error, fs, hint::black_box};
use tokenizers::Tokenizer;

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let args: Vec<String> = env::args().collect();
    let mut tokenizer = Tokenizer::from_file(&args[1])?;
    tokenizer.set_encode_special_tokens(true);
    tokenizer.with_truncation(None)?;
    tokenizer.with_padding(None);
    let text = fs::read_to_string(&args[2])?;
    let pieces: Vec<&str> = text.lines().collect();
    let bytes: usize = pieces.iter().map(|p| p.len()).sum();
    let limit: f64 = args[3].parse()?;

    let (mut tokens, mut sum) = (0u64, 0u64);
    for piece in &pieces {
        let encoding = tokenizer.encode(*piece, false)?;
        for (id, span) in encoding.get_ids().iter().zip(encoding.get_offsets()) {
            tokens += 1;
            for n in [*id as u64, span.0 as u64, span.1 as u64] {
                sum = sum.wrapping_mul(31).wrapping_add(n);
            }
        }
    }
    let (start, mut rounds) = (cpu_seconds()?, 0);
    while cpu_seconds()? - start < limit {
        for piece in &pieces {
            black_box(tokenizer.encode(*piece, false)?);
        }
        rounds += 1;
    }
    let rate = (bytes * rounds) as f64 / (cpu_seconds()? - start) / 1e6;
    println!("{rate:.2} {tokens} {sum}");
    Ok(())
}

/// Processor time of this process: fields 14 and 15 of its stat file, in
/// hundredths of a second.
fn cpu_seconds() -> Result<f64, Box<dyn Error + Send + Sync>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? / 100.0)
}
