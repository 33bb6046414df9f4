"""Whether a track moves as a person does, and was placed frame by frame.

A rule here reads whole tracks: rows of one annotator, video and track in order of their
frames. Where the frame rate or the stature is not known, what needs it does not apply.
`timed` rules need the rate; the run says how many rows of tracks do not have it. All
that is assumed instead is the second that `broken-track` looks back: 25 frames.
"""

import numpy as np

from posegate.transforms.kernels.tracks import Tracks
from posegate.transforms.model.poses import Bools, Floats
from posegate.transforms.model.rule import rule


@rule("motion.repeated-frame", severity="review")
def repeated_frame(tracks: Tracks) -> Bools:
    """A track has the same frame twice.

    One object cannot be in two places: one of the two belongs to another track.
    """
    return tracks.again


@rule("motion.gap", severity="note")
def gap(tracks: Tracks) -> Floats:
    """Frames of a track are missing: how many before this one."""
    return tracks.gap


@rule("motion.jitter", severity="review", timed=True)
def jitter(tracks: Tracks) -> Floats:
    """A keypoint trembles: the placement noise of the track, over stature.

    From fourth differences at 20 to 50 frames a second and third ones above; below
    noise cannot be told from motion. Said once a track, at its first frame.
    """
    share = tracks.jitter / tracks.height[:, None]
    return np.where(tracks.first[:, None], share, np.nan)


@rule("motion.acceleration", severity="review", timed=True)
def acceleration(tracks: Tracks, noise: float) -> Floats:
    """A keypoint accelerates more than a body can: in g, of a person of 1.7 m.

    Only where it is also more than `noise` times what placement noise makes of it:
    at 240 frames a second clicks alone reach 180 g.
    """
    a, floor = tracks.acceleration, tracks.acceleration_noise
    return np.where(a > noise * floor, a, np.nan)


@rule("motion.displacement", severity="review", timed=True)
def displacement(tracks: Tracks, fastest: float, burst: float) -> Floats:
    """A keypoint leaps and comes back: its second difference, over stature.

    Less what a body makes of it that accelerates `burst` g, which is much at low frame
    rates. At rates up to `fastest`, where 50 g would be more than a hundred pixels.
    """
    share = tracks.second / tracks.height[:, None]
    beyond = share - tracks.allowance(burst)[:, None]
    return np.where((tracks.rate <= fastest)[:, None], beyond, np.nan)


@rule("motion.linear", severity="review")
def linear(tracks: Tracks, interior: float, tolerance: float, speed: float) -> Floats:
    """A keypoint moves along an exact line: interpolated, and never looked at.

    The rows of the stretch, at its first. Every frame of it is called placed by hand.
    """
    return tracks.straight(int(interior), tolerance, speed)


@rule("motion.frozen", severity="review")
def frozen(tracks: Tracks) -> Floats:
    """All keypoints stand exactly still: frames that were copied, not annotated.

    The rows of the stretch, at its first.
    """
    return tracks.frozen


@rule("motion.frozen-keypoint", severity="review")
def frozen_keypoint(tracks: Tracks, moving: float) -> Floats:
    """A keypoint stands exactly still while the others move: it was forgotten.

    The rows of the stretch, at its first, where the median keypoint gets further than
    `moving` pixels in four rows.
    """
    away = tracks.moving(4) > moving
    return np.where(away[:, None], tracks.still, np.nan)


@rule("motion.left-right", severity="review", below=True)
def left_right(tracks: Tracks) -> Floats:
    """Left and right of a pair are swapped against the frames before.

    What the swapped reading costs over what this one does, with the velocity of the two
    frames before.
    """
    return tracks.flipped


@rule("motion.identity-switch", severity="review")
def identity_switch(tracks: Tracks, burst: float) -> Floats:
    """A track goes over to another person: all keypoints leap at once.

    Their median second difference, over stature, less what a body makes of it that
    accelerates `burst` g.
    """
    return tracks.jump / tracks.height - tracks.allowance(burst)


@rule("motion.broken-track", severity="review", below=True)
def broken_track(tracks: Tracks) -> Floats:
    """A new track begins where another has just ended: one person, two ids.

    The median distance of their keypoints, over stature.
    """
    return tracks.continues


@rule("motion.surprise", severity="note", timed=True)
def surprise(tracks: Tracks, agility: float) -> Floats:
    """A position that a constant-velocity Kalman filter did not expect.

    The normalised innovation squared, chi^2 of one degree; `agility` is the density of
    accelerations that are expected (stature^2/s^3).
    """
    return tracks.surprise(agility)


RULES = (
    *(repeated_frame, gap, jitter, acceleration, displacement, linear),
    *(frozen, frozen_keypoint, left_right, identity_switch, broken_track, surprise),
)
"""In the order of their findings."""
