"""The top level holds only what a newcomer needs to see, and the version is the same wherever it stands."""
import os
import pathlib
import re
import sys

from sources import report

ALLOWED = {"include", "tests", "bench", "examples", "meson.build", "README.md"}
IGNORED = {"build", "compile_commands.json"}


def main(root):
    root = pathlib.Path(root)
    errors = [f"{name} does not belong at the top level" for name in sorted(os.listdir(root))
              if name not in ALLOWED | IGNORED and not name.startswith(".")]
    config = (root / "include/nmr/platform/config.hpp").read_text(encoding="utf-8")
    header = ".".join(re.findall(r"#define NMR_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", config))
    meson = re.search(r"version: '([^']+)'", (root / "meson.build").read_text(encoding="utf-8")).group(1)
    if header != meson:
        errors.append(f"the headers are version {header}, meson.build says {meson}")
    return report("tree", errors, f"version {meson}")


sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "."))
