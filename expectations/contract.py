"""Great Expectations at work: on the canonical rows, and on the delivery as a whole.

It is imported when first needed, because that takes seconds.
"""

import functools
import json
import math
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from posegate.expectations.contract_rows import COLUMNS, sample
from posegate.expectations.suite import Expectation, Suite, load_suite

CONTRACT = "canonical_contract"
ACCEPTANCE = "delivery_acceptance"

METRICS = (
    "records",
    "instances",
    "production",
    "quarantined_share",
    "unreadable_files",
    "rejected_share",
    "pairs",
    "mean_oks",
    "mean_iou",
)
"""What an acceptance suite may name: counts, shares from 0 to 1, and means."""

_ONE_AT_A_TIME = threading.Lock()
"""Great Expectations keeps one current context for the whole process."""


def examine(
    folder: str,
    names: Sequence[str],
    metrics: Mapping[str, float | None],
    contract: str = CONTRACT,
    acceptance: str = ACCEPTANCE,
) -> list[dict[str, Any]]:
    """The results of both suites, in the suites' order.

    `contract` runs on a sample of the canonical part files `names` of a run's folder,
    and has no results where they hold no row; `acceptance` runs on `metrics`, where
    nothing is expected of what is None or NaN. Each is a shipped name or the path of a
    JSON; `functools.partial` binds others.

    A result is {suite, expectation, subject, success, critical, observed}, and the same
    for the same input.

    Raises:
      ValueError: a suite is none, or has an expectation that cannot be evaluated.
    """
    on_rows = load_suite(contract, COLUMNS)
    on_metrics = load_suite(acceptance, METRICS)
    known = {k: v for k, v in metrics.items() if v is not None and not math.isnan(v)}
    on_metrics.expectations = [
        each for each in on_metrics.expectations if known.keys() >= set(each.columns)
    ]
    row = pa.table({name: [value] for name, value in known.items()})
    return [
        *_results(on_rows, sample(folder, names)),
        *(
            {**result, "observed": known.get(result["subject"], result["observed"])}
            for result in _results(on_metrics, row)
        ),
    ]


def _results(suite: Suite, table: pa.Table) -> list[dict[str, Any]]:
    """Every expectation's result, in the suite's order; none for an empty table."""
    if not table.num_rows or not suite.expectations:
        return []
    with _ONE_AT_A_TIME:
        found = list(_validate(suite, table))
    return [
        {
            "suite": suite.name,
            "expectation": expectation.text,
            "subject": ", ".join(expectation.columns) or None,
            "success": bool(result["success"]),
            "critical": expectation.meta.critical,
            "observed": _observed(result["result"]),
        }
        for expectation, result in zip(suite.expectations, found, strict=True)
    ]


def _validate(suite: Suite, table: pa.Table) -> Iterator[Mapping[str, Any]]:
    """Great Expectations' own results, in the suite's order (not in its own)."""
    gx = _great_expectations()
    places = [
        f"suite {suite.name}: expectation {number}, {expectation.type}"
        for number, expectation in enumerate(suite.expectations)
    ]
    pairs = enumerate(zip(suite.expectations, places, strict=True))
    ours = [_build(gx, each, number, place) for number, (each, place) in pairs]
    asset = _quiet_context(gx).data_sources.add_pandas("run").add_dataframe_asset("t")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch(
        {"dataframe": table.to_pandas()}
    )
    found = batch.validate(
        gx.ExpectationSuite(name=suite.name, expectations=ours),
        # Counts only: the values themselves are a stranger's text.
        result_format={"result_format": "BASIC", "partial_unexpected_count": 0},
    )
    results = [result.to_json_dict() for result in found.results]
    for result in sorted(results, key=_number):
        if complaint := _complaint(result["exception_info"]):
            raise ValueError(f"{places[_number(result)]}: {complaint}")
        yield result


def _number(result: Mapping[str, Any]) -> int:
    return int(result["expectation_config"]["meta"]["number"])


@functools.cache
def _great_expectations() -> Any:
    with warnings.catch_warnings():
        # It imports sre_constants and sre_parse, which Python 3.11 deprecates.
        warnings.filterwarnings("ignore", "module 'sre_", DeprecationWarning)
        import great_expectations
        import great_expectations.exceptions
    return great_expectations


def _quiet_context(gx: Any) -> Any:
    """A context in memory: no files, no pages, no progress bars, no reports home."""
    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    return context


def _build(gx: Any, expectation: Expectation, number: int, place: str) -> Any:
    """Great Expectations' own object; raises ValueError where it knows none such."""
    from great_expectations.expectations.expectation_configuration import (
        ExpectationConfiguration,
    )

    try:
        return ExpectationConfiguration(
            expectation.type, expectation.kwargs, meta={"number": number}
        ).to_domain_obj()
    except (gx.exceptions.GreatExpectationsError, ValueError, TypeError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"{place}: {reason}") from error


def _complaint(info: Mapping[str, Any]) -> str | None:
    """Why an expectation could not be evaluated; None if it was.

    Great Expectations has two shapes for it: one of the expectation, or one a metric.
    """
    each = [info] if "raised_exception" in info else list(info.values())
    said = sorted(str(i["exception_message"]) for i in each if i["raised_exception"])
    return " ".join(said[0].split()) if said else None


def _observed(result: Mapping[str, Any]) -> str | float | None:
    """How many rows were not as expected, or the one value that was looked at."""
    if "unexpected_count" in result:
        return f"{result['unexpected_count']} of {result['element_count']} rows"
    value = result.get("observed_value")
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    return json.dumps(value, sort_keys=True)
