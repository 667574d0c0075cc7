"""Builds the examples of the floors with `import nmr;` in place of their includes, and runs them; and looks whether the
module exports each name that the tree uses:

  python3 tests/consumer/module.py COMPILER SCRATCH
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EXAMPLES = "first binding registry modules rundown async_detach custom_registry".split()
# Namespaces, and what stands in them is not for users; order's constants are said to be left out.
NOT_EXPORTED = {"nmr", "detail", "platform", "order", "wdk"}


def run(*command):
    done = subprocess.run([str(word) for word in command], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}: status {done.returncode}\n{done.stdout}")


def imports(source):
    """Returns an example that imports, after what else it includes: Clang takes no include of a library behind an import."""
    text = re.sub(r"#include <nmr/.*\n", "", source.read_text(encoding="utf-8"))
    rest = text.index("\n", text.rindex("#include")) + 1
    return text[:rest] + "import nmr;\n" + text[rest:]


def not_exported():
    exported = set(re.findall(r"^using nmr::(\w+);", (ROOT / "include/nmr/nmr.cppm").read_text(encoding="utf-8"), re.M))
    used = set()
    for part in ("tests", "examples", "bench"):
        for path in (ROOT / part).rglob("*.[ch]pp"):
            text = path.read_text(encoding="utf-8")
            if "adapters" not in f"{path} {text}":  # a floor that <nmr/nmr.hpp> leaves out
                used |= set(re.findall(r"\bnmr::([A-Za-z]\w*)", text))
    return sorted(used - exported - NOT_EXPORTED)


def main():
    compiler, scratch = sys.argv[1], pathlib.Path(sys.argv[2])
    scratch.mkdir(parents=True, exist_ok=True)
    flags = "-std=c++20 -Wall -Wextra -Werror -pthread".split()
    module = scratch / "nmr.pcm"
    run(compiler, *flags, f"-I{ROOT}/include", "--precompile", ROOT / "include/nmr/nmr.cppm", "-o", module)
    for name in EXAMPLES:
        source, program = scratch / f"{name}.cpp", scratch / name
        source.write_text(imports(ROOT / f"examples/{name}.cpp"), encoding="utf-8")
        run(compiler, *flags, f"-fmodule-file=nmr={module}", f"-I{ROOT}/examples", source, module, "-o", program)
        run("timeout", 60, program)
    if missing := not_exported():
        sys.exit(f"include/nmr/nmr.cppm does not export {', '.join(missing)}")
    print(f"{len(EXAMPLES)} examples import the module")


if __name__ == "__main__":
    main()
