"""Compiles every page of the Windows names by itself, and a use of each counted name, as C11, C17 and C++20.

  python3 tests/wdk_support/names.py CXX

The names are those of names.txt. What is absent there does not compile, as that says.
"""
import collections
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# What the pages say: these two, and nothing more.
INCLUDE = [f"-I{ROOT / 'include'}", f"-I{ROOT / 'include/nmr/wdk'}"]
WARNINGS = "-pedantic -Wall -Wextra -Wconversion -Wshadow -Werror -fsyntax-only".split()
LANGUAGES = {"C11": ["-x", "c", "-std=c11"], "C17": ["-x", "c", "-std=c17"], "C++20": ["-x", "c++", "-std=c++20"]}
PAGES = "#include <ntifs.h>\n#include <netiodef.h>\n#include <ntintsafe.h>\n#include <wsk.h>\n"
USES = {
    "type": "typedef {name} use_{number};",
    "field": "enum {{ use_{number} = offsetof({type}, {name}) }};",
    "constant": "enum {{ use_{number} = (int)({name}) }};",
    "macro": "#ifndef {name}\n#error {name}\n#endif",
    "object": "static const void* use_{number}(void) {{ return &{name}; }}\n"
              "int uses_{number}(void);\nint uses_{number}(void) {{ return use_{number}() != 0; }}",
    "function": "#ifndef {name}\nint use_{number}(void);\nint use_{number}(void) {{ return (void (*)(void)){name} != 0; }}\n"
                "#endif",
}
Name = collections.namedtuple("Name", "kind name absent")


def names():
    for line in (ROOT / "tests/wdk_support/names.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            kind, name, absent = re.fullmatch(r"(\w+) (\S+)( absent: .+)?", line).groups()
            yield Name(kind, name, bool(absent))


def use(number, name):
    if name.kind == "include":
        return f'#include "{name.name}"'
    owner, _, own = name.name.rpartition(".")
    return USES[name.kind].format(name=own, type=owner, number=number)


def compile(compiler, language, source):
    """Returns what the compiler complains about, or an empty string."""
    done = subprocess.run([compiler, *LANGUAGES[language], *WARNINGS, "-Wno-address", "-Wno-cast-function-type",
                           *INCLUDE, "-"],
                          input=source, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout if done.returncode else ""


def pages():
    """Returns what can be included alone, of C and C++: the parts of the definitions cannot."""
    return [path.relative_to(ROOT / "include") for folder in ("nmr/wdk", "nmr/km")
            for path in sorted((ROOT / "include" / folder).rglob("*.h"))]


def main(compiler):
    complaints = []
    wanted = [name for name in names() if not name.absent]
    absent = [name for name in names() if name.absent]
    for language in LANGUAGES:
        uses = "\n".join(use(number, name) for number, name in enumerate(wanted))
        complaints.append(compile(compiler, language, PAGES + uses + "\n"))
        for page in pages() if language != "C17" else ():
            complaints.append(compile(compiler, language, f"#include <{page}>\nextern int more;\n"))
    for name in absent:
        if not compile(compiler, "C11", PAGES + use(0, name) + "\n"):
            complaints.append(f"{name.name} is said to be absent, and compiles")
    if len(wanted) < 200 or len(absent) < 10:
        complaints.append("names.txt has lost names")
    complaint = "\n".join(filter(None, complaints))
    print(complaint or f"{len(wanted)} names in {len(LANGUAGES)} languages, {len(absent)} absent; {len(pages())} pages alone")
    return 1 if complaint else 0


sys.exit(main(*sys.argv[1:]))
