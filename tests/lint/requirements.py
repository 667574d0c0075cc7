"""Counts the requirements that a test shows: one that names it, ran, passed and asserted something.

  requirements.py ROOT RECORDS ...

Reads the texts in tests/requirements.md and the records that tests/support/run_programs.py collects.
"""
import pathlib
import re
import sys

from sources import report, requirements, without_test

MAX_EXCEPTIONS = 12


def main(root, records):
    errors, covered = [], set()
    texts = requirements(root, errors)
    wanted = sorted((key for key in texts if key[0] == "R"), key=lambda key: int(key[1:]))
    for record in records:
        for line in pathlib.Path(record).read_text(encoding="utf-8").splitlines():
            what, assertions, name = line.split("\t", 2)
            if what == "pass" and int(assertions) > 0:
                covered |= set(re.findall(r"\bR\d+\b", name))
    errors += [f"a test names {key}, which is no requirement" for key in sorted(covered - set(wanted))]
    excepted = without_test(texts)
    if len(excepted) > MAX_EXCEPTIONS:
        errors.append(f"{len(excepted)} exceptions, more than {MAX_EXCEPTIONS}")
    errors += [f"{key} says that it has no test, and has one" for key in wanted if key in excepted and key in covered]
    missing = [key for key in wanted if key not in covered and key not in excepted]
    if missing:
        errors.append(f"without a test: {' '.join(missing)}")
    good = len(covered.intersection(wanted))
    return report("requirements", errors, f"{good} of {len(wanted)} covered, {len(excepted)} exceptions")


sys.exit(main(sys.argv[1], sys.argv[2:]))
