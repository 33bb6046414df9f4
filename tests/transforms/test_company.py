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
IDS = ("structure.duplicate-person", "structure.copied-pose", "anatomy.limb-of-another")


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


def found(tmp_path: Any, rows: list[dict[str, Any]], sizes: list[int]) -> Any:
    """What the branch finds in one part."""
    table = pa.RecordBatch.from_pylist(rows, schema=instances(17))
    file = tmp_path / parts.annotations(PEOPLE.name, 5)
    file.parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_batches([table]), file)
    branch = Accompany(rules(), PEOPLE, str(tmp_path), buckets=3)
    made = run(
        located(table, sizes, part=5), lambda batches: {"found": batches | branch}
    )
    return together(made["found"], "row", "rule", "keypoint")


@pytest.mark.parametrize("sizes", [[8], [1] * 8, [3, 5]], ids=str)
def test_the_later_of_two_is_found_once_however_rows_are_batched(
    tmp_path: Any, sizes: list[int]
) -> None:
    said = found(tmp_path, ROWS, sizes)
    assert [(f["row"], f["rule"], f["part"]) for f in said] == [
        (3, "structure.duplicate-person", 5),
        (5, "structure.copied-pose", 5),
    ]
    alike, apart = (f["value"] for f in said)
    assert 0.75 < alike < 1
    assert apart == pytest.approx(0, abs=1e-6)


def copies(tmp_path: Any, rows: list[dict[str, Any]]) -> list[int]:
    said = found(tmp_path, rows, [len(rows)])
    return sorted(f["row"] for f in said if f["rule"] == "structure.copied-pose")


def test_copies_elsewhere_in_an_image_are_found_in_a_crowd_of_any_order(
    tmp_path: Any,
) -> None:
    random = np.random.default_rng(3)
    kind = np.repeat(np.arange(4), 60)
    rows = [
        row(n, pose(k) + 400 * n + random.uniform(0, 9), image="a.jpg")
        for n, k in enumerate(kind)
    ]
    assert (
        copies(tmp_path / "one", rows) == np.flatnonzero(np.arange(240) % 60).tolist()
    )
    mixed = [rows[n] for n in random.permutation(240)]
    assert len(copies(tmp_path / "other", mixed)) == 240 - 4


@pytest.mark.parametrize(("size", "moved"), [(1.0, 0.0), (0.3, 7000.5), (9.0, -444.4)])
def test_who_is_near_the_limit_is_found_wherever_and_however_large(
    tmp_path: Any, size: float, moved: float
) -> None:
    random = np.random.default_rng(5)
    aside = [random.normal(0, 1, (17, 2)) for _ in range(30)]
    rows = [
        row(30 * near + n, (pose(n) + near * by) * size + moved)
        for near in (0, 1)
        for n, by in enumerate(aside)
    ]
    told = [30 + n for n in range(30)]
    apart = [
        float(np.sqrt(np.square(one - other).sum(axis=1).mean()))
        for one, other in (
            [unit(pose(n)), unit(pose(n) + by)] for n, by in enumerate(aside)
        )
    ]
    assert min(apart) < 0.015 < 0.0195 < max(apart)
    assert copies(tmp_path, rows) == [
        n for n, far in zip(told, apart, strict=True) if far < 0.02
    ]


def unit(xy: np.ndarray) -> np.ndarray:
    centred = xy - xy.mean(axis=0)
    return centred / np.sqrt(np.square(centred).sum(axis=1).mean())


def test_who_stands_still_in_a_track_is_no_copy(tmp_path: Any) -> None:
    random = np.random.default_rng(6)
    still = [
        row(n, pose(1) + random.normal(0, 0.5, (17, 2)), video="v", track="1")
        for n in range(80)
    ]
    assert copies(tmp_path / "still", still) == []
    pasted = still[7] | {"xy": (np.array(still[6]["xy"]) + 12).tolist()}
    assert copies(tmp_path / "pasted", [*still[:7], pasted, *still[8:]]) == [7]
    others = [said | {"track": str(n)} for n, said in enumerate(still)]
    assert len(copies(tmp_path / "others", others)) > 70


FIGURE = 4.0 * np.array(
    [
        *((50, 12), (53, 10), (47, 10), (56, 12), (44, 12)),
        *((60, 28), (40, 28), (64, 44), (36, 44), (65, 58), (35, 58)),
        *((56, 58), (44, 58), (57, 77), (43, 77), (58, 96), (42, 96)),
    ]
)
ARM = [PEOPLE.joint("left_elbow"), PEOPLE.joint("left_wrist")]


@pytest.mark.parametrize("sizes", [[3], [1] * 3], ids=str)
def test_limbs_that_two_people_exchanged_are_named_in_both(
    tmp_path: Any, sizes: list[int]
) -> None:
    one, other = FIGURE, 0.9 * FIGURE + (80, 30)
    mine, theirs = one.copy(), other.copy()
    mine[ARM], theirs[ARM] = other[ARM], one[ARM]
    rows = [
        row(0, mine, image="a.jpg"),
        row(1, theirs, image="a.jpg"),
        row(2, theirs + 5, image="b.jpg"),  # alone in its image
    ]
    said = found(tmp_path, rows, sizes)
    limb = [f for f in said if f["rule"] == "anatomy.limb-of-another"]
    named = {(f["row"], f["keypoint"]) for f in limb}
    assert {(0, "left_elbow"), (0, "left_wrist"), (1, "left_wrist")} <= named
    assert {row for row, _ in named} == {0, 1}
    assert all(f["value"] > 3 for f in limb)


def test_couples_who_have_their_own_limbs_are_left_alone(tmp_path: Any) -> None:
    rows = [
        row(0, FIGURE, image="a.jpg"),
        row(1, 0.9 * FIGURE + (80, 30), image="a.jpg"),
    ]
    assert not [
        f for f in found(tmp_path, rows, [2]) if f["rule"] == "anatomy.limb-of-another"
    ]
