"""imglab's lists of faces."""

import numpy as np

SKELETON = "300w_68"
PLAIN = "xml"
HEAD = (
    "<?xml version='1.0' encoding='ISO-8859-1'?>\n"
    "<?xml-stylesheet type='text/xsl' href='image_metadata_stylesheet.xsl'?>\n"
)


def sample(n: int) -> dict[str, bytes]:
    """n faces, one or two an image."""
    random = np.random.default_rng(9)
    images, left = [], n
    while left:
        count = min(left, int(random.integers(1, 3)))
        faces = [
            box(
                [f"{k:02}" for k in range(68)],
                random.integers(9, 900, (68, 2)).tolist(),
            )
            for _ in range(count)
        ]
        images.append(image("\n".join(faces), f"helen/trainset/{left}.jpg"))
        left -= count
    return {"training.xml": document("\n".join(images))}


def box(names: list[str], xy: list[list[int]], more: str = "") -> str:
    parts = "\n".join(
        f"      <part name='{name}' x='{x}' y='{y}'/>"
        for name, (x, y) in zip(names, xy, strict=True)
    )
    head = f"    <box top='74' left='53' width='87' height='80'{more}>"
    return f"{head}\n      <label>face</label>\n{parts}\n    </box>"


def image(boxes: str, file: str = "a.jpg") -> str:
    return f"  <image file='{file}'>\n{boxes}\n  </image>"


def document(images: str) -> bytes:
    text = f"{HEAD}<dataset>\n<name>f</name>\n<images>\n{images}\n</images>\n</dataset>"
    return text.encode("iso-8859-1")
