"""Deliveries of masks through the whole gate: judged by IoU, with gold and reviews."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from delivered import call, deliver, document, picture, project, run_of, table
from posegate.transforms import parts
from posegate.transforms.kernels.compare import How, compare
from posegate.transforms.kernels.weeks import UNTOLD
from posegate.transforms.model.skeleton import load

IMAGES = 90

CLASSES = [{"id": 1, "name": "person"}, {"id": 2, "name": "dog"}]

PROJECT = """\
project = "masks"
skeleton = "mask"
policy = "general"
output = "quality"
[acceptance]
p0 = 0.1
p1 = 0.3
"""


def masked(number: int, off: float = 0.0, **other: Any) -> dict[str, Any]:
    """Two objects an image would not fit: an octagon of 80 px, moved by `off` px."""
    turn = np.arange(8) * np.pi / 4
    x, y = 200 + off + 40 * np.cos(turn), 150 + 40 * np.sin(turn)
    polygon = np.stack([x, y], axis=1).ravel().round(2).tolist()
    return {
        "id": number,
        "image_id": number,
        "category_id": 1 + number % 2,
        "segmentation": [polygon],
        "bbox": [160 + off, 110, 80, 80],
        "area": 4525.5,
        "iscrowd": 0,
        "annotator": f"ann{number % 3}",
        **other,
    }


def instances(annotations: list[dict[str, Any]]) -> dict[str, Any]:
    """A COCO document of masks alone."""
    pictures = [picture(n) for n in range(1, IMAGES + 1)]
    return {"images": pictures, "annotations": annotations, "categories": CLASSES}


def judged(folder: Path, off: float, confused: int = 0) -> tuple[int, str, Path]:
    """A delivery whose masks lie `off` px beside the gold's, and its run."""
    work = [
        masked(n, off, **({"category_id": 2 - n % 2} if n <= confused else {}))
        for n in range(1, IMAGES + 1)
    ]
    gold = [masked(n, annotator="gil") for n in range(1, IMAGES + 1)]
    deliver(
        folder / "d",
        {
            "a.json": json.dumps(instances(work)),
            "gold.json": json.dumps(instances(gold)),
            "delivery.toml": '[roles]\n"gold*.json" = "gold"\n',
        },
    )
    project(folder, PROJECT)
    done = call("run", folder / "d", "--project", folder / "project.toml")
    assert done.code in (0, 1), done
    return done.code, done.out, run_of(folder / "quality", "d")


def gate(run: Path, name: str) -> dict[str, Any]:
    reasons = document(run, "report.json")["reasons"]
    [found] = [each for each in reasons if each["gate"] == name]
    return dict(found)


def test_masks_near_the_gold_are_accepted(tmp_path: Path) -> None:
    code, out, run = judged(tmp_path, 1.0)
    assert (code, "sigmas" in out) == (0, False), out
    text = gate(run, "acceptance")["text"]
    assert text.startswith("0 of 90 reviewed instances have IoU below 0.65")
    assert gate(run, "agreement")["text"].startswith("Mean IoU against gold is 0.965")
    pairs = table(run, "agreement")
    assert pairs.num_rows == IMAGES
    assert min(pairs["mask_iou"].to_pylist()) > 0.95
    assert max(pairs["boundary_iou"].to_pylist()) < min(pairs["mask_iou"].to_pylist())
    verdicts = table(run, "decisions")["verdict"].to_pylist()
    assert verdicts.count("approved") == IMAGES


def test_masks_are_drawn_and_accepted_by_their_reviews(tmp_path: Path) -> None:
    work, seen = ([masked(n, off) for n in range(1, IMAGES + 1)] for off in (1.0, 0.0))
    again = [each | {"annotator": "rev"} for each in seen]
    deliver(
        tmp_path / "d",
        {
            "a.json": json.dumps(instances(work)),
            "review.json": json.dumps(instances(again)),
            "delivery.toml": '[roles]\n"review*.json" = "review"\n',
        },
    )
    project(tmp_path, PROJECT)
    done = call("run", tmp_path / "d", "--project", tmp_path / "project.toml")
    assert done.code == 0, done
    run = run_of(tmp_path / "quality", "d")
    assert document(run, "report.json")["sampling"]["drawn"]["population"] == IMAGES
    assert gate(run, "acceptance")["verdict"] == "accept"
    assert gate(run, "agreement")["text"].startswith("Mean IoU against review is 0.965")


def test_masks_far_from_the_gold_are_rejected(tmp_path: Path) -> None:
    code, _, run = judged(tmp_path, 30.0)
    assert code == 1
    assert gate(run, "acceptance")["verdict"] == "reject"
    assert gate(run, "agreement")["verdict"] == "reject"
    page = (run / "dashboard.html").read_text()
    assert "Histogram of IoU" in page
    assert "median IoU of the sample" in page
    assert "OKS" not in page


def test_another_category_is_nonconforming_and_in_the_table(tmp_path: Path) -> None:
    code, _, run = judged(tmp_path, 1.0, confused=60)
    assert code == 1
    text = gate(run, "acceptance")["text"]
    assert text.startswith("60 of 90 reviewed instances have IoU below 0.65 or another")
    classes = document(run, "report.json")["agreement"]["classes"]
    assert classes["names"] == ["dog", "person"]
    assert classes["matrix"] == [[15, 30], [30, 15]]
    assert "delivered (rows) against reference" in (run / "dashboard.html").read_text()


