"""Each member function of a type that users name, private or not, is NMR_LOCAL: no other image can borrow it.

Looked at are types marked NMR_PUBLIC_TYPE. What the compiler makes by itself is seen by tests/images, in
everything.cpp.
"""
import sys

from classes import functions
from sources import headers, report


def main(root):
    errors, count = [], 0
    for name, text in headers(root).items():
        for each in functions(text):
            count += 1
            if "NMR_LOCAL" not in each.code:
                errors.append(f"{name}:{each.line}: {each.type}::{each.name}() is not NMR_LOCAL")
    if count == 0:
        errors.append("there are no functions")
    return report("visibility", errors, f"{count} member functions are local to their image")


sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "."))
