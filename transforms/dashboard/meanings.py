"""What verdicts, gates and codes mean, in words for somebody who did not write them."""

from typing import NamedTuple

from posegate.transforms.formats.traps import documented


class Verdict(NamedTuple):
    """How a verdict looks and what it asks of the reader."""

    name: str
    mark: str
    headline: str


VERDICTS = {
    "accept": Verdict("accept", "✓", "Take this delivery"),
    "hold": Verdict("hold", "!", "Do not decide yet"),
    "reject": Verdict("reject", "✕", "Do not take this delivery"),
    "handed-in": Verdict("handed-in", "↩", "Reviews were handed in"),
}
NO_VERDICT = Verdict("none", "?", "No verdict was reached")
GRAVITY = {"reject": 0, "hold": 1, "accept": 2}

GATES = {
    "reviews": ("Reviews", "What was handed in, and of which delivery?"),
    "acceptance": ("Acceptance sampling", "Is the whole delivery good enough, judged"
                   " by the reviewed sample?"),
    "annotators": ("Worst annotator", "Is there anybody whose work must not pass?"),
    "agreement": ("Agreement", "Do delivered points lie where the references lie?"),
    "defects": ("Hard defects", "How many instances broke a rule that rejects?"),
    "visibility": ("Visibility flags", "Do people agree on what can be seen?"),
    "contract": ("Data contract", "Does the table keep what every delivery promised?"),
}  # fmt: skip

WHY = {
    "not-production": "not production",
    "crowd": "crowds",
    "unlabelled": "without a labelled keypoint or a mask",
    "second-annotation": "second annotations",
    "rejecting-rule": "broke a rule that rejects",
    "low-agreement": "far from the reference",
    "finding-to-review": "with a finding to review",
    "drift-alarm": "of a stream in alarm",
    "delivery-rejected": "as the delivery is rejected",
    "delivery-on-hold": "as the delivery is on hold",
}
"""Why an instance is not approved (`decisions.REASONS`), after a number of them."""

ROLES = {
    "production": "delivered work",
    "gold": "known answers, never in a split",
    "review": "references made by reviewers",
    "prelabel": "made by a model, never in a split",
}

SEVERITIES = {
    "reject": "out of every split",
    "review": "into the review queue",
    "note": "counted only",
}

KINDS = {"gold": "gold", "review": "review", "second": "second annotator"}


MISTAKES = {
    "good": "similarity of .85 and more",
    "jitter": "near its place, below .85",
    "inversion": "on the other side's place",
    "swap": "on another person's place",
    "miss": "nowhere near any place",
}
"""The kinds of error of a keypoint (`kernels.taxonomy`), in words."""

NORMALISERS = {
    "torso": "left shoulder to right hip",
    "trunk": "mid-shoulder to mid-hip",
    "box": "the longer side of the box",
}
"""What a share of PCK is a share of."""


def meaning(code: str) -> str:
    """A repair's or quarantine's code in words.

    As the page of its format has it (`posegate formats NAME --traps`). A code that is
    not known is nearly a sentence itself (`format.what-was-wrong`): 'voc.part-missing'
    becomes 'Part missing'.
    """
    if said := documented().get(code):
        return said.removesuffix(".")
    words = code.rpartition(".")[2].replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:]
