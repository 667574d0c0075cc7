"""Builds the test programs of a build directory, runs them, and counts test cases.

  run_programs.py BUILD [--quick | --deep] [--only DIRECTORY | --skip DIRECTORY]

With --deep the programs are given that, and all the time they want. Writes BUILD/records (what became of each case, see
tests/support/main.cpp). The last line is "PASSED FAILED".
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import time

# Of what meson.build allows a program: sanitizers are slow, and the machine may be busy. A hang is all this looks for.
PATIENCE = 5


def introspect(build, what):
    return json.loads(subprocess.run(["meson", "introspect", f"--{what}", build], check=True, text=True,
                                     stdout=subprocess.PIPE).stdout)


def read(record):
    """Returns (lines of cases that ended, what went wrong)."""
    ended, wrong, running = [], [], None
    for line in record.read_text(encoding="utf-8").splitlines() if record.exists() else []:
        what, assertions, name = line.split("\t", 2)
        running = name if what == "begin" else None
        if what == "begin":
            continue
        ended.append(line)
        if what == "pass" and assertions == "0":
            wrong.append(f"{name}: asserts nothing")
        elif what != "pass":
            wrong.append(f"{name}: {what}")
    if running is not None:
        wrong.append(f"{running}: the program ended in it")
    return ended, wrong


def run(test, build, quick, deep):
    """Runs one program. Returns the lines of its cases and the number that failed."""
    name = test["name"]
    record = build / f"{name}.record"
    record.unlink(missing_ok=True)
    env = dict(os.environ, **test["env"], NMR_TEST_RECORD=str(record))
    only = ["--test-suite-exclude=long"] if quick else ["--deep"] if deep else []
    patience = None if deep else test["timeout"] * PATIENCE
    with open(build / f"{name}.log", "w+", encoding="utf-8", errors="replace") as log:
        try:
            status = subprocess.run(test["cmd"] + only, env=env, cwd=test["workdir"], stdout=log,
                                    stderr=subprocess.STDOUT, timeout=patience).returncode
        except subprocess.TimeoutExpired:
            status = f"no end after {patience} s"
        log.seek(0)
        output = log.read()
    ended, wrong = read(record)
    if quick:
        wrong = [what for what in wrong if not what.endswith(": skip")]
    if not wrong and status != 0:
        wrong = [f"the program itself: status {status}"]
    if not wrong and not any(line.startswith("pass") for line in ended):
        wrong = ["no test ran"]
    for what in wrong:
        print(f"FAILED {build.name} {name}: {what}")
    if wrong:
        print(output, end="")
    return ended, len(wrong)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--deep", action="store_true")
    parser.add_argument("--only")
    parser.add_argument("--skip")
    options = parser.parse_args()
    build, start = options.build.resolve(), time.monotonic()

    def wanted(path):
        parts = pathlib.Path(os.path.relpath(path, build)).parts
        return parts[0] == "tests" and parts[1] != options.skip and options.only in (None, parts[1])
    ninja = ["ninja", "-C", str(build), "-j", str(min(2, os.cpu_count() or 1))]

    def make(*targets):
        """Returns whether they were built. Prints why not."""
        made = subprocess.run(ninja + list(targets), text=True, errors="replace", stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        if made.returncode != 0:
            print(f"FAILED {build.name}: does not build\n{made.stdout}\n0 1")
        return made.returncode == 0
    if not make("build.ninja"):  # what is introspected below must be of today
        return
    targets = [os.path.relpath(name, build) for target in introspect(build, "targets")
               if target["type"] != "alias" for name in target["filename"] if wanted(name)]
    if not make(*targets):
        return
    cases, failed, seconds = [], 0, {}

    def timed(test):
        began = time.monotonic()
        result = run(test, build, options.quick, options.deep)
        seconds[test["name"]] = time.monotonic() - began
        return result
    tests = [test for test in introspect(build, "tests") if wanted(test["cmd"][0])]
    # The explorer's tests are of one thread each, and long: two at a time. All others have the machine to themselves.
    of_explorer = [test for test in tests if test["name"].startswith("model_")]
    with concurrent.futures.ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        results = list(pool.map(timed, of_explorer))
    results += [timed(test) for test in tests if test not in of_explorer]
    for ended, bad in results:
        cases, failed = cases + ended, failed + bad
    (build / "records").write_text("".join(line + "\n" for line in cases), encoding="utf-8")
    passed = len([line for line in cases if line.startswith("pass\t") and not line.startswith("pass\t0\t")])
    if passed == 0 and failed == 0:
        print(f"FAILED {build.name}: no test ran")
        failed = 1
    slowest = max(seconds, key=seconds.get, default="none")
    print(f"{options.only or build.name}: {passed} passed, {failed} failed, {time.monotonic() - start:.0f} s, "
          f"of which {slowest} {seconds.get(slowest, 0):.0f} s")
    print(passed, failed)


main()
