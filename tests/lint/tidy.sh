#!/bin/sh
# The checks of .clang-tidy, over all headers in one unit, but for those of another system, and what a driver and a
# consumer instantiate.
set -eu
cd "$(dirname "$0")/../.."
mkdir -p build/tidy
find include/nmr -name '*.hpp' ! -name system_windows.hpp -o -name '*.h' | sort |
  sed 's:^include/\(.*\):#include <\1>:' >build/tidy/all.cpp
clang-tidy-19 --quiet build/tidy/all.cpp tests/headers/driver.cpp tests/consumer/main.cpp -- \
  -std=c++20 -Iinclude
echo "$(wc -l <build/tidy/all.cpp) headers"
