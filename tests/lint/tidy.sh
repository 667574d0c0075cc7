#!/bin/sh
# The checks of .clang-tidy, over all headers in one unit, but for those of another system, and what a driver and a
# consumer instantiate. The Windows names in a second one: as they are spelt there, so without the checks of spelling.
set -eu
cd "$(dirname "$0")/../.."
mkdir -p build/tidy
find include/nmr -path include/nmr/wdk -prune -o -path include/nmr/km -prune -o \
  -name '*.hpp' ! -name system_windows.hpp -print -o -name '*.h' -print | sort |
  sed 's:^include/\(.*\):#include <\1>:' >build/tidy/all.cpp
clang-tidy-19 --quiet build/tidy/all.cpp tests/headers/driver.cpp tests/consumer/main.cpp -- \
  -std=c++20 -Iinclude -Iexamples/freestanding
{
  echo '#define NMR_WDK_IMPLEMENTATION'
  find include/nmr/wdk include/nmr/km -name '*.h' | sort | sed 's:^include/\(.*\):#include <\1>:'
} >build/tidy/names.cpp
spelling=-readability-identifier-naming,-bugprone-reserved-identifier,-bugprone-macro-parentheses
spelling=$spelling,-bugprone-casting-through-void
clang-tidy-19 --quiet --checks="$spelling" build/tidy/names.cpp -- -std=c++20 -Iinclude
echo "$(cat build/tidy/*.cpp | grep -c include) headers"
