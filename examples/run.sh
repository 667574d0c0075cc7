#!/bin/sh
# Builds and runs the hot swap of a plug-in under load, examples/hot_swap/, for ten seconds.
#
#   sh examples/run.sh [seconds] [--threads N] [--with-gap]
set -eu
cd "$(dirname "$0")/.."
. tests/support/packages.sh
need g++:g++ meson:meson ninja:ninja-build

build() {
  [ -f build/examples/build.ninja ] || CXX=g++ meson setup build/examples
  ninja -C build/examples -j2 examples/hot_swap/hot_swap examples/hot_swap/hot_swap_v1.so examples/hot_swap/hot_swap_v2.so
}
mkdir -p build
build >build/examples.log 2>&1 || { cat build/examples.log && exit 1; }
exec build/examples/examples/hot_swap/hot_swap "$@"
