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
}
NO_VERDICT = Verdict("none", "?", "No verdict was reached")
GRAVITY = {"reject": 0, "hold": 1, "accept": 2}

GATES = {
    "acceptance": ("Acceptance sampling", "Is the whole delivery good enough, judged"
                   " by the reviewed sample?"),
    "annotators": ("Worst annotator", "Is there anybody whose work must not pass?"),
    "agreement": ("Agreement", "Do delivered points lie where the references lie?"),
    "defects": ("Hard defects", "How many instances broke a rule that rejects?"),
    "visibility": ("Visibility flags", "Do people agree on what can be seen?"),
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

CODES = {
    "coco.area-is-bbox": "The area given is the box's; OKS takes 0.53 of it",
    "coco.area-missing": "No area; taken from the segment or the box",
    "coco.bbox": "The bounding box is not four usable numbers",
    "coco.bbox-empty": "The bounding box has no width or no height",
    "coco.bbox-missing": "No bounding box",
    "coco.bbox-negative": "The bounding box has a negative size",
    "coco.category-conflict": "A category is there twice, with other keypoints",
    "coco.category-missing": "No category; taken as the file's only one",
    "coco.category-unknown": "The category is none of the file's",
    "coco.category-without-names": "The category names no keypoints; order assumed",
    "coco.coordinate": "A coordinate is not finite or absurdly far away",
    "coco.duplicate-id": "An id is used twice in the file",
    "coco.id-missing": "No id",
    "coco.image-ambiguous": "Two images have the same id",
    "coco.image-conflict": "An image id names two different images",
    "coco.image-id": "The image id is missing or of a wrong type",
    "coco.image-missing": "The image is not in the file",
    "coco.image-size": "The image is there twice, with different sizes",
    "coco.keypoint-count": "The number of keypoints is not the skeleton's",
    "coco.keypoints": "The keypoints are not a list of numbers",
    "coco.keypoints-missing": "No keypoints",
    "coco.keypoints-nested": "Keypoints as [x, y, v] triples; flattened",
    "coco.keypoints-reordered": "Keypoints in another order; put into the skeleton's",
    "coco.no-annotations": "The file has no annotations",
    "coco.not-an-object": "The record is not a JSON object",
    "coco.num-keypoints": "num_keypoints is not the number of labelled keypoints",
    "coco.other-skeleton": "The keypoints are those of another skeleton",
    "coco.position-null": "An unlabelled keypoint has null for a position",
    "coco.role": "The role is none that is known",
    "coco.score-as-visibility": "Scores in the place of visibility flags",
    "coco.time-unreadable": "The time of annotation cannot be read",
    "coco.time-zone-assumed": "The time has no zone; UTC is assumed",
    "coco.unlabelled-with-position": "Marked as not labelled, but with a position",
    "coco.visibility": "A visibility flag is none of 0, 1, 2, 3",
    "coco.visibility-float": "Visibility flags as decimal numbers",
    "file.gzip": "The gzip stream is damaged or cut off",
    "file.inflates": "The gzip stream inflates absurdly; reading stopped",
    "json.empty": "The file is empty",
    "json.encoding": "The file is not UTF-8",
    "json.malformed": "The record is not valid JSON",
    "json.not-json": "The file is not JSON",
    "json.too-deep": "Nested too deeply",
    "json.too-long": "Longer than a record may be",
    "json.truncated": "The file is cut off",
}
"""Codes of our own readers; formats from outside are read by `meaning`'s rule."""


def meaning(code: str) -> str:
    """A repair's or quarantine's code in words.

    A code that is not known is nearly a sentence itself (`format.what-was-wrong`):
    'voc.part-missing' becomes 'Part missing'.
    """
    if code in CODES:
        return CODES[code]
    if said := documented().get(code):
        return said.removesuffix(".")
    words = code.rpartition(".")[2].replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:]
