"""What could have been compared and was not, in sentences."""

from collections.abc import Mapping

from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.sums import Key

SENTENCES = {
    "contested-gold": "{n} instances of gold contradict other gold of the same object "
    "and are no reference (see findings/, reference.contradiction); settle which is "
    "right.",
    "disputed-review": "{n} instances have reviews that contradict each other (see "
    "findings/, reference.disputed-review); the latest hand-in's counts.",
    "replaced-review": "{n} reviews do not count: a later hand-in, or another review, "
    "settles their instance.",
    "own-review": "{n} reviews of people's own work do not count.",
    "not-drawn": "{n} reviews are of instances that were not drawn and do not count; "
    'if they were chosen at random, set sampling.reviews = "all".',
    "crowded-frame": "{n} frames hold too many people to be paired; give every image "
    "its own file_name.",
}
"""By the name under which `couples.refusals` and `weigh` count it."""


def left_out(sums: Mapping[Key, Ints]) -> str:
    """A sentence, after a blank, for each that there is; "" for none."""
    found = (
        (text, sums.get(("refused", name, "", ""))) for name, text in SENTENCES.items()
    )
    return "".join(f" {text.format(n=n[0])}" for text, n in found if n is not None)
