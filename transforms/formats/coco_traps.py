"""What goes wrong in COCO files, by code, and what is done about it."""

TRAPS = {
    "coco.area-dropped": ("An area is no number: 0.53 of the box instead."),
    "coco.area-is-bbox": (
        "The area is the box's, which inflates OKS: 0.53 of it instead, as COCO's "
        "segments are."
    ),
    "coco.area-missing": (
        "There is no area, or none above 0, which makes AP undefined: that of the "
        "mask, else 0.53 of the box."
    ),
    "coco.attributes-dropped": ("Attributes are no object: dropped."),
    "coco.bbox": ("A box is not four numbers within a million px: quarantined."),
    "coco.bbox-dropped": ("A box is no list of numbers: dropped."),
    "coco.bbox-empty": (
        "A box has no width or no height, as that of keypoints in a line: kept."
    ),
    "coco.bbox-missing": ("There is no box: kept without."),
    "coco.bbox-negative": ("A box has a negative size: quarantined."),
    "coco.bbox-tight": (
        "There is no area but the box's, and that is the keypoints' (CVAT and Label "
        "Studio make it so): smaller than the person's, so that OKS is stricter. "
        "The count is of records."
    ),
    "coco.byte-order-mark": ("The file begins with a byte order mark: skipped."),
    "coco.category": ("A category has no id, or no list of names: not read."),
    "coco.category-conflict": (
        "A category's id stands twice with other keypoints: the first counts."
    ),
    "coco.category-longer": (
        "A category names more keypoints than its records have (HumanArt): the "
        "first are the skeleton's."
    ),
    "coco.category-missing": ("A record names no category: the file's only one."),
    "coco.left-out": (
        "Keypoints that `points.ignore` lists: left out, counted by category."
    ),
    "coco.panoptic": (
        "Records are COCO panoptic's, an image's segments in a PNG file: quarantined."
    ),
    "coco.category-unknown": (
        "A record's category is none of the file's: quarantined; where the file "
        "has none at all, the skeleton's order is assumed."
    ),
    "coco.category-without-names": (
        "A category names no keypoints (Halpe, 300-W, WFLW): the skeleton's order "
        "is assumed."
    ),
    "coco.crowdpose-flags": (
        "Images are CrowdPose's, whose author says of its flags only that 0 is not "
        "labelled; head and neck are always 1: kept, but of agreement about them "
        "nothing follows. The count is of images."
    ),
    "coco.depths-ignored": (
        "Records have `keypoints_3d`, which is not read: export TRC, C3D or CSV."
    ),
    "coco.field-dropped": (
        "A detail (who, when, a score, a job) has a type that it cannot have: dropped."
    ),
    "coco.id-missing": (
        "A record has no id: it is named by its place, which a later export may change."
    ),
    "coco.ignore-regions": (
        "Images have regions where nobody was annotated (PoseTrack): misses there "
        "are none."
    ),
    "coco.image": ("An image has no id or no file name: not read."),
    "coco.image-ambiguous": (
        "Results name an image that the delivery's files number differently: "
        "quarantined."
    ),
    "coco.image-by-name": (
        "Results name the image by its file, not by its id (AlphaPose): so it is "
        "found, or else called."
    ),
    "coco.beside-keypoints": (
        "Files of instances, captions or labels lie beside `person_keypoints_...` of "
        "the same images, which has their records again; of a project of masks it is "
        "`instances_...` that counts. The others are left alone, counted."
    ),
    "coco.classes-alone": (
        "A file lists classes and nothing else, as the `notes.json` that Label Studio "
        "packs beside its labels for YOLO: left alone, counted."
    ),
    "coco.classes-of-points": (
        "Its classes are called as keypoints and have none: CVAT's labels are points, "
        "which its COCO export drops. Export as CVAT for images. The count is of "
        "classes."
    ),
    "coco.frames-of-several": (
        "Several files have images called frame_000000 and so on, as CVAT calls those "
        "of any video: if they are of several videos, frames of one name are taken "
        "for one image. Export as CVAT for video then, or deliver videos apart."
    ),
    "coco.image-conflict": (
        "An image's id stands twice with other names: the first counts."
    ),
    "coco.image-copies": (
        "Images are copies of others under another name (Roboflow's "
        "`.rf.<hash>`): they share `attributes.original`, and are never divided "
        "between splits."
    ),
    "coco.image-dropped": (
        "An image's detail (fps, frame, video) has a type that it cannot have: dropped."
    ),
    "coco.image-id": ("A record has no `image_id`: quarantined."),
    "coco.image-missing": (
        "A record's image is not in the file, nor in the others of its delivery: "
        "quarantined."
    ),
    "coco.image-size": (
        "An image has no width and height, or none that can be: left out."
    ),
    "coco.image-unlabelled": (
        "Images say that they were not annotated (PoseTrack's `is_labeled`)."
    ),
    "coco.keypoint-count": (
        "A record has not three numbers for each keypoint: quarantined."
    ),
    "coco.keypoints": ("Keypoints are no list of numbers: quarantined."),
    "coco.keypoints-absent": (
        "A category has some of the skeleton's keypoints only: the others are "
        "unlabelled."
    ),
    "coco.keypoints-missing": (
        "A record of a category with keypoints has none: quarantined."
    ),
    "coco.keypoints-nested": (
        "Keypoints are [x, y, v] each in a list of its own: flattened."
    ),
    "coco.keypoints-reordered": (
        "A category has the skeleton's keypoints in another order: put in the "
        "skeleton's."
    ),
    "coco.limbs": (
        "A category's `skeleton` names keypoints that it has not, or counts from "
        "0: limbs are the project's."
    ),
    "coco.merged-people": (
        "The file is as Label Studio's own export makes it (one record an image, whole "
        "px, all visible, no areas, boxes around the keypoints), which merges all "
        "people of an image into one: export JSON instead. The count is of records."
    ),
    "coco.never-occluded": (
        "Every labelled keypoint is visible: the tool (Label Studio, Encord) does "
        "not say what is occluded. The count is of keypoints."
    ),
    "coco.never-visible": (
        "No keypoint is visible and some are marked 1: the tool (PoseTrack, "
        "300-W, WFLW) writes 1 for all that is labelled; kept as occluded. The "
        "count is of keypoints."
    ),
    "coco.no-annotations": ("A JSON file has no list `annotations`: said of the file."),
    "coco.no-keypoints": (
        "A record of a category without keypoints has none, a box or a mask: a "
        "row with nothing labelled."
    ),
    "coco.num-keypoints": (
        "`num_keypoints` is not the number of labelled keypoints, so that loaders "
        "drop or keep the wrong records: counted again."
    ),
    "coco.num-keypoints-dropped": ("`num_keypoints` is no number: dropped."),
    "coco.other-skeleton": (
        "A category has keypoints that are not the skeleton's: quarantined."
    ),
    "coco.part-invalid": (
        "A part that `*_valid` denies has points all the same: unlabelled, the "
        "positions kept for the rules to see."
    ),
    "coco.parts-ignored": (
        "Records have COCO-WholeBody's feet, face and hands, which the project's "
        "skeleton has not: not read."
    ),
    "coco.position-null": (
        "A keypoint with flag 0 has null or NaN for its position: none."
    ),
    "coco.score-as-visibility": (
        "The third values are a model's scores (results; COCO-WholeBody's hands): "
        "what is above 0 counts as visible."
    ),
    "coco.segmentation-dropped": ("A segmentation has NaN or Infinity: dropped."),
    "coco.unlabelled-with-position": (
        "A keypoint with flag 0 has a position (CVAT and Halpe leave it there): "
        "unlabelled, the position kept for the rules to see."
    ),
    "coco.visibility": ("A visibility is none of 0, 1, 2 and 3: quarantined."),
    "coco.visibility-float": (
        "A visibility is written 2.0 (AnimalPose, the fly): read as 2."
    ),
}
