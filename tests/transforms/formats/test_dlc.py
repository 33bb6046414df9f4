"""DeepLabCut's CSV: its header rows, its paths, its animals, its models."""

from pathlib import Path

import pytest
from hypothesis import given, settings

from posegate.transforms.model.schema import Origin
from posegate.transforms.model.skeleton import Skeleton
from samples.dlc import HOME, SKELETON, sample, table
from samples.mutation import mutated
from samples.reading import Reading

AB = Skeleton("ab", ("A", "B"), (), (), None)
LIPS = (
    *("leftLip", "rightLip", "topleftinner", "bottomleftinner", "topmidinner"),
    *("bottommidinner", "toprightinner", "bottomrightinner"),
)
ROWS = [(f"{HOME}/img0007.png", 1, 2, 3.5, 4), (f"{HOME}/img0012.png", 5, 6, "", "")]


def reading(data: bytes, name: str = "CollectedData_Ann.csv") -> Reading:
    return Reading({name: data}, AB)


def test_an_image_is_a_row_of_its_scorer() -> None:
    first, second = reading(table(ROWS)).rows
    assert (first["xy"], first["visibility"]) == ([1, 2, 3.5, 4], [2, 2])
    assert [first[n] for n in ("image", "video", "frame", "annotator", "role")] == [
        *(f"{HOME}/img0007.png", "m4s1", 7, "Ann", "production"),
    ]
    assert (second["xy"][:2], second["visibility"]) == ([5, 6], [2, 0])


@pytest.mark.parametrize(
    "data",
    [
        table([(*row[0].split("/"), *row[1:]) for row in ROWS], index=3),
        table(ROWS, sign=";"),
        b"\xef\xbb\xbf" + table(ROWS).replace(b"\n", b"\r\n"),
        table(ROWS).decode().encode("utf-16"),
        table(ROWS).rstrip(b"\n"),
        table([(r[0], *r[3:], *r[1:3]) for r in ROWS], ("B", "A")),
        table(ROWS).replace(b"scorer,Ann,Ann,Ann,Ann", b"scorer,Ann,Ann"),
    ],
)
def test_however_it_is_written_it_reads_the_same(data: bytes) -> None:
    got = reading(data)
    assert (got.rows[0]["xy"], got.rows[0]["image"]) == (
        [1, 2, 3.5, 4],
        f"{HOME}/img0007.png",
    )
    assert (len(got.rows), got.bad, got.repairs) == (2, [], set())


def test_a_row_that_ends_before_its_last_point_says_so() -> None:
    got = reading(table(ROWS).replace(b"6,,", b"6"))
    assert [r["visibility"] for r in got.rows] == [[2, 2], [2, 0]]
    assert [r["repairs"] for r in got.rows] == [[], ["dlc.row-short"]]


def test_paths_of_all_systems_meet() -> None:
    for path in (r"labeled-data\m4s1\img0007.png", rf"C:\p\{HOME}\img0007.png"):
        assert reading(table([(path, 1, 2, 3, 4)])).rows[0]["image"] == ROWS[0][0]


def test_an_animal_is_a_track_and_absent_where_it_has_no_point() -> None:
    rows = [(ROWS[0][0], *range(8)), (ROWS[1][0], *[""] * 4, *range(4))]
    got = reading(table(rows, animals=("m1", "m2")))
    assert [(r["track"], r["frame"]) for r in got.rows] == [
        ("m1", 7),
        ("m2", 7),
        ("m2", 12),
    ]
    assert got.tally.images == 2


def test_points_in_space_are_refused_for_the_cameras_files() -> None:
    data = b"scorer,D,D,D\nbodyparts,A,A,A\ncoords,x,y,z\n0,1,2,3\n"
    got = reading(data, "v_DLC_3D.csv")
    assert (got.rows, got.reasons) == ([], ["dlc.header"])
    assert "points in space" in got.bad[0]["detail"]


def test_likelihood_is_a_models() -> None:
    scorer = "DLC_resnet50_openfieldOct30shuffle1_1030000"
    data = table(
        [(i, 1, 2, 0.9, 3, 4, 0.1) for i in range(3)],
        scorers=(scorer,),
        axes=("x", "y", "likelihood"),
    )
    got = reading(data, f"m3v1mp4{scorer}.csv")
    assert {r["role"] for r in got.rows} == {"prelabel"}
    assert {o for r in got.rows for o in r["origin"]} == {Origin.PREDICTED}
    assert [(r["image"], r["video"], r["frame"]) for r in got.rows][2] == (
        *("m3v1mp4#2", "m3v1mp4", 2),
    )


@pytest.mark.parametrize(
    "data", [b"", b"scorer", b"scorer,x\nindividuals", b"\0\0", b"image,x,y\na,1,2\n"]
)
def test_what_is_none_is_read_as_none(data: bytes) -> None:
    assert reading(data).rows == []


