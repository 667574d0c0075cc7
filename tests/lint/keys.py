"""Every number that is cited has a text, and every text something that shows it.

  R, T, I   have the lines `- **R39** ...` in tests/requirements.md. A test case has an R in its name, a T or an I in the
            line above: `// Shows T8, I4.` Where no test can show it, the text has "No test: " and the reason.
  bars      have the rows of the table "The bars" in bench/NOTES.md. A row names the files that measure the bar, and has
            every limit that they hold it to.
  R by their Windows names: each of the first 110 is in the name of a case in tests/wdk too, or has a line in
            tests/wdk/without_name.txt that says why there is none.

Whether a test that names an R has run is what requirements.py looks for, after a whole run.
"""
import pathlib
import re
import sys

from sources import code, report, requirements, without_test

READ = {".hpp", ".cpp", ".py", ".sh", ".md"}
TEST_CASE = re.compile(r'\bTEST_CASE(?:_TEMPLATE)?\(\s*((?:"(?:\\.|[^"\\])*"\s*)+)')
SHOWS = re.compile(r"^// Shows ([TI]\d+(?:, [TI]\d+)*)\.\n(?=TEST_CASE)", re.M)
BARS = re.compile(r"\bbars? (\d+(?:(?:, | and | to )\d+)*)", re.I)
ROW = re.compile(r"^\| (\d+) \|(.*)\|([^|]*)\|$", re.M)
MEASURES = re.compile(r"\b(at_most|at_least|fact)\((?=\d+,)")


def files(root):
    """Returns {path: text} of all that may cite a number. The lints' own tests cite what does not exist."""
    found = [root / "README.md"]
    for top in ("include", "tests", "bench", "examples"):
        found += [path for path in sorted((root / top).rglob("*")) if path.suffix in READ]
    return {str(path.relative_to(root)): path.read_text(encoding="utf-8") for path in found
            if "lint" not in path.parts and path.exists()}


def arguments(text, begin):
    """Returns the arguments of a call whose first one begins there."""
    found, depth = [""], 0
    for letter in text[begin:]:
        if letter in ")]}" and depth == 0:
            break
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            found.append("")
        else:
            found[-1] += letter
    return [argument.strip() for argument in found]


def measured(text):
    """Yields each bar that a program measures, with its limit if that is a number."""
    plain = code(text)
    for match in MEASURES.finditer(plain):
        given = arguments(plain, match.end())
        limit = given[2 if match.group(1) == "fact" else 3]
        yield int(given[0]), float(limit) if re.fullmatch(r"[\d.]+", limit) else None


def check_bars(texts, cited, errors):
    """Returns how many bars there are."""
    table = texts["bench/NOTES.md"].partition("## The bars\n")[2].partition("\n## ")[0]
    rows = {int(bar): (what, set(re.findall(r"`([\w.]+)`", where))) for bar, what, where in ROW.findall(table)}
    for bar, where in cited:
        if bar not in rows:
            errors.append(f"{where}: bar {bar} has no row in bench/NOTES.md")
    done = {bar: set() for bar in rows}
    for path, text in texts.items():
        for bar, limit in measured(text) if path.startswith("bench/") else []:
            name = path.removeprefix("bench/")
            if bar not in rows:
                errors.append(f"{path}: measures bar {bar}, which has no row in bench/NOTES.md")
                continue
            done[bar].add(name)
            what, where = rows[bar]
            if name not in where:
                errors.append(f"{path}: measures bar {bar}, whose row does not name it")
            numbers = {float(number.replace(",", "")) for number in re.findall(r"\d[\d,]*(?:\.\d+)?", what)}
            if limit is not None and limit not in numbers:
                errors.append(f"{path}: holds bar {bar} to {limit:g}, which is not in its row")
    for bar, (_, where) in rows.items():
        errors += [f"bench/NOTES.md: {name} does not measure bar {bar}" for name in sorted(where - done[bar])]
        if not where:
            errors.append(f"bench/NOTES.md: nothing measures bar {bar}")
    return len(rows)


def check_windows_names(root, texts, meanings, errors):
    """Returns how many of the first requirements a case in tests/wdk shows."""
    page = (root / "tests/wdk/without_name.txt").read_text(encoding="utf-8")
    without = set(re.findall(r"^R(\d+) +\S", page, re.M))
    shown = set()
    for path, text in texts.items():
        for name in TEST_CASE.findall(text) if path.startswith("tests/wdk/") else []:
            for first, last in re.findall(r"\bR(\d+)(?: to R(\d+))?", re.sub(r'"\s*"', "", name)):
                shown |= {str(number) for number in range(int(first), int(last or first) + 1)}
    wanted = {key[1:] for key in meanings if key[0] == "R" and int(key[1:]) <= 110}
    errors += [f"R{number} has neither a case in tests/wdk nor a line in without_name.txt"
               for number in sorted(wanted - shown - without)]
    errors += [f"R{number} has a case in tests/wdk, and a line in without_name.txt" for number in sorted(shown & without)]
    return len(wanted & shown)


def main(root):
    root, errors = pathlib.Path(root), []
    meanings = requirements(root, errors)
    texts = files(root)
    bars, shown = [], set()
    for path, text in texts.items():
        for match in re.finditer(r"\b[RTI]\d+\b", text):
            if match.group(0) not in meanings:
                where = f"{path}:{text.count(chr(10), 0, match.start()) + 1}"
                errors.append(f"{where}: {match.group(0)} has no text in tests/requirements.md")
        for letter, last in re.findall(r"\b([RTI])1 to \1(\d+)", text):
            if f"{letter}{int(last) + 1}" in meanings:
                errors.append(f"{path}: {letter}1 to {letter}{last} are not all any more")
        bars += [(int(bar), path) for match in BARS.findall(text) for bar in re.findall(r"\d+", match)]
        if path.startswith("tests/"):
            shown |= set(re.findall(r"\bR\d+\b", " ".join(TEST_CASE.findall(text))))
            shown |= set(re.findall(r"[TI]\d+", " ".join(SHOWS.findall(text))))
    excepted = without_test(meanings)
    errors += [f"{key} has no test" for key in meanings if key not in shown and key not in excepted]
    errors += [f"{key} says that it has no test, and has one" for key in excepted if key in shown]
    count = check_bars(texts, bars, errors)
    by_name = check_windows_names(root, texts, meanings, errors)
    numbers = ", ".join(f"{sum(key[0] == letter for key in meanings)} {letter}" for letter in "RTI")
    return report("keys", errors, f"{numbers} and {count} bars, each with a text and what shows it; "
                  f"{by_name} R by Windows names too")


sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "."))
