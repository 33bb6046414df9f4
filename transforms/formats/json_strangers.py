"""JSON of tools that is not read: whose it is by its first keys, and what would do.

{"_via_img_metadata": {...}}      VIA
[{"label_hash": "x", ...}]        Encord
{"openlabel": {...}}              OpenLABEL
"""

import re

import msgspec

from posegate.transforms.formats.json_outline import BOM, outline
from posegate.transforms.kernels.json_faults import not_json

_COCO = ("images", "annotations", "categories", "*/keypoints", "*/image_id")
"""What the reader of COCO has something to say about."""

_AS_COCO = "export it as COCO keypoints"
_OTHERWISE = (
    f"{_AS_COCO}, or list it under `ignore` in delivery.toml if it has no annotations"
)

TOOLS: tuple[tuple[str, str, str], ...] = (
    (r"_via_settings|_via_img_metadata", "VIA (VGG Image Annotator)", _AS_COCO),
    (r".+/(file|shape)_attributes", "VIA (VGG Image Annotator)", _AS_COCO),
    (
        r"\*/(pointLabels|templateName)",
        "SuperAnnotate, of an old version",
        "export it again, with `metadata` and `instances`; or as COCO keypoints",
    ),
    (r"openlabel(/.*)?|vcd/frames.*", "OpenLABEL", "convert it to COCO keypoints"),
    (r"(\*/)?(label_hash|data_units)", "Encord", _AS_COCO),
    (r"(\*/)?response/annotations", "Scale AI", "convert it to COCO keypoints"),
    (r"(\*/)?(labels/\*/|latestLabel/)?jsonResponse", "Kili", _AS_COCO),
    (r"samples/\*/(_media_type|_rand|filepath)", "FiftyOne", _AS_COCO),
    (
        r"source-ref|\*/consolidatedAnnotation",
        "SageMaker Ground Truth",
        "convert it to COCO keypoints",
    ),
    (r"visitedMetadata|asset/format|assets/[^/]+/asset", "VoTT", "convert it to COCO"),
    (r"\*/annotations/\*/coordinates/width", "Create ML, boxes", _AS_COCO),
    (r"(frames/)?\*/labels/\*/(box2d|graph)", "Scalabel (BDD100K)", _AS_COCO),
    (r"features/\*/geometry", "GeoJSON", "convert it to COCO keypoints"),
    (
        r"(instance_info/\*/instances/)?\*/keypoint_scores",
        "MMPose's predictions",
        "write them as a COCO results file",
    ),
    (r"export_format_version", "Hasty", _AS_COCO),
    (
        r"predictions/\*/detection_id",
        "Roboflow's predictions",
        "write them as a COCO results file",
    ),
    (r"annotations/\*/datasetId", "Dataloop", _AS_COCO),
    (r"dataset/samples/\*/labels", "Segments.ai", _AS_COCO),
)
"""A key's path as `outline` has it (whole), the tool, and what to do instead."""

_KNOWN = tuple((re.compile(path), tool, remedy) for path, tool, remedy in TOOLS)
_SHOWN = 6


def stranger(head: bytes, whole: bool) -> str | None:
    """What a JSON file is that is none of ours, and the remedy, in a clause.

    `whole`: the head is all of the file. None for what is no JSON, or cut off, or
    perhaps COCO: its reader says more.
    """
    found = outline(head)
    if not_json(head) is not None or not found:
        return None
    for path, tool, remedy in _KNOWN:
        if any(path.fullmatch(key) for key in found):
            return f"looks like an export of {tool}, which is not read; {remedy}"
    if any(key in found for key in _COCO) or (whole and not _sound(head)):
        return None
    paths = [path.removeprefix("*/") for path in found]
    keys = [path for path in paths if path not in ("", "*") and "/" not in path]
    if not keys:
        return None
    shown = ", ".join(map(repr, keys[:_SHOWN])) + (", …" if len(keys) > _SHOWN else "")
    kind = "a list of objects" if "*" in found else "an object"
    return f"is JSON, {kind} with {shown}, which is no format known; {_OTHERWISE}"


def classes_alone(head: bytes) -> bool:
    """Whether JSON lists classes and nothing else, as Label Studio's notes.json does,
    which it packs beside labels of another format."""
    keys = {key for key in outline(head) if key and "/" not in key}
    return "categories" in keys and keys <= {"categories", "info"} and _sound(head)


def _sound(data: bytes) -> bool:
    try:
        msgspec.json.decode(data.removeprefix(BOM), type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True
