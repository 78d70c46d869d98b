"""Collated text: groups, joins and orders by its collation on a cluster as in plain DuckDB."""

from typing import Any, Iterator, List

import duckdb
import pytest
import skein

COLLATIONS = ["NOCASE", "NOACCENT", "NOCASE.NOACCENT", "DE", "SV", "DE.NOCASE"]
#: Which of the spellings of a group is shown depends on the order of rows in plain DuckDB as well: lower() hides it.
QUERIES = [
    "SELECT lower(strip_accents(v)) w, count(*) n, sum(i) s FROM words GROUP BY v ORDER BY w, n, s",
    "SELECT count(DISTINCT v) FROM words",
    "SELECT a.v, b.v, a.i, b.i FROM words a JOIN words b ON a.v = b.v WHERE a.i < 40 AND b.i < 40 ORDER BY a.i, b.i",
    "SELECT v, i FROM words ORDER BY v, i",
    "SELECT v, i FROM words ORDER BY v DESC, i LIMIT 30",
    "SELECT i, row_number() OVER (PARTITION BY v ORDER BY i) r FROM words ORDER BY i",
    "SELECT i FROM words WHERE v = 'straße' ORDER BY i",
    "SELECT i FROM words WHERE v IN (SELECT v FROM words WHERE i IN (0, 5)) ORDER BY i",
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[duckdb.DuckDBPyConnection]:
    with skein.connect("local:3?threads=1") as connection:
        connection.execute("SET skein_join = 'repartition'").execute("SET skein_aggregate = 'raw'")
        yield connection


def answer(connection: duckdb.DuckDBPyConnection, mode: str, sql: str) -> List[Any]:
    return connection.execute(f"SET skein_mode = '{mode}'").execute(sql).fetchall()


@pytest.mark.parametrize("collation", COLLATIONS)
def test_answer_is_that_of_duckdb(cluster: duckdb.DuckDBPyConnection, collation: str) -> None:
    cluster.execute("SET skein_mode = 'local'")
    cluster.execute(f"CREATE OR REPLACE TABLE words (i BIGINT, v VARCHAR COLLATE {collation})")
    cluster.execute(
        """INSERT INTO words SELECT i, ['Apfel', 'apfel', 'Äpfel', 'äpfel', 'Zebra', 'straße', 'STRASSE', 'Öl',
        'oel', 'zebra', NULL, ''][1 + i % 12] FROM range(3000) r(i)"""
    )
    for sql in QUERIES:
        assert answer(cluster, "distributed", sql) == answer(cluster, "local", sql), sql


def test_default_collation_of_the_session_travels(cluster: duckdb.DuckDBPyConnection) -> None:
    cluster.execute("SET skein_mode = 'local'")
    cluster.execute("CREATE OR REPLACE TABLE plain AS SELECT ['a', 'A', 'b'][1 + i % 3] v FROM range(300) r(i)")
    cluster.execute("SET default_collation = 'NOCASE'")
    try:
        sql = "SELECT count(*) FROM plain a WHERE v = 'a'"
        assert answer(cluster, "distributed", sql) == [(200,)]
    finally:
        cluster.execute("RESET default_collation")
