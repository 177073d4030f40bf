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
families="bert xlmr deberta gpt2 llama3 modernbert phi3"
cp models/ragprune-small/tokenizer.json "$work/bert.json"
for family in ${families#bert }; do # the first line of a golden file is its tokenizer.json
	gzip -dc "models/tokenizer/testdata/families/$family.jsonl.gz" | sed -n 1p >"$work/$family.json"
done

measure() { # FAMILY KIND: prints "go-rate rust-rate tokens checksum", fails when the encodings differ
	go=$("$work/go-bench" -tokenizer "$work/$1.json" -pieces "$work/$2.txt" -time "${seconds}s")
	rust=$(.cache/tokenizer-rust/release/tokenizer-bench "$work/$1.json" "$work/$2.txt" "$seconds")
	if [ "${go#* }" != "${rust#* }" ]; then
		echo "encodings of $2.txt by $1 differ: $go, $rust" >&2
		exit 1
	fi
	echo "${go%% *} ${rust%% *} ${go#* }"
}

for _ in $(seq "$rounds"); do
	for family in $families; do
		for kind in english mixed; do
			measure "$family" "$kind" >>"$work/$family.$kind.$$"
		done
	done
done

median() { # FILE COLUMN
	awk -v c="$2" '{print $c}' "$1" | sort -n | awk '{v[NR]=$1} END {print v[int((NR+1)/2)]}'
}

{
	echo "# Tokenizer: models/tokenizer beside the Rust library"
	echo
	echo "Ids and byte spans of about 1.4 MB of generated text in pieces of about 1.2 kB, one"
	echo "thread. Megabytes per second of processor time, medians of $rounds alternating runs of"
	echo "$seconds s. The machine is shared and its speed varies: the ratio is the figure to keep."
	echo "Both programs print the same number of tokens and the same checksum over all ids and"
	echo "spans, or the script fails."
	echo
	echo "| vocabulary | text | tokens | Go, MB/s | Rust tokenizers $crate, MB/s | ratio (median of the pairs) | lowest ratio |"
	echo "|---|---|---|---|---|---|---|"
	for family in $families; do
		for kind in english mixed; do
			file=$work/$family.$kind.$$
			awk '{print $1/$2}' "$file" | sort -n >"$file.ratio"
			printf '| %s | %s | %s | %s | %s | %.1f | %.1f |\n' "$family" "$kind" "$(median "$file" 3)" \
				"$(median "$file" 1)" "$(median "$file" 2)" "$(median "$file.ratio" 1)" "$(sed -n 1p "$file.ratio")"
			rm "$file" "$file.ratio"
		done
	done
	echo
	echo "\`english\`: Zipfian words of the vocabulary, one in ten inflected, compound, capital or"
	echo "a number. \`mixed\`: half of the words in nine other scripts."
	echo
	echo "\`bert\` is the tokenizer of models/ragprune-small. The others have the form of the published"
	echo "checkpoints and about 8,000 entries (models/export/tokenizer_families.py): with so few, most"
	echo "words take several merges, and invented words in other scripts fall to bytes or to \`<unk>\`."
	echo
	echo "Again: \`bench/tokenizer/run.sh $rounds $seconds\` ($(go version | cut -d' ' -f3), $(rustc --version | cut -d' ' -f1,2), $(nproc) cores)."
} >"$out"
cat "$out"
