"""Evidence that says little or nothing: the verdict and the dashboard say which."""

from html import unescape
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from delivered import call, coco, deliver, document, person, picture, project, run_of


def judged(
    tmp_path: Path, content: dict[str, Any], more: str = ""
) -> tuple[dict[str, Any], str]:
    """The report and the words of the dashboard of one delivery."""
    roles = [f'"{role}.json" = "{role}"' for role in ("gold", "review")
             if f"{role}.json" in content]  # fmt: skip
    side = "\n".join(["received = 2026-03-01", more, "[roles]", *roles])
    delivery = deliver(tmp_path / "w1", {"delivery.toml": side, **content})
    done = call("run", delivery, "--project", project(tmp_path))
    assert done.code in (0, 1), done
    run = run_of(tmp_path / "quality", "w1")
    page = unescape((run / "dashboard.html").read_text())
    return document(run, "report.json"), page


def test_one_annotator_in_one_week_without_any_reference(tmp_path: Path) -> None:
    report, page = judged(tmp_path, {"a.json": coco([person(n) for n in range(8)])})
    assert report["verdict"] == "hold"
    assert [a["annotator"] for a in report["annotators"]] == ["ann"]
    for said in (
        "No instance has a reference (gold, a review, or a second annotator)",
        "not judged: agreement is undefined: nothing was flagged by both.",
        "None of the instances has been reviewed; 8 more, if all are good, accept it",
        "No instance has been compared with a reference.",
        "no control charts yet",
    ):
        assert said in page, said


def test_no_keypoint_a_day_to_come_and_slices_of_what_nobody_has(
    tmp_path: Path,
) -> None:
    bare = {"keypoints": [0] * 51, "num_keypoints": 0, "attributes": {"light": "day"}}
    made = coco([person(n, **bare) for n in range(8)])
    delivery = deliver(
        tmp_path / "w1", {"a.json": made, "delivery.toml": "received = 9998-12-31"}
    )
    place = project(tmp_path)
    with place.open("a") as file:
        file.write('[slices]\nby = ["size", "attributes.lighting"]\n')
    done = call("run", delivery, "--project", place)
    assert done.code == 1, done
    run = run_of(tmp_path / "quality", "w1")
    page = unescape((run / "dashboard.html").read_text())
    for said in (
        "Nothing to judge: of the 8 instances none has a labelled keypoint.",
        "`received` is 9998-12-31, which is yet to come: deliveries dated before it",
        "No instance has the attribute 'lighting' that slices.by names, so no rate",
    ):
        assert said in page, said
        assert said in done.out, said
    assert "No test was made." in page
    assert "8 without a labelled keypoint or a mask" in page
    assert "Nothing is waiting" not in page


def test_own_reviews_and_gold_that_contradicts_gold(tmp_path: Path) -> None:
    one = coco(
        [person(n, image=n) for n in range(1, 4)], [picture(n) for n in (1, 2, 3)]
    )
    gold = [
        person(1, image=1, annotator="gil"),
        person(2, image=2, annotator="gil"),
        {**person(20, image=2, annotator="hal"), "keypoints": shifted(2, 12)},
    ]
    own = coco([person(3, image=3, annotator="ann")], [picture(3)])
    pictures = [picture(n) for n in (1, 2)]
    content = {"a.json": one, "gold.json": coco(gold, pictures), "review.json": own}
    report, page = judged(tmp_path, content)
    assert report["agreement"]["kinds"] == {"gold": 1}
    for said in (
        "2 instances of gold contradict other gold of the same object",
        "1 review of somebody's own work does not count.",
        "Gold contradicts other gold of the same object; neither counts.",
        "All pairs come from one video, so agreement has no interval",
    ):
        assert said in page, said


def test_gold_by_whom_it_would_judge_is_refused_also_where_a_job_table_names_them(
    tmp_path: Path,
) -> None:
    people = ["ann", "ann", "bo"]
    made = [person(n, image=n, annotator=who) for n, who in enumerate(people, 1)]
    gold = [
        person(1, image=1, annotator="ann"),
        {**person(2, image=2, annotator=""), "job": 7},
        {**person(3, image=3, annotator=""), "job": 7},
    ]
    pictures = [picture(n) for n in (1, 2, 3)]
    content = {
        "a.json": coco(made, pictures),
        "gold.json": coco(gold, pictures),
        "jobs.csv": "job,annotator\n7,ann\n",
    }
    report, page = judged(tmp_path, content, '[annotators]\ntable = "jobs.csv"')
    assert report["agreement"]["kinds"] == {"gold": 1}
    pairs = {a["annotator"]: a["pairs"] for a in report["annotators"]}
    assert pairs == {"ann": 0, "bo": 1}
    assert "2 instances of gold are no reference of the work of those who" in page


def shifted(number: int, px: int) -> list[int]:
    """The keypoints of a person, moved to the right."""
    points = list(person(number)["keypoints"])
    points[::3] = [x + px for x in points[::3]]
    return points


