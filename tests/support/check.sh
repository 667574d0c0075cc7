# What scripts have in common that count their own tests. Sourced.

passed=0
failed=0

# check NAME COMMAND ...: one test that is a command. What it printed is shown where it failed.
check() {
  name=$1
  shift
  if "$@" >check.log 2>&1; then
    echo "ok $name"
    passed=$((passed + 1))
  else
    echo "FAILED $name: $(head -n 40 check.log)"
    failed=$((failed + 1))
  fi
}

# fail NAME LOG: one that has failed, and the end of what it printed.
fail() {
  echo "FAILED $1"
  tail -n 40 "$2"
  failed=$((failed + 1))
}

# counted NAME: the last line, by which tests/run.sh counts. Succeeds if something passed and nothing failed.
counted() {
  echo "$1: $passed passed, $failed failed"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

# compile COMPILER FLAGS SOURCE OUTPUT: a source of $here, the script's folder; visibility and the like as the compiler has
# them by default. Headers that the flags name come before those of $top, the tree.
compile() {
  # shellcheck disable=SC2086 # a list of words
  $1 -std=c++20 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -pthread $2 -I"$top/include" "$here/$3" -o "$4"
}
