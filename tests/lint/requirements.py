"""Counts the requirements R1 to R116 that a test shows: one that names it, ran, passed and asserted something.

Reads the records that tests/support/run_programs.py collects, and tests/requirements_exceptions.txt: at most twelve
lines `R46: reason` for what the library decides otherwise or leaves to the type system.
"""
import pathlib
import re
import sys

from sources import report

LAST = 116
MAX_EXCEPTIONS = 12


def exceptions(path, errors):
    found = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines() if path.exists() else [], 1):
        match = re.fullmatch(r"R(\d+): (\S.*)", line)
        if not match or not 1 <= int(match.group(1)) <= LAST:
            errors.append(f"{path.name}:{number}: not of the form `R46: reason`")
        else:
            found[int(match.group(1))] = match.group(2)
    if len(found) > MAX_EXCEPTIONS:
        errors.append(f"{len(found)} exceptions, more than {MAX_EXCEPTIONS}")
    return found


def main(root, records):
    errors, covered = [], set()
    for record in records:
        for line in pathlib.Path(record).read_text(encoding="utf-8").splitlines():
            what, assertions, name = line.split("\t", 2)
            if what == "pass" and int(assertions) > 0:
                covered |= {int(number) for number in re.findall(r"\bR(\d+)\b", name)}
    for number in sorted(covered):
        if not 1 <= number <= LAST:
            errors.append(f"a test names R{number}, which is no requirement")
    excepted = exceptions(pathlib.Path(root) / "tests" / "requirements_exceptions.txt", errors)
    errors += [f"R{number} is listed as an exception and has a test" for number in sorted(set(excepted) & covered)]
    missing = [number for number in range(1, LAST + 1) if number not in covered and number not in excepted]
    names = " ".join(f"R{number}" for number in missing)
    if missing:
        errors.append(f"without a test: {names}")
    good = len([number for number in covered if 1 <= number <= LAST])
    return report("requirements", errors, f"{good} of {LAST} covered, {len(excepted)} exceptions")


sys.exit(main(sys.argv[1], sys.argv[2:]))
