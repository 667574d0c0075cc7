"""Finds the member functions of the types that users name: those marked NMR_PUBLIC_TYPE."""
import collections
import re

from sources import TOKEN

TYPE = re.compile(r"\b(class|struct)\s+NMR_PUBLIC_TYPE\s+(\w+)[^;{}()]*\{")
INNER = re.compile(r"\s*(?:template\s*<[^;{}()]*>\s*)?(class|struct)\s+(?:alignas\(\w+\)\s*)?(\w+)[^;{}()]*\{")
LABEL = re.compile(r"\s*(public|private|protected)\s*:(?!:)")
# What stands before a function and is none of its type.
BEFORE = re.compile(r"\b(?:NMR_\w+|requires\s*\((?:[^()]|\([^()]*\))*\))|\btemplate\s*<[^;{}()]*>(?=\s)")
NO_FUNCTION = re.compile(r"(?:using|friend|enum|static_assert|class|struct|union)\b")
FUNCTION = re.compile(r"([\w:<>,&*\s]*?)(~?\b(?!alignas\b)\w+)\s*\((?!\s*\*)")

# `result` is its type, `rest` its code from the parameters on, `code` all of it.
Function = collections.namedtuple("Function", "line type name result rest code public")


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


def members(plain, name, start, end, public):
    """Yields the member functions between two places, and those of the types inside that have a body."""
    place = start
    while place < end:
        if label := LABEL.match(plain, place, end):
            public = label.group(1) == "public"
            place = label.end()
            continue
        first, place = place, end_of_member(plain, place, end)
        code = plain[first:place]
        bare = BEFORE.sub(" ", code).strip()
        if inner := INNER.match(plain, first, place):
            yield from members(plain, inner.group(2), inner.end(), end_of_braces(plain, inner.end() - 1) - 1,
                               public and inner.group(1) == "struct")
        match = FUNCTION.match(bare)
        if NO_FUNCTION.match(bare) or not match or re.search(r"=\s*delete\s*;$", bare):
            continue
        line = plain.count("\n", 0, place - len(code.lstrip())) + 1
        yield Function(line, name, match.group(2), match.group(1).strip(), bare[match.end() - 1:], code, public)


def functions(text):
    """Yields each member function that is not deleted, as a Function."""
    plain = blanked(text)
    for found in TYPE.finditer(plain):
        end = end_of_braces(plain, found.end() - 1) - 1
        yield from members(plain, found.group(2), found.end(), end, found.group(1) == "struct")