@settings(max_examples=60)
@given(mutated([table(ROWS), table(ROWS, animals=("m1",)), table(ROWS, sign=";")]))
def test_whatever_is_wrong_nothing_is_lost(data: bytes) -> None:
    got = Reading({"a.csv": data}, AB, format="dlc")
    assert not got.undocumented()


def test_a_sample_reads_to_its_number() -> None:
    got = Reading(sample(600), SKELETON)
    assert (len(got.rows), got.bad) == (600, [])


def test_real_labels_of_lips(shared_data: Path) -> None:
    """As many rows as the manifest counts frames; 38 videos."""
    got = Reading(shared_data / "dlc_speech_lips", Skeleton("l", LIPS, (), (), None))
    assert (len(got.rows), got.bad, len(got.shards)) == (707, [], 38)
    assert got.repairs == {"dlc.windows-path"}
    assert got.tally.notes == {}
    assert {r["annotator"] for r in got.rows} == {"AW"}


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("dlc_testdata.csv", 3),
        ("dlc_testdata_v2.csv", 3),
        ("madlc_testdata.csv", 5),
        ("madlc_testdata_v2.csv", 5),
        ("maudlc_testdata.csv", 7),
        ("maudlc_testdata_v2.csv", 7),
        ("CollectedData_LM.csv", 7),
    ],
)
def test_real_variants_of_the_header(shared_data: Path, name: str, rows: int) -> None:
    """Four frames, of which one has no point; a row an animal that has some."""
    path = shared_data / "dlc_fixture_variants/dlc/labeled-data/video" / name
    got = Reading(path, Skeleton("s", tuple("ABCDE"), (), (), None))
    assert (len(got.rows), got.tally.images, got.bad) == (rows, 4, [])
    assert got.tally.notes["dlc.unlabelled-images"] == 1


def test_unique_bodyparts_are_another_object_for_a_skeleton_of_animals(
    shared_data: Path,
) -> None:
    folder = shared_data / "dlc_fixture_variants/dlc/labeled-data/video"
    got = Reading(
        folder / "maudlc_testdata.csv", Skeleton("s", tuple("ABC"), (), (), None)
    )
    assert (len(got.rows), got.tally.notes["dlc.other-object"]) == (5, 4)


SOUND = "scorer,Ann,Ann,Ann,Ann\nbodyparts,A,A,B,B\ncoords,x,y,x,y\n"
ROW = "labeled-data/v/img1.png,1,2,3,4\n"


@pytest.mark.parametrize(
    "header",
    [
        "scorer,Ann,Ann.1,Ann.2,Ann.3\nbodyparts,A,A.1,B,B.1\ncoords,x,y,x,y\n",
        "scorer,Ann,Ann.1,Ann.2,Ann.3\nbodyparts,A,A,B,B\ncoords,x,y,x,y\n",
        "scorer,Ann,,,\nbodyparts,A,,B,\ncoords,x,y,x,y\n",
        "scorer,Ann\nbodyparts,A,,B\ncoords,x,y,x,y\n",
    ],
)
def test_names_that_another_program_numbered_or_left_out_mean_the_same(
    header: str,
) -> None:
    got, sound = reading((header + ROW).encode()), reading((SOUND + ROW).encode())
    assert [r["xy"] for r in got.rows] == [r["xy"] for r in sound.rows]
    assert [r["annotator"] for r in got.rows] == ["Ann"]
    assert got.tally.notes == {"dlc.header-mended": 1}
    assert sound.tally.notes == {}


def test_a_scorer_that_nobody_named_is_nobody() -> None:
    """As lightning-pose's own test data have it."""
    lost = ",".join(f"Unnamed: {i}_level_0" for i in range(1, 5))
    got = reading((SOUND.replace("Ann,Ann,Ann,Ann", lost) + ROW).encode())
    assert [(r["xy"], r["annotator"]) for r in got.rows] == [([1, 2, 3, 4], None)]
    assert "dlc.header-mended" in got.tally.notes


def test_bodyparts_may_have_numbers_of_their_own() -> None:
    header = SOUND.replace("A,A,B,B", "leg.1,leg.1,leg.2,leg.2")
    legs = Skeleton("legs", ("leg.1", "leg.2"), (), (), None)
    got = Reading({"a.csv": (header + ROW).encode()}, legs)
    assert ([r["xy"] for r in got.rows], got.tally.notes) == ([[1, 2, 3, 4]], {})


def test_a_blank_column_moves_no_number() -> None:
    header = "scorer,Ann,Ann,,Ann,Ann\nbodyparts,A,A,,B,B\ncoords,x,y,,x,y\n"
    got = reading(f"{header}labeled-data/v/img1.png,1,2,,3,4\n".encode())
    assert got.rows[0]["xy"][:4] == [1, 2, 3, 4]


def test_a_header_in_which_no_point_has_x_and_y_is_none() -> None:
    (told,) = reading(b"scorer,A,A\nbodyparts,p,q\ncoords,x,y\na.png,1,2\n").bad
    assert (told["reason"], told["position"]) == ("dlc.header", -1)
    assert "no bodypart has the coords x and y" in told["detail"]