def test_the_run_finds_what_plain_calls_find(tmp_path: Path) -> None:
    _, _, run = judged(tmp_path, 12.0, confused=7)
    skeleton = load("mask")
    files = sorted((run / "annotations").rglob("*.parquet"))
    rows = [
        parts.placed(batch, number, np.arange(batch.num_rows))
        for number, file in enumerate(files)
        for batch in pq.ParquetFile(file).iter_batches()
    ]
    plain = compare(pa.concat_batches(rows), skeleton, UNTOLD, How(low=0.65)).pairs
    names = ("mask_iou", "boundary_iou", "dice", "category", "reference_category")
    columns = ["instance", "reference", *names]
    order = [("instance", "ascending")]
    expected = pa.Table.from_batches([plain]).select(columns).sort_by(order)
    made = table(run, "agreement").select(columns).sort_by(order)
    assert made.to_pylist() == expected.to_pylist()
    assert made.num_rows == IMAGES


def test_real_masks_are_accepted_a_pixel_from_their_gold(
    shared_data: Path, tmp_path: Path
) -> None:
    file = shared_data / "coco_val2017_first538" / "person_keypoints_val2017.json"
    if not file.is_file():
        pytest.skip(f"no {file.name} in ../shared/data here")
    real = json.loads(file.read_text(encoding="utf-8"))
    gold = [each for each in real["annotations"] if not each["iscrowd"]][:200]
    for each in gold:
        for name in ("keypoints", "num_keypoints"):
            each.pop(name)
    rng = np.random.default_rng(3)
    work = [
        each | {
            "annotator": "ann",
            "segmentation": [
                (np.array(p) + rng.normal(0, 1, len(p))).round(2).tolist()
                for p in each["segmentation"]
            ],
        }
        for each in gold
    ]  # fmt: skip
    ids = {each["image_id"] for each in gold}
    images = {each["id"]: each for each in real["images"] if each["id"] in ids}
    document_of = {"images": list(images.values()), "categories": CLASSES[:1]}
    deliver(
        tmp_path / "d",
        {
            "a.json": json.dumps(document_of | {"annotations": work}),
            "gold.json": json.dumps(document_of | {"annotations": gold}),
            "delivery.toml": '[roles]\n"gold*.json" = "gold"\n',
        },
    )
    project(tmp_path, PROJECT)
    done = call("run", tmp_path / "d", "--project", tmp_path / "project.toml")
    run = run_of(tmp_path / "quality", "d")
    assert done.code == 0, gate(run, "acceptance")["text"]
    pairs = table(run, "agreement")
    assert pairs.num_rows == len(gold)
    assert set(pairs["instance"].to_pylist()) == {
        row["instance"]
        for row in table(run, "annotations").to_pylist()
        if row["role"] == "production"
    }
    assert 0.85 < np.mean(pairs["mask_iou"].to_pylist()) < 0.95


PEOPLE, FROM, TO, A_WEEK = 5, 6, 22, 12


def square(number: int, image: int, grown: float, **said: Any) -> dict[str, Any]:
    """A mask of 60 px, so many pixels wider on all sides."""
    low, high = 100 - grown, 160 + grown
    return {
        "id": number,
        "image_id": image,
        "category_id": 1 + image % 2,
        "segmentation": [[low, low, high, low, high, high, low, high]],
        "iscrowd": 0,
        **said,
    }


def test_whose_outlines_grow_wider_is_told_in_px_and_held(tmp_path: Path) -> None:
    """From week 15 on ann-0 draws dogs 3 px wider all round."""
    rng = np.random.default_rng(5)
    work, gold, pictures = [], [], []
    for week in range(FROM, TO):
        day = date.fromisocalendar(2026, week, 3).isoformat()
        for i in range(PEOPLE * A_WEEK):
            image = len(pictures) + 1
            who, late = i % PEOPLE, week >= 15 and image % 2
            grown = rng.normal(0, 0.7) + 3 * bool(who == 0 and late)
            said = {"annotator": f"ann-{who}", "annotated_at": f"{day}T09:00:00Z"}
            work.append(square(image, image, grown, **said))
            gold.append(square(image, image, 0.0, annotator="gil"))
            pictures.append(picture(image))
    classes = [{"id": 1, "name": "cat"}, {"id": 2, "name": "Dog"}]
    head = {"images": pictures, "categories": classes}
    side = 'received = 2026-06-01\n[roles]\n"gold*.json" = "gold"\n'
    content = {
        "a.json": json.dumps(head | {"annotations": work}),
        "gold.json": json.dumps(head | {"annotations": gold}),
        "delivery.toml": side,
    }
    delivery = deliver(tmp_path / "d", content)
    done = call("run", delivery, "--project", project(tmp_path, PROJECT))
    assert done.code in (0, 1), done
    run = run_of(tmp_path / "quality", "d")
    alarms = document(run, "report.json")["retraining"]
    [found] = [each for each in alarms if each["annotator"] == "ann-0"]
    assert (found["keypoint"], found["began"]) == ("dog", "2026-W15")
    assert (found["finding"], found["direction"]) == ("bias", "wider")
    ring = (1 - 60**2 / 66**2) * 60 / (2 * np.pi**0.5)  # around a disc of that area
    assert found["low_px"] < ring < found["high_px"]
    weekly = pq.read_table(run / "statistics/weekly.parquet")
    assert set(weekly["keypoint"].to_pylist()) == {"cat", "dog"}
    decided = table(run, "decisions")
    held = {
        instance
        for instance, why in zip(
            decided["instance"].to_pylist(), decided["reasons"].to_pylist(), strict=True
        )
        if "drift-alarm" in why
    }
    rows = [
        row
        for row in table(run, "annotations").to_pylist()
        if row["instance"] in held and row["annotator"] == "ann-0"
    ]
    assert {dict(row["attributes"])["category"] for row in rows} == {"Dog"}
    assert min(row["annotated_at"] for row in rows).isocalendar().week == 15
