"""What labels say beside a keypoint's name."""

import pytest

from posegate.transforms.formats.labels import Label, Labels, state
from posegate.transforms.model.schema import Visibility
from posegate.transforms.model.skeleton import load

LABELS = Labels(load("coco_17"))
HIDDEN = Visibility.OCCLUDED


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nose", Label(0)),
        ("Left Wrist", Label(9)),
        ("LWrist_occluded", Label(9, HIDDEN)),
        ("left_eye (not visible)", Label(1, HIDDEN)),
        ("hidden nose", Label(0, HIDDEN)),
        ("nose-visible", Label(0, Visibility.VISIBLE)),
        ("nose_outside", Label(0, Visibility.UNLABELLED)),
        ("p1_nose", Label(0, None, "p1")),
        ("Player 2: left_eye_occluded", Label(1, HIDDEN, "player 2")),
        ("1. nose", Label(0)),
        ("0_nose", Label(0)),
        ("10_left_wrist", Label(9)),
        ("3_nose", Label(None)),
        ("nose_1", Label(None)),
        ("person_2", Label(None)),
        ("ball", Label(None)),
        ("", Label(None)),
    ],
)
def test_a_label_is_read(name: str, expected: Label) -> None:
    assert LABELS.read(name) == expected


def test_a_word_for_no_state_is_none() -> None:
    assert state("blurred") is None
    assert state("Not Visible") == HIDDEN
    assert state("certain") == Visibility.CERTAIN
