"""What the drawings show."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.dashboard import charts, control, figures, heat, svg

NUMBER = r"-?\d+(?:\.\d+)?"


def test_a_tag_escapes_its_attributes_and_children():
    drawn = svg.tag("text", "<b>", title='"><script>', class_="a", text_anchor="end")
    assert drawn == (
        '<text title="&#34;&gt;&lt;script&gt;" class="a" text-anchor="end">'
        "&lt;b&gt;</text>"
    )


def test_ticks_are_round_and_inside():
    assert svg.ticks(0, 1, 5) == [0, 0.2, 0.4, 0.6, 0.8, 1]
    assert svg.ticks(0.83, 0.97, 3) == [0.85, 0.9, 0.95]
    assert svg.ticks(0, 0, 4) == [0]


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_lie_within_their_range(low, span):
    found = svg.ticks(low, low + span, 4)
    assert all(low - 1e-6 * span <= v <= low + span * (1 + 1e-6) for v in found)
    assert len(found) <= 6


def test_the_histogram_draws_one_bar_per_filled_bin_red_under_the_threshold():
    agreement = {
        "threshold": 0.5,
        "oks": {"median": 0.8, "below": 0.25},
        "histogram": {"edges": [0, 0.25, 0.5, 0.75, 1], "counts": [1, 0, 2, 1]},
    }
    drawn = charts.histogram(agreement)
    assert drawn.count('class="bar"') == 2
    assert drawn.count('class="bar bad"') == 1
    assert "25.0\u00a0% below 0.5" in drawn


def test_no_pairs_give_no_histogram():
    assert charts.histogram({}) == ""
    assert charts.histogram({"histogram": {"edges": [0, 1], "counts": [0]}}) == ""


def test_the_verdict_of_a_delivery_shows_in_the_shape_of_its_point():
    deliveries = [
        charts.Delivered("a", 0.93, "accept"),
        charts.Delivered("b", None, "accept"),
        charts.Delivered("c", 0.91, "hold"),
        charts.Delivered("d", 0.86, "reject"),
    ]
    drawn = charts.medians(deliveries, 0.9)
    assert re.search(r'<circle[^>]*class="point accept"', drawn)
    assert re.search(r'<polygon[^>]*class="point hold"', drawn)
    assert re.search(r'<rect[^>]*class="point reject"', drawn)
    assert drawn.count("<circle") == 1


def test_heat_greys_what_rests_on_too_few_points():
    assert heat.cell("nose", 3.0, heat.LEAST - 1).look == "few"
    assert heat.cell("nose", 3.0, heat.LEAST).look == "h5"
    assert heat.cell("nose", 0.2, 500).look == "h0"
    assert heat.cell("nose", None, 0).look == "none"


def test_heat_rows_are_sorted_by_their_worst_trusted_keypoint():
    table = {
        "annotators": ["calm", "few", "bad"],
        "keypoints": ["nose", "hip"],
        "value": [[0.8, 0.9], [9.0, 0.5], [1.9, 0.4]],
        "n": [[50, 50], [2, 50], [50, 50]],
    }
    assert [row.annotator for row in heat.rows(table).rows] == ["bad", "calm", "few"]


def test_heat_with_ragged_rows_still_draws():
    table = {"annotators": ["a"], "keypoints": ["nose", "hip"], "value": [[1.0]]}
    (row,) = heat.rows(table).rows
    assert [cell.look for cell in row.cells] == ["few", "none"]


def test_alarms_are_filled_points_and_the_contract_has_its_own_mark(rich):
    chart = control.charts(rich["drift"]).rows[0]
    assert (chart.annotator, chart.keypoint) == ("ann-10", "left_wrist")
    assert chart.alarms == sum(rich["drift"]["streams"][0]["alarm"])
    assert chart.picture.count('class="dot alarm"') == chart.alarms
    assert chart.picture.count('class="rule"') == 2
    assert chart.sentence == "12.4 px right since 2026-W43"


@pytest.mark.parametrize("finding", ["bias", "noise", "slips"])
def test_a_calm_stream_is_said_to_have_changed_in_nothing(finding):
    stream = {"finding": finding, "effect_px": 2.0, "noise": 1.4, "chance": 0.2}
    [chart] = control.charts({"streams": [stream | {"since": None}]}).rows
    assert chart.sentence == "in control"


def test_streams_beyond_the_limit_are_counted(rich):
    shown = control.charts(rich["drift"], 3)
    assert len(shown.rows) == 3
    assert shown.hidden == 13
    assert [chart.alarms > 0 for chart in shown.rows] == [True, True, True]


@pytest.mark.parametrize("stream", [{}, {"weeks": ["2026-W01"]}, {"statistic": [1.0]}])
def test_a_stream_without_evidence_has_no_picture(stream):
    assert control.charts({"streams": [stream]}).rows[0].picture == ""


def test_a_single_week_is_drawn():
    stream = {"weeks": ["2026-W01"], "statistic": [4.0], "limit": [9.0], "n": [5]}
    assert "<circle" in control.charts({"streams": [stream]}).rows[0].picture


def test_offending_parts_are_ringed_with_their_limbs(rich):
    drawn = figures.figure(rich["worst"][0], rich["skeleton"]).picture
    assert drawn.count('class="ring"') == 2
    assert drawn.count('class="limb delivered broken"') == 2


def test_one_absurd_coordinate_does_not_shrink_the_person(rich):
    drawn = figures.figure(rich["worst"][4], rich["skeleton"]).picture
    ys = [float(y) for y in re.findall(rf'cy="({NUMBER})"', drawn)]
    assert max(ys) - min(ys) > 100
    xs = [float(x) for x in re.findall(rf'cx="({NUMBER})"', drawn)]
    assert min(xs) >= 0
    assert max(xs) <= figures.WIDTH


def test_an_instance_without_any_point_has_no_picture():
    nothing = figures.figure({"xy": [None, [None, 1.0]], "rules": []}, {})
    assert nothing.picture == ""


def test_limbs_that_name_no_keypoint_are_left_out():
    drawn = figures.figure(
        {"xy": [[1.0, 2.0], [5.0, 9.0]]}, {"keypoints": ["a", "b"], "limbs": [[0, 7]]}
    ).picture
    assert "<line" not in drawn
    assert drawn.count("<circle") == 2
