"""Holds every header to its floor: what it includes, what it may name, and what would keep a plug-in mapped. What one kind
of processor alone has stands under a condition that names it."""
import re
import sys

from sources import code, headers, report, without_comments

FLOORS = {"platform": 0, "rundown": 1, "calls": 2, "binding": 3, "lifecycle": 4, "registry": 5, "modules": 6, "failover": 7,
          "adapters": 7, "nmr": 8, "wdk": 8, "km": 8}
# Floors side by side, which do not know each other.
STRANGERS = {"wdk": {"modules", "failover", "adapters", "nmr"}, "km": {"modules", "failover", "adapters", "nmr"},
             "failover": {"adapters"}, "adapters": {"failover"}, "nmr": {"adapters"}}
MAX_LINES = 300

# Only platform/ may say these.
SEAM = {
    "conditional compilation": r"^\s*#\s*(?:if|ifdef|ifndef|elif|else)\b",
    "a macro": r"^\s*#\s*define\b",
    "a standard synchronisation type":
        r"\bstd::(?:atomic|memory_order|mutex|\w+_mutex|condition_variable|\w+_lock|lock_guard|thread|jthread|this_thread"
        r"|call_once|once_flag|(?:counting|binary)_semaphore|latch|barrier)\w*",
    "a system header":
        r"#\s*include\s*<(?!nmr/)(?:atomic|mutex|shared_mutex|condition_variable|thread|semaphore|latch|barrier|[\w/]+\.h)>",
    "a system call":
        r"\b(?:pthread_\w+|syscall|sched_yield|membarrier|__sync_\w+|__atomic_\w+)\b",
    "a compiler's own word":
        r"\b(?:__builtin_\w+|__attribute__|__declspec|__forceinline|__assume|__read[gf]s\w+|__getReg|_*asm(?:__)?)\b",
}

# What the Windows names say beside it. A .h of theirs is of C too, and its names are macros; the compiler's words for them
# are in one page, the atomics that both languages know in another. What is compiled once, in a unit of the host that never
# goes, may have threads and what is theirs.
NAMES = ("wdk/", "km/")
OF_C = {"conditional compilation", "a macro", "a system header"}
MORE = {"wdk/implementation.hpp": {"a compiler's own word"},
        "wdk/handles.hpp": {"a macro"},
        "wdk/language.h": {"a compiler's own word"},
        "wdk/support/interlocked.h": {"a system call", "a compiler's own word"},
        "wdk/support/once/": {"a standard synchronisation type", "a system header", "a compiler's own word",
                              "thread-local storage",
                              "a static variable (a member of a template, or in an inline function)"}}


def allowed(name):
    """Returns what a header may say that others may not."""
    if name.startswith("platform/"):
        return set(SEAM)
    words = OF_C if name.startswith(NAMES) and name.endswith(".h") else set()
    return words.union(*(more for place, more in MORE.items() if name.startswith(place)))


# Nobody may say this: a compiler keeps it over calls, and on Apple's systems with an Arm processor it is 0.
THREAD_POINTER = r"\b__builtin_thread_pointer\b"

# What a processor alone has, in code or in the text of assembly, and what a condition around it has to say.
OF_PROCESSOR = {
    "x86": (r"\b(?:__read[gf]s\w+|_mm_\w+|__builtin_ia32_\w+)\b|%%[gf]s:",
            r"\b(?:_M_X64|_M_IX86|__x86_64__|__i386__)\b"),
    "Arm": (r"\b(?:__getReg|__yield|x18|tpidr\w+)\b", r"\b(?:_M_ARM64|__aarch64__|__arm__)\b"),
}

# Nobody may say these: g++ gives their symbols the binding UNIQUE, and then dlclose() does not unmap the plug-in.
# A declaration without parentheses before its end is a variable.
DECLARATION = r"(?:[\w:&*\s]|<[^;{}()]*>|\[\[[^\]]*\]\])+?[\s&*>]\w+(?:\[\w*\])?\s*(?:=[^=]|;|\{)"
UNIQUE = {
    "thread-local storage": r"\bthread_local\b",
    "an inline variable": r"\binline\s+(?!namespace\b)" + DECLARATION,
    "a static variable (a member of a template, or in an inline function)": r"\bstatic\s+" + DECLARATION,
    "a variable template": r"\btemplate\s*<[^;{}()]*>\s*(?:constexpr|const)\s+" + DECLARATION,
}


def lines(pattern, text):
    return [text.count("\n", 0, m.start()) + 1 for m in re.finditer(pattern, text, re.M)]


def of_processors(text):
    """Yields (line, processor) of what stands under no condition that names its processor."""
    branches = []
    for number, line in enumerate(text.split("\n"), 1):
        directive = re.match(r"\s*#\s*(if|ifdef|ifndef|elif|else|endif)\b(.*)", line)
        if directive:
            word, condition = directive.groups()
            if word in ("elif", "else", "endif") and branches:
                branches.pop()
            if word != "endif":
                asked = "" if word in ("ifndef", "else") else re.sub(r"!\s*defined\s*\(?\s*\w+", "", condition)
                branches.append(asked)
            continue
        for processor, (pattern, condition) in OF_PROCESSOR.items():
            if re.search(pattern, line) and not any(re.search(condition, branch) for branch in branches):
                yield number, processor


def check(name, text, known):
    floor_name = name.split("/")[0].removesuffix(".hpp")
    if floor_name not in FLOORS:
        yield f"{name}: not on a floor; floors are {', '.join(FLOORS)}"
        return
    if not text.startswith("#pragma once\n"):
        yield f"{name}:1: does not start with #pragma once"
    if text.count("\n") > MAX_LINES:
        yield f"{name}: {text.count(chr(10))} lines, more than {MAX_LINES}"
    for match in re.finditer(r'^\s*#\s*include\s*([<"])([^>"]+)', text, re.M):
        bracket, target = match.groups()
        where = f"{name}:{text.count(chr(10), 0, match.start(1)) + 1}"
        if bracket == '"':
            yield f"{where}: headers of the library are included as <nmr/...>"
        elif target.startswith("nmr/"):
            target = target.removeprefix("nmr/")
            other = target.split("/")[0].removesuffix(".hpp")
            floor = FLOORS.get(other, 99)
            if other in STRANGERS.get(floor_name, ()):
                yield f"{where}: {floor_name} knows nothing of {other}"
            if target not in known:
                yield f"{where}: includes {target}, which does not exist"
            elif floor > FLOORS[floor_name]:
                yield f"{where}: floor {FLOORS[floor_name]} includes {target} of floor {floor}"
    plain = code(text)
    may = allowed(name)
    for what, pattern in SEAM.items():
        for line in lines(pattern, plain) if what not in may else ():
            yield f"{name}:{line}: {what} outside platform/"
    for line in lines(THREAD_POINTER, plain):
        yield f"{name}:{line}: the compiler's thread pointer"
    for line, processor in of_processors(without_comments(text)):
        yield f"{name}:{line}: what {processor} alone has, under no condition that says so"
    for what, pattern in UNIQUE.items():
        for line in lines(pattern, plain) if what not in may else ():
            yield f"{name}:{line}: {what}"


def main(root):
    known = headers(root)
    errors = [error for name, text in known.items() for error in check(name, text, known)]
    if not known:
        errors.append("there are no headers")
    return report("floors", errors, f"{len(known)} headers on their floors")


sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "."))
