"""The gate of visibility flags."""

import numpy as np
import pytest

from posegate.expectations.policy import load_policy
from posegate.transforms.kernels.flags import flags_gate
from posegate.transforms.kernels.sums import Key
from posegate.transforms.model.policy import Policy

Sums = dict[Key, np.ndarray]
POLICY = Policy.model_validate(
    {k: v for k, v in load_policy("general").items() if k in Policy.model_fields}
)


def flags(alike: int, other: int) -> Sums:
    table = np.zeros((4, 4), np.int64)
    table[1, 1] = table[2, 2] = table[3, 3] = alike
    table[1, 2] = table[3, 1] = other
    table[0, :] = table[:, 0] = 10**6  # keypoints that only one of them labelled
    return {("flags-pair", "", "", ""): table[None]}


def of_videos(*tables: list[list[int]]) -> Sums:
    """Occluded and visible by those of the reference, in videos that differ."""
    table = np.zeros((len(tables), 4, 4), np.int64)
    table[:, 1:3, 1:3] = tables
    return {("flags-pair", "", "", ""): table}


@pytest.mark.parametrize(
    ("sums", "said", "text"),
    [
        (flags(300, 5), "accept", "over 910 keypoints (98.9% alike, 33.5% occluded); "),
        (flags(300, 5), "accept", "of 0.75, as contracts ask, is met (0.975)."),
        (flags(300, 200), "reject", "Visibility flags agree with kappa"),
        (flags(10, 1), "accept", "not judged: 32 keypoints are fewer than 500."),
        ({}, "accept", "Visibility flags are not judged"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_visibility_flags(sums: Sums, said: str, text: str) -> None:
    gate = flags_gate(sums, POLICY)
    assert (gate.gate, gate.verdict) == ("visibility", said)
    assert text in gate.text


ALIKE, UNLIKE = [[45, 5], [5, 45]], [[30, 20], [20, 30]]
"""Kappa .8 and .2."""


@pytest.mark.parametrize(
    ("videos", "said", "text"),
    [
        ([ALIKE] * 6 + [UNLIKE], "accept", "0.714 (95 % interval 0.331 to 0.878) over"),
        ([UNLIKE] * 6 + [ALIKE], "reject", "; 0.7 is required. A kappa"),
        ([ALIKE] * 5 + [UNLIKE] * 2, "hold", "0.629 (95 % interval 0.1"),
        (
            [ALIKE] * 5 + [UNLIKE] * 2,
            "hold",
            "; 0.7 is required, which these pairs do not rule out: review more, of",
        ),
        ([[[400, 160], [160, 400]]], "reject", "with kappa 0.429 over 1,120 keypoints"),
    ],
    ids=str,
)
def test_flags_that_few_videos_leave_in_doubt_wait_for_more(
    videos: list[list[list[int]]], said: str, text: str
) -> None:
    """Of the first: kappa .8 without the video that is unlike, .7 without another; the
    error of ln(1 - kappa) is .3475, t of six degrees 2.447."""
    gate = flags_gate(of_videos(*videos), POLICY)
    assert gate.verdict == said
    assert text in gate.text
