"""Great Expectations, asked once: a frame and its expectations → the rows that fail. The only place that starts it.

What it cannot answer is an error, never a pass. It writes nothing and calls nobody.
"""

from __future__ import annotations

import copy
import os
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


class SuiteError(RuntimeError):
    """A suite that could not be evaluated: nothing may pass on a judge that did not speak."""


Named = tuple[Mapping[str, Any], Mapping[str, Any]]
"""The `meta` of an expectation, and a row that it names by the index columns."""


def evaluate(
    name: str,
    frame: pd.DataFrame,
    expectations: Sequence[Mapping[str, Any]],
    index: Sequence[str],
    meta: Mapping[str, Any] | None = None,
) -> tuple[list[Named], Any]:
    """Every row of `frame` that an expectation names as unexpected, by its columns `index`; and the outcome as the library gives it.

    All expectations are one suite, because the library hashes the whole batch for each validation. Raises SuiteError when one of
    them raised, was not answered, or failed without naming a row.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "False"  # before the import: telemetry is decided there
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    # in memory, and nothing on disk: not even the folder of a site that nobody asks for
    stores = InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
    context = gx.get_context(mode="ephemeral", project_config=DataContextConfig(store_backend_defaults=stores))
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas(name).add_dataframe_asset("frame")
    batch = asset.add_batch_definition_whole_dataframe("batch").get_batch({"dataframe": frame})
    # the library writes into what it is given
    suite = gx.ExpectationSuite(
        name=name, meta=dict(meta or {}), expectations=[copy.deepcopy(dict(one)) for one in expectations]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outcome = batch.validate(
            suite,
            result_format={
                "result_format": "COMPLETE",
                "unexpected_index_column_names": list(index),
                "include_unexpected_rows": False,
            },
        )
    if len(outcome.results) != len(expectations):
        raise SuiteError(f"{len(expectations)} expectations were asked and {len(outcome.results)} answered")
    found: list[Named] = []
    for one in outcome.results:
        named = one.result.get("unexpected_index_list") or []
        if one.exception_info.get("raised_exception") or "exception_message" not in one.exception_info:
            raise SuiteError(f"{one.expectation_config}: {one.exception_info}")
        if not one.success and not named:
            raise SuiteError(f"an expectation failed without naming a row: {one.expectation_config}")
        said = (one.expectation_config.meta or {}) if one.expectation_config is not None else {}
        found += [(said, row) for row in named]
    return found, outcome
