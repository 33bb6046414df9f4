"""`posegate explain`: all that is known of one instance, and a drawing."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from delivered import call
from posegate.expectations.rules import RULES


@pytest.fixture(scope="module")
def findings(weeks: Any) -> pa.Table:
    """Findings of keypoints, of the last week."""
    files = sorted(weeks.output.glob("deliveries/*/runs/*/findings/*.parquet"))
    table = pa.concat_tables([pq.read_table(file) for file in files])
    return table.filter(pa.compute.is_valid(table["keypoint"]))


def test_every_finding_is_told_with_value_limit_text_and_source(
    weeks: Any, findings: pa.Table, tmp_path: Path
) -> None:
    one = findings.to_pylist()[0]
    picture = tmp_path / "i.svg"
    words = ("--output", weeks.output, "--svg", picture)
    outcome = call("explain", one["instance"], *words)
    assert outcome.code == 0
    assert (
        f"read from  {one['source']}, record {one['position']}, as coco" in outcome.out
    )
    assert f"{one['rule']} ({one['severity']})" in outcome.out
    assert RULES[one["rule"]].manual.partition("\n")[0] in outcome.out
    assert one["keypoint"] in outcome.out
    if one["value"] is not None:
        assert f"{one['value']:.4g}" in outcome.out
        assert f"the limit {one['limit']:g}" in outcome.out
    assert "placed or corrected by a person" in outcome.out


def test_the_drawing_is_a_file_of_its_own_with_the_broken_parts_marked(
    weeks: Any, findings: pa.Table, tmp_path: Path
) -> None:
    one = findings.to_pylist()[0]
    picture = tmp_path / "i.svg"
    call("explain", one["instance"], "--output", weeks.output, "--svg", picture)
    root = ElementTree.fromstring(picture.read_text())
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    broken = [
        joint.findtext("{http://www.w3.org/2000/svg}title")
        for joint in root.iter("{http://www.w3.org/2000/svg}circle")
        if "broken" in joint.get("class", "")
    ]
    assert any(title and title.startswith(one["keypoint"]) for title in broken)


def test_the_beginning_of_a_name_will_do(
    weeks: Any, findings: pa.Table, tmp_path: Path
) -> None:
    name = findings["instance"][0].as_py()
    words = ("--output", weeks.output, "--svg", tmp_path / "i.svg")
    outcome = call("explain", name[:12], *words)
    assert f"instance   {name}, " in outcome.out


def test_a_clean_instance_has_no_findings(weeks: Any, tmp_path: Path) -> None:
    [file, *_] = sorted(weeks.output.glob("deliveries/*/runs/*/annotations/*/*"))
    rows = pq.read_table(file)["instance"].to_pylist()
    found = weeks.output.glob("deliveries/*/runs/*/findings/*.parquet")
    told = {n for each in found for n in pq.read_table(each)["instance"].to_pylist()}
    clean = next(name for name in rows if name not in told)
    words = ("--output", weeks.output, "--svg", tmp_path / "i.svg")
    assert "findings   none" in call("explain", clean, *words).out


def test_what_is_not_there_is_answered_in_one_line(
    weeks: Any, findings: pa.Table
) -> None:
    outcome = call("explain", "nobody", "--output", weeks.output)
    assert outcome.code == 2
    assert "no instance 'nobody' in any delivery" in outcome.err
    words = ("--output", weeks.output, "--delivery", "2019")
    outcome = call("explain", findings["instance"][0].as_py(), *words)
    assert outcome.code == 2
    assert "no delivery '2019'; there is " in outcome.err


def test_a_source_id_of_several_instances_is_not_enough(weeks: Any) -> None:
    outcome = call("explain", "1", "--output", weeks.output)
    assert outcome.code == 2
    assert "instances: " in outcome.err
