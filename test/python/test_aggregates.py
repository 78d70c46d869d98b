"""Every aggregate, over every type that it takes, gives DuckDB's answer when three tasks have uneven parts of the rows.

What DuckDB itself leaves open is listed with its reason in test/fuzz/sql/aggregate_calls.py.
"""

import pathlib
from typing import Iterator, List, NamedTuple

import duckdb
import pytest
from sql import aggregate_calls, clusters, compare, data
from sql.aggregate_calls import Variant

SEED = 20261122
LIMIT_S = 60.0

with duckdb.connect() as listing:
    NAMES = aggregate_calls.names(listing)


class Sides(NamedTuple):
    plain: duckdb.DuckDBPyConnection
    cluster: duckdb.DuckDBPyConnection
    table: data.Table


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    folder, table = tmp_path_factory.mktemp("aggregates"), aggregate_calls.make_table(SEED)
    data.write_files(table, pathlib.Path(folder))
    plain = clusters.open_plain([table], folder)
    cluster = clusters.open_cluster("local:3?threads=1", [table], folder)
    clusters.go(cluster, clusters.Way("auto", "partial"))
    yield Sides(plain, cluster, table)
    plain.close()
    cluster.close()


def differing(sides: Sides, calls: List[str], select: str) -> List[str]:
    """Returns a line for each call with another answer."""
    sql = select.format(calls=", ".join(calls))
    expected = compare.run(sides.plain, sql, [], LIMIT_S)
    if not expected.error or len(calls) == 1:
        found = compare.run(sides.cluster, sql, [], LIMIT_S)
        if compare.is_same(found, expected, is_ordered=False):
            return []
        if len(calls) == 1:
            return [f"{sql}: {found.error or found.rows}, not {expected.error or expected.rows}"]
    half = len(calls) // 2
    return differing(sides, calls[:half], select) + differing(sides, calls[half:], select)


@pytest.mark.parametrize("variant", aggregate_calls.VARIANTS, ids=lambda variant: variant.name)
@pytest.mark.parametrize("name", [name for name in NAMES if name not in aggregate_calls.OPEN])
def test_parts_give_the_answer_of_the_whole(sides: Sides, name: str, variant: Variant) -> None:
    calls = aggregate_calls.calls(sides.plain, name, variant, sides.table)
    selects = [aggregate_calls.GROUPINGS[grouping] for grouping in variant.groupings] if calls else []
    assert [line for select in selects for line in differing(sides, calls, select)] == []


@pytest.mark.parametrize("name", NAMES)
def test_aggregate_is_compared_in_some_way_or_listed_as_open(sides: Sides, name: str) -> None:
    compared = [aggregate_calls.calls(sides.plain, name, variant, sides.table) for variant in aggregate_calls.VARIANTS]
    assert any(compared) != (name in aggregate_calls.OPEN)
