#!/bin/sh
# The tests of floors 0 to 4 built for other processors and run in an emulator: 64-bit Arm, 32-bit x86 with its smaller
# counts, and big-endian s390x. Emulation on x86 shows portability, not weak ordering: that is what tests/model/ is for.
#
#   sh tests/foreign/run.sh [processor ...]
set -eu
cd "$(dirname "$0")/../.."
. tests/support/packages.sh
[ $# -gt 0 ] || set -- aarch64 i686 s390x
need meson:meson ninja:ninja-build qemu-aarch64:qemu-user /usr/include/doctest/doctest.h:doctest-dev
for processor; do need "$processor-linux-gnu-g++:g++-$processor-linux-gnu"; done

# Not here: what replaces the kernel's answers, interrupts or forks; an emulator has its own idea of those.
elsewhere='*signal*,*fork*,*denied*,*sandbox*,*storm*'
programs='platform rundown calls binding registry'
passed=0
failed=0
for processor; do
  build=build/foreign-$processor
  if [ ! -f "$build/build.ninja" ]; then
    meson setup "$build" --cross-file "tests/foreign/$processor.ini" -Dcpp_link_args=-static >"$build.log" 2>&1 ||
      cat "$build.log"
  fi
  emulator=$(sed -n "s/^exe_wrapper = '\(.*\)'/\1/p" "tests/foreign/$processor.ini")
  for program in $programs; do
    log=$build/$program.log
    if ninja -C "$build" -j2 "tests/$program/$program" >"$log" 2>&1 &&
      timeout 600 "$emulator" "$build/tests/$program/$program" --test-case-exclude="$elsewhere" >"$log" 2>&1; then
      count=$(sed -n 's/.*test cases: *[0-9]* *| *\([0-9]*\) passed.*/\1/p' "$log")
      echo "ok $processor $program: $count cases"
      passed=$((passed + count))
    else
      echo "FAILED $processor $program"
      tail -n 40 "$log"
      failed=$((failed + 1))
    fi
  done
done
echo "foreign: $passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
