"""The same pairs scored by three other libraries, frame by frame, and in batches.

A frame has four people, each annotated twice; everyone is compared with everyone.
"""

import contextlib
import importlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

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
    """Scores all pairs one way, or all ways to compare them.

    A library that is not installed, or not for this numpy, says why as `missing`.
    """
    frames = people(max(1, int(instances) // PEOPLE))
    if case != "difference":
        try:
            _, seconds = timed(WAYS[case](frames))
        except (ImportError, ValueError) as error:
            return {"missing": str(error).partition("\n")[0]}
        return {"pairs": len(frames.reference) * PEOPLE**2, "seconds": seconds}
    scores: dict[str, Floats] = {}
    for name, way in WAYS.items():
        with contextlib.suppress(ImportError, ValueError):
            scores[name] = timed(way(frames))[0]
    ours = scores["oks"]
    return {name: float(np.abs(s - ours).max()) for name, s in scores.items()}


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


LIBRARIES = {
    "pycocotools": ("pycocotools.coco", "pycocotools.cocoeval", "COCOeval"),
    "xtcocotools": ("xtcocotools.coco", "xtcocotools.cocoeval", "COCOeval"),
    "faster-coco-eval": ("faster_coco_eval", "faster_coco_eval", "COCOeval_faster"),
}
"""Where each has its COCO, and its evaluation."""


def by_library(name: str, frames: Frames) -> Callable[[], Floats]:
    """Its computeOks, a frame at a time -> (F, D, G)."""
    index, module, evaluation = LIBRARIES[name]
    coco = importlib.import_module(index).COCO
    evaluate = getattr(importlib.import_module(module), evaluation)
    with open(os.devnull, "w") as nothing, contextlib.redirect_stdout(nothing):
        truth = dataset(coco, frames, frames.reference, frames.labelled)
        found = dataset(coco, frames, frames.candidate, frames.labelled)
        more = {"sigmas": frames.sigma} if name == "xtcocotools" else {}
        prepared = evaluate(truth, found, "keypoints", **more)
        prepared._prepare()
    ids = range(1, len(frames.reference) + 1)
    return lambda: np.stack([np.asarray(prepared.computeOks(i, 1)) for i in ids])


def dataset(coco: Any, frames: Frames, xy: Floats, labelled: Bools) -> Any:
    """Poses as the libraries hold them; scores in the order of the people."""
    flags = np.where(labelled, 2.0, 0.0)
    keypoints = np.concatenate([xy, flags[..., None]], axis=3)
    count, people, _ = labelled.shape
    out = coco()
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


WAYS: dict[str, Callable[[Frames], Callable[[], Floats]]] = {
    **{name: partial(by_library, name) for name in LIBRARIES},
    "oks_matrix": by_frame,
    "oks": by_batch,
}
