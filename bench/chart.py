"""Draws the table of mechanisms as a bar chart: python3 bench/chart.py RESULTS.json CHART.svg"""

import json
import pathlib
import sys
from xml.sax.saxutils import escape

BAR, GAP, GROUP = 14, 2, 12
LEFT, WIDTH, RIGHT = 210, 520, 90
COLOURS = {1: "#4878a8", 2: "#d1803a"}


def draw(rows):
    """Returns the SVG text. `rows` are (mechanism, threads, ns per call), in the order of the table."""
    names = list(dict.fromkeys(name for name, _, _ in rows))
    longest = max(ns for _, _, ns in rows)
    parts, y = [], 48
    for name in names:
        figures = [(threads, ns) for other, threads, ns in rows if other == name]
        middle = y + (len(figures) * (BAR + GAP)) / 2 + 4
        parts.append(f'<text x="{LEFT - 8}" y="{middle:.0f}" text-anchor="end">{escape(name)}</text>')
        for threads, ns in figures:
            width = max(ns / longest * WIDTH, 1)
            parts.append(f'<rect x="{LEFT}" y="{y}" width="{width:.1f}" height="{BAR}" fill="{COLOURS[threads]}"/>')
            parts.append(f'<text x="{LEFT + width + 5:.1f}" y="{y + BAR - 3}">{ns:.1f}</text>')
            y += BAR + GAP
        y += GROUP
    legend = "".join(
        f'<rect x="{LEFT + 150 * i}" y="26" width="10" height="10" fill="{colour}"/>'
        f'<text x="{LEFT + 150 * i + 15}" y="35">{threads} thread{"s" if threads > 1 else ""}</text>'
        for i, (threads, colour) in enumerate(COLOURS.items())
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + RIGHT}" height="{y}" '
        'font-family="sans-serif" font-size="12">\n'
        '<rect width="100%" height="100%" fill="white"/>\n'
        f'<text x="{LEFT}" y="16" font-weight="bold">CPU time of one call, ns</text>\n'
        + legend
        + "\n"
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    results = json.loads(pathlib.Path(sys.argv[1]).read_text())
    rows = [(row["mechanism"], row["threads"], row["ns"]) for row in results["mechanisms"]]
    pathlib.Path(sys.argv[2]).write_text(draw(rows))


if __name__ == "__main__":
    main()
