"""Records that no reader can turn into an instance: one way each."""

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np

from posegate.pipelines.demo.plan import Ints
from posegate.pipelines.demo.spec import Purpose, Spec, stream

HOLE = "@hole@"
SHARE = 0.001
"""Of a large delivery; a small one has one of each kind, a smaller one the next few."""

MOST = 0.008
"""A delivery in which more cannot be read is refused for that alone, from 1 % on."""

Record = dict[str, Any]


def without_keypoints(record: Record) -> Record:
    """The key is missing."""
    return {key: value for key, value in record.items() if key != "keypoints"}


def first_coordinate(value: Any) -> Callable[[Record], Record]:
    """Another value in place of the first x."""

    def change(record: Record) -> Record:
        return {**record, "keypoints": [value, *record["keypoints"][1:]]}

    return change


def changed(key: str, value: Any) -> Callable[[Record], Record]:
    """Another value of one key."""
    return lambda record: {**record, key: value}


def shortened(record: Record) -> Record:
    """One keypoint too few."""
    return {**record, "keypoints": record["keypoints"][:-3]}


KINDS: dict[str, tuple[Callable[[Record], Record], bytes]] = {
    "not decodable": (first_coordinate(HOLE), b""),
    "NaN": (first_coordinate(HOLE), b"NaN"),
    "1e308": (first_coordinate(HOLE), b"1e308"),
    "missing keypoints": (without_keypoints, b""),
    "wrong K": (shortened, b""),
    "string coordinate": (first_coordinate("left of the post"), b""),
    "unknown category": (changed("category_id", 99), b""),
    "missing image": (changed("image_id", 2**31 - 1), b""),
    "bad id type": (changed("id", [1]), b""),
}
"""What is done to the record, and what its bytes have in place of a hole."""


def broken(record: Record, kind: str) -> msgspec.Raw:
    """The bytes of a record broken in one of the `KINDS`."""
    change, filling = KINDS[kind]
    text = msgspec.json.encode(change(record))
    return msgspec.Raw(text.replace(f'"{HOLE}"'.encode(), filling))


def ordinals(spec: Spec, week: int) -> tuple[Ints, list[str]]:
    """Which of a week's primary records are broken, counted from 0, and how.

    Spread evenly with a random start in each part; every kind as often as the others.
    """
    if spec.clean:
        return np.empty(0, np.int64), []
    rng = stream(spec.seed, week, 0, Purpose.BROKEN)
    primary = int(spec.quota(week) / (1 + 1.5 * spec.doubled))
    rounds = max(1, round(spec.quota(week) * SHARE / len(KINDS)))
    total = min(rounds * len(KINDS), int(spec.quota(week) * MOST))
    where = ((np.arange(total) + rng.random(total)) * primary / total).astype(np.int64)
    names = np.roll(list(KINDS), -week * total).tolist()
    kinds = [names[i % len(names)] for i in rng.permutation(total)]
    unique, first = np.unique(where, return_index=True)
    return unique, [kinds[int(i)] for i in first]
