"""Each public function of a type that users name says what it returns and whether it may block.

  /// Summary, whatever there is to say of what it does.
  ///
  /// Returns       ...      these five, in this order, the text from one column on; those that say nothing are left out
  /// Progress      ...
  /// Ordering      ...
  /// Lifetime      ...
  /// Precondition  ...

Looked at are types marked NMR_PUBLIC_TYPE; not their constructors, destructors, operators, nor what is defaulted or
deleted. Wanted of each other public function:

  - a doc comment; an observer on one line may do without
  - Progress, unless it is an observer: it may block, allocate or call back, or says that it does not
  - what it returns, if it returns something: "Returns" as a clause or in a sentence

A comment that begins with "As above" or "As x()" says the rest there, if the function there has the same name, or if
that is the whole sentence: "As x(), for at most a second" may block, and says so. An observer is const or static, or
hands out a member, and is noexcept and one return statement.
"""
import re
import sys

from classes import functions
from sources import headers, report

FOLDERS = ("rundown/", "binding/", "registry/", "modules/", "failover/", "adapters/")
CLAUSES = ["Returns", "Progress", "Ordering", "Lifetime", "Precondition"]
COLUMN = max(map(len, CLAUSES)) + 2
# They look like observers, and take a mutex.
BLOCKING = {("BasicRegistration", "attached"), ("BasicRegistration", "refusals")}


def doc_comment(lines, line):
    """Returns the /// lines directly above a line, without their marks."""
    first = line
    while first > 0 and lines[first - 1].strip().startswith("//"):
        first -= 1
    return [text.strip()[3:].removeprefix(" ") for text in lines[first:line] if text.strip().startswith("///")]


def clauses(lines):
    """Returns the words that stand where clauses do."""
    return [match.group(1) for text in lines if (match := re.match(r"([A-Z][a-z]+) {2,}\S", text))]


def wrong_clauses(lines):
    """Yields what is wrong with the clauses of one comment."""
    found = clauses(lines)
    for name in found:
        if name not in CLAUSES:
            yield f"{name} is no clause: {', '.join(CLAUSES)}"
    known = [CLAUSES.index(name) for name in found if name in CLAUSES]
    if known != sorted(set(known)):
        yield f"clauses are {', '.join(found)}: each once, in the order {', '.join(CLAUSES)}"
    for text in lines:
        match = re.match(rf"({'|'.join(CLAUSES)}) {{2,}}", text)
        if match and match.end() != COLUMN:
            yield f"the text of {match.group(1)} begins in column {match.end()}, not {COLUMN}"
        match = re.search(rf"\b({'|'.join(CLAUSES)}): ", text + " ")
        if match:
            yield f"{match.group(1)} is a clause, on a line of its own"


def says_the_rest(doc, name, above):
    """Returns whether a comment refers to one that has all clauses: of the same name, or without a difference."""
    other = re.match(r"As (?:[\w]+::)?(\w+)(?:\(\))?(.*)", " ".join(doc))
    return other is not None and (name == (above if other.group(1) == "above" else other.group(1)) or
                                  other.group(2).startswith("."))


def wrong_function(each, above, doc):
    """Yields what a public function lacks."""
    result, rest = each.result, each.rest
    noexcept = re.search(r"\)[^{]*\bnoexcept\b", rest) is not None
    body = re.search(r"\{\s*return\b([^;]*);\s*\}\s*$", rest)
    hands_out = body is not None and re.fullmatch(r"\s*\w+\s*", body.group(1)) is not None
    steady = re.search(r"\)\s*const\b", rest) or re.search(r"\bstatic\b", result) or hands_out
    observer = bool(noexcept and body and steady) and (each.type, each.name) not in BLOCKING
    if not doc:
        if not observer or "\n" in each.code.strip():
            yield "has no doc comment"
        return
    if says_the_rest(doc, each.name, above):
        return
    if not observer and "Progress" not in clauses(doc):
        yield "has no Progress"
    if not re.search(r"\bvoid\s*$", result) and not re.search(r"\bReturns\b", " ".join(doc)):
        yield "does not say what it returns"


def wanted(text):
    """Yields the functions that need a doc comment of their own, each with the name of the one above it."""
    above = None
    for each in functions(text):
        special = each.name in (each.type, "~" + each.type) or "operator" in each.result + each.name
        if each.public and not special and not re.search(r"=\s*default\s*;$", each.rest):
            yield each, above
            above = each.name


def check(name, text):
    """Returns what is wrong in a header, and how many functions it has."""
    lines = text.splitlines()
    errors, count = [], 0
    block = []
    for number, line in enumerate(lines + [""], 1):
        if line.strip().startswith("///"):
            block.append(line.strip()[3:].removeprefix(" "))
        elif block:
            errors += [f"{name}:{number - len(block)}: {error}" for error in wrong_clauses(block)]
            block = []
    for each, above in wanted(text):
        count += 1
        doc = doc_comment(lines, each.line - 1)
        errors += [f"{name}:{each.line}: {each.type}::{each.name}() {error}"
                   for error in wrong_function(each, above, doc)]
    return errors, count


def main(root):
    errors, count = [], 0
    for name, text in headers(root).items():
        if name.startswith(FOLDERS):
            more, found = check(name, text)
            errors += more
            count += found
    if count == 0:
        errors.append("there are no public functions")
    return report("doc clauses", errors, f"{count} public functions say what they return and whether they may block")


sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "."))
