#!/bin/sh
# The tests of all floors built for other processors and run in an emulator: 64-bit Arm, 32-bit x86 with its smaller
# counts, and big-endian s390x; and what a guarded call executes on 64-bit Arm. Emulation on x86 shows portability, not
# weak ordering: that is what tests/model/ is for. And built for Windows and run under wine, all but the files in
# tests/foreign/not_on_windows.txt; and built for this processor with another C++ library, LLVM's, and on another C
# library, musl. The last line says how many cases passed and failed.
#
#   sh tests/foreign/run.sh [place[:program,...] ...]   all programs of all six by default
set -eu
cd "$(dirname "$0")/../.."
. tests/support/packages.sh
. tests/support/check.sh
[ $# -gt 0 ] || set -- aarch64 i686 s390x windows-x86_64 libcxx musl
need meson:meson ninja:ninja-build python3:python3 /usr/include/doctest/doctest.h:doctest-dev
windows=
for what; do
  processor=${what%%:*}
  case $processor in
    windows-x86_64)
      need x86_64-w64-mingw32-g++-posix:g++-mingw-w64-x86-64-posix /usr/lib/wine/wine64:wine64
      windows=$processor
      ;;
    libcxx | musl)
      need clang++-19:clang-19 /usr/lib/llvm-19/lib/libc++.a:libc++-19-dev \
        /usr/lib/llvm-19/lib/libc++abi.a:libc++abi-19-dev
      [ "$processor" != musl ] || need musl-gcc:musl-tools
      ;;
    *) need "$processor-linux-gnu-g++:g++-$processor-linux-gnu" qemu-aarch64:qemu-user ;;
  esac
done

# wine lives in build/, shows nothing, and ends with this.
if [ -n "$windows" ]; then
  unset DISPLAY
  export WINEPREFIX="$PWD/build/wine" WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml,winemenubuilder.exe='
  mkdir -p "$WINEPREFIX" build/windows
  trap 'exit 2' INT TERM
  trap '/usr/lib/wine/wineserver -k || true' EXIT
  /usr/lib/wine/wineserver -p
  /usr/lib/wine/wine64 wineboot --init >build/wine.log 2>&1 || cat build/wine.log
  ln -sfn /usr/include/doctest build/windows/doctest
  x86_64-w64-mingw32-g++-posix -std=c++20 -O2 -c tests/foreign/wine_barrier.cpp -o build/windows/wine_barrier.o
fi

# On musl there are neither the kernel's headers, which the library does without and some tests do not, nor all that
# LLVM's library asks for.
for_musl() {
  musl=/usr/lib/x86_64-linux-musl
  mkdir -p build/musl/headers
  musl-gcc -O1 -Wall -Wextra -c tests/foreign/musl.c -o build/musl/missing.o
  ln -sfn /usr/include/doctest build/musl/headers/doctest
  ln -sfn /usr/include/linux build/musl/headers/linux
  ln -sfn /usr/include/asm-generic build/musl/headers/asm-generic
  ln -sfn /usr/include/x86_64-linux-gnu/asm build/musl/headers/asm
  # without_kernel is all that a compiler is to look at; the tests get the rest in a folder of its own.
  without_kernel="'-nostdinc++','-nostdlibinc','-isystem','/usr/lib/llvm-19/include/c++/v1'"
  without_kernel="$without_kernel,'-isystem','/usr/include/x86_64-linux-musl','-D_LIBCPP_HAS_MUSL_LIBC=1'"
  libraries=
  for library in "$PWD/build/musl/missing.o" $musl/crt1.o $musl/crti.o /usr/lib/llvm-19/lib/libc++.a \
    /usr/lib/llvm-19/lib/libc++abi.a /usr/lib/llvm-19/lib/libunwind.a $musl/libc.a \
    "$(gcc -print-libgcc-file-name)" $musl/crtn.o; do
    libraries="$libraries,'$library'"
  done
}

