#!/bin/sh
# Builds and runs the hot swap of a plug-in under load, examples/hot_swap/, for ten seconds.
#
#   sh examples/run.sh [seconds] [--threads N] [--with-gap]
#
# --threads says how many threads call, --with-gap swaps as the registrar of Windows would. SIGINT and SIGTERM end it as
# its time would. The status is 0 if all went well, 1 if something went wrong, 2 if the arguments make no sense.
set -eu
cd "$(dirname "$0")/.."
for argument in "$@"; do
  case $argument in --help | -h) sed -n 's/^#$//p; s/^# //p' examples/run.sh && exit ;; esac
done
. tests/support/packages.sh
. tests/support/build.sh
tree_can_be_written
need g++:g++ meson:meson ninja:ninja-build

hot_swap=examples/hot_swap/hot_swap
export CXX=g++
build build/examples "$hot_swap ${hot_swap}_v1.so ${hot_swap}_v2.so"
exec build/examples/$hot_swap "$@"
