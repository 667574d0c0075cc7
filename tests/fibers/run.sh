#!/bin/sh
# Fibers and coroutines that move between threads, by each compiler at each level and with link-time optimisation; and,
# since a test that passes says little of what a compiler may do, the disassembly: after something that it does not know
# each call reads anew which thread it is on. Also what happens where no register says that.
#
#   sh tests/fibers/run.sh BUILD_DIRECTORY
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
here=$top/tests/fibers
. "$top/tests/support/check.sh"
. "$top/tests/support/packages.sh"
need python3:python3 objdump:binutils ld.lld-19:lld-19
for processor in aarch64 i686 s390x; do need "$processor-linux-gnu-g++:g++-$processor-linux-gnu"; done
mkdir -p "$1/fibers"
cd "$1/fibers"

runs() {
  compile "$1" "$2" "$3.cpp" "./$3" && timeout 60 "./$3"
}
loads() {
  compile "$1" "$2" thread_read.cpp thread_read && python3 "$here/loads.py" "$3" thread_read
}
# refuses WORDS COMMAND ...: it fails, and says that.
refuses() {
  words=$1
  shift
  ! "$@" 2>refused.log && grep -q "$words" refused.log
}

for compiler in g++ clang++ clang++-19; do
  lto=-flto
  # Where a linker reads the bitcode of either, and coroutines of a library that asks by a later name whether there are.
  case $compiler in clang*) lto='-flto -fuse-ld=lld-19' ;; esac
  coroutines=
  case $compiler in clang++) coroutines=-D__cpp_impl_coroutine=201902L ;; esac
  for level in -O1 -O2 -O3 "-O2 $lto"; do
    check "fibers: $compiler $level" runs $compiler "$level" fibers
    check "coroutines: $compiler $level" runs $compiler "$level $coroutines" coroutines
    check "disassembly: $compiler $level" loads $compiler "$level -fPIC -shared" objdump
  done
  check "no thread pointer: $compiler" runs $compiler "-O2 -DNMR_NO_THREAD_POINTER" no_pointer
  check "no thread pointer, counted per thread: $compiler" refuses 'count calls with OneWordCalls' \
    compile $compiler "-fsyntax-only -DNMR_NO_THREAD_POINTER -DPER_THREAD" no_pointer.cpp no_pointer
done
for processor in aarch64 i686 s390x; do
  for level in -O1 -O2 -O3; do
    check "disassembly: $processor $level" loads "$processor-linux-gnu-g++" "$level -fPIC -shared" \
      "$processor-linux-gnu-objdump"
  done
done
check "no register known" refuses 'Define NMR_NO_THREAD_POINTER' \
  compile g++ -fsyntax-only unknown_processor.cpp unknown

counted fibers
