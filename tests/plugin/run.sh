#!/bin/sh
# The plug-in rule: what is built from these headers can be unloaded. A plug-in that uses every public type, by each
# compiler, has no symbol that would keep it in memory, and leaves it, in each way that host.cpp lists.
#
#   sh tests/plugin/run.sh BUILD_DIRECTORY
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
here=$top/tests/plugin
. "$top/tests/support/check.sh"
mkdir -p "$1/plugin"
cd "$1/plugin"

# A UNIQUE symbol keeps a library for good; thread-local storage keeps it for a thread, or fills a table of the loader's. A
# function of ours that is visible may be borrowed by another library.
unloadable() {
  readelf -sW --dyn-syms "$1" >symbols.log && readelf -lW "$1" >>symbols.log && grep -q plugin_exports symbols.log &&
    ! grep -E ' UNIQUE | TLS ' symbols.log && ! nm -D --defined-only "$1" | grep ' _Z[A-Z]*3nmr'
}

# run_all HOST PLUGIN
run_all() {
  for what in $(./"$1" --list); do
    check "$what: $2 in $1" timeout 120 ./"$1" "$what" "$2"
  done
}

hosts=
for compiler in g++ clang++-19; do
  check "host by $compiler" compile $compiler -O2 host.cpp "host_$compiler" && hosts="$hosts host_$compiler"
done
for compiler in g++ clang++ clang++-19; do
  for level in -O0 -O2; do
    plugin=plugin_$compiler$level.so
    check "$plugin" compile $compiler "$level -fPIC -shared" plugin.cpp "$plugin"
    check "symbols: $plugin" unloadable "$plugin"
    for host in $hosts; do run_all "$host" "$plugin"; done
  done
done
for pair in "host_g++ plugin_clang++-O2.so" "host_clang++-19 plugin_g++-O2.so"; do
  # shellcheck disable=SC2086 # a list of words
  set -- $pair
  check "thousands_of_overlapping_swaps: $2 in $1" timeout 300 ./"$1" thousands_of_overlapping_swaps "$2"
done

sanitized="-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined"
check "host by g++ with sanitizers" compile g++ "$sanitized" host.cpp host_sanitized
check "plugin_sanitized.so" compile g++ "$sanitized -fPIC -shared" plugin.cpp plugin_sanitized.so
run_all host_sanitized plugin_sanitized.so

compile g++ "-O2 -fPIC -shared" pinned.cpp pinned.so
found_out() { ! unloadable pinned.so && ./host_g++ a_library_that_stays pinned.so; }
check "self-test: a library that stays is found out" found_out

counted plugin
