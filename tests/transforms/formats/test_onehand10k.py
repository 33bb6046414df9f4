"""OneHand10K's lists."""

import numpy as np
import pytest
from hypothesis import given, settings

from posegate.transforms.formats import onehand10k
from posegate.transforms.model.skeleton import load
from samples.mutation import mutated, reads_or_says
from samples.onehand10k import line, sample
from samples.reading import Reading

SKELETON = load("onehand10k_21")
HAND = np.arange(42).reshape(1, 21, 2) + 1


def test_a_line_has_a_name_a_size_and_hands() -> None:
    hand = HAND.copy()
    hand[0, 20] = -1
    (row,) = Reading({"label_joint.txt": line(hand).encode()}, SKELETON).rows
    assert (row["image"], row["width"], row["height"]) == ("0.jpg", 480, 640)
    assert row["visibility"] == [2] * 20 + [0]
    assert np.isnan(row["xy"][40:]).all()


def test_two_hands_of_an_image_are_two_rows() -> None:
    data = line(np.concatenate([HAND, HAND + 50])).encode()
    rows = Reading({"label_joint.txt": data}, SKELETON).rows
    assert [row["position"] for row in rows] == [0, 1]
    assert rows[1]["xy"][:2] == [51, 52]


@pytest.mark.parametrize("head", [b"", b"a.jpg,1,2\n", b"0 0.5 0.5\n", b"1,2,3,4\n"])
def test_other_texts_are_none(head: bytes) -> None:
    assert not onehand10k.sniff(head, "a.txt")


@given(mutated(["\n".join(line(HAND, i) for i in range(3)).encode()]))
@settings(max_examples=100)
def test_whatever_is_damaged_is_read_or_said(data: bytes) -> None:
    reads_or_says({"label_joint.txt": data}, SKELETON, "onehand10k")


def test_many_lines_are_read() -> None:
    assert len(Reading(sample(500), SKELETON).rows) == 500
