"""Reviews that come back as deliveries of their own, in several hand-ins."""

from pathlib import Path
from typing import Any

import pytest

from delivered import call, coco, deliver, document, person, picture, project, run_of
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
    assert "at least 55 more reviews decide: the first 55 by `order`" in out
    order = queued(folder)
    assert len(order) == 55
    assert [n["order"] for n in report["sampling"]["next"]] == list(range(1, 21))

    hand_in(folder, "first", 2, order[:30], of="work")
    out, _ = run(folder, "first")
    assert "Nothing to judge: no instance has the role production." in out
    assert "reviews of work: run the gate on it again, and they count" in out
    out, report = run(folder, "work")
    assert "0 of 30 reviewed instances" in out
    assert "at least 25 more reviews decide: the first 25" in out
    assert report["sampling"]["hand_ins"] == ["first"]
    assert queued(folder) == order[30:]

    hand_in(folder, "second", 3, order[30:], of="work")
    run(folder, "second")
    out, report = run(folder, "work")
    assert out.startswith("work: ACCEPT"), out
    assert "0 of 55 reviewed instances" in out
    assert report["sampling"]["hand_ins"] == ["first", "second"]
    assert report["agreement"]["kinds"] == {"review": 55}
    manifest = document(run_of(folder / "quality", "work"), "manifest.json")
    assert [h["delivery"] for h in manifest["hand_ins"]] == ["first", "second"]
    assert report["counts"]["instances"] == PEOPLE


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
