#!/bin/sh
# The plug-in rule: what is built from these headers can be unloaded. A plug-in that uses every public type, by each
# compiler, has no symbol that would keep it in memory, and leaves it, in each way that host.cpp lists. So does the smallest
# one, examples/plugin_host, which has at most 20 lines of code, with its host.
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
#
# unloadable PLUGIN FUNCTION: that function of its own is visible.
unloadable() {
  readelf -sW --dyn-syms "$1" >symbols.log && readelf -lW "$1" >>symbols.log && grep -q "$2" symbols.log &&
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
    check "symbols: $plugin" unloadable "$plugin" plugin_exports
    for host in $hosts; do run_all "$host" "$plugin"; done
  done
done
for pair in "host_g++ plugin_clang++-O2.so" "host_clang++-19 plugin_g++-O2.so"; do
  # shellcheck disable=SC2086 # a list of words
  set -- $pair
  check "thousands_of_overlapping_swaps: $2 in $1" timeout 300 ./"$1" thousands_of_overlapping_swaps "$2"
done

# How many lines of files are neither empty nor a comment nor for the preprocessor.
lines_of_code() { cat "$@" | grep -cvE '^[[:space:]]*(//.*|#.*)?$'; }

smallest=../../examples/plugin_host
count=$(lines_of_code "$top/examples/plugin_host/plugin.cpp" "$top/examples/plugin_host/host.cpp")
check "the smallest plug-in and its host: $count lines" [ "$count" -le 20 ]
for compiler in g++ clang++ clang++-19; do
  for level in -O0 -O2; do
    plugin=./smallest_$compiler$level.so
    check "$plugin" compile $compiler "$level -fPIC -shared" $smallest/plugin.cpp $plugin
    check "symbols: $plugin" unloadable $plugin start
    check "its host by $compiler $level" compile $compiler $level $smallest/host.cpp smallest_host
    check "is called and unloaded: $plugin" timeout 60 ./smallest_host $plugin
  done
done

sanitized="-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined"
check "host by g++ with sanitizers" compile g++ "$sanitized" host.cpp host_sanitized
check "plugin_sanitized.so" compile g++ "$sanitized -fPIC -shared" plugin.cpp plugin_sanitized.so
run_all host_sanitized plugin_sanitized.so

compile g++ "-O2 -fPIC -shared" pinned.cpp pinned.so
found_out() { ! unloadable pinned.so plugin_exports && ./host_g++ a_library_that_stays pinned.so; }
check "self-test: a library that stays is found out" found_out

counted plugin
