"""CVAT for video, a file at a time."""

from collections.abc import Mapping, Sequence

import numpy as np

from samples.cvat_images import NAMES

SKELETON = "coco_17"
PLAIN = "xml"

META = """
  <meta><task><id>5</id><name>walk</name><size>{size}</size><mode>interpolation</mode>
  <updated>2026-02-02 09:30:00+00:00</updated><start_frame>0</start_frame>
  <stop_frame>99</stop_frame><frame_filter></frame_filter><segments><segment><id>3</id>
  <start>0</start><stop>99</stop><url>http://cvat/api/jobs/7</url></segment></segments>
  <assignee><username>ana</username></assignee>
  <original_size><width>640</width><height>480</height></original_size></task>
  <dumped>2026-02-03 10:00:00+00:00</dumped><source>walk.mp4</source></meta>"""


def sample(n: int) -> dict[str, bytes]:
    """n people in tracks of 100 frames, every tenth drawn, each with a box's track."""
    random = np.random.default_rng(6)
    tracks: list[str] = []
    for first in range(0, n, 100):
        group, count = first // 100 + 1, min(100, n - first)
        start, speed = random.uniform(50, 300, (17, 2)), random.uniform(-1, 1, (17, 2))
        flags = random.choice([1, 2], 17)
        shapes = []
        for frame in range(count):
            xy, key = (start + frame * speed).tolist(), frame % 10 == 0
            points = "\n".join(
                point(name, x, y, int(flag), key)
                for name, (x, y), flag in zip(NAMES, xy, flags, strict=True)
            )
            shapes.append(skeleton(frame, points, key=frame == 0))
        boxes = [box(frame, frame % 10 == 0) for frame in range(count)]
        tracks.append(track("\n".join(shapes), len(tracks), group=group))
        tracks.append(track("\n".join(boxes), len(tracks), group=group))
    return {"annotations.xml": document("\n".join(tracks), size=n)}


def point(name: str, x: float, y: float, flag: int = 2, key: bool = True) -> str:
    """An element of a skeleton, by its visibility."""
    return (
        f'      <points label="{name}" keyframe="{int(key)}" '
        f'outside="{int(flag == 0)}" occluded="{int(flag == 1)}" '
        f'points="{x:.2f},{y:.2f}">\n      </points>'
    )


def skeleton(frame: int, points: str, key: bool = True) -> str:
    head = f'    <skeleton frame="{frame}" keyframe="{int(key)}" z_order="0">'
    return f"{head}\n{points}\n    </skeleton>"


def box(frame: int, key: bool = True, outside: bool = False) -> str:
    return (
        f'    <box frame="{frame}" keyframe="{int(key)}" outside="{int(outside)}" '
        'occluded="0" xtl="10.00" ytl="20.00" xbr="410.00" ybr="420.00" z_order="0">\n'
        "    </box>"
    )


def track(
    content: str, i: int = 0, label: str = "person", group: int | None = None
) -> str:
    said = f' group_id="{group}"' if group is not None else ""
    head = f'  <track id="{i}" label="{label}" source="manual"{said}>'
    return f"{head}\n{content}\n  </track>"


def document(content: str, meta: str = META, size: int = 100) -> bytes:
    head = '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1'
    text = f"{head}</version>{meta.format(size=size)}\n{content}\n</annotations>\n"
    return text.encode()


def frames(
    shown: Mapping[int, Sequence[int]], key: Mapping[int, bool] | None = None
) -> str:
    """Skeletons of points a, b, c with these flags, at (frame, 1), (frame, 2) …"""
    return "\n".join(
        skeleton(
            frame,
            "\n".join(
                point(name, frame, i, flag, (key or {}).get(frame, True))
                for i, (name, flag) in enumerate(zip("abc", flags, strict=True), 1)
            ),
        )
        for frame, flags in shown.items()
    )
