"""The dashboard of one run."""

import hashlib
import re
from base64 import b64encode
from html.parser import HTMLParser

import pytest

from posegate.transforms.dashboard.meanings import meaning
from posegate.transforms.dashboard.page import by_severity, deciding, page
from posegate.transforms.formats.traps import documented

VOID = {"meta", "link", "br", "img", "hr", "input", "wbr"}
GLUE = "\0"
SECTIONS = [
    "verdict", "gates", "counts", "agreement", "heat", "drift", "worst", "findings",
    "annotators", "expectations", "provenance",
]  # fmt: skip


class Outline(HTMLParser):
    """Checks that every element is closed in order, and collects what is there."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str | None]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        self.ids += [value for name, value in attrs if name == "id"]
        if tag == "wbr":
            self.words.append(GLUE)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> at {self.getpos()}"

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        whole = " ".join(self.words).replace(f" {GLUE} ", "")
        return " ".join(whole.split())


@pytest.fixture(params=["rich", "blank", "hostile", "nothing"])
def html(request) -> str:
    return page(
        {} if request.param == "nothing" else request.getfixturevalue(request.param)
    )


def test_the_page_is_well_formed(html):
    outline = Outline(html)
    assert html.startswith("<!doctype html>")
    assert len(outline.ids) == len(set(outline.ids))


def test_every_section_is_present_whatever_the_report_holds(html):
    assert set(SECTIONS) <= set(Outline(html).ids)


def test_links_within_the_page_lead_somewhere(html):
    outline = Outline(html)
    anchors = {v[1:] for _, n, v in outline.attributes if n == "href" and v[0] == "#"}
    assert anchors <= set(outline.ids)


def test_nothing_is_fetched_and_nothing_runs(html):
    outline = Outline(html)
    assert outline.tags.isdisjoint(
        {"script", "iframe", "object", "embed", "form", "img"}
    )
    for tag, name, value in outline.attributes:
        assert not name.startswith("on"), (tag, name)
        assert name not in {"src", "style", "srcset", "action"}, (tag, name)
        if name in {"href", "xlink:href"}:
            assert re.match(r"#|data:,$|[a-z_]+\.json$|(\.\./)+index\.html$", value)
    assert "url(" not in html
    assert "@import" not in html


def test_the_policy_allows_this_style_sheet_by_its_hash_and_nothing_else(html):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)[1]
    policy = policy.replace("&#39;", "'")
    css = re.search(r"<style>(.*?)</style>", html, re.DOTALL)[1]
    digest = b64encode(hashlib.sha256(css.encode()).digest()).decode()
    assert "default-src 'none'" in policy
    assert f"style-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert html.count("<style") == 1


def test_the_counts_shown_are_those_of_the_report(rich):
    text = Outline(page(rich)).text
    for key in (
        "records",
        "instances",
        "quarantined",
        "approved",
        "rework",
        "excluded",
    ):
        assert f"{rich['counts'][key]:,}" in text, key
    for rule in rich["counts"]["findings"]:
        assert re.search(
            rf"{rule['rule']} .{{0,40}} {rule['instances']} {rule['findings']} ", text
        )
    for code, number in rich["counts"]["repairs"].items():
        assert f"{code} {number}" in text


def test_the_verdict_comes_first_with_the_sentences_of_the_gates_that_failed(rich):
    text = Outline(page(rich)).text
    banner = text[: text.index("instances delivered")]
    assert "Do not take this delivery" in banner
    failed = [r["text"] for r in rich["reasons"] if not r["passed"]]
    passed = [r["text"] for r in rich["reasons"] if r["passed"]]
    assert all(sentence in banner for sentence in failed)
    assert not any(sentence in banner for sentence in passed)


def test_rejecting_gates_are_named_before_holding_ones(rich):
    assert [r["verdict"] for r in deciding(rich["reasons"])] == ["reject"] * 2 + [
        "hold"
    ]


@pytest.mark.parametrize(
    ("verdict", "headline", "then"),
    [
        ("accept", "Take this delivery", "8,421 approved instances may enter"),
        ("hold", "Do not decide yet", "59 of the sample still lack a reference"),
        ("reject", "Do not take this delivery", "Send the delivery back"),
        (None, "No verdict was reached", "run the gate again"),
    ],
)
def test_each_verdict_says_what_to_do_next(rich, verdict, headline, then):
    text = Outline(page(rich | {"verdict": verdict})).text
    assert headline in text
    assert then in text


def test_an_empty_report_says_what_is_missing_and_what_to_do(blank):
    text = Outline(page(blank)).text
    assert "Nothing could be judged: no instance was read." in text
    assert "No instance has been compared with a reference. Deliver gold frames" in text
    assert "No control chart yet." in text
    assert "No annotator is known." in text
    assert "nan" not in text.lower().split()
    assert "None" not in text.replace("None.", "").split()


@pytest.mark.parametrize(
    "section", ["agreement", "counts", "heat", "drift", "worst", "reasons", "sampling"]
)
def test_any_section_may_be_null(rich, section):
    outline = Outline(page(rich | {section: None}))
    assert set(SECTIONS) <= set(outline.ids)


def test_hostile_names_stay_text(hostile):
    html = page(hostile)
    outline = Outline(html)
    assert "<script>document.title='PWNED'</script>" in outline.text
    assert "\u202e" not in html
    assert "\u2066" not in html
    assert "x" * 1_100 not in html
    assert "{{ 7*7 }}" in html
    html.encode("utf-8")


def test_a_large_fleet_is_cut_and_the_rest_is_counted(rich):
    extra = [{**rich["annotators"][0], "annotator": f"more-{i}"} for i in range(5_000)]
    heat = rich["heat"]
    for each in extra:
        heat["annotators"].append(each["annotator"])
        heat["value"].append([0.5] * 17)
        heat["n"].append([50] * 17)
    html = page(rich | {"annotators": rich["annotators"] + extra})
    assert "4,984 more annotators not shown" in Outline(html).text
    assert "4,984 more annotators with smaller errors not shown" in Outline(html).text
    assert len(html.encode()) < 2_000_000


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("json.truncated", "A JSON file is cut off: what comes before is read"),
        ("voc.part-missing", "Part missing"),
        ("odd", "Odd"),
        ("", ""),
    ],
)
def test_codes_are_shown_in_words_known_or_not(code, words):
    assert meaning(code) == words


def test_findings_are_ordered_by_severity_then_by_instances():
    findings = [
        {"rule": "c", "severity": "note", "instances": 900},
        {"rule": "b", "severity": "reject", "instances": 1},
        {"rule": "a", "severity": "reject", "instances": 7},
        {"rule": "d", "severity": "unheard-of", "instances": None},
    ]
    assert [each["rule"] for each in by_severity(findings)] == ["a", "b", "c", "d"]


def test_the_page_stays_small_however_large_its_report(rich):
    names = [f"{i}" + "<" * 990 for i in range(136)]
    weeks = [f"{2010 + i // 52}-W{i % 52 + 1:02d}" for i in range(400)]
    points = [[float(i % 12), float(i % 31)] for i in range(136)]
    rich["skeleton"] |= {"keypoints": names, "limbs": [[i, i + 1] for i in range(135)]}
    rich["heat"] = {
        "annotators": names * 4, "keypoints": names,
        "value": [[1.0] * 136] * 544, "n": [[50] * 136] * 544,
    }  # fmt: skip
    for each in rich["worst"]:
        each |= {"xy": points, "reference_xy": points, "keypoints": names}
    for stream in rich["drift"]["streams"]:
        stream |= {"keypoint": names[0], "weeks": weeks, "alarm": [True] * 400}
        stream |= {"statistic": [20.0] * 400, "limit": [13.8] * 400}
    rich["drift"]["weeks"] = weeks
    html = page(rich)
    Outline(html)
    assert len(html.encode()) < 2_000_000
    assert "The charts show the latest 78 of 400 weeks." in Outline(html).text


def test_the_test_of_the_lot_is_drawn_with_what_comes_next(rich) -> None:
    made = page(rich)
    text = Outline(made).text
    assert "Sequential test: 28 of 893 reviewed instances are bad" in text
    assert "95 % interval 2.1 % to 4.5 %" in text.replace("\xa0", " ")
    assert "lots with 5.0 % bad are rejected" in made.replace("\xa0", " ")
    assert "frame-7.jpg" in text
    assert "2 reviews of what was not drawn do not count" in text


def test_agreement_says_which_mean_and_which_errors(rich) -> None:
    text = Outline(page(rich)).text
    assert "PCK@0.2" in text
    assert "of left shoulder to right hip" in text
    assert "work (46 clusters): 0.861 (0.850\N{EN DASH}0.872)" in text
    assert "Masks of 120 pairs: mean IoU 0.913, Dice 0.951" in text
    assert "CVAT: one sigma: 0.981 over 893 pairs." in text
    assert "Contract: κ 0.71 against 0.75, not met." in text
    assert "\N{GREEK SMALL LETTER ALPHA} 0.74" in text
    for kind in ("good", "jitter", "inversion", "swap", "miss"):
        assert kind in text


def test_without_a_test_the_page_says_so(blank) -> None:
    assert "No test was made." in Outline(page(blank)).text


def test_what_a_code_means_is_shown_whole(rich):
    code, words = max(documented().items(), key=lambda pair: len(pair[1]))
    assert len(words) > 200
    found = {name: {code: 7} for name in ("notes", "repairs", "quarantine")}
    shown = Outline(page(rich | {"counts": rich["counts"] | found})).text
    assert shown.count(words.removesuffix(".")) == 3


def test_a_hand_in_of_reviews_says_what_makes_it_count(rich):
    text = Outline(page(rich | {"verdict": "handed-in"})).text
    assert "Reviews were handed in" in text
    assert "Run the gate again on the delivery that it brings reviews of" in text


def test_the_operating_curve_is_drawn(rich):
    html = page(rich)
    figure = html.partition("Operating curve: lots accepted")[2].partition("</figure>")[
        0
    ]
    assert "<svg" in figure
    assert "<path" in figure or "<polyline" in figure
