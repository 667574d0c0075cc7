#!/bin/sh
# Builds and runs the benchmarks. Arguments go to each program: sh bench/run.sh --benchmark_filter=Sharded
set -eu
cd "$(dirname "$0")/.."
. tests/support/packages.sh
need g++:g++ meson:meson ninja:ninja-build pkg-config:pkg-config \
  /usr/include/benchmark/benchmark.h:libbenchmark-dev

[ -f build/bench/build.ninja ] || CXX=${CXX:-g++} meson setup build/bench --buildtype=release >/dev/null
exec meson test -C build/bench --benchmark --verbose --test-args="$*"
