"""Whatever happens to a file, no good record is lost and none is made up."""

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posegate.transforms.model.skeleton import Skeleton
from samples.coco import Json, Read, annotation, dataset

DATA = Path(__file__).parents[3] / "../shared/data"


def test_an_80_mb_text_costs_one_record() -> None:
    whole = dataset(annotation(1), annotation(2, note="@"), annotation(3))
    data = json.dumps(whole).encode().replace(b"@", b"x" * 80_000_000)
    got = Read(data)
    assert [row["id"] for row in got.rows] == ["1", "3"]
    assert got.reasons == ["json.too-long"]
    assert len(got.bad[0]["raw"]) == 1 << 16
    assert got.bad[0]["detail"].endswith("; split it, or leave out what is so long")


def test_a_number_of_5000_digits_costs_one_record() -> None:
    whole = dataset(annotation(1), annotation(2, area="@"), annotation(3))
    got = Read(json.dumps(whole).replace('"@"', "9" * 5000).encode())
    assert [row["id"] for row in got.rows] == ["1", "3"]
    assert got.reasons == ["json.malformed"]


def test_a_gzip_bomb_is_stopped() -> None:
    data = json.dumps(dataset(annotation())).encode()
    packer = io.BytesIO()
    with gzip.GzipFile(fileobj=packer, mode="wb") as file:
        file.write(data[:-1])
        for _ in range(280):
            file.write(b" " * (1 << 20))
    got = Read(packer.getvalue())
    assert (len(got.rows), got.reasons) == (1, ["file.inflates"])


CHANGES: list[Json] = [
    {},
    {"keypoints": None},
    {"keypoints": [10, 20, 9, 30.5, 20, 1, 0, 0, 0]},
    {"keypoints": [[10, 20, 2], [30.5, 20, 1], [7, 8, 3]]},
    {"keypoints": [10, float("nan"), 2, 30.5, 20, 1, 0, 0, 0]},
    {"keypoints": [10**400, 20, 2, 30.5, 20, 1, 0, 0, 0]},
    {"image_id": 7},
    {"category_id": 7},
    {"bbox": [5, 5, -40, 50]},
    {"area": [1]},
    {"id": None},
    {"annotated_at": "soon"},
]


@settings(max_examples=60)
@given(
    changes=st.lists(st.sampled_from(CHANGES), max_size=12),
    batch=st.integers(1, 5),
    at=st.randoms(),
)
def test_no_record_is_lost_and_none_made_up(
    changes: list[Json], batch: int, at: Any
) -> None:
    records = [annotation(**({"id": i} | c)) for i, c in enumerate(changes)]
    data = bytearray(json.dumps(dataset(*records)).encode())
    for _ in range(3):
        data[at.randrange(1, len(data))] = at.choice(b'"{}[],:\\x0')
    Read(bytes(data), batch=batch)


@settings(max_examples=60)
@given(which=st.integers(0, 4), at=st.integers(1, 10_000), put=st.binary(max_size=3))
def test_good_records_survive_any_damage_to_another(
    which: int, at: int, put: bytes
) -> None:
    raws = [json.dumps(annotation(i)).encode() for i in range(5)]
    at = 1 + at % (len(raws[which]) - 2)
    raws[which] = raws[which][:at] + put + raws[which][at + 1 :]
    data = (
        json.dumps(dataset()).encode().replace(b"[]}", b"[" + b",".join(raws) + b"]}")
    )
    got = Read(data)
    others = {str(i) for i in range(5) if i != which}
    assert others <= {row["id"] for row in got.rows}


REAL = [
    ("coco_val2017_first538/person_keypoints_val2017.json", 2213, 1354),
    ("labelstudio_to_coco_fashion/person_keypoints_val2017.json", 1000, 1000),
    ("coco_eval_onecrowd/gt_dataset.json", 14, 11),
    ("xtcocoapi_examples/example_coco_val.json", 14, 12),
]


@pytest.mark.parametrize(("name", "records", "labelled"), REAL)
def test_real_files_come_through_whole(name: str, records: int, labelled: int) -> None:
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"needs {name}, which lies beside the checkout if at all")
    data = path.read_bytes()
    names = json.loads(data)["categories"][0]["keypoints"]
    got = Read(data, skeleton=Skeleton("coco", tuple(names), (), (), None))
    assert (len(got.rows), got.bad) == (records, [])
    assert sum(any(row["visibility"]) for row in got.rows) == labelled


PERSONS = "person_keypoints_val2017"
RESULTS = [
    (
        "labelstudio_to_coco_fashion",
        "result_keypoints",
        "person_keypoints_val2017",
        1000,
    ),
    ("coco_eval_onecrowd", "dt_dataset", "gt_dataset", 128),
    ("xtcocoapi_examples", "example_coco_preds", "example_coco_val", 73),
]


@pytest.mark.parametrize(("folder", "results", "images", "records"), RESULTS)
def test_real_results_find_their_images(
    folder: str, results: str, images: str, records: int
) -> None:
    paths = [DATA / folder / f"{name}.json" for name in (results, images)]
    if not all(path.is_file() for path in paths):
        pytest.skip(
            f"needs {folder}, which lies beside the checkout where it is at hand"
        )
    data = [path.read_bytes() for path in paths]
    names = json.loads(data[1])["categories"][0]["keypoints"]
    got = Read(*data, skeleton=Skeleton("coco", tuple(names), (), (), None))
    assert (len(got.rows), got.bad) == (records, [])
    assert {row["role"] for row in got.rows} == {"prelabel"}
