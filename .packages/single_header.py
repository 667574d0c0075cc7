"""Writes a header of the library, with all that it includes of it, as one file:

  python3 .packages/single_header.py nmr/nmr.hpp >nmr.hpp

Any page will do: nmr/rundown.hpp is a third of everything. A program includes one such file, or the library's folder, and
not both.
"""
import pathlib
import re
import sys

INCLUDE = pathlib.Path(__file__).resolve().parent.parent / "include"
OURS = re.compile(r"# *include <(nmr/[^>]*)>.*")
OPENS = re.compile(r"# *if")
CLOSES = re.compile(r"# *endif")


def inlined(header, whole, lines):
    """Adds the lines of a header to `lines`. `whole` has those that stand there already for whoever comes later: not those
    that were included under a condition, which stand behind a guard each time."""
    guard = "NMR_SINGLE_" + re.sub(r"\W", "_", header).upper()
    lines += [f"// {header}", f"#ifndef {guard}", f"#define {guard}"]
    depth = 0
    for line in (INCLUDE / header).read_text(encoding="utf-8").splitlines():
        depth += bool(OPENS.match(line)) - bool(CLOSES.match(line))
        ours = OURS.fullmatch(line)
        if line == "#pragma once" or ours and ours[1] in whole:
            continue
        if not ours:
            lines.append(line)
        elif depth:
            inlined(ours[1], set(whole), lines)
        else:
            inlined(ours[1], whole, lines)
    lines.append("#endif")
    whole.add(header)


def main():
    if len(sys.argv) != 2 or not (INCLUDE / sys.argv[1]).is_file():
        sys.exit(__doc__)
    lines = ["#pragma once"]
    inlined(sys.argv[1], set(), lines)
    print("\n".join(lines))


if __name__ == "__main__":
    main()