def test_a_thousand_annotators_of_one_instance_all_flags_alike_and_broken_clocks(
    tmp_path: Path,
) -> None:
    n = 1000
    times = {0: "1970-01-01T00:00:00Z", 1: "2999-12-31T00:00:00Z"}
    made = [
        person(
            i + 1,
            image=i,
            annotator=f"a{i:03d}",
            annotated_at=times.get(i, "2026-02-25T10:00:00Z"),
        )
        for i in range(n)
    ]
    gold = [person(i + 1, image=i, annotator="gil") for i in range(n)]
    pictures = [picture(i) for i in range(n)]
    content = {"a.json": coco(made, pictures), "gold.json": coco(gold, pictures)}
    report, page = judged(tmp_path, content)
    assert report["counts"]["annotators"] == report["sampling"]["strata"] == n
    assert report["sampling"]["drawn"]["population"] == n
    assert report["agreement"]["pairs"] == n
    assert report["drift"]["weeks"] == ["2026-W09"]
    assert report["counts"]["repairs"] == {"coco.time-unreadable": 1}
    for said in (
        "not judged: agreement is undefined: all flags are equal, so neither kappa",
        "1,000 annotators",
        "1 is dated more than 10 years before, such as 1 of a000 in 1970-W01.",
    ):
        assert said in page, said


def test_clocks_that_jump_are_in_no_week_and_judged_like_all_others(
    tmp_path: Path,
) -> None:
    """A tenth is dated 2099 and a tenth 1970: far more than a stray instance."""
    times = ["2026-02-25T10:00:00Z"] * 16
    times += ["2099-01-01T00:00:00Z"] * 2 + ["1970-01-01T00:00:00Z"] * 2
    made = [person(i + 1, image=i, annotated_at=time) for i, time in enumerate(times)]
    made[-1]["keypoints"] = shifted(len(times), 40)
    gold = [person(i + 1, image=i, annotator="gil") for i in range(len(times))]
    gold = [each | {"id": 900 + each["id"]} for each in gold]
    pictures = [picture(i) for i in range(len(times))]
    content = {"a.json": coco(made, pictures), "gold.json": coco(gold, pictures)}
    report, page = judged(tmp_path, content)
    assert report["drift"]["weeks"] == ["2026-W09"]
    assert report["agreement"]["pairs"] == len(times)
    assert [a["bad"] for a in report["annotators"]] == [1]
    said = (
        "Clocks that jumped: of the instances 2 are dated after the delivery was "
        "received, such as 2 of ann in 2099-W01; 2 are dated more than 10 years before"
    )
    assert said in page
    run = run_of(tmp_path / "quality", "w1")
    weekly = pq.read_table(run / "statistics/weekly.parquet")
    work = pq.read_table(run / "statistics/work.parquet")
    for table in (weekly, work):
        assert set(table["week"].to_pylist()) == {"2026-W09"}
    again = call(
        "run", str(tmp_path / "w1"), "--project", str(tmp_path / "project.toml")
    )
    assert f"note: {said}" in again.out
    words = ("--output", tmp_path / "quality", "--svg", tmp_path / "i.svg")
    rows = pq.read_table(run / "annotations")
    made = dict(zip(rows["id"].to_pylist(), rows["instance"].to_pylist(), strict=True))
    told = [call("explain", made[id], *words).out for id in ("1", "17", "20")]
    jumped = "a clock that jumped, so it is in no week of drift"
    when = ("after", "over 10 years before")
    assert "\ntime " not in told[0]
    for which, said in zip(when, told[1:], strict=True):
        text = f"time       {which} the delivery was received (2026-03-01): {jumped}"
        assert text in said


def test_weeks_without_work_are_weeks_and_two_reports_that_they_part_are_not_in_a_row(
    tmp_path: Path,
) -> None:
    """Nine px off, in two deliveries three weeks apart and in one a week later."""
    said = []
    for name, day in (("w1", "03-01"), ("w4", "03-22"), ("w5", "03-29")):
        made = [
            {**person(n, image=n, bbox=[10, 10, 400, 400]), "area": 90_000.0}
            for n in range(1, 13)
        ]
        gold = [{**each, "annotator": "gil"} for each in made]
        for number, each in enumerate(made, 1):
            each["keypoints"] = shifted(number, 9)
        pictures = [picture(n) for n in range(1, 13)]
        side = f'received = 2026-{day}\n[roles]\n"gold.json" = "gold"\n'
        files = {"a.json": coco(made, pictures), "gold.json": coco(gold, pictures)}
        delivery = deliver(tmp_path / name, {"delivery.toml": side, **files})
        assert call("run", delivery, "--project", project(tmp_path)).code in (0, 1)
        run = run_of(tmp_path / "quality", name)
        said.append(document(run, "report.json")["drift"])
    weeks = [f"2026-W{number:02d}" for number in range(9, 14)]
    assert [drift["weeks"] for drift in said] == [weeks[:1], weeks[:4], weeks]
    [nose] = [s for s in said[-1]["streams"] if s["keypoint"] == "nose"]
    assert nose["n"] == [12, 0, 0, 12, 12]
    assert [len(drift["contract"]) for drift in said] == [0, 0, 17]
