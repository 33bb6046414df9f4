"""The same pairs scored by pycocotools, frame by frame, and in batches.

A frame has four people, each annotated twice; everyone is compared with everyone.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from posegate.transforms.kernels import oks as kernel
from posegate.transforms.model import skeleton as skeletons
from posegate.transforms.model.poses import Bools, Floats

PEOPLE = 4
BATCH = 8192  # as the gate's


@dataclass(frozen=True)
class Frames:
    """F frames of G people: `reference` and `candidate` (F, G, K, 2) [px], `labelled`
    (F, G, K), `bbox` (F, G, 4), `area` (F, G)."""

    reference: Floats
    candidate: Floats
    labelled: Bools
    bbox: Floats
    area: Floats
    sigma: Floats


def run(case: str, instances: str) -> dict[str, Any]:
    """Scores all pairs one way, or all ways to compare them."""
    frames = people(max(1, int(instances) // PEOPLE))
    if case != "difference":
        _, seconds = timed(WAYS[case](frames))
        return {"pairs": len(frames.reference) * PEOPLE**2, "seconds": seconds}
    scores = {name: timed(way(frames))[0] for name, way in WAYS.items()}
    truth = scores["pycocotools"]
    return {name: float(np.abs(s - truth).max()) for name, s in scores.items()}


def timed(work: Callable[[], Floats]) -> tuple[Floats, float]:
    """What it returns, and the CPU time it takes."""
    start = time.process_time()
    scores = work()
    return scores, time.process_time() - start


def people(frames: int) -> Frames:
    """Random people whose second annotation is off by their sigmas."""
    rng = np.random.default_rng(7)
    sigma = np.array(skeletons.load("coco_17").sigmas)
    shape = (frames, PEOPLE, len(sigma))
    corner = rng.uniform(0, 1000, (frames, PEOPLE, 2))
    extent = rng.uniform(50, 400, (frames, PEOPLE, 2))
    reference = corner[..., None, :] + rng.random((*shape, 2)) * extent[..., None, :]
    area = 0.53 * extent.prod(axis=2)
    spread = sigma[:, None] * np.sqrt(area)[..., None, None]
    labelled = rng.random(shape) < 0.8
    labelled[..., 0] = True
    return Frames(
        reference=reference,
        candidate=reference + rng.standard_normal((*shape, 2)) * spread,
        labelled=labelled,
        bbox=np.concatenate([corner, extent], axis=2),
        area=area,
        sigma=sigma,
    )


def with_pycocotools(frames: Frames) -> Callable[[], Floats]:
    """computeOks, a frame at a time -> (F, D, G)."""
    truth = dataset(frames, frames.reference, frames.labelled)
    found = dataset(frames, frames.candidate, frames.labelled)
    evaluation = COCOeval(truth, found, "keypoints")
    evaluation._prepare()
    ids = range(1, len(frames.reference) + 1)
    return lambda: np.stack([evaluation.computeOks(i, 1) for i in ids])


def dataset(frames: Frames, xy: Floats, labelled: Bools) -> COCO:
    """Poses as pycocotools holds them; scores in the order of the people."""
    flags = np.where(labelled, 2.0, 0.0)
    keypoints = np.concatenate([xy, flags[..., None]], axis=3)
    count, people, _ = labelled.shape
    out = COCO()
    out.dataset = {
        "images": [{"id": i + 1} for i in range(count)],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": [
            {
                "id": i * people + j + 1,
                "image_id": i + 1,
                "category_id": 1,
                "iscrowd": 0,
                "keypoints": keypoints[i, j].ravel().tolist(),
                "num_keypoints": int(labelled[i, j].sum()),
                "bbox": frames.bbox[i, j].tolist(),
                "area": float(frames.area[i, j]),
                "score": 1.0 - j / people,
            }
            for i in range(count)
            for j in range(people)
        ],
    }
    out.createIndex()
    return out


def by_frame(frames: Frames) -> Callable[[], Floats]:
    """`oks_matrix`, a frame at a time -> (F, D, G)."""
    each = list(
        zip(
            frames.candidate,
            frames.reference,
            frames.labelled,
            frames.area,
            frames.bbox,
            strict=True,
        )
    )
    return lambda: np.stack([kernel.oks_matrix(*f, frames.sigma) for f in each])


def by_batch(frames: Frames) -> Callable[[], Floats]:
    """`oks` of pairs in batches, as the gate does -> (F, D, G)."""
    count, people, k = frames.labelled.shape
    shape = (count, people, people)
    error = frames.candidate[:, :, None] - frames.reference[:, None]
    pairs = error.reshape(-1, k, 2)
    labelled = np.broadcast_to(frames.labelled[:, None], (*shape, k)).reshape(-1, k)
    area = np.broadcast_to(frames.area[:, None], shape).reshape(-1)

    def work() -> Floats:
        starts = range(0, len(pairs), BATCH)
        batches = [slice(start, start + BATCH) for start in starts]
        scores = [
            kernel.oks(pairs[b], labelled[b], area[b], frames.sigma) for b in batches
        ]
        return np.concatenate(scores).reshape(shape)

    return work


WAYS = {
    "pycocotools": with_pycocotools,
    "oks_matrix": by_frame,
    "oks": by_batch,
}
