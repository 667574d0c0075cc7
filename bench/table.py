"""Joins what the programs have measured, prints the table and how many bars hold.

  python3 bench/table.py MECHANISMS.json BARS.json EXACT.json RESULTS.json [--exact-must-hold]

MECHANISMS.json is google-benchmark's output. Exit status: 0, whatever holds; the last two lines say it. With
--exact-must-hold it is 1 if an exact bar is missed.
"""

import json
import pathlib
import re
import sys


def mechanisms(report, costs):
    """Returns a row for each mechanism and number of threads, from the medians of the repetitions and the counts."""
    rows = []
    for entry in report["benchmarks"]:
        if entry.get("aggregate_name") != "median":
            continue
        name, threads = re.fullmatch(r"(.*?)/(?:.*/)?threads:(\d+)(?:_median)?", entry["name"]).groups()
        rows.append({"mechanism": name, "threads": int(threads), "ns": entry["cpu_time"], **costs[name]})
    bare = {row["threads"]: row["ns"] for row in rows if row["mechanism"] == "bare call"}
    for row in rows:
        row["times_bare"] = row["ns"] / bare[row["threads"]]
    # They were measured in turns, in any order.
    order = list(costs)
    return sorted(rows, key=lambda row: (order.index(row["mechanism"]), row["threads"]))


def main():
    if len(sys.argv) not in (5, 6) or sys.argv[5:] not in ([], ["--exact-must-hold"]):
        sys.exit(__doc__)
    report, timed, exact = (json.loads(pathlib.Path(path).read_text()) for path in sys.argv[1:4])
    rows = mechanisms(report, exact["costs"])
    bars = timed + exact["bars"]
    print(f"\n{'':26} {'':>7} {'CPU ns':>9} {'times the':>9} {'instructions':>12} {'read-modify-':>12} {'stores to':>12}")
    print(f"{'mechanism':26} {'threads':>7} {'per call':>9} {'bare call':>9} {'per call':>12} {'writes':>12} "
          f"{'shared lines':>12}")
    for row in rows:
        print(f"{row['mechanism']:26} {row['threads']:7} {row['ns']:9.2f} {row['times_bare']:9.2f} "
              f"{row['instructions']:12.1f} {row['locked']:12.2f} {row['shared_stores']:12.2f}")
    print()
    for bar in bars:
        if not bar["holds"]:
            print(f"missed: bar {bar['bar']}: {bar['what']}: {bar['value']:.4g}, limit {bar['limit']:.4g}")
    for kind in ("timed", "exact"):
        all_of_kind = [bar["holds"] for bar in bars if bar["kind"] == kind]
        print(f"{kind} bars: {sum(all_of_kind)} of {len(all_of_kind)} hold")
    pathlib.Path(sys.argv[4]).write_text(json.dumps({"mechanisms": rows, "bars": bars}, indent=1) + "\n")
    if sys.argv[5:] and not all(bar["holds"] for bar in bars if bar["kind"] == "exact"):
        sys.exit(1)


if __name__ == "__main__":
    main()
