"""Compiles every header alone, links two units that include them all or are built otherwise, looks into a driver's object
file, and at what compilers say of mistakes.

  python3 tests/headers/check.py WHAT COMPILER SCRATCH
"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
WARNINGS = "-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror".split()
BARE = "-fno-exceptions -fno-rtti".split()


def compile(compiler, source, *arguments):
    """Returns what the compiler complains about in a source text, or an empty string."""
    done = subprocess.run([compiler, "-std=c++20", *WARNINGS, f"-I{ROOT / 'include'}", *arguments, "-x", "c++", "-"],
                          input=source, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout if done.returncode else ""


def headers(of_another_system="system_windows.hpp"):
    """All but the Windows names, which are of C too, and not for Windows: tests/wdk_support/names.py compiles those."""
    return [str(path.relative_to(ROOT / "include")) for path in sorted((ROOT / "include/nmr").rglob("*"))
            if path.suffix in (".hpp", ".h") and path.name != of_another_system and path.parts[-2] != "km"
            and "wdk" not in path.parts]


def alone(compiler, *arguments):
    """Each header as a unit of its own."""
    def one(header):
        return compile(compiler, f"#include <{header}>\n", "-fsyntax-only", *arguments)
    with concurrent.futures.ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        return "\n".join(filter(None, pool.map(one, headers())))


# Of mingw-w64; its standard library for one processor has all that is read here for another.
LIBRARY = next(pathlib.Path("/usr/lib/gcc/x86_64-w64-mingw32").glob("*-posix/include/c++"), None)
WINDOWS = [f"-isystem{path}" for path in (LIBRARY, f"{LIBRARY}/x86_64-w64-mingw32", "/usr/share/mingw-w64/include")]
# How the assembly of a processor says where Windows keeps a thread's block.
BLOCK = {"x86_64": r"%gs:(48|0x30)", "i686": r"%fs:(24|0x18)", "aarch64": r"\bx18\b"}
ASKS = """#include <nmr/platform/std_atomics.hpp>
std::uintptr_t asks() { nmr::platform::heavy_fence(); return nmr::platform::thread_pointer(); }
"""


def windows(compiler, scratch):
    """All headers in a unit for Windows, each front page before <windows.h> and behind it, and what asks the system for the
    barrier and for the thread. The compiler is one for Windows; or clang, which is asked for each processor."""
    theirs = "#include <windows.h>\n"
    ours = [f"#include <{header}>\n" for header in headers("system_posix.hpp")]
    pages = [line for line in ours if line.count("/") == 1]
    texts = ["".join(ours), *(page + theirs for page in pages), *(theirs + page for page in pages)]

    def one(processor):
        target = [f"--target={processor}-w64-mingw32", *WINDOWS] if compiler.startswith("clang") else []
        complaints = [compile(compiler, text, "-fsyntax-only", *target) for text in texts]
        assembly = scratch / f"windows_{processor}.s"
        complaints.append(compile(compiler, ASKS, "-S", "-O1", "-o", str(assembly), *target))
        for pattern in () if complaints[-1] else (BLOCK[processor], "FlushProcessWriteBuffers"):
            if not re.search(pattern, assembly.read_text(encoding="utf-8")):
                complaints.append(f"{processor}: no {pattern} in {assembly}")
        return "\n".join(filter(None, complaints))
    processors = list(BLOCK) if compiler.startswith("clang") else [compiler.split("-")[0]]
    with concurrent.futures.ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        return "\n".join(filter(None, pool.map(one, processors)))


def linked(compiler, scratch):
    """Two units that include everything link: what is not inline is defined twice."""
    everything = "".join(f"#include <{header}>\n" for header in headers())
    one, two = str(scratch / "one.o"), str(scratch / "two.o")
    return (compile(compiler, everything + "int two();\nint main() { return two(); }\n", "-c", "-o", one)
            or compile(compiler, everything + "int two();\nint two() { return 0; }\n", "-c", "-o", two)
            or subprocess.run([compiler, one, two, "-o", str(scratch / "linked"), "-pthread"], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout)


# What one unit of a program may be built with and another not.
SETTINGS = ["-fno-exceptions", "-fno-rtti", "-DNDEBUG", "-O2", "-Os -fno-inline", "-fsanitize=undefined",
            "-fsanitize=address"]


def units(compiler, scratch):
    """Two units that are built otherwise behave the same, whichever of them the linker takes a function from."""
    sources = ROOT / "tests/headers/units"

    def build(setting):
        both = [setting] if "sanitize" in setting else []  # to link with
        name = re.sub("[^a-z]+", "", setting)
        objects = [str(scratch / f"units_{name}_{unit}.o") for unit in ("main", "other")]
        complaint = (compile(compiler, (sources / "main.cpp").read_text(), f"-I{sources}", "-O0", "-c", "-o", objects[0])
                     or compile(compiler, (sources / "other.cpp").read_text(), f"-I{sources}", "-O0", *setting.split(),
                                "-c", "-o", objects[1]))
        for order in () if complaint else (objects, objects[::-1]):
            program = str(scratch / f"units_{name}")
            for command in ([compiler, *order, *both, "-o", program, "-pthread"], ["timeout", "60", program]):
                done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                if done.returncode:
                    complaint += f"{setting}, {order[0]} first: status {done.returncode}\n{done.stdout}"
                    break
        return complaint
    with concurrent.futures.ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        return "\n".join(filter(None, pool.map(build, SETTINGS)))


# What a driver's unit may include of a standard library: these, and what they are made of where a name has a folder.
FREESTANDING = {"concepts", "cstddef", "cstdint", "new", "type_traits", "stddef.h", "stdint.h", "stdint-gcc.h"}
# What libstdc++ reads to know what system it is on, and of which it takes macros alone.
CONFIGURATION = {"features.h", "features-time64.h", "stdc-predef.h", "sys/cdefs.h", "wordsize.h", "timesize.h",
                 "long-double.h", "gnu/stubs.h", "gnu/stubs-64.h", "c++config.h", "os_defines.h", "cpu_defines.h",
                 "pstl/pstl_config.h", "exception.h"}
# A C++ compiler may call these for itself, wherever the code is.
OF_COMPILER = {"memcpy", "memmove", "memset", "memcmp"}
# What examples/freestanding/kernel.h has that its driver uses.
KERNEL_GIVES = {"kernel_set_event", "kernel_wait", "kernel_raise_level", "kernel_lower_level", "kernel_yield",
                "kernel_bug_check", "kernel_driver_stopped"}
KERNEL = [*BARE, "-ffreestanding", "-fno-threadsafe-statics", "-fPIC"]

# Two units of the default policy. What the first may want of the system: to leave the processor to others, and to
# report misuse; nothing of stdio, no mutex.
RELEASES = """#include <nmr/rundown.hpp>
bool enter(nmr::RundownRef& ref) { return ref.try_acquire(); }
void leave(nmr::RundownRef& ref) { ref.release(); }
"""
TO_RELEASE = OF_COMPILER | {"abort", "write", "nanosleep", "sched_yield", "pthread_setcancelstate", "__stack_chk_fail",
                            "_GLOBAL_OFFSET_TABLE_"}
STATIC = """#include <nmr/rundown.hpp>
struct Policy : nmr::StdAtomics { enum : bool { kChecksWhenDestroyed = CHECKS }; };
constinit nmr::BasicRundownRef<Policy> of_static_storage;
"""


def output(*command):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout


def undefined(unit):
    return {line.split()[-1].split("@")[0] for line in output("nm", "-u", unit).splitlines()}


def driver(compiler, scratch):
    """A driver with a policy of its own includes nothing that is not freestanding, wants nothing but its kernel, and runs. One
    that releases references of the default policy brings no formatted output, and one of static storage nothing that
    runs at the end."""
    path, example = ROOT / "tests/headers/driver.cpp", ROOT / "examples/freestanding"
    complaints = []
    for level in ("-O0", "-O2"):
        # The example's driver; and one that has its kernel with it.
        for source, kernel, unit in ((example / "driver.cpp", KERNEL_GIVES, str(scratch / "example.o")),
                                     (path, set(), str(scratch / "driver.o"))):
            complaint = compile(compiler, source.read_text(encoding="utf-8"), "-c", level, *KERNEL, f"-I{example}", "-o", unit)
            if complaint:
                return complaint
            wants = undefined(unit) - OF_COMPILER - {"_GLOBAL_OFFSET_TABLE_"}
            complaints += [f"{level}: {source.name} wants {name}" for name in wants ^ kernel]
            complaints += re.findall(r"R_\w*(?:TLS|TPOFF|DTPMOD)\w*", output("readelf", "-rW", unit))
            complaints += [line for line in output("nm", unit).splitlines() if " u " in line or "_GLOBAL__sub" in line]
        image = str(scratch / "driver.so")
        done = subprocess.run([compiler, "-shared", "-nostdlib", "-nodefaultlibs", "-Wl,-z,defs", unit, "-o", image],
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            return done.stdout
        loads = f"import ctypes, sys; sys.exit(ctypes.CDLL({image!r}).driver_runs())"
        done = subprocess.run(["timeout", "60", sys.executable, "-c", loads], check=False)
        if done.returncode:
            complaints.append(f"{level}: driver_runs() is {done.returncode}")

    listed = "".join(output(compiler, "-std=c++20", *KERNEL, f"-I{ROOT / 'include'}", f"-I{example}", "-M", str(source))
                     .split(":", 1)[1] for source in (path, example / "driver.cpp"))
    included = [pathlib.Path(name) for name in listed.replace("\\\n", " ").split()]
    theirs = [name for name in included if ROOT / "include" not in name.parents and name != path and name.parent != example]
    if len(included) - len(theirs) < 10 or not theirs:
        complaints.append("the list of what a driver includes is not what it was")
    allowed = FREESTANDING | CONFIGURATION
    complaints += [f"a driver includes {name}" for name in theirs
                   if name.name not in allowed and f"{name.parent.name}/{name.name}" not in allowed
                   and not name.name.startswith("__stddef_")]

    unit = str(scratch / "releases.o")
    complaints.append(compile(compiler, RELEASES, "-c", "-O2", *BARE, "-o", unit))
    wanted = undefined(unit)
    complaints += [f"to release wants {name}" for name in wanted - TO_RELEASE]
    if "abort" not in wanted:
        complaints.append("the unit that releases does not report misuse")
    for checks in (0, 1):
        unit = str(scratch / f"static_{checks}.o")
        complaints.append(compile(compiler, STATIC, "-c", "-O2", f"-DCHECKS={checks}", "-o", unit))
        if ("__cxa_atexit" in undefined(unit)) != bool(checks):
            complaints.append(f"kChecksWhenDestroyed = {checks}: {undefined(unit)}")
    return "\n".join(filter(None, complaints))


def mistakes(compiler):
    """What a compiler says first of each mistake in mistakes.cpp, or of C++17, is what to do about it."""
    path = ROOT / "tests/headers/mistakes.cpp"
    source = path.read_text(encoding="utf-8")
    says = dict(re.findall(r"MISTAKE [!=]= (\d+)  // SAYS (.*)", source))

    def first_error(complaint):
        return " ".join(re.split(r"\berror: ", complaint)[1:2])

    complaints = [compile(compiler, source, "-DMISTAKE=0", "-fsyntax-only")]
    if len(says) < 10:
        complaints.append("fewer than ten mistakes")
    for mistake, words in says.items():
        first = first_error(compile(compiler, source, f"-DMISTAKE={mistake}", "-fsyntax-only"))
        if words not in first:
            complaints.append(f"mistake {mistake}: the first error does not say '{words}':\n{first}")
    for header in headers():
        old = compile(compiler, f"#include <{header}>\n", "-std=c++17", "-fsyntax-only")
        if "nmr needs C++20" not in old or len(re.findall(r"\berror: ", old)) != 1:
            complaints.append(f"{header} as C++17:\n{old}")
    return "\n".join(filter(None, complaints))


# Of clang, beyond those that everything is compiled with.
FUSSY = "-Wcomma -Wmissing-noreturn -Wctad-maybe-unsupported -Watomic-implicit-seq-cst".split()


def fussy(compiler):
    """The front pages and the typical uses, under warnings that some projects switch on."""
    source = (ROOT / "tests/headers/mistakes.cpp").read_text(encoding="utf-8")
    everything = "".join(f"#include <{header}>\n" for header in headers())
    return compile(compiler, everything + source, "-DMISTAKE=0", "-fsyntax-only", *FUSSY)


def main(what, compiler, scratch):
    scratch = pathlib.Path(scratch)
    scratch.mkdir(parents=True, exist_ok=True)
    complaint = {"alone": lambda: alone(compiler), "windows": lambda: windows(compiler, scratch), "bare": lambda: alone(compiler, *BARE),
                 "units": lambda: units(compiler, scratch), "linked": lambda: linked(compiler, scratch), "driver": lambda: driver(compiler, scratch),
                 "mistakes": lambda: mistakes(compiler), "fussy": lambda: fussy(compiler)}[what]()
    print(complaint or f"{len(headers())} headers")
    return 1 if complaint else 0


sys.exit(main(*sys.argv[1:]))
