"""EXPLAIN says what stays in the client, and why."""

import json
import pathlib
from typing import Dict, Iterator

import duckdb
import pytest
import skein


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder: pathlib.Path = tmp_path_factory.mktemp("reasons")
    with skein.connect("local:2") as connection:
        connection.execute("SET skein_mode = 'distributed'")
        connection.execute("CREATE TABLE t AS SELECT range a FROM range(1000)")
        connection.execute("CREATE SEQUENCE numbers")
        connection.execute(f"COPY t TO '{folder}/t.parquet'").execute(f"COPY t TO '{folder}/t.csv'")
        connection.execute(f"CREATE VIEW p AS FROM read_parquet('{folder}/t.parquet')")
        connection.execute(f"CREATE VIEW c AS FROM read_csv('{folder}/t.csv')")
        yield connection


def explain(connection: duckdb.DuckDBPyConnection, sql: str, options: str = "") -> Dict[str, str]:
    return dict(connection.execute(f"EXPLAIN {options} {sql}").fetchall())


@pytest.mark.parametrize(
    "source, reason",
    [
        ("t", "a table of the client's database"),
        ("c", "one file, which the client reads with all its threads"),
        ("range(7) r(a)", "range is not split"),
    ],
)
def test_what_the_client_reads_is_named_with_the_reason(
    cluster: duckdb.DuckDBPyConnection, source: str, reason: str
) -> None:
    stages = explain(cluster, f"SELECT count(*) FROM {source} JOIN p USING (a)")["skein_stages"]
    assert f"from the client ({reason})" in stages


@pytest.mark.parametrize(
    "sql, reason",
    [
        ("SELECT * FROM p POSITIONAL JOIN p q", "POSITIONAL_JOIN runs in the client"),
        ("SELECT nextval('numbers'), a FROM p", "function nextval reads the client's own state"),
        ("SELECT [nextval('numbers') for x in [a]] FROM p", "function nextval reads the client's own state"),
        ("SELECT list_transform([a], lambda x: now()) FROM p", "function now reads the client's own state"),
        (
            "SELECT a FROM p WHERE list_filter([a], lambda x: current_schema() = 'x') <> []",
            "function current_schema reads the client's own state",
        ),
        ("SELECT * FROM range(9)", "nothing below is scanned by workers"),
    ],
)
def test_what_stays_in_the_client_is_told_once(cluster: duckdb.DuckDBPyConnection, sql: str, reason: str) -> None:
    assert explain(cluster, sql)["skein_client"].splitlines() == ["In the client, because:", f"  {reason}"]


def test_reasons_are_json_where_json_is_asked_for(cluster: duckdb.DuckDBPyConnection) -> None:
    rows = explain(cluster, "SELECT nextval('numbers') FROM p", "(FORMAT json)")
    assert json.loads(rows["skein_client"]) == ["function nextval reads the client's own state"]


def test_what_runs_on_workers_needs_no_reason(cluster: duckdb.DuckDBPyConnection) -> None:
    assert "skein_client" not in explain(cluster, "SELECT count(*) FROM p")


def test_a_small_query_says_that_it_is_small(cluster: duckdb.DuckDBPyConnection) -> None:
    cluster.execute("SET skein_mode = 'auto'")
    try:
        reason = explain(cluster, "SELECT sum(a) FROM p")["skein_client"]
    finally:
        cluster.execute("SET skein_mode = 'distributed'")
    assert "about 1000 rows are scanned, fewer than skein_auto_min_rows = 20000000" in reason


def test_what_a_lambda_asks_of_the_client_is_the_clients(cluster: duckdb.DuckDBPyConnection) -> None:
    cluster.execute("CREATE SCHEMA other").execute("USE other")
    try:
        asked = "SELECT DISTINCT list_transform([a], lambda x: (now()::VARCHAR, current_schema()))[1] FROM main.p"
        ((_, schema),) = (row[0] for row in cluster.execute(asked).fetchall())
        assert schema == "other"
    finally:
        cluster.execute("USE main").execute("DROP SCHEMA other")
