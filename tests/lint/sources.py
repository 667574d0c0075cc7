"""What the lints share: finding the headers, telling code from comments, and what the numbers of requirements mean."""
import pathlib
import re

# A ' behind a digit is part of a number, not the start of a character.
TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<!\w)\'(?:\\.|[^\'\\\n])*\'', re.S)


def headers(root):
    """Returns {path below include/nmr: text} of all headers."""
    top = pathlib.Path(root) / "include" / "nmr"
    return {str(path.relative_to(top)): path.read_text(encoding="utf-8")
            for path in sorted(top.rglob("*")) if path.suffix in (".hpp", ".h")}


def without_comments(text):
    """Returns the text with comments blanked, line for line."""
    return TOKEN.sub(lambda match: "\n" * match.group().count("\n") if match.group()[0] == "/" else match.group(), text)


def code(text):
    """Returns the text with comments and string contents blanked, line for line."""
    return TOKEN.sub('""', without_comments(text))


def comment(line):
    """Returns the text of the // comment on a line, or an empty string."""
    for match in TOKEN.finditer(line):
        if match.group(0).startswith("//"):
            return match.group(0).lstrip("/").strip()
    return ""


def requirements(root, errors):
    """Returns {key: text} of the lines `- **R39** text` in tests/requirements.md."""
    page = (pathlib.Path(root) / "tests" / "requirements.md").read_text(encoding="utf-8")
    found = {}
    for key, text in re.findall(r"^- \*\*([RTI]\d+)\*\* (.*(?:\n  .*)*)", page, re.M):
        if key in found:
            errors.append(f"{key} has two texts")
        found[key] = " ".join(text.split())
    for letter in "RTI":
        numbers = sorted(int(key[1:]) for key in found if key[0] == letter)
        if numbers != list(range(1, len(numbers) + 1)):
            errors.append(f"the texts of {letter} are not those of 1 to {len(numbers)}")
    return found


def without_test(texts):
    """Returns {key: reason} of those whose texts say that no test can show them."""
    return {key: text.split("No test: ")[1] for key, text in texts.items() if "No test: " in text}


def report(name, errors, good):
    """Prints what was found and returns the exit status."""
    for error in errors:
        print(f"{name}: {error}")
    print(f"{name}: {len(errors)} errors" if errors else f"{name}: {good}")
    return 1 if errors else 0
