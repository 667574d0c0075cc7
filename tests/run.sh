#!/bin/sh
# Builds and runs all tests. The last line says how many passed and failed; the status is 0 if none failed.
#
#   sh tests/run.sh           everything
#   sh tests/run.sh --quick   one compiler and the lints, without the long tests
#   sh tests/run.sh --model   only the explorer of tests/model/, its programs and its mutants
#   sh tests/run.sh --deep    the same with larger bounds, for hours
#   sh tests/run.sh --soak MINUTES
#                             only the storms of tests/stress/, for that long; the last line but one says what they did
set -eu
cd "$(dirname "$0")/.."
usage() {
  sed -n '2,9{ s/^#$//; s/^# //; p; }' tests/run.sh
}
wrong() {
  echo "$0: $1" >&2
  usage >&2
  exit 2
}
quick=
minutes=
model=
deep=
case $#:${1-} in
  0:) ;;
  1:--quick) quick=--quick ;;
  1:--model) model=1 ;;
  1:--deep) model=1 deep=--deep ;;
  2:--soak)
    minutes=$2
    case $minutes in *[!0-9]* | ??????* | '' | 0*) wrong "minutes are a whole number above 0, not $minutes" ;; esac
    ;;
  1:--help | 1:-h) usage && exit ;;
  *) wrong "this is none of the ways to run it: $*" ;;
esac

. tests/support/packages.sh
. tests/support/build.sh
tree_can_be_written
need g++:g++ meson:meson ninja:ninja-build python3:python3 clang-format-19:clang-format-19 \
  clang-tidy-19:clang-tidy-19 /usr/include/doctest/doctest.h:doctest-dev
[ -n "$quick" ] || need clang++:clang clang++-19:clang-19 cmake:cmake pkg-config:pkg-config readelf:binutils \
  doxygen:doxygen x86_64-w64-mingw32-g++-posix:g++-mingw-w64-x86-64-posix \
  i686-w64-mingw32-g++-posix:g++-mingw-w64-i686-posix \
  valgrind:valgrind /usr/include/benchmark/benchmark.h:libbenchmark-dev
[ -n "$quick" ] ||
  need "$(clang++-19 -print-resource-dir)/lib/linux/libclang_rt.asan-$(uname -m).a:libclang-rt-19-dev"

passed=0
failed=0

# check NAME COMMAND ...: one test that is a command.
check() {
  name=$1
  shift
  if "$@" >build/check.log 2>&1; then
    echo "ok $name: $(tail -n 1 build/check.log)"
    passed=$((passed + 1))
  else
    echo "FAILED $name"
    cat build/check.log
    failed=$((failed + 1))
  fi
}

