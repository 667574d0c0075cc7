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

A comment that begins with "As above" or "As x()" says the rest there. An observer is const or static, or hands out a
member, and is noexcept and one return statement.
"""
import re
import sys

from sources import TOKEN, headers, report

FOLDERS = ("rundown/", "binding/", "registry/")
CLAUSES = ["Returns", "Progress", "Ordering", "Lifetime", "Precondition"]
COLUMN = max(map(len, CLAUSES)) + 2
# They look like observers, and take a mutex.
BLOCKING = {("BasicRegistration", "attached"), ("BasicRegistration", "refusals")}

TYPE = re.compile(r"\b(class|struct)\s+NMR_PUBLIC_TYPE\s+(\w+)[^;{}()]*\{")
LABEL = re.compile(r"\s*(public|private|protected)\s*:(?!:)")
# What stands before a function and is none of its type.
BEFORE = re.compile(r"\b(?:NMR_\w+|requires\s*\((?:[^()]|\([^()]*\))*\))|\btemplate\s*<[^;{}()]*>(?=\s)")
NO_FUNCTION = re.compile(r"(?:using|friend|enum|static_assert|class|struct|union)\b")
FUNCTION = re.compile(r"([\w:<>,&*\s]*?)(~?\b\w+)\s*\((?!\s*\*)")


def blanked(text):
    """Returns the text with comments, strings and attributes blanked, character for character."""
    blank = re.compile(r"[^\n]")
    plain = TOKEN.sub(lambda match: blank.sub(" ", match.group()), text)
    return re.sub(r"\[\[.*?\]\]", lambda match: blank.sub(" ", match.group()), plain, flags=re.S)


def end_of_braces(plain, start):
    """Returns the place behind the braces that begin at a place."""
    depth = 0
    for place in range(start, len(plain)):
        depth += {"{": 1, "}": -1}.get(plain[place], 0)
        if depth == 0:
            return place + 1
    return len(plain)


def end_of_member(plain, place, end):
    """Returns the place behind the member that begins at a place: its semicolon, or the brace of its body."""
    depth = 0
    while place < end:
        sign = plain[place]
        depth += {"(": 1, ")": -1}.get(sign, 0)
        place = end_of_braces(plain, place) if sign == "{" and depth == 0 else place + 1
        behind = plain[place:end].lstrip()[:1]
        # More follows an initialiser.
        if depth == 0 and (sign == ";" or (sign == "{" and behind not in (";", ",", "{"))):
            return place
    return end


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


def wrong_function(type_name, name, result, rest, text, doc):
    """Yields what a public function lacks. `rest` is its code from the parameters on, `text` all of it."""
    noexcept = re.search(r"\)[^{]*\bnoexcept\b", rest) is not None
    body = re.search(r"\{\s*return\b([^;]*);\s*\}\s*$", rest)
    hands_out = body is not None and re.fullmatch(r"\s*\w+\s*", body.group(1)) is not None
    steady = re.search(r"\)\s*const\b", rest) or re.search(r"\bstatic\b", result) or hands_out
    observer = bool(noexcept and body and steady) and (type_name, name) not in BLOCKING
    if not doc:
        if not observer or "\n" in text.strip():
            yield "has no doc comment"
        return
    if re.match(r"As (?:above\b|[\w:]+\(\))", doc[0]):
        return
    if not observer and "Progress" not in clauses(doc):
        yield "has no Progress"
    if not re.search(r"\bvoid\s*$", result) and not re.search(r"\bReturns\b", " ".join(doc)):
        yield "does not say what it returns"


def functions(text):
    """Yields (line, type, name, its type, from its parameters on, all of it) of each public function of each type."""
    plain = blanked(text)
    for found in TYPE.finditer(plain):
        public = found.group(1) == "struct"
        place, end = found.end(), end_of_braces(plain, found.end() - 1) - 1
        while place < end:
            if label := LABEL.match(plain, place, end):
                public = label.group(1) == "public"
                place = label.end()
                continue
            first, place = place, end_of_member(plain, place, end)
            code = plain[first:place]
            bare = BEFORE.sub(" ", code).strip()
            match = FUNCTION.match(bare)
            if not public or NO_FUNCTION.match(bare) or not match or re.search(r"=\s*(?:default|delete)\s*;$", bare):
                continue
            name = match.group(2)
            if name in (found.group(2), "~" + found.group(2)) or "operator" in match.group(0):
                continue
            line = text.count("\n", 0, place - len(code.lstrip())) + 1
            yield line, found.group(2), name, match.group(1).strip(), bare[match.end() - 1:], code


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
    for line, type_name, function, result, rest, code in functions(text):
        count += 1
        doc = doc_comment(lines, line - 1)
        errors += [f"{name}:{line}: {type_name}::{function}() {error}"
                   for error in wrong_function(type_name, function, result, rest, code, doc)]
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
