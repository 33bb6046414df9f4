"""Why boundary IoU has no stream of its own: real outlines, drawn coarser or raggeder.

Of every mask the stream has ln of a ring's width that 1 - IoU would make; beside it
stands ln(1 - boundary IoU). Where outlines change and areas hardly do, whichever moves
by more of its own standard deviation is found sooner.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from posegate.transforms.kernels import masks
from posegate.transforms.kernels.mask_streams import ROUND, SIGMA
from posegate.transforms.kernels.masks import Rle
from posegate.transforms.kernels.outlines import iou
from posegate.transforms.model.poses import Floats

SMALLEST, MOST = 48.0**2, 400
"""Pixels of area; masks."""

PART = 0.15
"""Share of masks that lack a part, as a foot or a bag: what IoU sees too."""


@pytest.fixture(scope="module")
def outlines(shared_data: Path) -> list[tuple[Floats, Any]]:
    """Polygons (P, 2) [px] of people, with what COCO says of each and its image."""
    file = shared_data / "coco_val2017_first538" / "person_keypoints_val2017.json"
    if not file.exists():
        pytest.skip(f"no {file.name} in ../shared/data here")
    table = json.loads(file.read_text(encoding="utf-8"))
    sizes = {each["id"]: each for each in table["images"]}
    return [
        (np.array(a["segmentation"][0]).reshape(-1, 2), a | sizes[a["image_id"]])
        for a in table["annotations"]
        if not a["iscrowd"] and a["area"] > SMALLEST and len(a["segmentation"]) == 1
    ][:MOST]


def coarser(corners: Floats, far: float) -> Floats:
    """Every corner left out that lies nearer than `far` to the line of its neighbours'
    outline, by turns (Douglas and Peucker 1973)."""
    closed = np.vstack([corners, corners[:1]])
    kept = {0, int(np.argmax(np.linalg.norm(corners - corners[0], axis=1)))}
    ends = sorted(kept)
    stack = [(ends[0], ends[-1]), (ends[-1], len(corners))]
    while stack:
        i, j = stack.pop()
        along = closed[j] - closed[i]
        off = closed[i + 1 : j] - closed[i]
        across = np.abs(along[0] * off[:, 1] - along[1] * off[:, 0])
        across /= max(float(np.hypot(*along)), 1e-9)
        if len(across) and across.max() > far:
            k = i + 1 + int(across.argmax())
            kept.add(k)
            stack += [(i, k), (k, j)]
    return corners[sorted(kept)]


def drawn(rng: np.random.Generator, corners: Floats, size: float, px: float) -> Floats:
    """As somebody clicks it again: a corner at least every .08 of the scale, each off
    by so many px, and sometimes a part of it missing."""
    ahead = np.roll(corners, -1, axis=0) - corners
    steps = np.maximum(np.hypot(*ahead.T) // (0.08 * size), 1).astype(int)
    dense = [c + a * t / n for c, a, n in zip(corners, ahead, steps, strict=True)
             for t in range(n)]  # fmt: skip
    out = np.array(dense) + rng.normal(0, px, (len(dense), 2))
    if rng.random() < PART and len(out) > 12:
        first, part = rng.integers(len(out)), int(len(out) * rng.uniform(0.08, 0.25))
        out = np.delete(out, (first + np.arange(part)) % len(out), axis=0)
    return out


def rle(corners: Floats, of: Any) -> Rle | None:
    return masks.drawn([corners.ravel().tolist()], of["width"], of["height"])


def seen(
    outlines: list[tuple[Floats, Any]], seed: int, coarse: float, ragged: float
) -> tuple[Floats, Floats, Floats]:
    """IoU, what the stream has, and what one of boundary IoU would have: (N,) each."""
    rng = np.random.default_rng(seed)
    rows = []
    for corners, of in outlines:
        size = float(np.sqrt(of["area"]))
        plain = coarser(corners, coarse * size) if coarse else corners
        if len(plain) < 3:
            continue
        again = drawn(rng, plain, size, ragged * max(1.0, 0.012 * size))
        own, other = rle(again, of), rle(corners, of)
        if own is not None and other is not None:
            edges = masks.edge(own), masks.edge(other)
            rows.append((iou(own, other), iou(*edges), size))
    area, border, size = np.array(rows).T
    ring = (1 - area) * size / ROUND / (SIGMA * size)
    return area, np.log(np.clip(ring, 0.05, 3)), np.log(np.clip(1 - border, 0.005, 1))


@pytest.mark.parametrize(("coarse", "ragged"), [(0.03, 1.0), (0.0, 1.5)])
def test_the_stream_of_iou_moves_by_more_than_one_of_boundary_iou_would(
    outlines: list[tuple[Floats, Any]], coarse: float, ragged: float
) -> None:
    area, *usual = seen(outlines, 1, 0.0, 1.0)
    other, *changed = seen(outlines, 2, coarse, ragged)
    assert 0 < area.mean() - other.mean() < 0.03
    ring, border = (
        (now.mean() - was.mean()) / was.std()
        for was, now in zip(usual, changed, strict=True)
    )
    assert ring > border > 0.2