# Not in an emulator: what replaces the kernel's answers, interrupts or forks; an emulator has its own idea of those.
elsewhere='*signal*,*fork*,*denied*,*sandbox*,*storm*'
# Nor races that are met by making hundreds of threads, which takes an emulator most of a minute.
elsewhere="$elsewhere,*64 refused callers*,*users and refused users race*,*never comes back to an object*"
elsewhere="$elsewhere,*take themselves back while others complete*,*R101: what was done under a reference*"
elsewhere="$elsewhere,*R100: the object may be*,*R100: whoever is told last*,*R100: a completion may delete*"

# Nor where threads that are cancelled or ended are not unwound as g++'s are: LLVM's unwinder takes no part in what glibc
# does there, and musl unwinds nothing. Thread-local objects are not destroyed on musl: tests/foreign/musl.c.
not_unwound='*cancelled*,*thread that is ended*'
not_destroyed='*destructor of a thread*'

jobs=
built=
for what; do
  processor=${what%%:*}
  programs='platform rundown calls binding registry modules'
  set -- -Dcpp_link_args=-static
  suffix=
  if [ "$processor" = "$windows" ]; then
    programs="$programs rundown_alloc calls_alloc calls_steps binding_alloc registry_alloc"
    set -- -Dcpp_link_args="['-static', '$PWD/build/windows/wine_barrier.o']" -Dcpp_args="['-I$PWD/build/windows']"
    suffix=.exe
  elif [ "$processor" = libcxx ]; then
    set --
  elif [ "$processor" = musl ]; then
    for_musl
    set -- -Dcpp_args="[$without_kernel,'-I$PWD/build/musl/headers']" \
      -Dcpp_link_args="['-static','-nostdlib'$libraries]"
  else
    programs="$programs wdk"  # not for Windows, which has them itself
  fi
  [ "$what" = "$processor" ] || programs=$(echo "${what#*:}" | tr , ' ')
  build=build/foreign-$processor
  if [ ! -f "$build/build.ninja" ]; then
    mkdir -p build
    meson setup "$build" --cross-file "tests/foreign/$processor.ini" "$@" -Doptimization=0 \
      -Ddebug=false >"$build.log" 2>&1 || cat "$build.log"
  fi
  targets=
  for program in $programs; do targets="$targets tests/${program%%_*}/$program$suffix"; done
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
    binary=build/foreign-$processor/tests/${program%%_*}/$program
    set -- "$binary" --test-case-exclude="$elsewhere"
    [ "$processor" != "$windows" ] || set -- "$binary.exe"
    case $processor in
      libcxx) set -- "$binary" --test-case-exclude="$not_unwound" ;;
      musl) set -- "$binary" --test-case-exclude="$not_unwound,$not_destroyed" ;;
    esac
    # shellcheck disable=SC2086 # one word or none
    if timeout 600 $emulator "$@" >"$work/$job/log" 2>&1; then
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

if [ -n "$windows" ]; then
  files=$(sed 's:\([^ ]*\).*:tests/\1:' tests/foreign/not_on_windows.txt)
  # shellcheck disable=SC2086 # a list of words
  echo "$windows: $(cat $files | grep -c '^TEST_CASE') cases in $(echo "$files" | wc -l) files not here"
fi

case " $built " in *' musl '*)
  # That the library does without the kernel's headers.
  for_musl
  words=$(echo "$without_kernel" | tr -d "'" | tr , ' ')
  log=$work/musl_headers
  # shellcheck disable=SC2086 # a list of words
  if echo '#include <nmr/nmr.hpp>' | clang++-19 --target=x86_64-linux-musl -std=c++20 -Wall -Wextra -Werror \
    $words -Iinclude -fsyntax-only -x c++ - >"$log" 2>&1; then
    echo "ok musl headers"
    passed=$((passed + 1))
  else
    fail 'musl headers' "$log"
  fi
  ;;
esac
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
