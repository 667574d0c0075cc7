"""Plants one fault of each kind in a copy of the tree and expects the lint to name it."""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

LINT = pathlib.Path(__file__).resolve().parent
ROOT = LINT.parent.parent


def first_line_with(pattern):
    """Returns an edit that drops the first line that matches."""
    return lambda text: re.sub(rf"^.*{pattern}.*\n", "", text, count=1, flags=re.M)


def append(more):
    return lambda text: text + more


RUNDOWN = "include/nmr/rundown/rundown_ref.hpp"
PLANTED = [
    # lint, file, edit, what it has to say
    ("floors", "include/nmr/platform/event.hpp", append("#include <nmr/rundown.hpp>\n"), "floor 0 includes rundown.hpp"),
    ("floors", RUNDOWN, append("#ifdef X\n#endif\n"), "conditional compilation"),
    ("floors", RUNDOWN, append("inline std::atomic<int> x{0};\n"), "an inline variable"),
    ("floors", RUNDOWN, append("inline int* f() { static int x = 1; return &x; }\n"), "a static variable"),
    ("floors", RUNDOWN, append("template <class T>\nconstexpr bool is_x = false;\n"), "a variable template"),
    ("floors", "include/nmr/platform/sync.hpp", append("inline thread_local int x;\n"), "thread-local"),
    ("floors", RUNDOWN, append("\n" * 320), "more than 320"),
    ("order_labels", RUNDOWN, lambda text: text.replace("pairs with [rd:10]", "pairs with [rd:8]"), "does not say so"),
    ("order_labels", RUNDOWN, first_line_with(r"// \[rd:12\]"), "no label for release"),
    ("order_labels", RUNDOWN, append("// [rd:9] release RMW, pairs with [rd:10].\n"), "a second time"),
    ("order_labels", RUNDOWN, append("\n\n\nint f(X& x) { return x.load(order::relaxed); }\n"), "no reason for relaxed"),
    ("order_labels", RUNDOWN, lambda text: text.replace("kOneRef, order::release)", "kOneRef, order::acq_rel)"),
     "says otherwise"),
    ("tree", "surplus.txt", append("x\n"), "does not belong"),
    ("tree", "meson.build", lambda text: text.replace("version: '0", "version: '9"), "the headers are version"),
    ("readme", "README.md", append("```cpp\nint nowhere = 1;\n```\n"), "not an excerpt"),
    ("readme", "README.md", append("```sh\nsh tests/gone.sh\n```\n"), "tests/gone.sh does not exist"),
    ("requirements", "tests/requirements_exceptions.txt", append("R3: a reason\n"), "and has a test"),
    ("requirements", "tests/requirements_exceptions.txt", append("R117: a reason\n"), "not of the form"),
    ("requirements", "records", append("pass\t1\tR117: no such thing\n"), "no requirement"),
    ("requirements", "tests/requirements_exceptions.txt",
     append("".join(f"R{n}: a reason\n" for n in range(20, 33))), "more than 12"),
]


def run(lint, tree):
    arguments = [str(tree / "records")] if lint == "requirements" else []
    done = subprocess.run([sys.executable, str(LINT / f"{lint}.py"), str(tree), *arguments], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def main():
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        for lint, name, edit, expected in PLANTED:
            tree = pathlib.Path(scratch) / "tree"
            shutil.rmtree(tree, ignore_errors=True)
            shutil.copytree(ROOT / "include", tree / "include")
            for directory in ("tests", "examples"):
                (tree / directory).mkdir()
            shutil.copy(ROOT / "meson.build", tree)
            # One case that counts, one that asserted nothing, one that failed.
            (tree / "records").write_text("pass\t1\tR3: a\npass\t0\tR4: b\nfail\t2\tR5: c\n", encoding="utf-8")
            path = tree / name
            before = path.read_text(encoding="utf-8") if path.exists() else ""
            path.write_text(edit(before), encoding="utf-8")
            status, said = run(lint, tree)
            if edit(before) == before or status == 0 or expected not in said:
                failed += 1
                print(f"{lint} did not say '{expected}' about {name}:\n{said}")
    print(f"lint self-test: {len(PLANTED) - failed} of {len(PLANTED)} planted faults found")
    return 1 if failed else 0


sys.exit(main())
