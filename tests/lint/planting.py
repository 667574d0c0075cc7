"""The faults of tests/model/plant.py are planted in code: what comments say, where lines end and which folder a header
is in costs nothing, and a place that is gone is named."""
import pathlib
import sys

from sources import TOKEN, headers, report, without_comments

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "model"))
import plant


def reworded(text):
    """Returns a header whose comments say something else: the whole of its code, to begin with."""
    other = TOKEN.sub(lambda match: "// don't" if match.group()[0] == "/" else match.group(), text)
    return "".join(f"// {line}\n" for line in text.splitlines()) + other


# What may be done to a header's path and text.
HARMLESS = {
    "without comments": lambda path, text: (path, without_comments(text)),
    "with other comments": lambda path, text: (path, reworded(text)),
    "with a line for each word": lambda path, text: (path, "\n".join(plant.words(without_comments(text)))),
    "in other folders": lambda path, text: (f"elsewhere/{path}", text),
}

SMALL = {"a/one.hpp": "f(x);  // g(x);\nh(x); h(x);\n", "a/two.hpp": "", "b/two.hpp": ""}
WRONG = [
    # header, what its code is thought to say, what has to be said about it
    ("one.hpp", "g(x);", '"sample": a/one.hpp says 0 times, not once: g(x);'),
    ("one.hpp", "f(x); // g(x);", '"sample": a/one.hpp says 0 times, not once: f(x); // g(x);'),
    ("one.hpp", "h(x);", '"sample": a/one.hpp says 2 times, not once: h(x);'),
    ("three.hpp", "f(x);", '"sample": three.hpp is not there'),
    ("two.hpp", "f(x);", '"sample": two.hpp is a/two.hpp and b/two.hpp'),
]


def main(root):
    known = headers(root)
    texts, _, errors = plant.plant(known, plant.FAULTS)
    planted = [plant.words(text) for text in texts.values()]
    for how, change in HARMLESS.items():
        changed, _, more = plant.plant(dict(change(*header) for header in known.items()), plant.FAULTS)
        errors += [f"headers {how}: {error}" for error in more if error not in errors]
        if not more and [plant.words(without_comments(text)) for text in changed.values()] != planted:
            errors.append(f"headers {how}: other code is planted")
    for header, old, expected in WRONG:
        said = plant.plant(SMALL, [("sample", header, old, "")])[2]
        if said != [expected]:
            errors.append(f"did not say '{expected}', but {said}")
    return report("planting", errors, f"{len(plant.FAULTS)} changes, whatever comments, lines and folders there are")


sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "."))
