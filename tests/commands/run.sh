#!/bin/sh
# The commands of this tree as somebody meets them who gives them the wrong arguments, a signal, a full disk or a tree that
# cannot be written.
#
#   sh tests/commands/run.sh BUILD
#
# BUILD is where examples/hot_swap has been built. The last line is "commands: N passed, N failed".
set -u
cd "$(dirname "$0")/../.."
tree=$(pwd)
hot_swap=$tree/$1/examples/hot_swap/hot_swap
. tests/support/check.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir "$work/tmp"
export TMPDIR="$work/tmp"

# expect STATUS SENTENCE COMMAND ...: the command ends with that status, says that (an extended regular expression), and
# leaves nothing in the temporary folder.
expect() {
  status=0
  what="$1 $3 ${4-} ${5-}: $2"
  should=$1
  sentence=$2
  shift 2
  timeout 60 "$@" >"$work/log" 2>&1 || status=$?
  left=$(ls -A "$TMPDIR")
  if [ $status -eq "$should" ] && grep -qE "$sentence" "$work/log" && [ -z "$left" ]; then
    passed=$((passed + 1))
    return
  fi
  failed=$((failed + 1))
  echo "FAILED $what: status $status${left:+, left behind: $left}"
  cat "$work/log"
}

# ---- arguments ----
for command in examples/run.sh tests/run.sh bench/run.sh; do
  expect 0 "sh $command" sh "$tree/$command" --help
done
expect 0 '^usage' "$hot_swap" --help
for seconds in 0 -1 inf nan 1e300 5x 0x10 '' . 1000001; do
  expect 2 'seconds are a number' "$hot_swap" "$seconds"
done
for threads in 0 4294967297 18446744073709551617 -1 1.5 1001 many ''; do
  expect 2 'a whole number from 1 to 1000' "$hot_swap" --threads "$threads"
done
expect 2 'needs a number' "$hot_swap" 1 --threads
expect 2 'one number of seconds is enough' "$hot_swap" 5 6
expect 2 'no option --bogus' "$hot_swap" --bogus
expect 2 'none of the ways' sh tests/run.sh --bogus
expect 2 'whole number above 0' sh tests/run.sh --soak 0
expect 2 'not: --bogus' sh bench/run.sh --bogus
expect 2 'not: --quick 2' sh bench/run.sh --quick 2

# ---- its time, or a signal, ends it: with figures, and nothing is left ----
expect 0 'proved unmapped +[1-9]' "$hot_swap" 0.3
expect 0 'proved unmapped +[1-9]' "$hot_swap" 0.3 --threads 300
expect 0 'proved unmapped +[1-9]' "$hot_swap" 0.001 --with-gap
for signal in INT TERM HUP; do
  # Long before its time, as soon as it has made its folder.
  # shellcheck disable=SC2016 # of the inner shell
  expect 0 'proved unmapped +[1-9]' sh -c '
    "$1" 1000 & program=$!
    until [ -n "$(ls "$TMPDIR")" ]; do kill -0 $program || exit 3; done
    kill -'$signal' $program
    wait $program' sh "$hot_swap"
done
# shellcheck disable=SC2016 # of the inner shell
expect 0 'swaps' sh -c '"$1" 2.2 2>&1 | head -n 1' sh "$hot_swap"  # who no longer reads ends nothing half way

# ---- disks ----
expect 1 'could not be written' sh -c "$hot_swap 0.1 >/dev/full"
# A file may not grow far: what a full disk is to a program, without one. What it prints goes to a file too.
expect 1 'FAILED: the plug-in could not be copied' sh -c "trap '' XFSZ; ulimit -f 16; $hot_swap 1"
expect 1 'FAILED: no folder can be made' env TMPDIR="$work/absent" "$hot_swap" 1

# A tree that may be read only, for somebody who is not root.
mkdir "$work/tree"
tar -c --exclude=./build --exclude=./.git . | tar -x -C "$work/tree"
chmod -R a-w "$work/tree"
somebody=
[ "$(id -u)" != 0 ] || somebody="setpriv --reuid=65534 --regid=65534 --clear-groups"
for command in examples/run.sh tests/run.sh bench/run.sh; do
  # shellcheck disable=SC2086 # a list of words
  expect 1 'nothing can be written' $somebody sh "$work/tree/$command"
done
chmod -R u+w "$work/tree"
# A build that goes wrong says where to look, and is no success.
echo '#error as it should' >>"$work/tree/examples/hot_swap/host.cpp"
expect 1 'examples could not be built' sh "$work/tree/examples/run.sh" 1
expect 1 '^building' sh "$work/tree/examples/run.sh" 1

counted commands
