#!/bin/sh
# Builds and runs all benchmarks; prints a table of what a call costs in each way, and which bars hold.
# Results: results.json and chart.svg in build/bench/. How to read them: bench/NOTES.md.
#
#   sh bench/run.sh           everything, about ten minutes
#   sh bench/run.sh --quick   fewer rounds and threads, under three minutes
#   sh bench/run.sh --smoke   each program for an instant; the status is 1 if an exact bar is missed
#
# CXX says which compiler builds the timed programs, g++ if it is not set; another one's are in build/bench-NAME/.
set -eu
cd "$(dirname "$0")/.."
usage() {
  sed -n 's/^#$//p; s/^# //p' bench/run.sh
}
length=
repetitions=15
min_time=0.02
mechanisms=.
must=
case $#:${1-} in
  0:) ;;
  1:--quick) length=--quick repetitions=9 ;;
  1:--smoke)
    length=--smoke repetitions=2 min_time=0.001 must=--exact-must-hold
    mechanisms='^(bare|guarded) call/'  # those that exact.py --smoke looks at
    ;;
  1:--help | 1:-h) usage && exit ;;
  *) echo "$0: it takes --quick, --smoke or nothing, not: $*" >&2 && usage >&2 && exit 2 ;;
esac

. tests/support/packages.sh
. tests/support/build.sh
tree_can_be_written
export CXX="${CXX:-g++}"
need "$CXX:$CXX" meson:meson ninja:ninja-build pkg-config:pkg-config python3:python3 valgrind:valgrind objdump:binutils \
  /usr/include/benchmark/benchmark.h:libbenchmark-dev

out=build/bench
[ "$CXX" = g++ ] || out=build/bench-$(basename "$CXX")
build $out 'bench/counting bench/bars bench/lines bench/one_call bench/facts bench/libbench_plugin.so' \
  -Doptimization=2 -Ddebug=false

$out/bench/counting --benchmark_filter="$mechanisms" --benchmark_repetitions=$repetitions \
  --benchmark_enable_random_interleaving=true --benchmark_min_time=$min_time --benchmark_report_aggregates_only=true \
  --benchmark_out=$out/mechanisms.json --benchmark_out_format=json >$out/mechanisms.log 2>&1 ||
  { cat $out/mechanisms.log && exit 1; }
$out/bench/bars $length --plugin $out/bench/libbench_plugin.so --json $out/timed.json
python3 bench/exact.py $length --json $out/exact.json
$out/bench/lines
status=0
python3 bench/table.py $out/mechanisms.json $out/timed.json $out/exact.json $out/results.json $must || status=$?
python3 bench/chart.py $out/results.json $out/chart.svg
exit $status
