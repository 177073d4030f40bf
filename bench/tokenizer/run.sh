#!/bin/sh
# Compares models/tokenizer with the Rust library it must agree with, and writes
# bench/results/tokenizer.md. Needs Go and cargo; run from anywhere.
#
#   bench/tokenizer/run.sh [ROUNDS] [SECONDS]     default 5 rounds of 2 seconds
set -eu
cd "$(dirname "$0")/../.."
rounds=${1:-5}
seconds=${2:-2}
work=.cache/tokenizer-bench
out=bench/results/tokenizer.md
mkdir -p "$work" bench/results

nice go build -o "$work/go-bench" ./bench/tokenizer
(cd bench/tokenizer/rust && CARGO_TARGET_DIR=../../../.cache/tokenizer-rust nice cargo build -q --release)
"$work/go-bench" -generate "$work"

crate=$(sed -n 's/^tokenizers.*"=\([0-9.]*\)".*/\1/p' bench/tokenizer/rust/Cargo.toml)
model=models/ragprune-small/tokenizer.json

measure() { # KIND: prints "go-rate rust-rate", fails when the encodings differ
	go=$("$work/go-bench" -tokenizer "$model" -pieces "$work/$1.txt" -time "${seconds}s")
	rust=$(.cache/tokenizer-rust/release/tokenizer-bench "$model" "$work/$1.txt" "$seconds")
	if [ "${go#* }" != "${rust#* }" ]; then
		echo "encodings of $1.txt differ: $go, $rust" >&2
		exit 1
	fi
	echo "${go%% *} ${rust%% *} ${go#* }"
}

for _ in $(seq "$rounds"); do
	for kind in english mixed; do
		measure "$kind" >>"$work/$kind.$$"
	done
done

median() { # FILE COLUMN
	awk -v c="$2" '{print $c}' "$1" | sort -n | awk '{v[NR]=$1} END {print v[int((NR+1)/2)]}'
}

{
	echo "# Tokenizer: models/tokenizer beside the Rust library"
	echo
	echo "Ids and byte spans of about 1.4 MB of generated text in pieces of about 1.2 kB, one"
	echo "thread, the tokenizer of models/ragprune-small. Megabytes per second of processor time,"
	echo "medians of $rounds alternating runs of $seconds s. The machine is shared and its speed"
	echo "varies: the ratio is the figure to keep. Both programs print the same number of tokens"
	echo "and the same checksum over all ids and spans, or the script fails."
	echo
	echo "| text | tokens | Go, MB/s | Rust tokenizers $crate, MB/s | ratio (median of the pairs) |"
	echo "|---|---|---|---|---|"
	for kind in english mixed; do
		file=$work/$kind.$$
		awk '{print $1/$2}' "$file" >"$file.ratio"
		printf '| %s | %s | %s | %s | %.1f |\n' "$kind" "$(median "$file" 3)" \
			"$(median "$file" 1)" "$(median "$file" 2)" "$(median "$file.ratio" 1)"
		rm "$file" "$file.ratio"
	done
	echo
	echo "\`english\`: Zipfian words of the vocabulary, one in ten inflected, compound, capital or"
	echo "a number. \`mixed\`: half of the words in nine other scripts."
	echo
	echo "Again: \`bench/tokenizer/run.sh $rounds $seconds\` ($(go version | cut -d' ' -f3), $(rustc --version | cut -d' ' -f1,2), $(nproc) cores)."
} >"$out"
cat "$out"
