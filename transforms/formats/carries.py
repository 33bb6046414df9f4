"""What a format's files say beside positions."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Carries:
    """Each field: where the format says it, in a few words; None where it never does.

    `convention` is how its coordinates count: what 0 is, and pixel centre or corner.
    """

    annotator: str | None = None
    time: str | None = None
    review: str | None = None
    tracks: str | None = None
    visibility: str | None = None
    z: str | None = None
    masks: str | None = None
    convention: str = "px; (0, 0) is the centre of the top-left pixel, as in COCO"
