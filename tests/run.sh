#!/bin/sh
# Builds and runs all tests. The last line says how many passed and failed; the exit status is 0 if none failed.
#
#   sh tests/run.sh           everything
#   sh tests/run.sh --quick   one compiler and the lints, without the long tests
set -eu
cd "$(dirname "$0")/.."
. tests/support/packages.sh
need g++:g++ meson:meson ninja:ninja-build python3:python3 /usr/include/doctest/doctest.h:doctest-dev

CXX=g++ meson setup build/gcc >/dev/null
ninja -C build/gcc -j2
python3 tests/support/run_programs.py build/gcc
