"""The deliveries as files: what they hold, and that seeds decide every byte."""

import gzip
import json
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from posegate.pipelines.demo import PLANTED, Made, Spec, make
from posegate.pipelines.demo.annotators import GOLD_NAMES, TYPICAL
from posegate.pipelines.demo.broken import KINDS, ordinals
from posegate.pipelines.demo.write import ENCODER
from posegate.transforms.model.skeleton import load

SPEC = Spec(Path(), instances=6000, weeks=4, shard=600)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(replace(SPEC, folder=tmp_path_factory.mktemp("made")))


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Made:
    spec = Spec(tmp_path_factory.mktemp("honest"), 20_000, weeks=1, clean=True)
    return make(replace(spec, doubled=0.3))


def files(folder: Path) -> dict[str, bytes]:
    paths = sorted(p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in paths}


def lines(text: bytes) -> list[bytes]:
    """The annotation records of a shard, in its order."""
    return text.split(b'"annotations":[\n')[1].removesuffix(b"\n]}\n").split(b",\n")


def shards(delivery: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(delivery.glob("*.json")):
        yield path.name, path.read_bytes()


def decoded(record: bytes) -> dict[str, Any] | None:
    try:
        return json.loads(record)  # type: ignore[no-any-return]
    except json.JSONDecodeError:
        return None


def planted(made: Made) -> list[dict[str, Any]]:
    return pq.read_table(made.planted).to_pylist()  # type: ignore[no-any-return]


def content(made: Made) -> Counter[bytes]:
    """Every annotation record of every shard, however they are cut."""
    return Counter(
        record
        for delivery in made.deliveries
        for _, text in shards(delivery)
        for record in lines(text)
    )


def test_the_same_seed_gives_the_same_bytes(made: Made, tmp_path: Path) -> None:
    make(replace(SPEC, folder=tmp_path))
    assert files(tmp_path) == files(made.folder)


def test_another_seed_gives_other_people(made: Made, tmp_path: Path) -> None:
    other = make(replace(SPEC, folder=tmp_path, seed=8))
    assert not content(other) & content(made)


def test_the_size_of_shards_changes_no_record(made: Made, tmp_path: Path) -> None:
    other = make(replace(SPEC, folder=tmp_path, shard=100_000))
    assert len(files(tmp_path)) < len(files(made.folder))
    assert content(other) == content(made)


def test_gzip_changes_nothing_but_the_name(made: Made, tmp_path: Path) -> None:
    make(replace(SPEC, folder=tmp_path, gzip=True))
    plain = {k: v for k, v in files(made.folder).items() if k.endswith(".json")}
    packed = {
        k.removesuffix(".gz"): gzip.decompress(v)
        for k, v in files(tmp_path).items()
        if k.endswith(".gz")
    }
    assert packed == plain


def test_there_are_exactly_as_many_records_as_asked_for(made: Made) -> None:
    counts = {
        delivery.name: sum(len(lines(text)) for _, text in shards(delivery))
        for delivery in made.deliveries
    }
    assert counts == made.records
    assert counts == dict.fromkeys(counts, 1500)


def test_no_shard_is_longer_than_it_may_be(made: Made) -> None:
    for delivery in made.deliveries:
        assert all(len(lines(text)) <= SPEC.shard for _, text in shards(delivery))


def test_weeks_are_consecutive_and_say_so(made: Made) -> None:
    names = [delivery.name for delivery in made.deliveries]
    assert names == ["2026-W10", "2026-W11", "2026-W12", "2026-W13"]
    side = tomllib.loads((made.deliveries[0] / "delivery.toml").read_text())
    assert side["delivery"] == "2026-W10"
    assert str(side["received"]) == "2026-03-08"
    assert side["roles"] == {"gold*.json": "gold"}
    project = tomllib.loads(made.project.read_text())
    assert project["skeleton"] == "coco_17"


def test_every_planted_instance_stands_where_the_table_says(made: Made) -> None:
    texts = {
        (delivery.name, name): lines(text)
        for delivery in made.deliveries
        for name, text in shards(delivery)
    }
    for row in planted(made):
        if row["source"] is None:
            continue
        record = texts[row["delivery"], row["source"]][row["position"]]
        if row["detail"] == "bad id type":
            assert b'"id":[1],' in record
        else:
            assert f'"id":{row["id"]},'.encode() in record
        assert f'"annotator":"{row["annotator"]}"'.encode() in record


def test_the_summary_counts_what_the_table_holds(made: Made) -> None:
    assert pq.read_schema(made.planted).equals(PLANTED)
    assert Counter(row["fault"] for row in planted(made)) == made.faults


def test_about_three_in_a_hundred_have_a_fault_in_an_ordinary_week(
    tmp_path: Path,
) -> None:
    made = make(Spec(tmp_path, 20_000, weeks=1))
    single = [
        row for row in planted(made) if row["source"] and row["fault"] != "broken"
    ]
    assert 0.022 < len(single) / 20_000 < 0.033
    kinds = Counter(row["fault"] for row in single)
    assert len(kinds) == 7
    assert min(kinds.values()) > 40


def test_one_week_carries_a_burst_of_swaps(made: Made) -> None:
    swaps = Counter(r["delivery"] for r in planted(made) if r["fault"] == "swap-body")
    assert swaps["2026-W12"] > 100
    assert max(swaps[week] for week in swaps if week != "2026-W12") < 25


def test_no_instance_has_two_faults(made: Made) -> None:
    places = Counter(
        (row["delivery"], row["source"], row["position"])
        for row in planted(made)
        if row["source"]
    )
    assert set(places.values()) == {1}


def test_a_small_delivery_has_each_kind_of_broken_record_once(made: Made) -> None:
    details = Counter(
        (row["delivery"], row["detail"])
        for row in planted(made)
        if row["fault"] == "broken"
    )
    names = [delivery.name for delivery in made.deliveries]
    assert details == {(name, kind): 1 for name in names for kind in KINDS}


@pytest.mark.parametrize(("instances", "weeks"), [(1500, 10), (20, 1), (300, 2)])
def test_broken_records_alone_refuse_no_delivery(instances: int, weeks: int) -> None:
    spec = replace(SPEC, instances=instances, weeks=weeks)
    found = [ordinals(spec, week) for week in range(weeks)]
    for week, (where, kinds) in enumerate(found):
        assert len(where) == len(kinds) <= 0.01 * spec.quota(week)
    named = {kind for _, kinds in found for kind in kinds}
    assert len(named) == min(len(KINDS), sum(len(where) for where, _ in found))


def test_a_broken_record_spoils_only_itself(made: Made) -> None:
    for delivery in made.deliveries:
        for _, text in shards(delivery):
            unreadable = sum(decoded(record) is None for record in lines(text))
            assert unreadable <= 1
            if not unreadable:
                json.loads(text)


def test_every_annotation_has_its_image_in_its_own_shard_once(made: Made) -> None:
    for delivery in made.deliveries:
        for _, text in shards(delivery):
            images = json.loads(text.split(b',"annotations":')[0] + b"}")["images"]
            ids = [image["id"] for image in images]
            assert len(set(ids)) == len(ids)
            records = [r for line in lines(text) if (r := decoded(line))]
            used = {r["image_id"] for r in records} - {2**31 - 1}
            assert used <= set(ids)


def test_ids_are_unique_in_a_delivery(made: Made) -> None:
    for delivery in made.deliveries:
        ids = Counter(
            str(r["id"])
            for _, text in shards(delivery)
            for line in lines(text)
            if (r := decoded(line))
        )
        assert max(ids.values()) == 1


def test_timestamps_lie_in_the_week_of_the_delivery(made: Made) -> None:
    delivery = made.deliveries[1]
    _, text = next(shards(delivery))
    stamps = [r["annotated_at"] for line in lines(text) if (r := decoded(line))]
    assert min(stamps) >= "2026-03-09T00:00:00Z"
    assert max(stamps) < "2026-03-16T00:00:00Z"


def test_an_honest_delivery_has_nothing_planted(honest: Made) -> None:
    assert honest.faults == {}
    assert planted(honest) == []


def pairs(made: Made) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(gold, production) annotations of the same people, in the same order."""
    gold, rest = [], {}
    quota = made.records[made.deliveries[0].name]
    for name, text in shards(made.deliveries[0]):
        records = [json.loads(line) for line in lines(text)]
        if name.startswith("gold"):
            gold += records
        else:
            rest |= {r["id"]: r for r in records}
    return gold, [rest[record["id"] - 2 * quota] for record in gold]


def test_a_third_of_the_doubles_go_to_another_annotator(honest: Made) -> None:
    gold, first = pairs(honest)
    assert {record["annotator"] for record in gold} <= set(GOLD_NAMES)
    assert not {record["annotator"] for record in first} & set(GOLD_NAMES)
    assert len(gold) / (20_000 * 0.3 / 1.3) == pytest.approx(0.7, abs=0.1)


def test_distances_from_gold_are_what_the_annotators_noise_says(honest: Made) -> None:
    """E[d^2] = (.55 sigma s)^2 (1 + .35^2), before slips; those are trimmed away."""
    gold, first = pairs(honest)
    sigma = load("coco_17").sigma
    one, other = (
        np.array([r["keypoints"] for r in side]).reshape(-1, 17, 3)
        for side in (gold, first)
    )
    scale = np.sqrt([r["area"] for r in gold])[:, None]
    both = (one[..., 2] > 0) & (other[..., 2] > 0)
    q = np.hypot(*np.moveaxis(one - other, 2, 0)[:2]) / (sigma * scale)
    body = both & (np.arange(17) >= 5)
    rms = np.sqrt(np.mean(np.minimum(q[body], 3.5) ** 2))
    assert rms == pytest.approx(TYPICAL * np.hypot(1, 0.35), rel=0.10)


def test_a_folder_with_deliveries_is_refused(made: Made) -> None:
    with pytest.raises(ValueError, match="already has deliveries; name a new folder"):
        make(replace(SPEC, folder=made.folder))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"instances": 10}, "instances 10: must be at least 80"),
        ({"weeks": 0}, "weeks 0: must be at least 1"),
        ({"annotators": 3}, "annotators 3: must be at least 4"),
        ({"shard": 1}, "shard 1: must be at least 6"),
        ({"doubled": 1.5}, "doubled 1.5: a share, from 0 to 1"),
        ({"bias": -1.0}, "bias -1.0: must be from 0 to 10 sigma"),
    ],
)
def test_a_bad_number_is_refused_by_name(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(SPEC, **change)


def test_records_are_encoded_as_json_does() -> None:
    record = {"x": [1.25, 0.0, 2], "name": 'a "b"\n'}
    assert json.loads(ENCODER.encode(record)) == record
