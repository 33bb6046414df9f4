"""CVAT for images, a file at a time."""

import io
import zipfile
from collections.abc import Sequence

import numpy as np

SKELETON = "coco_17"
PLAIN = "xml"
NAMES = (
    *("nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder"),
    *("right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist"),
    *("left_hip", "right_hip", "left_knee", "right_knee", "left_ankle"),
    "right_ankle",
)

META = """
  <meta><job><id>7</id><mode>annotation</mode><subset>default</subset>
  <updated>2026-02-02 09:30:00+00:00</updated><start_frame>0</start_frame>
  <stop_frame>9</stop_frame><segments><segment><id>3</id><start>0</start><stop>9</stop>
  <url>http://cvat/api/jobs/7</url></segment></segments><owner><username>lead</username>
  </owner><assignee><username>ana</username><email></email></assignee></job>
  <dumped>2026-02-03 10:00:00+00:00</dumped></meta>"""


def sample(n: int) -> dict[str, bytes]:
    """n people, one to four an image, each with a box."""
    random = np.random.default_rng(5)
    images, left, i = [], n, 0
    while left:
        count = min(left, int(random.integers(1, 5)))
        images.append(image("".join(map(_person, [random] * count, range(count))), i))
        left, i = left - count, i + 1
    return {"annotations.xml": document("\n".join(images))}


def _person(random: np.random.Generator, group: int) -> str:
    xy = random.uniform(10, 700, (len(NAMES), 2))
    flags = random.choice([0, 1, 2], len(NAMES), p=[0.1, 0.2, 0.7]).tolist()
    points = "\n".join(
        point(name, x, y, flag)
        for name, (x, y), flag in zip(NAMES, xy.tolist(), flags, strict=True)
    )
    box = '<box label="person" xtl="5" ytl="5" xbr="710" ybr="710" group_id="%d"/>'
    return f"{skeleton(points, group + 1)}\n    {box % (group + 1)}"


def point(name: str, x: float, y: float, flag: int = 2) -> str:
    """An element of a skeleton, by its visibility."""
    return (
        f'      <points label="{name}" source="manual" outside="{int(flag == 0)}" '
        f'occluded="{int(flag == 1)}" points="{x:.2f},{y:.2f}">\n      </points>'
    )


def skeleton(points: str, group: int | None = None, label: str = "person") -> str:
    said = f' group_id="{group}"' if group is not None else ""
    return (
        f'    <skeleton label="{label}" source="manual" z_order="0"{said}>\n'
        f"{points}\n    </skeleton>"
    )


def image(content: str = "", i: int = 0) -> str:
    return (
        f'  <image id="{i}" name="im/{i:06d}.jpg" width="800" height="720">\n'
        f"{content}\n  </image>"
    )


def document(content: str, meta: str = META) -> bytes:
    head = '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n'
    return f"{head}  <version>1.1</version>{meta}\n{content}\n</annotations>\n".encode()


def abc(names: Sequence[str] = "abc") -> str:
    """A skeleton of points at (1, 1), (2, 2), …"""
    points = [point(name, i, i) for i, name in enumerate(names, 1)]
    return skeleton("\n".join(points))


def zipped() -> dict[str, bytes]:
    """An export as CVAT packs it, with its images."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("annotations.xml", document(image(abc())))
        archive.writestr("images/im/000000.jpg", b"\xff\xd8\xff")
    return {"export.zip": sink.getvalue()}


def amok() -> dict[str, bytes]:
    """A million elements inside each other."""
    head = b"<annotations><image id='0' name='a.jpg'>"
    return {"a.xml": head + b"<points>" * 1_000_000}


def huge() -> dict[str, bytes]:
    """A record without end."""
    return {
        "a.xml": document(image(abc()))[:-40] + b"<image name='" + b"x" * (65 << 20)
    }
