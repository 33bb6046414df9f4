"""The whole gate on real deliveries, and the numbers that others published on them."""

import json
import shutil
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from delivered import call, document, project, run_of, table
from posegate.transforms.kernels.oks import oks_matrix

Judge = Callable[..., Path]

PUBLISHED = {
    "coco_eval_onecrowd": (
        ("gt_dataset.json", "dt_dataset.json"),
        ".50488 .72277 .63366 .46634 .75050 .51818 .72727 .63636 .46667 .75",
        5e-6,
    ),
    "xtcocoapi_examples": (
        ("example_coco_val.json", "example_coco_preds.json"),
        ".8609 .9931 .9109 .7756 .9373 .8750 1.0 .9167 .7800 .9429",
        5e-5,
    ),
    "labelstudio_to_coco_fashion": (
        ("person_keypoints_val2017.json", "result_keypoints.json"),
        ".8273 .9665 .9119 -1 .8302 .8633 .9790 .9320 -1 .8668",
        5e-5,
    ),
}
"""The files, the ten numbers of COCO's evaluation, and half of their last digit."""


@pytest.fixture
def judge(shared_data: Path, tmp_path: Path) -> Judge:
    """Runs the gate on files of one real delivery; gives the run's folder."""

    def judged(name: str, *some: str) -> Path:
        delivery = tmp_path / name
        delivery.mkdir()
        for file in some or [path.name for path in (shared_data / name).iterdir()]:
            shutil.copy(shared_data / name / file, delivery)
        outcome = call("run", delivery, "--project", project(tmp_path))
        assert outcome.code in (0, 1), outcome
        return run_of(tmp_path / "quality", name)

    return judged


class OurEval(COCOeval):  # type: ignore[misc]
    """COCO's evaluation, fed with our similarities."""

    def computeOks(self, imgId: int, catId: int) -> Any:
        """(D, G) of one image, detections by falling score as COCO takes them."""
        truths, found = self._gts[imgId, catId], self._dts[imgId, catId]
        if not truths or not found:
            return []
        order = np.argsort([-d["score"] for d in found], kind="mergesort")
        best = [found[i] for i in order[: self.params.maxDets[-1]]]
        return ours(best, truths, self.params.kpt_oks_sigmas)


def ours(found: list[Any], truths: list[Any], sigma: Any) -> Any:
    """Our OKS of COCO records: (D, G)."""
    points = [np.reshape(r["keypoints"], (-1, 17, 3)) for r in (*found, *truths)]
    every = np.concatenate(points).astype(float)
    candidates, references = every[: len(found)], every[len(found) :]
    return oks_matrix(
        candidates[..., :2],
        references[..., :2],
        references[..., 2] > 0,
        np.array([t["area"] for t in truths], float),
        np.array([t["bbox"] for t in truths], float),
        np.asarray(sigma),
    )


def evaluated(folder: Path, names: tuple[str, str], kind: type[COCOeval]) -> COCOeval:
    """COCO's evaluation of predictions, done."""
    with redirect_stdout(StringIO()):
        truth = COCO(str(folder / names[0]))
        evaluation = kind(truth, truth.loadRes(str(folder / names[1])), "keypoints")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation


@pytest.mark.parametrize("name", PUBLISHED)
def test_cocos_evaluation_fed_with_our_oks_gives_the_published_numbers(
    name: str, shared_data: Path
) -> None:
    names, stats, half = PUBLISHED[name]
    mine = evaluated(shared_data / name, names, OurEval)
    wanted = [float(number) for number in stats.split()]
    np.testing.assert_allclose(mine.stats, wanted, rtol=0, atol=half)


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_oks_is_that_of_pycocotools(name: str, shared_data: Path) -> None:
    names = PUBLISHED[name][0]
    mine, theirs = (
        evaluated(shared_data / name, names, kind) for kind in (OurEval, COCOeval)
    )
    compared = 0
    for key, expected in theirs.ious.items():
        found = mine.ious[key]
        np.testing.assert_allclose(found, expected, atol=1e-12, rtol=0)
        compared += np.size(expected)
    assert compared >= 219
    np.testing.assert_array_equal(mine.stats, theirs.stats)


def test_coco_itself_is_read_whole_and_held_for_want_of_references(
    judge: Judge,
) -> None:
    run = judge("coco_val2017_first538")
    report = document(run, "report.json")
    counts = report["counts"]
    assert (counts["records"], counts["instances"]) == (2213, 2213)
    assert (counts["quarantined"], counts["frames"]) == (0, 538)
    rows = table(run, "annotations")
    labelled = np.array(rows["visibility"].to_pylist()) > 0
    assert int(labelled.any(axis=1).sum()) == 1354
    assert report["verdict"] == "hold"
    assert "has a reference" in " ".join(r["text"] for r in report["reasons"])


def test_crowds_of_coco_are_known_as_such(judge: Judge, shared_data: Path) -> None:
    run = judge("coco_val2017_first538")
    rows = table(run, "annotations")
    crowds = [dict(a or ()).get("iscrowd") for a in rows["attributes"].to_pylist()]
    assert crowds.count("1") == 49
    drawn = rows["segmentation"].to_pylist()
    assert sum(b'"counts"' in raw for raw in drawn if raw) == 49


def test_every_number_of_coco_is_kept_exactly(judge: Judge, shared_data: Path) -> None:
    file = shared_data / "coco_val2017_first538" / "person_keypoints_val2017.json"
    run = judge("coco_val2017_first538")
    rows = table(run, "annotations")
    given = {str(a["id"]): a for a in json.loads(file.read_text())["annotations"]}
    xy = np.array(rows["xy"].to_pylist(), float).reshape(-1, 17, 2)
    flags = np.array(rows["visibility"].to_pylist())
    wanted = np.array([given[i]["keypoints"] for i in rows["id"].to_pylist()], float)
    wanted = wanted.reshape(-1, 17, 3)
    np.testing.assert_array_equal(flags, wanted[..., 2])
    np.testing.assert_array_equal(xy[flags > 0], wanted[..., :2][flags > 0])
    assert rows["bbox"].to_pylist() == [
        given[i]["bbox"] for i in rows["id"].to_pylist()
    ]


def test_predictions_beside_a_delivery_are_prelabels(judge: Judge) -> None:
    run = judge("labelstudio_to_coco_fashion")
    report = document(run, "report.json")
    assert report["counts"]["roles"] == {"prelabel": 1000, "production": 1000}
    assert report["counts"]["quarantined"] == 0
    rows = table(run, "annotations")
    people = rows.filter(pc.equal(rows["role"], "production"))
    assert set(np.unique(np.array(people["visibility"].to_pylist()))) <= {0, 2}
    # No model's opinion of its own work is a reference.
    assert report["agreement"]["pairs"] == 0
    assert report["verdict"] == "hold"


@pytest.mark.parametrize(
    ("name", "roles"),
    [
        ("coco_eval_onecrowd", {"prelabel": 128, "production": 14}),
        ("xtcocoapi_examples", {"prelabel": 73, "production": 14}),
    ],
)
def test_small_real_sets_are_read_whole(
    name: str, roles: dict[str, int], judge: Judge
) -> None:
    counts = document(judge(name), "report.json")["counts"]
    assert (counts["roles"], counts["quarantined"]) == (roles, 0)
