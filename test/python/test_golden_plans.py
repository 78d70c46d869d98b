"""How TPC-H is cut into stages: as written in test/plan/tpch, and never with a table's rows read by the client.

After a wanted change of the planner ``tools/update_golden_plans`` writes the files anew.
"""

import pathlib
from typing import Dict, Iterator

import duckdb
import golden_plans
import pytest

QUERIES = [f"q{number}" for number in range(1, 23)]


@pytest.fixture(scope="module")
def cluster(tpch_folder: pathlib.Path) -> Iterator[duckdb.DuckDBPyConnection]:
    assert tpch_folder == golden_plans.DATA
    with golden_plans.connect() as connection:
        yield connection


def scans_of_duckdb(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    """How many scans DuckDB's own plan of a query has."""
    connection.execute("SET skein_mode = 'local'")
    plans = golden_plans.explain(connection, sql)["physical_plan"]
    connection.execute("SET skein_mode = 'distributed'")
    return sum(is_scan(node) for plan in plans for root in plan for node in golden_plans.operators(root))


def is_scan(node: golden_plans.Json) -> bool:
    return "PARQUET" in node["name"].upper()


@pytest.mark.parametrize("name", QUERIES)
def test_plan_is_the_golden_one(
    cluster: duckdb.DuckDBPyConnection, name: str, tpch_queries: Dict[str, str]
) -> None:
    assert golden_plans.golden(cluster, tpch_queries[name]) == golden_plans.file_of(name).read_text()


@pytest.mark.parametrize("name", QUERIES)
def test_client_reads_no_table(cluster: duckdb.DuckDBPyConnection, name: str, tpch_queries: Dict[str, str]) -> None:
    rows = golden_plans.explain(cluster, tpch_queries[name])
    names = [node["name"] for plan in rows["physical_plan"] for root in plan for node in golden_plans.operators(root)]
    assert "SKEIN_REMOTE" in names
    assert not [name for name in names if "PARQUET" in name.upper()]
    assert all(exchange["from"] != "client" for plan in rows["skein_stages"] for exchange in plan["exchanges"])


@pytest.mark.parametrize("name", QUERIES)
def test_every_scan_is_split(cluster: duckdb.DuckDBPyConnection, name: str, tpch_queries: Dict[str, str]) -> None:
    plans = golden_plans.explain(cluster, tpch_queries[name])["skein_stages"]
    nodes = [node for plan in plans for stage in plan["stages"] for node in golden_plans.operators(stage["operators"])]
    scans = [node for node in nodes if is_scan(node)]
    assert all("scan" in node for node in scans)
    assert len(scans) == scans_of_duckdb(cluster, tpch_queries[name])
