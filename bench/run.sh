#!/bin/sh
# Builds and runs all benchmarks; prints a table of what a call costs in each way, and which bars hold.
# Results: build/bench/results.json and build/bench/chart.svg. How to read them: bench/NOTES.md.
#
#   sh bench/run.sh           everything, about ten minutes
#   sh bench/run.sh --quick   fewer rounds and threads, under three minutes
#
# CXX says which compiler builds the timed programs; g++ if it is not set.
set -eu
cd "$(dirname "$0")/.."
quick=
repetitions=15
case ${1-} in
  --quick) quick=--quick repetitions=9 ;;
  ?*) sed -n '2,8p' "$0" && exit 2 ;;
esac

. tests/support/packages.sh
need g++:g++ meson:meson ninja:ninja-build pkg-config:pkg-config python3:python3 valgrind:valgrind objdump:binutils \
  /usr/include/benchmark/benchmark.h:libbenchmark-dev

out=build/bench
[ -f $out/build.ninja ] || CXX=${CXX:-g++} meson setup $out -Doptimization=2 -Ddebug=false >/dev/null
ninja -C $out bench/counting bench/bars bench/lines bench/libbench_plugin.so >$out/build.log || { cat $out/build.log && exit 1; }

$out/bench/counting --benchmark_repetitions=$repetitions --benchmark_enable_random_interleaving=true \
  --benchmark_min_time=0.02 --benchmark_report_aggregates_only=true --benchmark_out=$out/mechanisms.json \
  --benchmark_out_format=json >/dev/null 2>&1
$out/bench/bars $quick --plugin $out/bench/libbench_plugin.so --json $out/timed.json
python3 bench/exact.py $quick --json $out/exact.json
$out/bench/lines
python3 bench/table.py $out/mechanisms.json $out/timed.json $out/exact.json $out/results.json
python3 bench/chart.py $out/results.json $out/chart.svg
