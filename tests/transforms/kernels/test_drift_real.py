"""Real annotators over time: eight who place brain landmarks, eleven cephalograms."""

import re
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from posegate.transforms.kernels import scan
from posegate.transforms.kernels.discoveries import benjamini_hochberg
from posegate.transforms.kernels.error_sizes import LOG_VARIANCE
from posegate.transforms.kernels.evidence import p_larger

RATERS, SESSIONS, OUTLIER_MM = 8, 4, 10.0
NAME = re.compile(r"(.+)_T1_Rater(\d+)_(\d)_(\d{8})\.fcsv")


@pytest.fixture(scope="session")
def landmarks(shared_data: Path) -> np.ndarray:
    """(4, N): rater, session, the distance [mm] to the mean of all who placed that
    point, and that to the mean without outliers, NaN for one. The training session
    counts for the mean alone."""
    folder = shared_data / "afids_phase1" / "PHASE1_input_afid"
    if not folder.is_dir():
        pytest.skip(f"{folder}: not here")
    points: dict[str, list[tuple[int, int, np.ndarray]]] = {}
    for path in sorted(folder.iterdir()):
        named = NAME.fullmatch(path.name)
        assert named is not None, path
        lines = [x for x in path.read_text().splitlines() if not x.startswith("#")]
        xyz = np.full((32, 3), np.nan)  # one file breaks off after thirteen
        xyz[: len(lines)] = [line.split(",")[1:4] for line in lines]
        rater, session = int(named[2]), int(named[3])
        points.setdefault(named[1], []).append((rater, session, xyz))
    rows = []
    for drawn in points.values():
        xyz = np.array([each for *_, each in drawn])  # (F, 32, 3)
        off = distance_to_mean(xyz, xyz)
        outlier = off > OUTLIER_MM
        clean = distance_to_mean(xyz, np.where(outlier[..., None], np.nan, xyz))
        clean[outlier] = np.nan
        for (rater, session, _), raw, kept in zip(drawn, off, clean, strict=True):
            if session:
                who = np.full((2, 32), [[rater], [session]])
                rows.append(np.stack([*who, raw, kept]))
    return np.concatenate(rows, axis=1)


def distance_to_mean(xyz: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """(F, 32) how far points are from the mean of those that count."""
    return np.linalg.norm(xyz - np.nanmean(counted, axis=0), axis=-1)


def test_the_errors_are_those_that_were_published(landmarks: np.ndarray) -> None:
    off, clean = landmarks[2], landmarks[3][~np.isnan(landmarks[3])]
    assert off.size == 3072
    assert (round(off.mean(), 2), round(off.std(ddof=1), 2)) == (1.27, 1.98)
    assert int((off > OUTLIER_MM).sum()) == 24
    assert (round(clean.mean(), 2), round(clean.std(ddof=1), 2)) == (1.03, 0.94)
    assert (clean.size, int((clean > OUTLIER_MM).sum())) == (3048, 1)


SLOPES = [0.015, 0.124, -0.062, -0.172, 0.044, -0.043, 0.021, -0.121]
ADJUSTED = [0.645, 0.0009, 0.278, 0.0009, 0.384, 0.278, 0.709, 0.056]


def test_one_rater_gets_worse_one_better_and_six_do_not_change(
    landmarks: np.ndarray,
) -> None:
    rater, session, _, off = landmarks[:, ~np.isnan(landmarks[3])]
    fits = [
        stats.linregress(session[rater == r], off[rater == r])
        for r in range(1, RATERS + 1)
    ]
    assert [round(fit.slope, 3) for fit in fits] == SLOPES
    found = benjamini_hochberg(np.array([fit.pvalue for fit in fits]), 0.05)
    assert found.adjusted == pytest.approx(ADJUSTED, abs=0.0006)
    assert np.flatnonzero(found.rejected).tolist() == [1, 3]  # raters 2 and 4


def weekly(landmarks: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sessions as weeks: n, sum and sum of squares of ln of the error, (8, 4, 1)."""
    rater, session, _, off = landmarks[:, ~np.isnan(landmarks[3])]
    log = np.log(np.maximum(off, 0.05))
    at = (rater.astype(int) - 1, session.astype(int) - 1)
    table = np.zeros((3, RATERS, SESSIONS))
    for row, each in enumerate((np.ones_like(log), log, log**2)):
        np.add.at(table[row], at, each)
    n, total, squares = table[..., None]
    return n, total, squares


def test_the_rater_who_gets_worse_stands_out_of_the_sessions_as_weeks(
    landmarks: np.ndarray,
) -> None:
    """Two sessions against two are too few for an alarm; the order is that of the
    published slopes at the end where errors grow."""
    n, total, squares = weekly(landmarks)
    of = scan.quantity(n, total, squares, 2, LOG_VARIANCE)
    [span] = scan.spans(n, (2,), baseline=2, least=8)
    score = scan.shift(span, of).score[:, -1, 0]
    assert int(score.argmax()) == 1  # rater 2
    assert score[3] < 0  # rater 4 improves
    assert not benjamini_hochberg(p_larger(score), 0.1).rejected.any()


def test_cephalogram_annotators_are_as_far_apart_as_measured(shared_data: Path) -> None:
    folder = shared_data / "ceph_5lm_11annotators"
    if not folder.is_dir():
        pytest.skip(f"{folder}: not here")
    tables = [np.genfromtxt(p, delimiter=",") for p in sorted(folder.glob("*.csv"))]
    assert len(tables) == 11
    shared = set.intersection(*({*t[:, 0].astype(int)} for t in tables))
    rows = [t[np.isin(t[:, 0].astype(int), list(shared))] for t in tables]
    xy = np.stack([t[np.argsort(t[:, 0])][:, 1:].reshape(-1, 5, 2) for t in rows])
    off = np.linalg.norm(xy - xy.mean(axis=0), axis=-1)  # (11, N, 5) [mm]
    assert round(float(off.mean()), 3) == 1.345
    each = off.mean(axis=(0, 1)).round(2).tolist()
    assert each == [0.89, 2.13, 1.87, 0.55, 1.28]
