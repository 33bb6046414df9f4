"""What shows only beside another instance: one person twice, one pose twice.

A rule here reads pairs of one annotator's instances that lie near in one image, or have
the same shape anywhere. What is found is said of the later one.
"""

import numpy as np

from posegate.transforms.kernels.company import Company, aligned_distance
from posegate.transforms.kernels.geometry import mutual_area
from posegate.transforms.kernels.oks import symmetric
from posegate.transforms.model.poses import Floats
from posegate.transforms.model.rule import rule


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


@rule("structure.copied-pose", severity="review", below=True)
def copied_pose(company: Company, fewest: float) -> Floats:
    """A pose is a copy of another one, moved and perhaps resized.

    RMS distance of the keypoints once both poses are centred and of unit size, to the
    nearest other instance by the same annotator, in whatever image; of at least
    `fewest` common keypoints. Two people never stand as like as that, nor does one
    whom somebody looks at twice.
    """
    poses, i, j = company.poses, company.first, company.second
    apart = aligned_distance(
        poses.xy[i], poses.labelled[i], poses.xy[j], poses.labelled[j], fewest
    )
    return company.spread(np.where(company.together, np.nan, apart), largest=False)


RULES = (duplicate_person, copied_pose)
