"""What the lints share: finding the headers, and telling code from comments."""
import pathlib
import re

TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def headers(root):
    """Returns {path below include/nmr: text} of all headers."""
    top = pathlib.Path(root) / "include" / "nmr"
    return {str(path.relative_to(top)): path.read_text(encoding="utf-8")
            for path in sorted(top.rglob("*")) if path.suffix in (".hpp", ".h")}


def code(text):
    """Returns the text with comments and string contents blanked, line for line."""
    def blank(match):
        token = match.group(0)
        if token[0] == "/":
            return "\n" * token.count("\n")
        # 1'000 is a number, not the start of a character.
        return token if token[0] == "'" and match.start() and text[match.start() - 1].isalnum() else '""'
    return TOKEN.sub(blank, text)


def comment(line):
    """Returns the text of the // comment on a line, or an empty string."""
    for match in TOKEN.finditer(line):
        if match.group(0).startswith("//"):
            return match.group(0).lstrip("/").strip()
    return ""


def report(name, errors, good):
    """Prints what was found and returns the exit status."""
    for error in errors:
        print(f"{name}: {error}")
    print(f"{name}: {len(errors)} errors" if errors else f"{name}: {good}")
    return 1 if errors else 0
