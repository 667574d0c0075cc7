#!/bin/sh
# All C++ of the tree is as .clang-format has it.
set -eu
cd "$(dirname "$0")/../.."
count=0
bad=0
for file in $(find include tests examples bench -name '*.?pp' -o -name '*.h' 2>/dev/null); do
  count=$((count + 1))
  clang-format-19 "$file" | cmp -s - "$file" || { echo "not formatted: clang-format-19 -i $file" && bad=1; }
done
[ $bad -eq 0 ] && echo "$count files"
