"""Plants one fault of each kind in a small tree that is right, and expects the lint to name it."""
import pathlib
import subprocess
import sys
import tempfile

LINT = pathlib.Path(__file__).resolve().parent

CONFIG = "include/nmr/platform/config.hpp"
HEADER = "include/nmr/rundown/sample.hpp"
TREE = {
    CONFIG:
        "#pragma once\n#define NMR_VERSION_MAJOR 1\n#define NMR_VERSION_MINOR 1\n#define NMR_VERSION_PATCH 1\n",
    HEADER: """#pragma once
#include <nmr/platform/config.hpp>

inline bool sample(Word& word, int old) {
  // [aa:1] release RMW, pairs with [aa:2], [aa:3].
  word.fetch_add(1, order::release);
  // [aa:2] acquire CAS, pairs with [aa:1].
  if (word.compare_exchange_strong(old, 2, order::acquire, order::relaxed)) return true;
  // [aa:3] acq_rel RMW, pairs with [aa:1]; and with itself.
  word.exchange(3, order::acq_rel);
  word.fetch_sub(1, order::release);  // [aa:1] as above
  return word.load(order::relaxed) == 1;  // relaxed: a hint
}
""",
    "meson.build": "project('nmr', version: '1.1.1')\n",
    "examples/sample.cpp": "int main() {\n  int here = 1;\n}\n",
    "README.md": "```cpp\nint here = 1;\n```\n```sh\nls examples/sample.cpp\n```\n",
    "tests/requirements_exceptions.txt": "R9: a reason\n",
    # One case that counts, one that asserts nothing, one that fails.
    "records": "pass\t1\tR3: a\npass\t0\tR4: b\nfail\t2\tR5: c\n",
}


def put(old, new):
    """Returns an edit that puts one text in the place of another."""
    return lambda text: text.replace(old, new)


def add(more):
    return lambda text: text + more


PLANTED = [
    # lint, file, edit, what it has to say
    ("floors", CONFIG, add("#include <nmr/rundown/sample.hpp>\n"), "floor 0 includes rundown/sample.hpp"),
    ("floors", HEADER, add("#ifdef X\n#endif\n"), "conditional compilation"),
    ("floors", HEADER, add("extern std::mutex* m;\n"), "a standard synchronisation type"),
    ("floors", HEADER, add("inline Word x{0};\n"), "an inline variable"),
    ("floors", HEADER, add("inline int* f() { static int x = 1; return &x; }\n"), "a static variable"),
    ("floors", HEADER, add("template <class T>\nconstexpr bool is_x = false;\n"), "a variable template"),
    ("floors", CONFIG, add("extern thread_local int x;\n"), "thread-local"),
    ("floors", HEADER, add("\n" * 320), "more than 320"),
    ("order_labels", HEADER, put("RMW, pairs with [aa:2], [aa:3]", "RMW, pairs with [aa:3]"), "does not say so"),
    ("order_labels", HEADER, put("acquire CAS, pairs with [aa:1]", "acquire CAS"), "pairs with nothing"),
    ("order_labels", HEADER, put("// [aa:2] acquire CAS, pairs with [aa:1].", ""), "no label for acquire"),
    ("order_labels", HEADER, add("// [aa:2] acquire, pairs with [aa:1].\n"), "a second time"),
    ("order_labels", HEADER, put("relaxed: a hint", "a hint"), "no reason for relaxed"),
    ("order_labels", HEADER, put("(1, order::release)", "(1, order::acq_rel)"), "says otherwise"),
    ("order_labels", HEADER, add("// [aa:4] acquire, pairs with [aa:1].\n"), "stands at no memory order"),
    ("tree", "surplus.txt", add("x\n"), "does not belong"),
    ("tree", "meson.build", put("1.1.1", "1.1.2"), "the headers are version"),
    ("readme", "README.md", put("int here", "int nowhere"), "not an excerpt"),
    ("readme", "README.md", put("ls examples/sample.cpp", "sh tests/gone.sh"), "tests/gone.sh does not exist"),
    ("requirements", "tests/requirements_exceptions.txt", add("R3: a reason\n"), "and has a test"),
    ("requirements", "tests/requirements_exceptions.txt", add("R117: a reason\n"), "not of the form"),
    ("requirements", "records", add("pass\t1\tR117: no such thing\n"), "no requirement"),
    ("requirements", "tests/requirements_exceptions.txt",
     add("".join(f"R{number}: a reason\n" for number in range(20, 32))), "more than 12"),
]


def run(lint, edits):
    """Returns the status and the output of a lint over the tree with edits."""
    with tempfile.TemporaryDirectory() as scratch:
        tree = pathlib.Path(scratch) / "tree"
        for name in TREE.keys() | edits.keys():
            path = tree / name
            path.parent.mkdir(parents=True, exist_ok=True)
            before = TREE.get(name, "")
            after = edits.get(name, lambda text: text)(before)
            if name in edits and before == after:
                return 0, f"the edit of {name} changes nothing"
            path.write_text(after, encoding="utf-8")
        # Not in the tree, whose top level is looked at.
        records = (tree / "records").rename(pathlib.Path(scratch) / "records")
        arguments = [str(records)] if lint == "requirements" else []
        done = subprocess.run([sys.executable, str(LINT / f"{lint}.py"), str(tree), *arguments], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout


def main():
    failed = 0
    for lint in sorted({planted[0] for planted in PLANTED}):
        status, said = run(lint, {})
        if status != 0 and lint != "requirements":
            failed += 1
            print(f"{lint} finds fault with a tree that is right:\n{said}")
    for lint, name, edit, expected in PLANTED:
        status, said = run(lint, {name: edit})
        if status == 0 or expected not in said:
            failed += 1
            print(f"{lint} did not say '{expected}' about {name}:\n{said}")
    print(f"lint self-test: {len(PLANTED)} planted faults, {failed} not found")
    return 1 if failed else 0


sys.exit(main())
