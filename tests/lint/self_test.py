"""Plants one fault of each kind in a small tree that is right, and expects the lint to name it."""
import pathlib
import subprocess
import sys
import tempfile

LINT = pathlib.Path(__file__).resolve().parent

CONFIG = "include/nmr/platform/config.hpp"
HEADER = "include/nmr/rundown/sample.hpp"
HANDLE = "include/nmr/binding/handle.hpp"
NAMES = "include/nmr/wdk/sample.h"
ONCE = "include/nmr/wdk/support/once/kept.hpp"
REQUIREMENTS = "tests/requirements.md"
TEST = "tests/rundown/sample_test.cpp"
BY_NAME = "tests/wdk/sample_test.cpp"
WITHOUT_NAME = "tests/wdk/without_name.txt"
NOTES = "bench/NOTES.md"
BARS = "bench/sample.cpp"
TREE = {
    ONCE: "#pragma once\n#include <thread>\ninline int* f() { static thread_local int x = 1; return &x; }\n",
    CONFIG:
        "#pragma once\n#define NMR_VERSION_MAJOR 1\n#define NMR_VERSION_MINOR 1\n#define NMR_VERSION_PATCH 1\n"
        "#if defined(_WIN64)\n#if defined(_M_X64)\nauto f() { return __readgsqword(0x30); }\n#endif\n#endif\n",
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
  Atomics::light_fence();  // [ab:1] fence, pairs with [ab:2].
  self.detach_fence();  // [ab:2] fence, pairs with [ab:1].
  return word.load(order::relaxed) == 1;  // relaxed: a hint
}
""",
    HANDLE: """#pragma once
#include <nmr/platform/config.hpp>

/// A place to call through.
///
/// Lifetime      outlives its calls.
class [[nodiscard("keep (it)")]] NMR_PUBLIC_TYPE Handle {
 public:
  NMR_LOCAL Handle() noexcept : cell_{0}, count_(0) {}
  NMR_LOCAL ~Handle() { if (cell_ != 0) detach(); }
  NMR_LOCAL bool attached() const noexcept { return cell_ != 0; }
  /// Takes out what is attached.
  ///
  /// Returns       whether anything was.
  /// Progress      blocking for one barrier.
  /// Lifetime      may be gone.
  NMR_LOCAL bool detach() noexcept {
    hidden();
    return cell_ != 0;
  }
  /// As above, and waits.
  template <class F, class Unit = int>
    requires(sizeof(F) == 1)
  NMR_LOCAL bool detach(F f) {
    return f(), true;
  }

