"""What instances that were looked at count for: gold of whole videos for less."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posegate.expectations.policy import load_policy
from posegate.transforms.kernels import lot, verdict
from posegate.transforms.kernels.pair_sums import STILL, STILLS
from posegate.transforms.kernels.sums import Key
from posegate.transforms.model.policy import Policy

POLICY = Policy.model_validate(
    {k: v for k, v in load_policy("general").items() if k in Policy.model_fields}
)
"""OKS .75; p0 .05, p1 .10; instances of a video are alike by .15."""

Sums = dict[Key, Any]


def gold(videos: list[int], bad: int = 0, annotator: str = "ann") -> Sums:
    """So many instances in each video, all of them somebody's."""
    sums: Sums = {
        ("judged", annotator, "gold", ""): np.array([sum(videos), bad, 0]),
    }
    for number, n in enumerate(videos):
        sums["cluster", "gold", f"v{number}", ""] = np.array([n, 0])
        sums["gold-video", annotator, f"v{number}", ""] = np.array([n])
    return sums


def reviews(n: int, bad: int, annotator: str = "ann") -> Sums:
    return {("judged", annotator, "review", ""): np.array([n, bad, 0])}


def of_lot(n: int) -> Sums:
    return {("stratum", "ann", "", ""): np.array([n, 60, n - 60, 0, 0])}


@pytest.mark.parametrize(
    ("videos", "expected"), [([12, 12], 12.0), ([1, 1, 1], 1.0), ([1, 3], 2.5)]
)
def test_the_crowd_that_an_instance_of_gold_stands_in(
    videos: list[int], expected: float
) -> None:
    sums = gold(videos)
    assert lot.crowding(sums) == expected
    assert lot.crowding_of(sums) == {"ann": expected}


def test_without_gold_nothing_is_crowded() -> None:
    sums = reviews(9, 1) | {("cluster", "review", "v", ""): np.array([9, 0])}
    assert lot.crowding(sums) == 1
    assert lot.crowding_of(sums) == {}
    nothing: Sums = {("cluster", "gold", "v", ""): np.array([0, 0])}
    assert lot.crowding(nothing) == 1


@pytest.mark.parametrize("people", [1, 4])
def test_stills_are_crowded_by_their_people_not_by_their_hashes(people: int) -> None:
    """3,000 images in 1,024 hashes: three and more fall together by chance."""
    rng = np.random.default_rng(0)
    n = np.bincount(rng.integers(0, STILLS, 3000), minlength=STILLS) * people
    sums: Sums = {
        ("cluster", "gold", f"{STILL}{i}", ""): np.array([each, 0])
        for i, each in enumerate(n.tolist())
    }
    assert lot.crowding(sums) == pytest.approx(people, rel=0.1)


def test_gold_of_whole_videos_counts_for_less_and_reviews_in_full() -> None:
    """24 in videos of 12 count as 24 / (1 + 11 x .15), and so do the bad of them."""
    sums = gold([12, 12], bad=2) | reviews(40, 1) | of_lot(5000)
    found = lot.tested(sums, POLICY)
    assert (found.n, found.bad, found.gold) == (64, 3, 24)
    assert found.worth == pytest.approx(40 + 24 / 2.65)
    assert found.worth_bad == pytest.approx(1 + 2 / 2.65)
    assert found.less == pytest.approx(24 / 2.65)
    text = verdict.acceptance_gate(sums, POLICY).text
    assert "; the 24 of gold share videos and count as 9 drawn one by one); " in text


def test_gold_of_one_each_video_counts_in_full_and_nothing_is_said() -> None:
    sums = gold([1] * 60) | of_lot(5000)
    assert lot.tested(sums, POLICY).less is None
    gate = verdict.acceptance_gate(sums, POLICY)
    assert gate.verdict == "accept"
    assert "gold" not in gate.text
    crowded = gold([12] * 5) | of_lot(5000)
    assert verdict.acceptance_gate(crowded, POLICY).verdict == "hold"


def test_a_lot_that_is_looked_at_to_the_last_is_guessed_by_nothing() -> None:
    sums = gold([30, 30], bad=4) | of_lot(60)
    found = lot.tested(sums, POLICY)
    assert (found.worth, found.worth_bad) == (60, 4)
    assert found.outcome.verdict == "accept"
    assert found.interval(POLICY) == (4 / 60, 4 / 60)


def test_no_more_reviews_are_asked_for_than_are_left() -> None:
    sums = gold([30], bad=0) | of_lot(40)
    assert lot.tested(sums, POLICY).outcome.more == 10


def test_one_bad_clip_does_not_make_a_bad_annotator_but_many_clips_do() -> None:
    clip = reviews(400, 4, "bo") | gold([25], bad=6)
    assert verdict.annotators(clip, POLICY).verdict == "accept"
    spread = reviews(400, 4, "bo") | gold([1] * 25, bad=6)
    gate = verdict.annotators(spread, POLICY)
    assert gate.verdict == "reject"
    assert gate.text == "More than 5% bad instances: ann (6 of 25)."


@given(st.lists(st.integers(1, 40), max_size=9), st.integers(0, 40), st.floats(0, 1))
def test_what_is_looked_at_never_counts_for_more_than_it_is(
    videos: list[int], n: int, alike: float
) -> None:
    test = POLICY.acceptance.model_copy(update={"alike": alike})
    policy = POLICY.model_copy(update={"acceptance": test})
    sums = reviews(n, 0) | (gold(videos, bad=min(videos)) if videos else {})
    found = lot.tested(sums | of_lot(10**6), policy)
    assert n <= found.worth <= found.n + 1e-9
    assert 0 <= found.worth_bad <= found.bad + 1e-9
    if alike == 0:
        assert (found.worth, found.worth_bad) == (found.n, found.bad)
