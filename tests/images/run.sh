#!/bin/sh
# What linkers and loaders do: images that were built apart, and files of one program that were built with different
# settings. Each pair either works or is refused, by a value or by the linker.
#
#   sh tests/images/run.sh BUILD_DIRECTORY
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
here=$top/tests/images
. "$top/tests/support/check.sh"
mkdir -p "$1/images"
cd "$1/images"

# No function of ours is visible, and none of the standard library's that knows our types.
shows_nothing() {
  nm -DC --defined-only "$1" >symbols.log && grep -q images_start symbols.log && ! grep nmr:: symbols.log
}

# Another version of the headers: another number, and another layout behind what never changes.
rm -rf newer
cp -R "$top/include" newer
sed -i 's/#define NMR_LAYOUT_VERSION [0-9]*/#define NMR_LAYOUT_VERSION 99/' newer/nmr/platform/config.hpp
sed -i 's/kCallSlots = 6/kCallSlots = 4/' newer/nmr/platform/std_atomics.hpp
changed() { ! diff -r "$top/include" newer | grep -c '^>' | grep -v '^2$'; }
check "another version of the headers" changed

check "host" compile g++ "-O2" host.cpp host
check "host that lends its symbols" compile g++ "-O0 -rdynamic" host.cpp host_rdynamic
check "newer host that lends its symbols" compile g++ "-Inewer -O0 -rdynamic" host.cpp host_newer
check "host by clang++-19" compile clang++-19 "-O0 -rdynamic" host.cpp host_clang

for compiler in g++ clang++ clang++-19; do
  for level in -O0 -O2; do
    plugin=./plugin_$compiler$level.so
    check "$plugin" compile $compiler "$level -fPIC -shared" plugin.cpp "$plugin"
    check "symbols: $plugin" shows_nothing "$plugin"
    check "everything: $compiler $level" compile $compiler "$level -fPIC -shared" everything.cpp everything.so
    check "symbols: everything, $compiler $level" shows_nothing everything.so
    second=./second_$compiler$level.so
    cp "$plugin" "$second"
    for way in local global deepbind namespace; do
      check "works, $way: $plugin" ./host works $way "$plugin"
    done
    check "works, global: $plugin in host_rdynamic" ./host_rdynamic works global "$plugin"
    check "works, local: $plugin in host_clang" ./host_clang works local "$plugin"
    for way in local global; do
      check "unloads, $way: $plugin" ./host unloads $way "$plugin" "$second"
    done
    for way in local global deepbind namespace; do
      check "refused, $way: $plugin in host_newer" ./host_newer refuses $way "$plugin"
    done
  done
done
check "plugin_newer.so" compile g++ "-Inewer -O0 -fPIC -shared" plugin.cpp ./plugin_newer.so
for host in host host_rdynamic host_clang; do
  for way in local global deepbind namespace; do
    check "refused, $way: plugin_newer.so in $host" ./$host refuses $way ./plugin_newer.so
  done
done
check "works, global: plugin_newer.so in host_newer" ./host_newer works global ./plugin_newer.so

# Settings that no layout may depend on.
number=0
for setting in -DNMR_CACHE_LINE=32 -DNMR_CACHE_LINE=128 -DNMR_CACHE_LINE=256 -DNDEBUG -fno-exceptions -fno-rtti \
  -D_GLIBCXX_ASSERTIONS -D_GLIBCXX_DEBUG -std=c++2b -fshort-enums; do
  number=$((number + 1))
  check "plugin$setting" compile g++ "-O1 -fPIC -shared $setting" plugin.cpp ./setting$number.so
  check "works, local: plugin$setting" ./host works local ./setting$number.so
done

# pair NAME FLAGS_OF_ONE FLAGS_OF_TWO FLAGS_OF_THE_LINK: linked both ways round.
pair() {
  check "$1: one" compile g++ "-c $2" pair_one.cpp one.o
  check "$1: two" compile g++ "-c $3" pair_two.cpp two.o
  # shellcheck disable=SC2086 # lists of words
  {
    check "$1: one, two" g++ one.o two.o $4 -pthread -o pair12
    check "$1: two, one" g++ two.o one.o $4 -pthread -o pair21
  }
  check "$1: one, two: runs" ./pair12
  check "$1: two, one: runs" ./pair21
}
for setting in -fno-exceptions -fno-rtti -DNDEBUG -O0 -O3 -fno-inline -D_GLIBCXX_ASSERTIONS -std=c++2b \
  -DNMR_CACHE_LINE=128; do
  pair "pair$setting" -O1 "-O1 $setting" ""
  pair "pair$setting, the other way" "-O1 $setting" -O1 ""
done
pair "pair -fsanitize=address" -O1 "-O1 -fsanitize=address" -fsanitize=address
pair "pair -fsanitize=undefined" "-O1 -fsanitize=undefined" -O1 -fsanitize=undefined
one="-DHANDLER_ONE=told_one -DNMR_MISUSE_HANDLER=told_one"
two="-DHANDLER_TWO=told_two -DNMR_MISUSE_HANDLER=told_two"
for level in -O0 -O2; do
  pair "two handlers $level" "$level -DAPART -DHANDLER_TWO=told_two $one" "$level $two" ""
  pair "one handler and the default $level" "$level -DAPART $one" "$level" ""
done

# Where they hand each other what they have different types for, the linker says so.
refused() {
  compile g++ "-c $1" pair_one.cpp one.o && compile g++ "-c $2" pair_two.cpp two.o &&
    ! g++ one.o two.o -pthread -o refused 2>link.log && grep -q call_in_two link.log
}
check "two handlers, and types handed over" refused "-O1 $one" "-O1 $two"
check "other containers, and types handed over" refused "-O1" "-O1 -D_GLIBCXX_DEBUG"

counted images
