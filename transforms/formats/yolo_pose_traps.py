"""What goes wrong in YOLO-pose files, by code, and what is done about it."""

TRAPS = {
    "yolo-pose.image-size": (
        "The image's size is not known: quarantined. Deliver the images in "
        "`images/` beside `labels/`, or a job table with image, width, height."
    ),
    "yolo-pose.exif-rotated": (
        "EXIF says that the image is shown on its side: its width and height are "
        "exchanged, as training code does."
    ),
    "yolo-pose.column-count": (
        "A line has neither 5 + 3 K numbers nor 5 + 2 K, nor one more for a model's "
        "confidence: quarantined."
    ),
    "yolo-pose.number": ("A line has something that is no number: quarantined."),
    "yolo-pose.other-skeleton": (
        "`data.yaml` has other keypoints than the project's skeleton: quarantined."
    ),
    "yolo-pose.left-out": (
        "Keypoints of `data.yaml` that `points.ignore` lists: left out, counted."
    ),
    "yolo-pose.visibility": ("A visibility is none of 0, 1, 2: quarantined."),
    "yolo-pose.score-as-visibility": (
        "The third values are a model's scores: what is above 0 counts as visible, "
        "and the row as a prelabel."
    ),
    "yolo-pose.confidence": ("A line ends in a model's confidence: a prelabel."),
    "yolo-pose.zero-is-missing": (
        "A keypoint lies at exactly (0, 0), which is how tools write that there is "
        "none, and what training takes for a point: unlabelled."
    ),
    "yolo-pose.negative-is-missing": (
        "Without visibility, a negative coordinate says that a keypoint is absent: "
        "unlabelled."
    ),
    "yolo-pose.unlabelled-with-position": (
        "A keypoint with visibility 0 still has a position: kept for the rules to "
        "see, unlabelled."
    ),
    "yolo-pose.outside": (
        "A keypoint lies beyond 1.01 of the image, for which training drops the "
        "whole file: kept."
    ),
    "yolo-pose.not-normalised": (
        "A box or a keypoint is far outside the image, as pixels would be: quarantined."
    ),
    "yolo-pose.duplicate-row": (
        "A line stands twice in a file, which training drops in silence: the first "
        "counts, the others are quarantined."
    ),
    "yolo-pose.class-unknown": ("A class is none that `data.yaml` names: quarantined."),
    "yolo-pose.encoding": ("A file is no plain text: not read."),
    "yolo-pose.data-yaml": (
        "`data.yaml` cannot be read: the skeleton's shape is assumed."
    ),
    "yolo-pose.never-occluded": (
        "Every labelled keypoint is visible: the tool (Label Studio) does not say what "
        "is occluded. The count is of keypoints."
    ),
    "yolo-pose.never-visible": (
        "No keypoint is visible and some are marked 1, as for all that is labelled: "
        "kept as occluded. The count is of keypoints."
    ),
    "yolo-pose.kpt-shape-missing": (
        "`data.yaml` has no `kpt_shape`: the skeleton's is assumed."
    ),
    "yolo-pose.kpt-shape": (
        "Lines have visibility where `kpt_shape` says that they have none, or the "
        "other way round: read as they are."
    ),
    "yolo-pose.order-assumed": (
        "No `data.yaml` names the keypoints, in `kpt_names`: the skeleton's order is "
        "assumed. The count is of folders."
    ),
    "yolo-pose.flip-idx": (
        "`flip_idx` does not exchange left and right as the skeleton does: training "
        "would mix them up."
    ),
    "yolo-pose.flip-idx-missing": (
        "`data.yaml` has no `flip_idx`: training with mirrored images would mix up "
        "left and right."
    ),
}
