#!/bin/sh
# Uses the library as somebody else's project would, from the top level:
#   sh tests/consumer/check.sh include|single|pkg-config|cmake|checkout|fetch|subproject|wrap
set -eu
way=$1
here=tests/consumer
work=$PWD/build/consumer/$way
prefix=$work/prefix
rm -rf "$work"
mkdir -p "$work"

install_library() {
  meson setup "$work/nmr" --prefix "$prefix"
  meson install -C "$work/nmr" --no-rebuild  # as the README says: the tests are not for those who install
  diff -r include/nmr "$prefix/include/nmr"
  [ "$(ls "$prefix/include")" = nmr ]
}

compile() {
  # shellcheck disable=SC2086,SC2068 # flags are lists of words
  ${CXX:-g++} -std=c++20 -Wall -Wextra -Wpedantic -Werror $here/main.cpp -o "$work/consumer" $@
}

words() {
  compiler=$1
  shift
  "$compiler" -std=c++20 -E -x c++ "$@" 2>/dev/null | sed '/^# [0-9]/d; s/^ *//; /^$/d'
}

case $way in
  include)
    compile -Iinclude -pthread
    ;;
  single)
    # Each page as one file is what the compiler reads otherwise, word for word.
    for page in include/nmr/*.hpp; do
      page=${page#include/}
      python3 .packages/single_header.py "$page" >"$work/one.hpp"
      for compiler in ${CXX:-g++} "${OTHER_CXX:-clang++-19}"; do
        echo "#include <$page>" | words "$compiler" -Iinclude - >"$work/many.i"
        words "$compiler" "$work/one.hpp" >"$work/one.i"
        [ -s "$work/one.i" ]
        cmp "$work/many.i" "$work/one.i"
      done
    done
    mkdir -p "$work/nmr"
    python3 .packages/single_header.py nmr/rundown.hpp >"$work/nmr/rundown.hpp"
    if python3 .packages/single_header.py nmr/none.hpp; then exit 1; fi
    compile "-I$work" -pthread
    ;;
  pkg-config)
    install_library
    export PKG_CONFIG_PATH="$prefix/share/pkgconfig"
    version=$(meson introspect --projectinfo "$work/nmr" | sed 's/.*"version": "\([^"]*\)".*/\1/')
    pkg-config --exact-version="$version" nmr
    compile "$(pkg-config --cflags --libs nmr)"
    ;;
  cmake)
    install_library
    # The prefix may have been moved since: nothing in the package names it.
    mv "$prefix" "$work/moved"
    cmake -G Ninja -S $here -B "$work" -DCMAKE_PREFIX_PATH="$work/moved"
    cmake --build "$work"
    if cmake -G Ninja -S $here -B "$work/later" -DCMAKE_PREFIX_PATH="$work/moved" -DWANTED=9.9; then
      echo "a version that is not there was found" && exit 1
    fi
    ;;
  checkout)
    cmake -G Ninja -S $here -B "$work" -DCHECKOUT="$PWD"
    cmake --build "$work"
    ;;
  fetch)
    mkdir "$work/nmr-0"
    cp -R include .cmake "$work/nmr-0"
    tar -C "$work" -czf "$work/nmr.tar.gz" nmr-0
    cmake -G Ninja -S $here -B "$work" -DARCHIVE="$work/nmr.tar.gz"
    cmake --build "$work"
    ;;
  subproject)
    mkdir -p "$work/source/subprojects/nmr"
    cp $here/main.cpp $here/meson.build "$work/source"
    for part in meson.build .cmake include tests examples bench; do
      [ ! -e $part ] || cp -R $part "$work/source/subprojects/nmr"
    done
    meson setup "$work/build" "$work/source" --wrap-mode=forcefallback
    meson compile -C "$work/build"
    meson install -C "$work/build" --destdir "$prefix"
    [ "$(find "$prefix" -type f | sed 's:.*/::')" = consumer ]
    [ "$(meson introspect --targets "$work/build" | grep -o '"filename"' | wc -l)" = 1 ]
    cp "$work/build/consumer" "$work"
    ;;
  wrap)
    mkdir -p "$work/source/subprojects/packagefiles" "$work/nmr-0.1.0"
    cp $here/main.cpp $here/meson.build "$work/source"
    cp -R meson.build .cmake include "$work/nmr-0.1.0"
    tar -C "$work" -czf "$work/nmr-0.1.0.tar.gz" nmr-0.1.0
    hash=$(sha256sum "$work/nmr-0.1.0.tar.gz" | cut -d ' ' -f 1)
    sed "s:https.*/:file\://$work/:; s:^source_hash = .*:source_hash = $hash:" .packages/nmr.wrap \
      >"$work/source/subprojects/nmr.wrap"
    meson setup "$work/build" "$work/source" --wrap-mode=forcefallback
    meson compile -C "$work/build"
    cp "$work/build/consumer" "$work"
    ;;
  *)
    exit 2
    ;;
esac
"$work/consumer"
echo "found by $way"
