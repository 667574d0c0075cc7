"""Runs the test programs of a build directory and counts their test cases."""
import json
import os
import subprocess
import sys


def outcome(program, record, seconds):
    """Returns (passed, failed) of one program, printing what went wrong."""
    if os.path.exists(record):
        os.remove(record)
    env = dict(os.environ, NMR_TEST_RECORD=record)
    try:
        run = subprocess.run([program], env=env, timeout=seconds, text=True, errors="replace",
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        status, output = run.returncode, run.stdout
    except subprocess.TimeoutExpired as error:
        status, output = "no end after %d s" % seconds, str(error.output or "")
    running, passed, failed = None, 0, []
    lines = open(record, encoding="utf-8").read().splitlines() if os.path.exists(record) else []
    for line in lines:
        what, assertions, name = line.split("\t", 2)
        running = name if what == "begin" else None
        if what == "pass" and assertions != "0":
            passed += 1
        elif what != "begin":
            failed.append("%s (%s, %s assertions)" % (name, what, assertions))
    if running is not None:
        failed.append("%s (ended the program)" % running)
    if status != 0 and not failed:
        failed.append("the program itself: status %s" % status)
    if passed == 0 and not failed:
        failed.append("no test ran")
    for name in failed:
        print("FAILED %s: %s" % (os.path.basename(program), name))
    if failed:
        print(output)
    return passed, len(failed)


def main(build):
    tests = json.loads(subprocess.run(["meson", "introspect", "--tests", build], check=True, text=True,
                                      stdout=subprocess.PIPE).stdout)
    passed = failed = 0
    for test in tests:
        good, bad = outcome(test["cmd"][0], os.path.join(build, test["name"] + ".record"), test["timeout"])
        passed, failed = passed + good, failed + bad
    print("%d passed, %d failed" % (passed, failed))
    return 0 if failed == 0 and passed > 0 else 1


sys.exit(main(sys.argv[1]))
