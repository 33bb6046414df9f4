"""What is read as no format is told what it is nearest to."""

import pytest

from posegate.transforms.formats.nearest import nearest


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.pkl", "\x80\x02}q", "is a pickle, which can run programs"),
        ("A.PKL.GZ", "\x80\x02}q", "is a pickle"),
        ("a.xlsx", "PK", "is a spreadsheet"),
        ("a.npy", "\x93NUMPY", "is one array without names"),
        ("a.bvh", "HIERARCHY", "has the angles of a moving skeleton"),
        ("a.mot", "Coordinates", "is OpenSim's table"),
        ("a.jpg", "\x00", "is an image"),
        (
            "a.xml",
            "<annotation><object/>",
            "is XML of <annotation>, which is Pascal VOC",
        ),
        (
            "a.xml",
            "<?xml version='1.0'?>\n<!-- a --><zoo>",
            "is XML of <zoo>, which is no",
        ),
        ("a.xml", "hello", "which is no XML"),
        ("a.csv", "", "is empty"),
        (
            "a.csv",
            "name,a,b\nx,1,2\n",
            "has no column `image`, nor `frame`, as a table",
        ),
        ("a.csv", "1,2,3\n4,5,6\n", "has no header; say its columns under [csv]"),
        ("a.csv", "hello\n", "which is no header of a table of points"),
        (
            "a.csv",
            "image,nose_x,nose_y\n",
            "could be a plain table, of the points nose: ",
        ),
        ("a.csv", "file;landmark;x;y\n", "could be a plain table, of the points those"),
        ("a.txt", "hello there", "is no line of YOLO-pose"),
        ("a.bin", "\x01\x02", "begins b'\\x01\\x02', which is no format known"),
        ("a.md", "# Title", "begins '# Title', which is no format known"),
    ],
)
def test_each_is_told_why(name: str, text: str, said: str) -> None:
    assert said in nearest(name, text.encode("latin-1"))


def test_hdf5_of_others_is_told_from_what_is_no_text() -> None:
    assert "neither DeepLabCut, SLEAP nor" in nearest("a.h5", b"\x89HDF\r\n\x1a\n")
