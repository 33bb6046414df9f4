"""Values as a person reads them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.dashboard.display import (
    NONE,
    at,
    between,
    breakable,
    clean,
    clip,
    count,
    decimal,
    finite,
    first,
    inert,
    measure,
    part,
    share,
)


def test_numbers_read_as_a_person_writes_them():
    assert count(12345) == "12,345"
    assert decimal(0.93149) == "0.93"
    assert decimal(-0.001, 1) == "0.0"
    assert share(0.0042) == "0.42\u00a0%"
    assert share(0.0345) == "3.5\u00a0%"
    assert share(1.0) == "100\u00a0%"
    assert share(0) == "0\u00a0%"


def test_an_interval_lacking_an_end_is_a_dash():
    assert between(0.8381, 0.8583) == "0.838\u20130.858"
    assert between(0.8381, None) == between(math.nan, 1.0) == NONE


def test_a_value_and_its_limit_have_the_same_digits():
    assert (measure(0.0345, 0.01), measure(0.01, 0.0345)) == ("0.0345", "0.0100")
    assert (measure(0.866, 0.9), measure(0.9, 0.866)) == ("0.866", "0.900")
    assert (measure(3, 12), measure(12, 3)) == ("3", "12")
    assert (measure(0, 0.05), measure(0.05, 0)) == ("0.0000", "0.0500")
    assert measure(13.84) == "13.8"


def test_long_names_may_break_where_they_are_joined():
    assert breakable("a/b_c<i>") == "a/<wbr>b_<wbr>c&lt;i&gt;"


@pytest.mark.parametrize("show", [count, decimal, share, measure])
@pytest.mark.parametrize("missing", [None, math.nan, math.inf, "7", True, 10**400])
def test_what_is_no_number_is_a_dash(show, missing):
    assert show(missing) == NONE


@pytest.mark.parametrize("show", [count, decimal, measure])
def test_absurd_numbers_stay_short(show):
    assert len(show(1e308)) < 12


def test_text_becomes_one_harmless_line():
    assert clean("a\nb\r\n\tc") == "a b c"
    assert clean("\u202egnp.exe") == "\ufffdgnp.exe"
    assert clean("\ud800") == "\ufffd"
    assert clean("क्\u200dष") == "क्\u200dष"
    assert len(clean("x" * 10_000_000)) == 1_001


@given(st.text())
def test_clean_text_is_printable_utf8_and_stays_clean(text):
    once = clean(text)
    once.encode("utf-8")
    assert clean(once) == once
    assert "\n" not in once


def test_a_report_of_numpy_scalars_and_nan_becomes_plain():
    value = {"a": np.float64("nan"), "b": np.int64(3), "c": (1.5, None, True)}
    assert inert(value) == {"a": None, "b": 3, "c": [1.5, None, True]}


def test_clipping_marks_what_was_cut():
    assert clip("left_shoulder", 8) == "left_sh…"
    assert clip("nose", 8) == "nose"
    assert clip(None, 8) == NONE


def test_shares_need_a_whole():
    assert part(1, 4) == 0.25
    assert part(0, 4) == 0.0
    assert part(1, 0) is None
    assert part(None, 4) is None


def test_rows_beyond_the_limit_are_counted():
    assert first([1, 2, 3], 2) == ([1, 2], 1)
    assert first([], 2) == ([], 0)


def test_a_list_that_is_too_short_gives_none():
    assert at([1], 1) is None
    assert at(None, 0) is None
    assert finite(at([2], 0)) == 2.0
