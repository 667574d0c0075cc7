#!/bin/sh
# Builds the fuzz targets and runs a bounded number of inputs through each. The last line says how many passed and failed;
# the exit status is 0 if none failed. An input that fails is left in build/fuzz/ and belongs into the corpus once it does
# not any more.
#
#   sh tests/fuzz/run.sh [RUNS]   20000 by default
set -eu
cd "$(dirname "$0")/../.."
runs=${1-20000}
. tests/support/packages.sh
. tests/support/check.sh
need clang++-19:clang-19
need "$(clang++-19 -print-resource-dir)/lib/linux/libclang_rt.fuzzer-$(uname -m).a:libclang-rt-19-dev"

# Where the kernel spreads addresses widely, the shadow memory of a sanitizer does not always fit.
steady=
setarch "$(uname -m)" -R true 2>/dev/null && steady="setarch $(uname -m) -R"

# Nothing of earlier runs: these would be spent on what those have found.
rm -rf build/fuzz/registry build/fuzz/misuse build/fuzz/names build/fuzz/*.o
mkdir -p build/fuzz/registry build/fuzz/misuse build/fuzz/names
compile="clang++-19 -std=c++20 -O1 -g -pthread -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -I../../include -I../../include/nmr/wdk
  -I../../tests -DNMR_MISUSE_HANDLER=nmr_test_misuse"
# shellcheck disable=SC2086 # a list of words
(cd build/fuzz && $compile -c ../../tests/fuzz/*_scenario.cpp ../../tests/fuzz/model*.cpp \
  ../../tests/support/misuse.cpp ../../tests/wdk/implementation.cpp)
for scenario in registry misuse names; do
  made=build/fuzz/$scenario
  # shellcheck disable=SC2086
  if (cd build/fuzz && $compile -DNMR_FUZZ_SCENARIO=run_$scenario ../../tests/fuzz/target.cpp ./*.o \
    -o fuzz_$scenario) >"$made.log" 2>&1 &&
    $steady "build/fuzz/fuzz_$scenario" -runs="$runs" -max_len=400 -timeout=60 -artifact_prefix="$made-" \
      "$made" "tests/fuzz/corpus/$scenario" >"$made.log" 2>&1; then
    echo "ok fuzz $scenario: $(tail -n 1 "$made.log")"
    passed=$((passed + 1))
  else
    fail "fuzz $scenario" "$made.log"
  fi
done
counted fuzz
