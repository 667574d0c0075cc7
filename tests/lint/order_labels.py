"""Every memory order and fence outside platform/ says why, and what pairs with what is said on both sides.

  definition   // [rd:9] release RMW, pairs with [rd:10]; ...     a label, then its order; each label has one
  reference    // [rd:9] as in release()                          any other mention, for another site of the same kind
  fence        // [cf:1] fence, pairs with [cf:3]: ...            the light ones with the heavy ones
  relaxed      // relaxed: validated by the CAS                   no label needed, a reason is
"""
import re
import sys

from sources import code, comment, headers, report

LABEL = r"\[[a-z]+:\d+\]"
DEFINITION = re.compile(rf"({LABEL}) (relaxed|acquire|release|acq_rel|fence)\b(.*)")
PAIRS = re.compile(rf"(?:pairs|and) with ((?:{LABEL}(?:,? and |, )?|itself)+)")
FENCE = re.compile(r"[.:](?:light|full|heavy|detach)_fence\(\)")
SITE = re.compile(r"\border::(acquire|release|acq_rel|seq_cst|relaxed)\b")
# The order of a failed compare-and-swap belongs to its label.
FAILURE = re.compile(r"(order::\w+,\s*)order::\w+")
LINES_ABOVE = 3


class File:
    def __init__(self, text):
        self.lines = text.splitlines()
        self.comments = [comment(line) for line in self.lines]
        self.code = [line.strip() for line in code(text).splitlines()]

    def block(self, line):
        """Returns the comment that ends at a line: with the lines above, if it stands alone."""
        first = line
        while not self.code[line] and first > 0 and self.comments[first - 1] and not self.code[first - 1]:
            first -= 1
        return " ".join(self.comments[first:line + 1])

    def above(self, line):
        """Returns the comments that speak of the code on a line: on it, or nearest above before any other order."""
        found = [self.comments[line]]
        for up in range(line - 1, max(line - 1 - LINES_ABOVE, -1), -1):
            if SITE.search(self.code[up]) or (self.code[up] and self.comments[up]):
                break
            if self.comments[up]:
                found.append(self.block(up))
                break
        return " ".join(found)


def definitions(file):
    """Yields (line, label, order, what it says) for each definition in a file."""
    line = 0
    while line < len(file.lines):
        last = line
        if file.comments[line] and not file.code[line]:
            while last + 1 < len(file.lines) and file.comments[last + 1] and not file.code[last + 1]:
                last += 1
        if file.comments[line]:
            text = " ".join(file.comments[line:last + 1])
            for part in re.split(rf"(?={LABEL} (?:relaxed|acquire|release|acq_rel|fence)\b)", text):
                match = DEFINITION.match(part)
                if match:
                    yield line + 1, *match.groups()
        line = last + 1


def partners(label, text):
    found = set()
    for match in PAIRS.finditer(text):
        found |= set(re.findall(LABEL, match.group(1))) | ({label} if "itself" in match.group(1) else set())
    return found


def main(root):
    files = {name: File(text) for name, text in headers(root).items() if not name.startswith("platform/")}
    errors, defined, used, relaxed, sites, fences = [], {}, set(), 0, 0, 0
    for name, file in files.items():
        for line, label, order, text in definitions(file):
            if label in defined:
                errors.append(f"{name}:{line}: {label} is defined a second time, first at {defined[label][0]}")
            defined[label] = (f"{name}:{line}", order, partners(label, text), text)

    for label, (where, order, others, text) in defined.items():
        if order != "relaxed" and not others and not re.search(rf"release sequence.*{LABEL}", text):
            errors.append(f"{where}: {label} pairs with nothing")
        for other in sorted(others):
            if other not in defined:
                errors.append(f"{where}: {label} pairs with {other}, which is not defined")
                continue
            there, its_order, back, _ = defined[other]
            if label not in back:
                errors.append(f"{where}: {label} pairs with {other}, but {other} ({there}) does not say so")
            if ({order, its_order} in ({"acquire"}, {"release"}) or "relaxed" in (order, its_order)
                    or (order == "fence") != (its_order == "fence")):
                errors.append(f"{where}: {label} {order} cannot pair with {other} {its_order}")

    for name, file in files.items():
        for number, text in enumerate(file.code):
            for order in SITE.findall(FAILURE.sub(r"\1", text)):
                why, where = file.above(number), f"{name}:{number + 1}"
                mentioned = set(re.findall(LABEL, why))
                used |= mentioned
                sites += 1
                if order == "relaxed":
                    relaxed += 1
                    if "relaxed" not in why:
                        errors.append(f"{where}: no reason for relaxed")
                elif not mentioned:
                    errors.append(f"{where}: no label for {order}")
                elif order not in {defined[label][1] for label in mentioned if label in defined}:
                    errors.append(f"{where}: order::{order}, but {', '.join(sorted(mentioned))} says otherwise")
            if FENCE.search(text):
                fences += 1
                mentioned = set(re.findall(LABEL, file.above(number)))
                used |= mentioned
                if "fence" not in {defined[label][1] for label in mentioned if label in defined}:
                    errors.append(f"{name}:{number + 1}: no label for a fence")
    for label in sorted(set(defined) - used):
        errors.append(f"{defined[label][0]}: {label} stands at no memory order")
    pairs = sum(len(entry[2]) for entry in defined.values())
    return report("order labels", errors,
                  f"{sites} orders, {relaxed} of them relaxed; {fences} fences; {len(defined)} labels, {pairs} pairings, both ways")


sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "."))
