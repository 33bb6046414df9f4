"""What verdicts, gates and codes mean, in words for somebody who did not write them."""

from typing import NamedTuple


class Verdict(NamedTuple):
    """How a verdict looks and what it asks of the reader."""

    name: str
    mark: str
    headline: str


VERDICTS = {
    "accept": Verdict("accept", "✓", "Take this delivery"),
    "hold": Verdict("hold", "!", "Do not decide yet"),
    "reject": Verdict("reject", "✕", "Do not take this delivery"),
}
NO_VERDICT = Verdict("none", "?", "No verdict was reached")
GRAVITY = {"reject": 0, "hold": 1, "accept": 2}

GATES = {
    "acceptance": ("Acceptance sampling", "Is the whole delivery good enough, judged"
                   " by the reviewed sample?"),
    "annotators": ("Worst annotator", "Is there anybody whose work must not pass?"),
    "agreement": ("Agreement", "Do delivered points lie where the references lie?"),
    "defects": ("Hard defects", "How many instances broke a rule that rejects?"),
    "contract": ("Data contract", "Does the table keep what every delivery promised?"),
}  # fmt: skip

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


def meaning(code: str) -> str:
    """A repair's or quarantine's code in words: 'coco.area-missing' -> 'Area missing'.

    Codes are sentences already (`format.what-was-wrong`); formats may come from
    outside, so a table of known codes would never be complete.
    """
    words = code.rpartition(".")[2].replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def family(code: str) -> str:
    """The format or reader a code belongs to; empty if it names none."""
    return code.rpartition(".")[0]
