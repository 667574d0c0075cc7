"""Joins what the programs have measured, prints the table and how many bars hold.

  python3 bench/table.py MECHANISMS.json BARS.json EXACT.json RESULTS.json

MECHANISMS.json is google-benchmark's output. Exit status: 0, whatever holds; the last two lines say it.
"""

import json
import pathlib
import re
import sys


def mechanisms(report):
    """Returns a row for each mechanism and number of threads, from the medians of the repetitions."""
    rows = []
    for entry in report["benchmarks"]:
        if entry.get("aggregate_name") != "median":
            continue
        name, threads = re.fullmatch(r"(.*?)/(?:.*/)?threads:(\d+)(?:_median)?", entry["name"]).groups()
        rows.append({"mechanism": name, "threads": int(threads), "ns": entry["cpu_time"]})
    bare = {row["threads"]: row["ns"] for row in rows if row["mechanism"] == "bare call"}
    for row in rows:
        row["times_bare"] = row["ns"] / bare[row["threads"]]
    return rows


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    report, timed, exact = (json.loads(pathlib.Path(path).read_text()) for path in sys.argv[1:4])
    rows = mechanisms(report)
    bars = timed + exact
    print(f"\n{'mechanism':26} {'threads':>7} {'ns per call':>12} {'times the bare call':>20}")
    for row in rows:
        print(f"{row['mechanism']:26} {row['threads']:7} {row['ns']:12.2f} {row['times_bare']:20.2f}")
    print()
    for bar in bars:
        if not bar["holds"]:
            print(f"missed: bar {bar['bar']}: {bar['what']}: {bar['value']:.4g}, limit {bar['limit']:.4g}")
    for kind in ("exact", "timed"):
        all_of_kind = [bar["holds"] for bar in bars if bar["kind"] == kind]
        print(f"{kind} bars: {sum(all_of_kind)} of {len(all_of_kind)} hold")
    pathlib.Path(sys.argv[4]).write_text(json.dumps({"mechanisms": rows, "bars": bars}, indent=1) + "\n")


if __name__ == "__main__":
    main()
