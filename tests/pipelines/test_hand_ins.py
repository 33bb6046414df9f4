"""Reviews that come back as deliveries of their own, in several hand-ins."""

from pathlib import Path
from typing import Any

import pytest

from delivered import (
    PROJECT,
    call,
    coco,
    deliver,
    document,
    person,
    picture,
    project,
    run_of,
)
from delivered import table as rows_of

PEOPLE = 70

SIDE = """
delivery = "{name}"
received = 2026-03-{day:02d}
role = "review"
reviews = "{of}"
"""


def people(numbers: range | list[int], **said: Any) -> dict[str, Any]:
    """One person an image, the image's number theirs."""
    drawn = [person(n, image=n, **said) for n in numbers]
    return coco(drawn, [picture(n) for n in numbers])


def hand_in(folder: Path, name: str, day: int, numbers: list[int], of: str) -> None:
    deliver(
        folder / name,
        {
            "reviews.json": people(numbers, annotator="rea"),
            "delivery.toml": SIDE.format(name=name, day=day, of=of),
        },
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hand-ins")
    project(folder)
    deliver(
        folder / "work",
        {
            "a.json": people(range(1, PEOPLE + 1)),
            "delivery.toml": 'delivery = "work"\nreceived = 2026-03-01\n',
        },
    )
    return folder


def run(folder: Path, name: str) -> tuple[str, dict[str, Any]]:
    done = call("run", folder / name, "--project", folder / "project.toml")
    assert done.code in (0, 1), done
    return done.out, document(run_of(folder / "quality", name), "report.json")


def queued(folder: Path) -> list[int]:
    """The images of the queue of `work`, in the order of review."""
    queue = rows_of(run_of(folder / "quality", "work"), "review").to_pylist()
    placed = sorted((q["order"], q["image"]) for q in queue if q["order"])
    assert [order for order, _ in placed] == sorted({o for o, _ in placed})
    return [int(image[6:10]) for _, image in placed]


def test_reviews_are_asked_for_handed_in_twice_and_decide(folder: Path) -> None:
    out, report = run(folder, "work")
    assert "55 more, if all are good, accept it: the first 55 by `order`" in out
    order = queued(folder)
    assert len(order) == 55
    assert [n["order"] for n in report["sampling"]["next"]] == list(range(1, 21))

    hand_in(folder, "first", 2, order[:30], of="work")
    out, _ = run(folder, "first")
    assert out.startswith("first: HANDED IN"), out
    assert "30 reviews in 30 frames; they count where work is judged." in out
    assert "reviews of work: 30 of the 55 drawn instances that lacked one when" in out
    out, report = run(folder, "work")
    assert "0 of 30 reviewed instances" in out
    assert "25 more, if all are good, accept it: the first 25" in out
    assert report["sampling"]["hand_ins"] == ["first"]
    assert queued(folder) == order[30:]

    hand_in(folder, "second", 3, order[30:], of="work")
    assert (
        call("run", folder / "second", "--project", folder / "project.toml").code == 0
    )
    assert "25 of the 25 drawn instances" in run(folder, "second")[0]
    out, report = run(folder, "work")
    assert out.startswith("work: ACCEPT"), out
    assert "No review differs from what was sent" in out  # nor does any
    assert "0 of 55 reviewed instances" in out
    assert report["sampling"]["hand_ins"] == ["first", "second"]
    assert report["agreement"]["kinds"] == {"review": 55}
    manifest = document(run_of(folder / "quality", "work"), "manifest.json")
    assert [h["delivery"] for h in manifest["hand_ins"]] == ["first", "second"]
    assert report["counts"]["instances"] == PEOPLE
    assert "reviews of work, which counts them already" in run(folder, "second")[0]
    page = (folder / "quality" / "index.html").read_text()
    assert page.count("</span> handed-in") == 2
    assert "25 reviews in 25 frames; they count where work is judged." in page
    assert "deliveries accepted" in page
    assert "of 1" in page


def test_a_hand_in_says_when_it_counts(folder: Path) -> None:
    hand_in(folder, "lost", 4, [1], of="nobody's")
    done = call(
        "run", folder / "lost", "--project", folder / "project.toml", "--dry-run"
    )
    assert "these reviews count when nobody's is judged again" in done.out


def test_reviews_of_another_delivery_are_in_the_role_of_reviews(tmp_path: Path) -> None:
    project(tmp_path)
    side = 'reviews = "work"\n'
    deliver(tmp_path / "odd", {"a.json": people([1]), "delivery.toml": side})
    done = call("run", tmp_path / "odd", "--project", tmp_path / "project.toml")
    assert done.code == 2
    assert "reviews = 'work', but the role is 'production'" in done.err


def corrected(folder: Path, name: str, day: int, numbers: range, dx: float) -> None:
    """A hand-in of reviews which lie `dx` px beside the work."""
    drawn = people(numbers, annotator="rea")
    for each in drawn["annotations"]:
        each["keypoints"][::3] = [x + dx for x in each["keypoints"][::3]]
    side = SIDE.format(name=name, day=day, of="work")
    deliver(folder / name, {"reviews.json": drawn, "delivery.toml": side})


def test_a_later_hand_in_replaces_an_earlier_and_contradictions_are_told(
    tmp_path: Path,
) -> None:
    project(tmp_path, PROJECT + '[sampling]\nreviews = "all"\n')
    deliver(tmp_path / "work", {"a.json": people(range(1, PEOPLE + 1))})
    corrected(tmp_path, "first", 2, range(1, PEOPLE + 1), dx=0)
    corrected(tmp_path, "second", 3, range(1, 21), dx=30)
    for name in ("first", "second"):
        run(tmp_path, name)
    out, report = run(tmp_path, "work")
    assert "20 of 70 reviewed instances" in out
    assert "20 instances have reviews that contradict each other" in out
    assert "20 reviews do not count: a later hand-in" in out
    assert report["agreement"]["kinds"] == {"review": PEOPLE}
    page = (run_of(tmp_path / "quality", "work") / "dashboard.html").read_text()
    assert "Its reviews contradict each other" in page


def test_each_review_settles_one_of_two_doubles_and_counts_add_up(
    tmp_path: Path,
) -> None:
    project(tmp_path)
    drawn = {
        f"{who}.json": people(range(1, 31), annotator=who) for who in ("ann", "bo")
    }
    deliver(tmp_path / "work", drawn)
    run(tmp_path, "work")
    asked = queued(tmp_path)
    frames = sorted(set(asked))
    assert len(frames) < len(asked)

    hand_in(tmp_path, "first", 2, frames, of="work")
    run(tmp_path, "first")
    _, report = run(tmp_path, "work")
    left = queued(tmp_path)
    assert report["agreement"]["kinds"]["review"] == len(frames)
    assert report["sampling"]["asked_lacking"] == len(asked) - len(frames) == len(left)

    hand_in(tmp_path, "second", 3, left, of="work")
    run(tmp_path, "second")
    out, report = run(tmp_path, "work")
    assert out.startswith("work: ACCEPT"), out
    assert report["agreement"]["kinds"]["review"] == len(asked)
    assert queued(tmp_path) == []
