"""Frames as OpenPose writes them."""

import json
from typing import Any

import numpy as np

SKELETON = "openpose_body_25"
PLAIN = "json"
LISTS = (
    "pose_keypoints_2d",
    "face_keypoints_2d",
    "hand_left_keypoints_2d",
    "hand_right_keypoints_2d",
    "pose_keypoints_3d",
    "face_keypoints_3d",
    "hand_left_keypoints_3d",
    "hand_right_keypoints_3d",
)


def sample(n: int) -> dict[str, bytes]:
    """n people of 25 keypoints, two a frame."""
    random = np.random.default_rng(7)
    files = {}
    for i in range(0, n, 2):
        people = []
        for _ in range(min(2, n - i)):
            points = random.uniform(0, 1000, (25, 3)).round(3)
            points[:, 2] = random.uniform(0, 1, 25).round(6)
            people.append(person(pose_keypoints_2d=points.ravel().tolist()))
        files[f"walk_{i // 2:012d}_keypoints.json"] = frame(*people)
    return files


def person(**lists: Any) -> dict[str, Any]:
    return {"person_id": [-1]} | {name: [] for name in LISTS} | lists


def frame(*people: dict[str, Any], **more: Any) -> bytes:
    content = {"version": 1.3, "people": [*people]} | more
    return json.dumps(content, separators=(",", ":")).encode()


def two(x: float = 10, **more: Any) -> dict[str, bytes]:
    """A person of two keypoints."""
    body = [x, 20, 0.9, 30, 40, 0.5]
    return {"a_keypoints.json": frame(person(pose_keypoints_2d=body), **more)}


def undetected() -> dict[str, bytes]:
    body = [10, 20, 0.9, 0, 0, 0]
    return {"a_keypoints.json": frame(person(pose_keypoints_2d=body))}


def nobody() -> dict[str, bytes]:
    return {"a_keypoints.json": frame(person())}


def candidates() -> dict[str, bytes]:
    return two(part_candidates=[{"0": [1, 2, 0.5]}])


def other() -> dict[str, bytes]:
    return {"a_keypoints.json": frame(person(pose_keypoints_2d=[1, 2, 0.5]))}


def normalised() -> dict[str, bytes]:
    """From -1 to 1, which only the second file tells."""
    one, two = [0.5, 0.5, 0.9, 0, 1, 0.9], [-0.5, 0, 0.9, 1, -1, 0.9]
    return {
        "a_keypoints.json": frame(person(pose_keypoints_2d=one)),
        "b_keypoints.json": frame(person(pose_keypoints_2d=two)),
    }


def deep(size: float = 800) -> dict[str, bytes]:
    """A person in 3-D."""
    body = [0, 0, 1000, 1, 0, size, 1000, 1]
    return {"a_keypoints.json": frame(person(pose_keypoints_3d=body))}


def strange() -> dict[str, bytes]:
    return deep(20)


def both() -> dict[str, bytes]:
    flat, deep = [10, 20, 0.9, 30, 40, 0.5], [0, 0, 1, 1, 0, 1, 1, 1]
    whole = person(pose_keypoints_2d=flat, pose_keypoints_3d=deep)
    return {"a_keypoints.json": frame(whole)}


def documented() -> dict[str, bytes]:
    """Cut short by dots, and with a comment: as the documentation shows it."""
    text = '{"version":1.1,"people":[{"pose_keypoints_2d":[582.3,507.8,0.8,...]}]}'
    return {"a_keypoints.json": text.encode()}
