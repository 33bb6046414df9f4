"""The plan of a week: exact counts, in blocks whose size does not grow."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posegate.pipelines.demo.plan import Plan, plans
from posegate.pipelines.demo.spec import PEOPLE_PER_FRAME, Spec

SPEC = Spec(Path(), 60_000, weeks=1)


def records(plan: Plan) -> int:
    return len(plan.frame) + int((plan.doubled > 0)[plan.frame].sum())


@given(st.integers(20, 12_000))
def test_the_records_of_all_blocks_are_the_quota(instances: int) -> None:
    spec = Spec(Path(), instances, weeks=1)
    assert sum(map(records, plans(spec, 0))) == instances


@given(st.integers(1, 60), st.integers(0, 10_000))
def test_quotas_add_up(weeks: int, more: int) -> None:
    spec = Spec(Path(), 20 * weeks + more, weeks=weeks)
    quotas = [spec.quota(week) for week in range(weeks)]
    assert sum(quotas) == spec.instances
    assert max(quotas) - min(quotas) <= 1


def test_blocks_do_not_grow_with_the_delivery() -> None:
    """Arrays of a block are what memory is made of."""
    small = max(map(records, plans(replace(SPEC, instances=20_000), 0)))
    large = max(map(records, plans(SPEC, 0)))
    assert large < 1.2 * small < 8000


def test_a_longer_delivery_begins_with_the_same_blocks() -> None:
    one = next(plans(SPEC, 0))
    other = next(plans(replace(SPEC, instances=30_000), 0))
    assert (one.frame == other.frame).all()
    assert (one.doubled == other.doubled).all()


def test_counters_run_on_from_block_to_block() -> None:
    blocks = list(plans(SPEC, 0))
    assert len(blocks) > 5
    for before, after in pairwise(blocks):
        assert after.scene0 == before.scene0 + len(before.people)
        assert after.frame0 == before.frame0 + len(before.doubled)
        assert after.row0 == before.row0 + len(before.frame)


def test_people_of_a_frame_adjoin_and_tracks_run_through_their_scene() -> None:
    plan = Plan(
        week=0,
        block=0,
        people=np.array([2, 1]),
        frames=np.array([3, 1]),
        doubled=np.zeros(4, np.uint8),
        scene0=0,
        frame0=0,
        row0=0,
    )
    assert plan.scene.tolist() == [0, 0, 0, 1]
    assert plan.moment.tolist() == [0, 1, 2, 0]
    assert plan.frame.tolist() == [0, 0, 1, 1, 2, 2, 3]
    assert plan.track.tolist() == [0, 1, 0, 1, 0, 1, 2]


def test_a_tenth_of_the_instances_is_doubled_and_most_of_it_by_gold() -> None:
    kinds = np.concatenate([plan.doubled[plan.frame] for plan in plans(SPEC, 0)])
    share = np.bincount(kinds, minlength=3) / len(kinds)
    assert share[1:].sum() == pytest.approx(0.10, abs=0.01)
    assert share[1] / share[1:].sum() == pytest.approx(0.70, abs=0.04)


def test_stills_and_clips_and_up_to_three_people_occur() -> None:
    plan = next(plans(SPEC, 0))
    assert set(plan.people) == set(range(1, PEOPLE_PER_FRAME + 1))
    assert 0.1 < np.mean(plan.frames > 1) < 0.2
    assert plan.frames.max() == 18
