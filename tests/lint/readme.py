"""Every C++ fence of a page is an excerpt of a file that CI compiles, and the commands, links and paths in it exist.

The file is named in a comment before the fence, <!-- examples/first.cpp -->, or found by searching.
Indentation common to all lines is not compared. The first program of README.md has at most 30 lines.
"""
import pathlib
import re
import sys
import textwrap

from sources import report

PAGES = ["README.md", "tests/README.md", "tests/requirements.md", "bench/NOTES.md"]
PATH = r"(?:tests|examples|bench|include|\.ci)/[\w./*-]+"
FILE = r"[a-z]\w*\.(?:[ch]pp|py|sh)"
FIRST_PROGRAM = 30
FENCE = re.compile(r"(?:<!--\s*(\S+)\s*-->\s*\n)?^```(\w*)\n(.*?)^```", re.M | re.S)


def excerpt(fence, text):
    """Returns whether the lines of the fence stand together in the text, at any indentation."""
    wanted = textwrap.dedent(fence).strip("\n").splitlines()
    have = text.splitlines()
    return any(textwrap.dedent("\n".join(have[i:i + len(wanted)])).splitlines() == wanted
               for i in range(len(have) - len(wanted) + 1))


def commands(root, fence):
    """Yields the scripts and directories of the tree that a shell fence names and that do not exist."""
    for line in fence.splitlines():
        if line.startswith("ninja "):  # builds what does not exist
            continue
        for word in re.findall(rf"(?<![\w/.-])(?:\./)?({PATH})", line):
            if not (root / word).exists():
                yield word


def paths(root, prose):
    """Yields the paths and names of files that stand in `backquotes` and are not in the tree. NAME may be anything."""
    names = {path.name for top in ("tests", "examples", "bench", "include") for path in (root / top).rglob("*")}
    for code in re.findall(r"`([^`\n]+)`", prose):
        for word in code.split():
            if re.fullmatch(PATH, word) and not any(root.glob(word.rstrip("/").replace("NAME", "*"))):
                yield word
            if re.fullmatch(FILE, word) and word not in names:
                yield word


def check(root, page, sources, errors):
    """Returns how many pieces of C++ a page has."""
    count = 0
    text = (root / page).read_text(encoding="utf-8")
    for match in FENCE.finditer(text):
        named, language, fence = match.groups()
        where = f"{page}:{text.count(chr(10), 0, match.start(3))}"
        if language in ("sh", "bash", "console", "shell"):
            errors += [f"{where}: {word} does not exist" for word in commands(root, fence)]
        elif language in ("cpp", "c++", "cc"):
            count += 1
            if (page, count) == ("README.md", 1) and fence.count("\n") > FIRST_PROGRAM:
                errors.append(f"{where}: the first program has {fence.count(chr(10))} lines, more than {FIRST_PROGRAM}")
            if named and named not in sources:
                errors.append(f"{where}: {named} does not exist")
            elif not any(excerpt(fence, sources[name]) for name in ([named] if named else sources)):
                errors.append(f"{where}: not an excerpt of {named or 'any file of examples/ or tests/'}")
        elif not language:
            errors.append(f"{where}: a fence without a language is checked by nobody; use text")
    prose = FENCE.sub("", text)  # a lambda's capture and parameters look like a link
    for path in re.findall(r"\]\((?!https?:|#)([^)#]+)", prose):
        if not (root / page).parent.joinpath(path).exists():
            errors.append(f"{page}: links to {path}, which does not exist")
    errors += [f"{page}: names {word}, which does not exist" for word in paths(root, prose)]
    return count


def main(root):
    root = pathlib.Path(root)
    sources = {str(path.relative_to(root)): path.read_text(encoding="utf-8")
               for top in ("examples", "tests") for path in (root / top).rglob("*.?pp")}
    errors = [] if (root / "README.md").exists() else ["there is none"]
    count = sum(check(root, page, sources, errors) for page in PAGES if (root / page).exists())
    return report("readme", errors, f"{count} pieces of C++ stand in files that are compiled")


sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "."))
