#!/bin/sh
# The tests of all floors built for other processors and run in an emulator: 64-bit Arm, 32-bit x86 with its smaller
# counts, and big-endian s390x; and what a guarded call executes on 64-bit Arm. Emulation on x86 shows portability, not
# weak ordering: that is what tests/model/ is for. The last line says how many cases passed and failed.
#
#   sh tests/foreign/run.sh [processor[:program,...] ...]   all programs of all three by default
set -eu
cd "$(dirname "$0")/../.."
. tests/support/packages.sh
. tests/support/check.sh
[ $# -gt 0 ] || set -- aarch64 i686 s390x
need meson:meson ninja:ninja-build python3:python3 qemu-aarch64:qemu-user \
  /usr/include/doctest/doctest.h:doctest-dev
for what; do need "${what%%:*}-linux-gnu-g++:g++-${what%%:*}-linux-gnu"; done

# Not here: what replaces the kernel's answers, interrupts or forks; an emulator has its own idea of those.
elsewhere='*signal*,*fork*,*denied*,*sandbox*,*storm*'
# Nor races that are met by making hundreds of threads, which takes an emulator most of a minute.
elsewhere="$elsewhere,*64 refused callers*,*users and refused users race*,*never comes back to an object*"
elsewhere="$elsewhere,*take themselves back while others complete*,*R101: what was done under a reference*"
elsewhere="$elsewhere,*R100: the object may be*,*R100: whoever is told last*,*R100: a completion may delete*"

jobs=
built=
for what; do
  processor=${what%%:*}
  programs='platform rundown calls binding registry modules'
  [ "$what" = "$processor" ] || programs=$(echo "${what#*:}" | tr , ' ')
  build=build/foreign-$processor
  if [ ! -f "$build/build.ninja" ]; then
    mkdir -p build
    meson setup "$build" --cross-file "tests/foreign/$processor.ini" -Dcpp_link_args=-static -Doptimization=0 \
      -Ddebug=false >"$build.log" 2>&1 || cat "$build.log"
  fi
  targets=
  for program in $programs; do targets="$targets tests/$program/$program"; done
  # shellcheck disable=SC2086 # a list of words
  if ninja -C "$build" -j2 $targets >"$build.log" 2>&1; then
    built="$built $processor"
    for program in $programs; do jobs="$jobs $processor/$program"; done
  else
    fail "$processor: does not build" "$build.log"
  fi
done

# Runs what nobody has taken yet: to make the directory is to take it.
run_untaken() {
  for job in $jobs; do
    mkdir "$work/$job" 2>/dev/null || continue
    processor=${job%/*}
    program=${job#*/}
    emulator=$(sed -n "s/^exe_wrapper = '\(.*\)'/\1/p" "tests/foreign/$processor.ini")
    if timeout 600 "$emulator" "build/foreign-$processor/tests/$program/$program" \
      --test-case-exclude="$elsewhere" >"$work/$job/log" 2>&1; then
      : >"$work/$job/passed"
    fi
  done
}

work=build/foreign
rm -rf "$work"
for processor in $built; do mkdir -p "$work/$processor"; done
run_untaken &
trap 'kill $!; exit 2' INT TERM
run_untaken
wait

for job in $jobs; do
  name="${job%/*} ${job#*/}"
  log=$work/$job/log
  if [ -f "$work/$job/passed" ]; then
    counts=$(sed -n 's/.*test cases: *[0-9]* *| *\([0-9]*\) passed *|.*| *\([0-9]*\) skipped.*/\1 \2/p' "$log")
    echo "ok $name: ${counts% *} cases, ${counts#* } not here"
    passed=$((passed + ${counts% *}))
  else
    fail "$name" "$log"
  fi
done

case " $built " in *' aarch64 '*)
  log=$work/call_path
  if python3 tests/foreign/call_path.py build/foreign-aarch64 >"$log" 2>&1; then
    echo "ok aarch64 call path: $(cat "$log")"
    passed=$((passed + 1))
  else
    fail 'aarch64 call path' "$log"
  fi
  ;;
esac
counted foreign