# script NAME COMMAND ...: a script that counts its own tests, in a last line "NAME: N passed, N failed".
script() {
  name=$1
  shift
  "$@" >"build/$name.log" 2>&1 || true
  counts=$(sed -n "\$s/^$name: \([0-9]*\) passed, \([0-9]*\) failed\$/\1 \2/p" "build/$name.log")
  [ -n "$counts" ] || counts="0 1"
  if [ "${counts#* }" -eq 0 ]; then tail -n 1 "build/$name.log"; else cat "build/$name.log"; fi
  passed=$((passed + ${counts% *}))
  failed=$((failed + ${counts#* }))
}

# programs NAME COMPILER [MESON OPTION ...] [-- RUNNER OPTION ...]: the test programs in one configuration.
programs() {
  name=$1
  export CXX="$2"
  shift 2
  options=
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    options="$options $1"
    shift
  done
  [ $# -eq 0 ] || shift
  echo "building and running $name${*:+: $*}"
  # shellcheck disable=SC2086 # a list of words
  [ -f "build/$name/build.ninja" ] || meson setup "build/$name" $options >"build/$name.log" 2>&1 ||
    cat "build/$name.log"
  $steady python3 tests/support/run_programs.py "build/$name" $quick "$@" >build/programs.log ||
    echo 0 1 >>build/programs.log
  sed '$d' build/programs.log
  counts=$(tail -n 1 build/programs.log)
  passed=$((passed + ${counts% *}))
  failed=$((failed + ${counts#* }))
  unset CXX
}

# Where the kernel spreads addresses widely, the shadow memory of older sanitizers does not always fit.
steady=
setarch "$(uname -m)" -R true 2>/dev/null && steady="setarch $(uname -m) -R"

# The storms alone, for as long as is asked for. A run is repeated by the NMR_STRESS_SEED in its log.
if [ -n "$minutes" ]; then
  export CXX=g++
  build build/gcc tests/stress/stress -Ddebug=false
  stress=build/gcc/tests/stress/stress
  cases=$($stress --count | sed -n 's/.*current filters: *//p')
  NMR_STRESS_SECONDS=$(awk "BEGIN { print $minutes * 60 / $cases }")
  export NMR_STRESS_SECONDS
  # A drain that does not end is a failure as well.
  timeout $((minutes * 120 + 120)) $stress >build/soak.log 2>&1 || failed=1
  if [ $failed -eq 0 ]; then grep '^stress: ' build/soak.log; else cat build/soak.log; fi
  [ $failed -ne 0 ] || passed=$cases
  echo "$passed passed, $failed failed"
  exit $failed
fi

# The exhaustive tests, with each program's bound and price and each planted fault: less than seven minutes on two
# processors, with their compilation; but with --deep.
programs gcc g++ -Ddebug=false -- --only model $deep
for log in model_programs model_call_programs model_backends model_mutants; do
  grep -E ' states |^(sequential consistency|total store order|mutants): ' build/gcc/$log.log || true
done
if [ -n "$model" ]; then
  echo "$passed passed, $failed failed"
  exit $((failed != 0))
fi

programs gcc g++ -Ddebug=false -- --skip model
if [ -z "$quick" ]; then
  # The exhaustive tests of tests/model/ replace the atomics: another compiler adds only time to them. Where nothing is
  # optimised, that is for the time: to compile takes most of it, and the tests hardly take longer.
  programs bare clang++ -Dcpp_eh=none -Dcpp_rtti=false -Doptimization=0 -Ddebug=false -- --skip model
  programs clang19 clang++-19 -Ddebug=false -- --skip model
  lines='-Ddebug=false -Dcpp_args=-g1'  # what reports name; all that a debugger wants takes a quarter of the time
  # Under a sanitizer tests/model/ is the explorer's own test alone, with threads in place of fibers.
  programs asan g++ -Db_sanitize=address,undefined -Doptimization=0 $lines
  # Not clang: its thread sanitizer lets no program replace operator new, as tests/support/alloc.cpp does.
  programs tsan g++ -Db_sanitize=thread -Doptimization=1 $lines
fi

check examples meson test -C build/gcc --suite examples --print-errorlogs
script commands sh tests/commands/run.sh build/gcc
if [ -z "$quick" ]; then
  for sanitizer in asan tsan; do
    # shellcheck disable=SC2086 # a list of words
    check "examples:$sanitizer" $steady meson test -C build/$sanitizer --suite examples --print-errorlogs
  done
fi

for lint in floors order_labels doc_clauses visibility planting readme tree keys self_test; do
  check "lint:$lint" python3 tests/lint/$lint.py
done
check lint:format sh tests/lint/format.sh
check lint:tidy sh tests/lint/tidy.sh
check headers:alone:g++ python3 tests/headers/check.py alone g++ build/headers
check headers:linked python3 tests/headers/check.py linked g++ build/headers
check headers:units:g++ python3 tests/headers/check.py units g++ build/headers
check headers:mistakes:g++ python3 tests/headers/check.py mistakes g++ build/headers
check headers:driver:g++ python3 tests/headers/check.py driver g++ build/headers
check headers:names:g++ python3 tests/wdk_support/names.py g++
if [ -z "$quick" ]; then
  check headers:alone:clang++-19 python3 tests/headers/check.py alone clang++-19 build/headers
  check headers:mistakes:clang++-19 python3 tests/headers/check.py mistakes clang++-19 build/headers
  check headers:driver:clang++-19 python3 tests/headers/check.py driver clang++-19 build/headers
  check headers:fussy:clang++-19 python3 tests/headers/check.py fussy clang++-19 build/headers
  check headers:names:clang++-19 python3 tests/wdk_support/names.py clang++-19
  check headers:units:clang++-19 python3 tests/headers/check.py units clang++-19 build/headers
  # For Windows by a compiler for it and by another, which knows Arm too; what is run there is in tests/foreign.
  for compiler in i686-w64-mingw32-g++-posix clang++-19; do
    check "headers:windows:$compiler" python3 tests/headers/check.py windows $compiler build/headers
  done
  check headers:bare:g++ python3 tests/headers/check.py bare g++ build/headers
  check headers:bare:clang++-19 python3 tests/headers/check.py bare clang++-19 build/headers
  for way in include single pkg-config cmake checkout fetch subproject wrap; do
    check "consumer:$way" sh tests/consumer/check.sh $way
  done
  check reference doxygen .packages/Doxyfile  # a reference that cannot be followed is an error
  check consumer:module python3 tests/consumer/module.py clang++-19 build/consumer/module
  # The rest of the tree, benchmarks and examples: bench/run.sh builds its own with g++, meson's test above the examples.
  for name in bare clang19; do
    check "build:$name" ninja -C build/$name -j2
  done
  # The bars that are the same on each run; the other machines' are in tests/foreign.
  [ "$(uname -m)" != x86_64 ] || check bench sh bench/run.sh --smoke
  script plugin sh tests/plugin/run.sh build
  script images sh tests/images/run.sh build
  script fibers sh tests/fibers/run.sh build
  script fuzz sh tests/fuzz/run.sh 10000
  # In full with words of 64 and of 32 bits, for Windows, and with other libraries of the system's; where the order of
  # bytes is another, the floors that might depend on it.
  script foreign sh tests/foreign/run.sh aarch64 i686 s390x:rundown,calls windows-x86_64 libcxx musl
  check lint:requirements python3 tests/lint/requirements.py . build/*/records
  sed 's/^requirements: \([0-9]* of [0-9]* covered\).*/requirements: \1/' build/check.log
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
