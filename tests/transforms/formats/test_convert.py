"""From any format that is written to any other: nothing changes that both can hold."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posegate.transforms.formats import parquet_write, writers
from posegate.transforms.formats.write import Keeps
from posegate.transforms.model.jobs import parse
from posegate.transforms.model.skeleton import Skeleton
from samples.reading import Reading
from samples.writing import Row, differences, written

WRITERS = list(writers().values())
SKELETON = Skeleton(
    "triangle", ("top", "left_end", "right_end"), ((0, 1), (0, 2)), ((1, 2),), None
)

WIDTH, HEIGHT = 640, 480
word = st.text("abcdefgh_09", min_size=1, max_size=6)
x, y = st.floats(1, WIDTH - 1), st.floats(1, HEIGHT - 1)
flag = st.integers(0, 3)
time = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1))


@st.composite
def people(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rows of up to three videos of up to four frames, in the order of their file."""
    rows = []
    places = st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 2))
    for number, (video, frame, track) in enumerate(
        draw(st.lists(places, min_size=1, max_size=9, unique=True))
    ):
        flags = draw(st.lists(flag, min_size=3, max_size=3).filter(any))
        points = [draw(st.tuples(x, y)) if v else (float("nan"),) * 2 for v in flags]
        left, top = draw(x) / 2, draw(y) / 2
        said = draw(st.dictionaries(word.map("k{}".format), word, max_size=2))
        rows.append(
            {
                "instance": f"{number:024x}",
                "id": str(number + 7),
                "image": f"v{video}/{frame:06}.jpg",
                "width": WIDTH,
                "height": HEIGHT,
                "video": f"v{video}",
                "frame": frame,
                "fps": 25.0,
                "track": str(track),
                "annotator": draw(st.none() | word.map("w{}".format)),
                "annotated_at": draw(time).replace(tzinfo=UTC),
                "lead_time_s": draw(st.none() | st.integers(1, 999).map(float)),
                "role": draw(st.sampled_from(["production", "gold", "review"])),
                "xy": [number for point in points for number in point],
                "visibility": flags,
                "origin": [0, 0, 0],
                "bbox": [left, top, draw(st.floats(1, 200)), draw(st.floats(1, 200))],
                "area": draw(st.floats(1, 9e4)),
                "area_source": "segment",
                "segmentation": draw(st.sampled_from([None, b"[[1,1,20.5,1,20,30]]"])),
                "attributes": sorted(said.items()) or None,
                "source": "s",
                "position": number,
                "format": "coco",
            }
        )
    return rows


def back(
    module: ModuleType, rows: list[dict[str, Any]], folder: Path
) -> list[Row | None]:
    """The rows, written and read again, in their first order; None if left out."""
    files, told = written(module, rows, SKELETON, folder, batch=2)
    files.pop("delivery.toml", None)
    table = files.pop("jobs.csv", None)
    said = parse(table, "jobs.csv") if table is not None else None
    if module is parquet_write:  # which other programs read
        again = pq.read_table(io.BytesIO(files[parquet_write.FILE])).to_pylist()
    else:
        got = Reading(files, SKELETON, format=module.NAME, jobs=said)
        assert got.bad == []
        again = got.rows
    keep = module.KEEPS.fields
    names = ("image",) if "image" in keep else ("video", "frame", "track")
    left = sum(n for said, n in told.items() if is_left(said))
    assert len(again) + left == len(rows)
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in again:
        found.setdefault(tuple(row[name] for name in names), []).append(row)
    keys = [tuple(row[name] for name in names) for row in rows]
    return [found[key].pop(0) if key in found else None for key in keys]


def is_left(said: str) -> bool:
    """Whether a writer's remark counts rows that it left out."""
    return said.startswith("left out")


def both(one: Keeps, other: Keeps) -> Keeps:
    """What comes back through two formats."""
    return replace(
        one,
        fields=one.fields & other.fields,
        visibility=tuple(other.visibility[v] for v in one.visibility),
        origin=tuple(other.origin[v] for v in one.origin),
        step=one.step + other.step,
    )


@pytest.mark.parametrize("module", WRITERS, ids=lambda m: m.NAME)
@settings(max_examples=15)
@given(rows=people())
def test_what_a_format_keeps_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
    module: ModuleType,
    rows: list[dict[str, Any]],
) -> None:
    folder = tmp_path_factory.getbasetemp()
    for made, found in zip(rows, back(module, rows, folder), strict=True):
        assert found is not None
        assert differences(made, found, module.KEEPS) == []


MOVING = {"video", "frame", "track"}


def meet(one: ModuleType, other: ModuleType) -> bool:
    """Whether the other can tell rows apart that come from the one."""
    return "image" in other.KEEPS.fields or one.KEEPS.fields >= MOVING


PAIRS = [(a, b) for a in WRITERS for b in WRITERS if a is not b and meet(a, b)]


@pytest.mark.parametrize(
    "pair", PAIRS, ids=lambda pair: f"{pair[0].NAME}-{pair[1].NAME}"
)
@settings(max_examples=6)
@given(rows=people())
def test_what_two_formats_keep_comes_back_through_both(
    tmp_path_factory: pytest.TempPathFactory,
    pair: tuple[ModuleType, ModuleType],
    rows: list[dict[str, Any]],
) -> None:
    folder = tmp_path_factory.getbasetemp()
    one, other = pair
    there = back(one, rows, folder)
    assert None not in there
    home = back(other, [dict(row) for row in there if row is not None], folder)
    kept = both(one.KEEPS, other.KEEPS)
    for made, found in zip(rows, home, strict=True):
        if found is not None:  # a still is left out of a format of tracks
            assert differences(made, found, kept) == []
