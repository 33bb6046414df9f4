"""What shows only beside another instance: one person or pose twice, exchanged limbs.

A rule here reads pairs of one annotator's instances that lie near in one image, or have
the same shape anywhere. What is there twice is said of the later one.
"""

import numpy as np

from posegate.expectations.pose_models import load_model
from posegate.expectations.rules.anatomy import ARMS, LEGS, TRUNK
from posegate.expectations.rules.plausibility import as_read, joints_of
from posegate.transforms.kernels.company import Company
from posegate.transforms.kernels.copies import REACH, aligned_distance
from posegate.transforms.kernels.exchange import PART_OF, exchanged
from posegate.transforms.kernels.geometry import bounding_box, iou, mutual_area
from posegate.transforms.kernels.oks import symmetric
from posegate.transforms.model.poses import Floats
from posegate.transforms.model.rule import rule
from posegate.transforms.model.skeleton import Skeleton


@rule("structure.duplicate-person", severity="review")
def duplicate_person(company: Company, sigma: Floats, fewest: float) -> Floats:
    """A person is annotated twice by the same annotator.

    Symmetric OKS with another instance of the image: the mean similarity of keypoints
    that both have, of at least `fewest`, times the share of those that either has.
    """
    poses, i, j = company.poses, company.first, company.second
    known = poses.scale[i] * poses.scale[j]
    area = np.where(known > 0, known, mutual_area(poses.bbox[i], poses.bbox[j]))
    found = symmetric(
        poses.xy[i], poses.labelled[i], poses.xy[j], poses.labelled[j], area, sigma
    )
    both = (poses.labelled[i] & poses.labelled[j]).sum(axis=1)
    alike = np.where(company.together & (both >= fewest), found.oks_sym, np.nan)
    return company.spread(alike, largest=True)


@rule("structure.copied-pose", severity="review", below=True, anywhere=True)
def copied_pose(
    company: Company, fewest: float, overlap: float, of_track: float
) -> Floats:
    """A pose is a copy of another one, moved and perhaps resized.

    RMS distance of the keypoints once both poses are centred and of unit size, to the
    nearest earlier instance by the same annotator with the same keypoints, at least
    `fewest`, in whatever image; up to .02. Two people never stand as like as that, nor
    does one whom somebody looks at twice. In one image it has to be elsewhere: those
    whose boxes overlap more than `overlap` are one person. Who stands still is no copy:
    in one track it is the same pose only up to `of_track`.
    """
    poses, least = company.poses, np.full(len(company.image), np.nan)
    box = bounding_box(poses.xy, poses.labelled)
    for i, j in company.alike(of_track):
        apart = aligned_distance(
            poses.xy[i], poses.labelled[i], poses.xy[j], poses.labelled[j], fewest
        )
        same = (poses.labelled[i] == poses.labelled[j]).all(axis=1)
        image = company.image[i] == company.image[j]
        track = (company.track[i] == company.track[j]) & (company.track[j] >= 0)
        copy = same & (apart <= np.where(track, of_track, REACH))
        copy &= ~(image & (iou(box[i], box[j]) > overlap))
        np.fmin.at(least, j[copy], apart[copy])
    return least


@rule(
    "anatomy.limb-of-another",
    severity="review",
    of="person",
    needs=(*TRUNK, *ARMS, *LEGS),
)
def limb_of_another(
    company: Company, fewest: float, overlap: float, skeleton: Skeleton
) -> Floats:
    """Two people have each other's limb: a wrist, a forearm, an ankle or a leg.

    Log odds, under a model of poses, that the two are better with the limb exchanged;
    said of the limb of either. Of people with at least `fewest` labelled keypoints,
    the boxes of whose points overlap more than `overlap`.
    """
    known, there = joints_of(skeleton)
    poses, out = company.poses, np.full(company.poses.labelled.shape, np.nan)
    pose, labelled, visible = as_read(poses.xy, poses.labelled, poses.visible, skeleton)
    enough = labelled.sum(axis=1) >= fewest
    some = company.together & enough[company.first] & enough[company.second]
    some &= company.overlap > overlap
    if not some.any():
        return out
    i, j = company.first[some], company.second[some]
    odds = exchanged(load_model(), pose, labelled, visible, i, j)  # (P, L)
    limb = np.where(np.isfinite(odds), odds, -np.inf).argmax(axis=1)
    best = np.take_along_axis(odds, limb[:, None], axis=1)  # (P, 1)
    said = np.where(PART_OF[limb][:, known], best, np.nan)  # (P, known)
    for rows in (i, j):
        np.fmax.at(out, (rows[:, None], np.array(there)), said)
    return out


@rule("mask.duplicate", severity="review", of="mask")
def duplicate_mask(company: Company) -> Floats:
    """An object is outlined twice by the same annotator.

    IoU with another mask of the image; of masks whose boxes overlap.
    """
    together, i, j = company.together, company.first, company.second
    alike = np.full(len(i), np.nan)
    alike[together] = company.masks.overlap(i[together], j[together])
    return company.spread(alike, largest=True)


@rule("mask.overlap", severity="review", of="mask", meets=0.0)
def overlapping_masks(company: Company) -> Floats:
    """Two masks of an image overlap, where the project wants every pixel once.

    Pixels that both have, over those of the smaller one; of one annotator's masks that
    have boxes.
    """
    together, i, j = company.together, company.first, company.second
    i, j = i[together], j[together]
    iou, area = company.masks.overlap(i, j), company.masks.area
    one, other = area(i), area(j)
    both = iou * (one + other) / (1 + iou)
    shared = np.full(len(together), np.nan)
    shared[together] = both / np.maximum(np.minimum(one, other), 1)
    return company.spread(shared, largest=True)


@rule("mask.uncovered", severity="review", of="mask", meets=-1.0)
def uncovered(company: Company) -> Floats:
    """A part of the image belongs to no mask, where the project wants all of it.

    Share of the pixels that no mask of an annotator covers; said once an image, of the
    first of its masks. An image without any mask has no row to say it of.
    """
    out = np.full(len(company.image), np.nan)
    for start, length in zip(
        company.starts.tolist(), company.lengths.tolist(), strict=True
    ):
        out[start] = company.masks.uncovered(np.arange(start, start + length))
    return out


RULES = (
    duplicate_person,
    copied_pose,
    limb_of_another,
    duplicate_mask,
    overlapping_masks,
    uncovered,
)
