"""YOLO-pose labels in a few lines, and deliveries that show its traps."""

import io
from typing import Any

import numpy as np
from PIL import Image

SKELETON = "coco_17"
PLAIN = "text"
BOX = "0 0.5 0.5 0.2 0.4"


def image(
    width: int, height: int, *, turned: bool = False, kind: str = "JPEG"
) -> bytes:
    """An image of that size, which is shown on its side where it is turned."""
    file = io.BytesIO()
    exif = Image.Exif()
    if turned:
        exif[274] = 6
    Image.new("L", (width, height)).save(file, kind, exif=exif)
    return file.getvalue()


def labelled(*lines: str, **more: Any) -> dict[str, bytes]:
    """A label file beside an image of 200 x 100 px, with perhaps a `data.yaml`."""
    files = {
        "labels/a.txt": "\n".join(lines).encode() + b"\n",
        "images/a.jpg": more.pop("image", image(200, 100)),
    }
    if "yaml" in more:
        files["data.yaml"] = more.pop("yaml").encode()
    return files


def sample(n: int) -> dict[str, bytes]:
    """n people of 17 points, two to an image, and the images' heads."""
    random = np.random.default_rng(7)
    picture = image(640, 480, kind="PNG")
    files = {}
    for i in range(0, n, 2):
        lines = []
        for _ in range(min(2, n - i)):
            share = random.uniform(0.01, 1, (17, 2)).round(6)
            points = " ".join(f"{x} {y} {1 + int(x > 0.3)}" for x, y in share)
            lines.append(f"{BOX} {points}")
        files[f"labels/{i:09}.txt"] = "\n".join(lines).encode() + b"\n"
        files[f"images/{i:09}.png"] = picture
    return files


GOOD = f"{BOX} 0.1 0.2 2 0.3 0.4 1 0.5 0.6 2"
TWO = f"{BOX} 0.1 0.2 0.3 0.4 0.5 0.6"
SHAPE = "kpt_shape: [3, 3]\nflip_idx: [0, 1, 2]\nnames: {0: face, 1: other}\n"


def all_visible() -> dict[str, bytes]:
    return labelled(f"{BOX} 0.1 0.2 2 0.3 0.4 2 0 0 0")


def all_hidden() -> dict[str, bytes]:
    return labelled(f"{BOX} 0.1 0.2 1 0.3 0.4 1 0 0 0")


def unsized() -> dict[str, bytes]:
    return {"labels/a.txt": GOOD.encode()}


def turned() -> dict[str, bytes]:
    return labelled(GOOD, image=image(100, 200, turned=True))


def miscounted() -> dict[str, bytes]:
    return labelled(GOOD + " 0.5 0.5 2")


def no_number() -> dict[str, bytes]:
    return labelled(GOOD, BOX + " 0.1 0.2 2 0.3 0.4 1 0.5 0.6 x")


def other_skeleton() -> dict[str, bytes]:
    return labelled(GOOD, yaml="kpt_shape: [21, 3]\nflip_idx: []\n")


def other_names() -> dict[str, bytes]:
    names = "kpt_shape: [3, 3]\nkpt_names: {0: [nose, tail, paw]}\n"
    return labelled(GOOD, yaml=names)


def odd_flag() -> dict[str, bytes]:
    return labelled(GOOD.replace("0.4 1", "0.4 7"))


def scores() -> dict[str, bytes]:
    return labelled(GOOD.replace("0.4 1", "0.4 0.93"))


def confident() -> dict[str, bytes]:
    return labelled(GOOD + " 0.97")


def at_zero() -> dict[str, bytes]:
    return labelled(f"{BOX} 0.1 0.2 0.3 0.4 0 0")


def negative() -> dict[str, bytes]:
    return labelled(f"{BOX} 0.1 0.2 0.3 0.4 -1 -1")


def stale() -> dict[str, bytes]:
    return labelled(GOOD.replace("0.4 1", "0.4 0"))


def outside() -> dict[str, bytes]:
    return labelled(GOOD.replace("0.6 2", "1.2 2"))


def pixels() -> dict[str, bytes]:
    return labelled(GOOD.replace("0.6 2", "60 2"))


def repeated() -> dict[str, bytes]:
    return labelled(GOOD, GOOD)


def unknown_class() -> dict[str, bytes]:
    return labelled(GOOD.replace("0 0.5", "4 0.5", 1), yaml=SHAPE)


def zeroes_inside() -> dict[str, bytes]:
    return labelled(GOOD) | {"labels/b.txt": f"{GOOD}\n\0\0".encode()}


def bad_yaml() -> dict[str, bytes]:
    return labelled(GOOD, yaml="names: [a, b\nkpt_shape: {")


def shapeless() -> dict[str, bytes]:
    return labelled(GOOD, yaml="names: {0: face}\n")


def other_shape() -> dict[str, bytes]:
    return labelled(GOOD, yaml=SHAPE.replace("[3, 3]", "[3, 2]"))


def with_another() -> dict[str, bytes]:
    names = "kpt_shape: [4, 3]\nkpt_names: {0: [nose, ear, left_eye, right_eye]}\n"
    return labelled(f"{BOX} 0.1 0.2 2 0.9 0.9 2 0.3 0.4 1 0 0 0", yaml=names)


def mirrored() -> dict[str, bytes]:
    swap = list(range(17))
    said = f"kpt_shape: [17, 3]\nflip_idx: {swap}\n"
    return sample(2) | {"data.yaml": said.encode()}


def unmirrored() -> dict[str, bytes]:
    return sample(2) | {"data.yaml": b"kpt_shape: [17, 3]\n"}
