"""What is drawn: the pairs that agree least, and a few instances of every rule."""

import json
from typing import Any

import numpy as np
import pyarrow as pa

from canonical import STANDING, TRIANGLE, batch, moved, row
from posegate.transforms.kernels import worst
from posegate.transforms.model.poses import Poses
from posegate.transforms.model.schema import FINDINGS
from posegate.transforms.model.skeleton import Skeleton


def drawn(score: list[float], skeleton: Skeleton = TRIANGLE) -> list[dict[str, Any]]:
    """Row 0 against row 1, once a score."""
    rows = batch(row(0, xy=[*STANDING[:4], 37.004, 30.0]), row(1, role="gold"))
    pairs = len(score)
    found = worst.of_pairs(
        rows,
        Poses.of(rows),
        np.zeros(pairs, np.int64),
        np.ones(pairs, np.int64),
        np.array(score),
        skeleton,
    )
    return [json.loads(text) | {"rank": rank} for rank, _, text in found]


def test_the_lowest_scores_are_drawn_first_and_none_without_a_score() -> None:
    assert [d["rank"] for d in drawn([0.5, np.nan, 0.1, 0.9])] == [0.1, 0.5, 0.9]
    assert len(drawn([0.5] * 50)) == worst.SHOWN
    assert drawn([]) == []


def test_a_drawing_has_both_poses_and_marks_what_is_far() -> None:
    [one] = drawn([0.5])
    assert one["xy"] == [[20, 10], [10, 30], [37.0, 30]]
    assert one["reference_xy"] == [[20, 10], [10, 30], [30, 30]]
    assert one["keypoints"] == ["right"]  # 7 px of 3 x .1 x 20 px
    plain = Skeleton("plain", TRIANGLE.keypoints, (), (), None)
    assert drawn([0.5], plain)[0]["keypoints"] == ["right"]  # of a fifth of 20 px


def test_what_is_not_labelled_has_no_place() -> None:
    rows = batch(row(0, visibility=[2, 0, 3]))
    found = worst.facts(rows, Poses.of(rows), 0)
    assert found["xy"] == [[20, 10], None, [30, 30]]
    assert found["visibility"] == [2, 0, 3]


def finding(number: int, rule: str, severity: str = "reject") -> dict[str, Any]:
    said = {"part": 0, "row": number, "instance": "", "image": "", "role": "production"}
    said |= {"rule": rule, "severity": severity, "keypoint": "left", "source": "s"}
    return said | {"position": 0}


def test_every_rule_has_a_few_instances_each_drawn_once() -> None:
    rows = batch(*(row(i, xy=moved(i, 0)) for i in range(8)))
    found = [finding(10 + i, "a") for i in range(6)]
    found += [finding(10, "b"), finding(16, "b"), finding(17, "c", "review")]
    found += [finding(3, "b"), finding(18, "b")]  # of other batches
    table = pa.RecordBatch.from_pylist(found, schema=FINDINGS)
    made = list(worst.of_findings(rows, 10, table))
    facts = {name: json.loads(text) for _, name, text in made}
    names = rows["instance"].to_pylist()
    assert list(facts) == [names[i] for i in (0, 1, 2, 6)]
    assert [rank for rank, *_ in made] == [1, 2, 3, 1]  # the rule's first, second …
    assert facts[names[0]]["rules"] == ["a", "b"]
    assert facts[names[0]]["keypoints"] == ["left"]
    assert list(worst.of_findings(rows, 100, table)) == []


def test_of_a_mask_the_outline_and_the_box_are_told_whatever_its_size() -> None:
    turn = np.linspace(0, 2 * np.pi, 50_000, endpoint=False)
    circle = np.stack([300 + 100 * np.cos(turn), 250 + 100 * np.sin(turn)], 1)
    texts = [json.dumps([each]).encode() for each in (circle.ravel().tolist(), [1] * 6)]
    masks = [
        row(i, segmentation=text, role=role)
        for i, (text, role) in enumerate(
            zip(texts, ("production", "gold"), strict=True)
        )
    ]
    rows = batch(*masks)
    pair, score = (np.array([0]), np.array([1])), np.array([0.2])
    [(*_, text)] = worst.of_pairs(rows, Poses.of(rows), *pair, score, TRIANGLE)
    found = json.loads(text)
    assert found["bbox"] == [10, 10, 20, 20]
    assert found["reference_outline"] == [[[[1, 1]] * 3]]
    assert 100 < len(found["outline"][0][0]) < 200
    assert len(text) < 6000


def test_where_no_mask_is_read_no_outline_is_told() -> None:
    rows = batch(row(0, bbox=[np.nan] * 4))
    found = worst.facts(rows.drop_columns(["segmentation"]), Poses.of(rows), 0)
    assert (found["outline"], found["bbox"]) == ([], None)
