#!/bin/sh
# Measures reading HTML: htmlprune in Go against PyPI htmlrag 0.1.1, on the
# pages of the data folder, one thread each. Writes bench/results/html.md.
#
#   PYTHON=venv/bin/python bench/html/run.sh
#
# PYTHON needs htmlrag 0.1.1 (peer.py says how); without it only the Go figures
# are written. RAGPRUNE_SHARED is the data folder.
set -eu
cd "$(dirname "$0")"
python=${PYTHON:-python3}
: "${RAGPRUNE_SHARED:=../../../shared}"
export RAGPRUNE_SHARED
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

GOMAXPROCS=1 go test -bench "Pages|Compat" -count 7 -benchtime 2s . >"$tmp/go"
"$python" peer.py >"$tmp/python" || : >"$tmp/python"

# median COLUMN: the median of a column of numbers.
median() { awk -v c="$1" '{print $c}' | sort -n | awk '{a[NR]=$1} END {print NR % 2 ? a[(NR+1)/2] : (a[NR/2]+a[NR/2+1])/2}'; }
# metric BENCHMARK UNIT: the median of one metric of a Go benchmark.
metric() { awk -v b="^Benchmark$1" -v u="$2" '$1 ~ b {for (i = 2; i <= NF; i++) if ($i == u) print $(i-1)}' "$tmp/go" | median 1; }
# row NAME BENCHMARK: the line of a Go benchmark.
row() {
	awk -v n="$1" -v w="$(metric "$2" ns/op)" -v c="$(metric "$2" cpu-ms/op)" -v s="$(metric "$2" cpu-MB/s)" \
		'BEGIN {printf "| %s | %.0f | %.0f | %.1f |\n", n, w/1e6, c, s}'
}

cpu=$(metric Pages cpu-ms/op)
alloc=$(metric Pages B/op)
bytes=$(awk '/^BenchmarkPages/ {for (i = 2; i <= NF; i++) {if ($i == "ns/op") n = $(i-1); if ($i == "MB/s") m = $(i-1)}} END {print int(n * m / 1e3)}' "$tmp/go")
{
	echo "# Reading HTML"
	echo
	echo "Parse, clean, units and blocks of 256 words of $(ls "$RAGPRUNE_SHARED"/data/pages/*.html | wc -l) real pages ($(awk -v b="$bytes" 'BEGIN {printf "%.2f", b/1e6}') MB, mostly script), one thread."
	echo "Medians of 7 runs (Go) and 5 passes (Python); processor time is user and system time of the process, garbage collection included. Load while measuring: $(cut -d' ' -f1 /proc/loadavg) on $(nproc) cores."
	echo "Made by \`bench/html/run.sh\` with $(go version | cut -d' ' -f3)."
	echo
	echo "| what | wall ms | processor ms | MB/s of processor time |"
	echo "|---|---|---|---|"
	row "htmlprune: Parse and Blocks(256)" Pages
	row "htmlprune/htmlrag: Clean and BuildBlockTree(256)" Compat
	if grep -q '^pass' "$tmp/python"; then
		grep '^pass' "$tmp/python" >"$tmp/passes"
		size=$(awk '/^bytes/ {print $2}' "$tmp/python")
		for row in "clean_html:2:3" "clean_html and build_block_tree(256):4:5"; do
			name=${row%%:*} w=${row#*:} c=${row##*:}
			awk -v n="$name" -v w="$(median "${w%:*}" <"$tmp/passes")" -v c="$(median "$c" <"$tmp/passes")" -v b="$size" \
				'BEGIN {printf "| htmlrag 0.1.1: %s | %.0f | %.0f | %.2f |\n", n, w, c, b/1e3/c}'
		done
		echo
		awk -v p="$(median 5 <"$tmp/passes")" -v g="$cpu" 'BEGIN {printf "htmlprune takes 1/%.0f of the processor time of htmlrag for the same pages, with source offsets and sentences on top.\n", p/g}'
		echo "Pages that htmlrag could not do: $(awk '/^failed/ {print $2}' "$tmp/python")."
	fi
	echo
	echo "Memory allocated per pass by htmlprune: $(awk -v a="$alloc" 'BEGIN {printf "%.1f", a/1e6}') MB."
} >../results/html.md
cat ../results/html.md
