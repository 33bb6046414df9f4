"""Cameras, and where they put points of the world."""

from dataclasses import dataclass

import numpy as np

from posegate.pipelines.demo.people import turn
from posegate.pipelines.demo.plan import Ints
from posegate.transforms.model.poses import Floats

SIZES = np.array([[1280.0, 720.0], [1920.0, 1080.0]])
RATES = np.array([25.0, 30.0, 50.0])
LIGHTING = ("daylight", "dusk", "floodlight", "indoor")


@dataclass(frozen=True)
class Cameras:
    """One camera per scene (S,): image size, focal length [px], tilt [rad], aim."""

    size: Floats
    focal: Floats
    tilt: Floats
    target: Floats  # (S, 2) [px]: where the first person's middle is
    height: Floats  # (S,) [px]: how high 1.7 m there would be in the image
    rate: Floats
    lighting: Ints


def cameras(rng: np.random.Generator, scenes: int) -> Cameras:
    """Random cameras; people are a tenth of the image high to one and a half times."""
    size = SIZES[rng.integers(0, 2, scenes)]
    share = np.clip(0.60 * np.exp(0.48 * rng.standard_normal(scenes)), 0.1, 1.5)
    span = np.stack(
        [rng.uniform(0.15, 0.85, scenes), rng.normal(0.54, 0.09, scenes)], axis=1
    )
    return Cameras(
        size=size,
        focal=size[:, 0] * rng.uniform(0.8, 2.2, scenes),
        tilt=np.radians(rng.uniform(-3, 18, scenes)),
        target=span * size,
        height=share * size[:, 1],
        rate=RATES[rng.integers(0, 3, scenes)],
        lighting=rng.integers(0, len(LIGHTING), scenes),
    )


def project(points: Floats, lens: Cameras, scene: Ints) -> tuple[Floats, Floats]:
    """World (N, J, 3) [m: right, up, towards the camera] -> pixels (N, J, 2), depth.

    The world's origin is the first person's middle: it is put on the ray to `target`
    at the depth where 1.7 m are `height` pixels. Nothing comes nearer than 0.6 m.
    """
    eye = points * [1, -1, -1]
    eye = turn(eye, 0, np.broadcast_to(lens.tilt[scene][:, None], eye.shape[:2]))
    far = (lens.focal * 1.7 / lens.height)[scene]
    middle = lens.size[scene] / 2
    aim = (lens.target[scene] - middle) * (far / lens.focal[scene])[:, None]
    depth = np.maximum(eye[..., 2] + far[:, None], 0.6)
    flat = eye[..., :2] + aim[:, None]
    scale = lens.focal[scene][:, None] / depth
    return flat * scale[..., None] + middle[:, None], depth
