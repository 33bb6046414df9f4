"""The branch that sees instances beside others: whatever the batches, once each."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from beamed import located, run, together
from posegate.expectations.policy import load_policy
from posegate.expectations.rules import RULES
from posegate.transforms import parts
from posegate.transforms.company import Accompany
from posegate.transforms.model.rule import Bound, Setting, bind
from posegate.transforms.model.schema import instances
from posegate.transforms.model.skeleton import load

PEOPLE = load("coco_17")
IDS = ("structure.duplicate-person", "structure.copied-pose")


def rules() -> tuple[Bound, ...]:
    said = load_policy("general")["rules"]
    chosen = {id: RULES[id] for id in IDS}
    return bind(chosen, {id: Setting(None, said[id]) for id in IDS}, PEOPLE)


def pose(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(100, 300, (17, 2)).round()


def row(number: int, xy: np.ndarray, **said: Any) -> dict[str, Any]:
    """A person whom ann saw in an image of its own."""
    return {
        "instance": f"{number:032x}",
        "image": f"{number}.jpg",
        "annotator": "ann",
        "role": "production",
        "xy": xy.ravel().tolist(),
        "visibility": [2] * 17,
        "origin": [0] * 17,
        "bbox": [100.0, 100.0, 200.0, 200.0],
        "area": 20000.0,
        "source": "s.json",
        "position": number,
        "format": "coco",
    } | said


NOISE = np.random.default_rng(9).normal(0, 3, (17, 2))
ROWS = [
    row(0, pose(0)),
    row(1, pose(1), image="a.jpg"),
    row(2, pose(2)),
    row(3, pose(1) + NOISE, image="a.jpg"),  # the second person of a.jpg again
    row(4, pose(1) + NOISE, image="a.jpg", annotator="bob"),  # somebody else's
    row(5, pose(2) + 31),  # row 2, moved
    row(6, pose(2) * 1.3, role="prelabel"),  # a machine's
    row(7, pose(2) * 1.2, origin=[2] * 17),  # placed by nobody
]


@pytest.mark.parametrize("sizes", [[8], [1] * 8, [3, 5]], ids=str)
def test_the_later_of_two_is_found_once_however_rows_are_batched(
    tmp_path: Any, sizes: list[int]
) -> None:
    table = pa.RecordBatch.from_pylist(ROWS, schema=instances(17))
    file = tmp_path / parts.annotations(PEOPLE.name, 5)
    file.parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_batches([table]), file)
    branch = Accompany(rules(), PEOPLE, str(tmp_path), buckets=3)
    made = run(
        located(table, sizes, part=5), lambda batches: {"found": batches | branch}
    )
    found = together(made["found"], "row", "rule", "keypoint")
    assert [(f["row"], f["rule"], f["part"]) for f in found] == [
        (3, "structure.duplicate-person", 5),
        (5, "structure.copied-pose", 5),
    ]
    alike, apart = (f["value"] for f in found)
    assert 0.75 < alike < 1
    assert apart == pytest.approx(0, abs=1e-6)
