"""The overview of all deliveries."""

from html.parser import HTMLParser

import pytest

from posegate.transforms.dashboard.overview import histories, index, link, row


class Links(HTMLParser):
    """The targets of all links, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag == "a":
            self.targets.append(dict(attrs)["href"])

    def handle_data(self, data):
        self.words.append(data)


def test_every_delivery_links_to_the_dashboard_of_its_run(fleet):
    targets = Links(index(fleet)).targets
    for report in fleet:
        assert report["page"] in targets


def test_the_newest_delivery_stands_first(fleet):
    targets = [t for t in Links(index(fleet)).targets if t[0] != "#"]
    assert fleet[-1]["delivery"]["name"] in targets[0]
    assert fleet[0]["delivery"]["name"] in targets[-1]


def test_reasons_are_given_for_what_was_not_accepted(fleet):
    assert row(fleet[0]).reasons == []
    assert len(row(fleet[-1]).reasons) == 3


def test_every_annotator_of_any_delivery_has_a_history(fleet):
    fleet[2]["annotators"].append(
        {"annotator": "only-once", "instances": 5, "oks": 0.9}
    )
    found = {each.annotator: each for each in histories(fleet).rows}
    assert len(found) == 25
    assert found["only-once"].deliveries == 1
    assert found["ann-01"].deliveries == 10
    assert found["ann-10"].alarms == 2


def test_annotators_in_alarm_come_first(fleet):
    names = [each.annotator for each in histories(fleet).rows]
    assert names[:2] == ["ann-10", "ann-05"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("deliveries/w1/runs/r/dashboard.html",) * 2,
        ("deliveries/a b%2F", "deliveries/a%20b%252F"),
        ("javascript:x", "javascript%3Ax"),
        ("a/../b", None),
        ("/etc", None),
        ("", None),
        (None, None),
    ],
)
def test_a_link_never_leaves_the_output(name, expected):
    assert link(name) == expected


@pytest.mark.parametrize(
    "reports", [[], [{}], [{"delivery": None, "annotators": None}]]
)
def test_no_deliveries_or_empty_ones_give_a_page_that_says_so(reports):
    text = " ".join(Links(index(reports)).words)
    assert "No annotator is known." in text
    assert "No delivery has pairs yet." in text


def test_hostile_names_stay_text(hostile):
    html = index([hostile] * 3)
    assert "<script" not in html
    assert html.count("<style") == 1
    assert "\u202e" not in html


def test_a_delivery_without_pairs_is_a_gap_in_the_line(fleet):
    fleet[3]["agreement"]["oks"]["median"] = float("nan")
    html = index(fleet)
    assert "Median OKS of 9 deliveries" in html


def test_a_hand_in_of_reviews_is_shown_as_such_and_not_counted(fleet):
    said = "30 reviews in 25 frames; they count where 2026-W46 is judged."
    reason = {"gate": "reviews", "verdict": "accept", "passed": True, "text": said}
    brought = {
        "project": fleet[-1]["project"],
        "delivery": {"name": "first", "received": "2026-12-01"},
        "verdict": "handed-in",
        "reasons": [reason],
    }
    plain, with_it = (
        " ".join(Links(index(r)).words) for r in (fleet, [*fleet, brought])
    )
    assert "of 10" in plain
    assert "of 10" in with_it
    assert "handed-in" in with_it
    assert said in with_it
    tiles_of = [
        text.partition("One decision per delivery")[0] for text in (plain, with_it)
    ]
    assert tiles_of[0] == tiles_of[1]