 private:
  NMR_LOCAL void hidden() noexcept;
  alignas(8) const int word_{0};
  int cell_;
  int count_{0};
};
""",
    NAMES: "#pragma once\n#ifdef __cplusplus\n#define SAMPLE 1\n#endif\n#include <nmr/binding/handle.hpp>\n",
    "meson.build": "project('nmr', version: '1.1.1')\n",
    "examples/sample.cpp": "int main() {\n  int here = 1;\n}\n",
    "README.md": "```cpp\nint here = 1;\n```\n```sh\nls examples/sample.cpp\n```\n",
    REQUIREMENTS: "- **R1** a\n- **R2** b\n  b\n- **R3** c. No test: a reason\n- **T1** d\n- **I1** e\n",
    TEST: '// Shows T1, I1.\nTEST_CASE("R1: a") {}\nTEST_CASE_TEMPLATE(\n    "b and "\n    "R2", Calls) {}\n',
    BY_NAME: 'TEST_CASE("R1 "\n    "to R2: a") {}\n',
    WITHOUT_NAME: "R3  a reason\n",
    NOTES: "## The bars\n\n| 1 | a | at most 1,024 | `sample.cpp` |\n\n## Others\n\nSee bar 1.\n",
    BARS: 'void bars() { report.at_most(1, "a (b, c)", f(a, b), 1024); }\n',
    "records": "pass\t1\tR1: a\npass\t2\tb and R2\n",
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
    ("floors", HEADER, add("int f() { return __builtin_clz(1); }\n"), "a compiler's own word"),
    ("floors", HEADER, add("__attribute__((cold)) void f();\n"), "a compiler's own word"),
    ("floors", HEADER, add("void f() { __asm { nop } }\n"), "a compiler's own word"),
    ("floors", CONFIG, add("void* f() { return __builtin_thread_pointer(); }\n"), "the compiler's thread pointer"),
    ("floors", CONFIG, put("#if defined(_M_X64)", "#if 1"), "what x86 alone has"),
    ("floors", CONFIG, put("#if defined(_M_X64)", "#if !defined(_M_X64)"), "what x86 alone has"),
    ("floors", CONFIG, put("#if defined(_M_X64)", "#if defined(_M_X64)\n#else"), "what x86 alone has"),
    ("floors", CONFIG, put("__readgsqword(0x30)", "__getReg(18)"), "what Arm alone has"),
    ("floors", HEADER, add("\n" * 320), "more than 300"),
    ("floors", NAMES, add("extern thread_local int x;\n"), "thread-local"),
    ("floors", NAMES, add("long g(long* p) { return __atomic_load_n(p, 5); }\n"), "a system call"),
    ("floors", ONCE, add("#ifdef X\n#endif\n"), "conditional compilation"),
    ("floors", ONCE, add("#define X\n"), "a macro"),
    ("floors", HEADER, add("#include <nmr/wdk/sample.h>\n"), "floor 1 includes wdk/sample.h"),
    ("floors", NAMES, add("#include <nmr/modules/client.hpp>\n"), "wdk knows nothing of modules"),
    ("floors", NAMES, add("__attribute__((cold)) void f();\n"), "a compiler's own word"),
    ("floors", NAMES, add("extern std::mutex* m;\n"), "a standard synchronisation type"),
    ("order_labels", HEADER, put("RMW, pairs with [aa:2], [aa:3]", "RMW, pairs with [aa:3]"), "does not say so"),
    ("order_labels", HEADER, put("acquire CAS, pairs with [aa:1]", "acquire CAS"), "pairs with nothing"),
    ("order_labels", HEADER, put("// [aa:2] acquire CAS, pairs with [aa:1].", ""), "no label for acquire"),
    ("order_labels", HEADER, add("// [aa:2] acquire, pairs with [aa:1].\n"), "a second time"),
    ("order_labels", HEADER, put("relaxed: a hint", "a hint"), "no reason for relaxed"),
    ("order_labels", HEADER, put("// [ab:1] fence, pairs with [ab:2].", ""), "no label for a fence"),
    ("order_labels", HEADER, put("fence, pairs with [ab:1]", "fence, pairs with [aa:1]"), "cannot pair"),
    ("order_labels", HEADER, put("(1, order::release)", "(1, order::acq_rel)"), "says otherwise"),
    ("order_labels", HEADER, add("// [aa:4] acquire, pairs with [aa:1].\n"), "stands at no memory order"),
    ("doc_clauses", HANDLE, put("  /// Progress      blocking for one barrier.\n", ""), "detach() has no Progress"),
    ("doc_clauses", HANDLE, put("  /// As above, and waits.\n", ""), "Handle::detach() has no doc comment"),
    ("doc_clauses", HANDLE, put("  /// Returns       whether", "  /// whether"), "does not say what it returns"),
    ("doc_clauses", HANDLE, put("/// Progress", "/// Advance "), "Advance is no clause"),
    ("doc_clauses", HANDLE, put("Returns       whether anything was.", "Ordering      none.\n  /// Returns       it."),
     "clauses are Ordering, Returns"),
    ("doc_clauses", HANDLE, put("/// Lifetime      may", "/// Progress      may"), "each once"),
    ("doc_clauses", HANDLE, put("/// Lifetime      may", "/// Lifetime   may"), "begins in column 11, not 14"),
    ("doc_clauses", HANDLE, put("Takes out what is attached.", "Takes it. Progress: none."), "on a line of its own"),
    ("doc_clauses", HANDLE, put("attached() const noexcept", "attached() noexcept"), "Handle::attached() has no doc"),
    ("doc_clauses", HANDLE, put(" private:\n", ""), "Handle::hidden() has no doc comment"),
    ("doc_clauses", HANDLE, put("As above, and waits.", "As attached(), with pauses."), "detach() has no Progress"),
    ("doc_clauses", HANDLE, put("NMR_PUBLIC_TYPE ", ""), "there are no public functions"),
    ("visibility", HANDLE, put("NMR_LOCAL ~Handle", "~Handle"), "Handle::~Handle() is not NMR_LOCAL"),
    ("visibility", HANDLE, put("NMR_LOCAL void hidden", "void hidden"), "Handle::hidden() is not NMR_LOCAL"),
    ("visibility", HANDLE, put("  NMR_LOCAL bool detach(F f)", "  bool detach(F f)"), "Handle::detach() is not NMR_LOCAL"),
    ("visibility", HANDLE, put("  alignas", "  class In {\n    void f() {}\n  };\n  alignas"), "In::f() is not NMR_LOCAL"),
    ("visibility", HANDLE, put("NMR_PUBLIC_TYPE ", ""), "there are no functions"),
    ("tree", "surplus.txt", add("x\n"), "does not belong"),
    ("tree", "meson.build", put("1.1.1", "1.1.2"), "the headers are version"),
    ("readme", "README.md", put("int here", "int nowhere"), "not an excerpt"),
    ("readme", "README.md", put("ls examples/sample.cpp", "sh tests/gone.sh"), "tests/gone.sh does not exist"),
    ("readme", "README.md", put("int here = 1;\n", "int here = 1;\n" * 31), "the first program has 31 lines"),
    ("readme", NOTES, add("[there](../gone.md)\n"), "links to ../gone.md"),
    ("readme", NOTES, add("`include/nmr/rundown/sampler.hpp`\n"), "names include/nmr/rundown/sampler.hpp"),
    ("readme", NOTES, add("`sampler.hpp`\n"), "names sampler.hpp"),
    ("keys", HEADER, add("// Not before T2.\n"), "T2 has no text"),
    ("keys", REQUIREMENTS, add("- **R4** d\n"), "R4 has no test"),
    ("keys", HEADER, add("// R1 to R2\n"), "R1 to R2 are not all any more"),
    ("keys", REQUIREMENTS, add("- **R5** d. No test: a reason\n"), "not those of 1 to 4"),
    ("keys", REQUIREMENTS, add("- **R1** d\n"), "R1 has two texts"),
    ("keys", TEST, put("// Shows T1, I1.", "// Shows T1 and I1."), "I1 has no test"),
    ("keys", TEST, put("// Shows T1, I1.", "// Shows T1, I1.\n"), "T1 has no test"),
    ("keys", TEST, add('TEST_CASE("R3: c") {}\n'), "R3 says that it has no test"),
    ("keys", BY_NAME, put("R2", "R1"), "R2 has neither a case in tests/wdk"),
    ("keys", WITHOUT_NAME, put("  a reason", ""), "R3 has neither a case in tests/wdk"),
    ("keys", WITHOUT_NAME, add("R2  a reason\n"), "R2 has a case in tests/wdk, and a line"),
    ("keys", NOTES, add("Bars 1 and 2 are missed.\n"), "bar 2 has no row"),
    ("keys", NOTES, put("`sample.cpp`", "`sample.cpp`, `other.cpp`"), "other.cpp does not measure bar 1"),
    ("keys", NOTES, put("`sample.cpp`", ""), "nothing measures bar 1"),
    ("keys", NOTES, put("1,024", "1,025"), "to 1024, which is not in its row"),
    ("keys", BARS, put("(1,", "(2,"), "measures bar 2, which has no row"),
    ("requirements", REQUIREMENTS, add("- **R4** d\n"), "without a test: R4"),
    ("requirements", REQUIREMENTS, put("- **R2** b", "- **R2** b. No test: a reason"), "R2 says that it has no test"),
    ("requirements", REQUIREMENTS,
     add("".join(f"- **R{number}** x. No test: a reason\n" for number in range(4, 16))), "more than 12"),
    ("requirements", "records", add("pass\t1\tR117: no such thing\n"), "no requirement"),
    ("requirements", "records", put("pass\t2", "pass\t0"), "without a test: R2"),
    ("requirements", "records", put("pass\t2", "fail\t2"), "without a test: R2"),
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
        if status != 0:
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
