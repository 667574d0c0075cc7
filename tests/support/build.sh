# What the commands of this tree have in common when they build. Sourced, from the top of the tree.

# tree_can_be_written: makes build/. Ends the command with a sentence where nothing can be written there.
tree_can_be_written() {
  if ! why=$({ mkdir -p build && head -c 65536 /dev/zero >build/written && rm build/written; } 2>&1); then
    rm -f build/written 2>/dev/null || true
    echo "$0: what is built goes into $(pwd)/build, where nothing can be written: $why" >&2
    exit 1
  fi
}

# build DIRECTORY TARGETS [MESON OPTION ...]: says so, and builds those (a list of words) there. Prints the log and ends
# the command if it fails.
build() {
  directory=$1
  targets=$2
  shift 2
  echo "building ${directory#build/}; the first time takes a while" >&2
  if ! log=$({ [ -f "$directory/build.ninja" ] || meson setup "$directory" "$@"; } 2>&1 &&
    # shellcheck disable=SC2086 # a list of words
    ninja -C "$directory" -j2 $targets 2>&1); then
    printf '%s\n' "$log"
    case $log in *"No space left on device"*) echo "$0: no space is left on the disk" >&2 ;; esac
    echo "$0: $directory could not be built; what went wrong stands above" >&2
    exit 1
  fi
}
