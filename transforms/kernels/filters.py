"""Filters of positions: One Euro and Kalman, which predict the next, and a low pass.

All take a series of one track as columns, (T, …), and know nothing of gaps: a caller
gives them one run at a time.
"""

import math

import numpy as np
from scipy import signal

from posegate.transforms.model.poses import Floats


def one_euro(
    x: Floats, fps: float, cutoff: float = 1.0, beta: float = 0.0, rate: float = 1.0
) -> Floats:
    """The One Euro filter (Casiez, Roussel and Vogel 2012): (T, …) -> (T, …).

    Args:
      x: positions [px], one a frame.
      fps: frames a second.
      cutoff: the least cut-off frequency [Hz]: lower is smoother.
      beta: how much speed [px/s] raises it: higher lags less.
      rate: the cut-off frequency of the speed [Hz].
    """
    out = np.empty(x.shape)
    speed = np.zeros(x.shape[1:])
    for i, value in enumerate(x):
        if i == 0:
            out[0] = value
            continue
        now = (value - out[i - 1]) * fps
        weight = _weight(np.asarray(rate), fps)
        speed = weight * now + (1 - weight) * speed
        weight = _weight(cutoff + beta * np.abs(speed), fps)
        out[i] = weight * value + (1 - weight) * out[i - 1]
    return out


def _weight(cutoff: Floats, fps: float) -> Floats:
    return np.asarray(1 / (1 + fps / (2 * math.pi * cutoff)))


def innovation(
    x: Floats, fps: Floats | float, q: Floats | float, r: Floats | float
) -> tuple[Floats, Floats]:
    """A constant-velocity Kalman filter: what it believes, and how surprised it was.

    Args:
      x: (T, …) positions [px], one a frame; NaN is a frame without one.
      fps: frames a second, for each column or all.
      q: spectral density of the acceleration [px^2/s^3], likewise.
      r: standard deviation of a placement [px], likewise.

    Returns:
      (T, …) the filtered positions, and (T, …) the normalised innovations squared,
      which follow chi^2 of 1 degree; the first position has none (NaN), nor has NaN.
    """
    dt, shape = 1 / fps, x.shape[1:]
    q, r = np.broadcast_to(q, shape), np.broadcast_to(r, shape)
    at, speed = x[0].astype(np.float64), np.zeros(shape)
    a, b, c = r**2 + 0.0, np.zeros(shape), np.full(shape, 1e4)  # covariance
    belief, surprise = np.full(x.shape, np.nan), np.full(x.shape, np.nan)
    belief[0] = x[0]
    for i, value in enumerate(x[1:], 1):
        at = at + dt * speed
        a = a + 2 * dt * b + dt**2 * c + q * dt**3 / 3
        b = b + dt * c + q * dt**2 / 2
        c = c + q * dt
        spread = a + r**2
        error = value - at
        here = np.isfinite(error)
        error = np.where(here, error, 0.0)
        surprise[i] = np.where(here, error**2 / spread, np.nan)
        gain_at, gain_speed = (
            np.where(here, a / spread, 0),
            np.where(here, b / spread, 0),
        )
        at, speed = at + gain_at * error, speed + gain_speed * error
        a, b, c = a - gain_at * a, b - gain_at * b, c - gain_speed * b
        born = np.isfinite(value) & ~np.isfinite(at)  # the first that is placed
        at = np.where(born, value, at)
        a, b, c = np.where(born, r**2, a), np.where(born, 0, b), np.where(born, 1e4, c)
        belief[i] = np.where(here | born, at, np.nan)
    return belief, surprise


CORRECTION = (math.sqrt(2) - 1) ** 0.25
"""What two passes of a second-order filter make of its cut-off: .802 (Winter 2009)."""


def low_pass(x: Floats, fps: float, cutoff: float) -> Floats:
    """A Butterworth filter run forwards and back, without lag: (T, …) -> (T, …).

    Of fourth order in all, as is usual for coordinates of people (Winter 2009, section
    3.4.4). All positions are finite; at least twelve of them.

    Args:
      fps: frames a second.
      cutoff: where half the power is left [Hz]; below .8 times half of `fps`.
    """
    sections = signal.butter(2, cutoff / CORRECTION, fs=fps, output="sos")
    return np.asarray(signal.sosfiltfilt(sections, x, axis=0))
