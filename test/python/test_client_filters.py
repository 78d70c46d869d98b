"""Conditions on the client's own tables: what DuckDB would not have looked at is no error, and the answers are DuckDB's."""

from typing import Any, Callable, Iterator, List

import duckdb
import pyarrow
import pytest

Connect = Callable[..., duckdb.DuckDBPyConnection]

ROWS, BAD = 1_000_000, 900_000


def fill(connection: duckdb.DuckDBPyConnection) -> None:
    """A text that is no number stands far behind the first rows."""
    connection.execute(
        f"CREATE TABLE t AS SELECT i, CASE WHEN i = {BAD} THEN 'bad' ELSE i::VARCHAR END AS s,"
        f" {{'a': i, 'b': s}} AS st, i % 1000 AS n, i::HUGEINT * 1000000007 AS h FROM range({ROWS}) r(i)"
    )
    connection.execute("CREATE TABLE u AS SELECT i, i % 3 AS z FROM range(50) r(i)")


@pytest.fixture(scope="module")
def plain() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as made:
        fill(made)
        yield made


@pytest.fixture(params=["local:1", "local:2?threads=1", "local:4?threads=2"])
def cluster(connect: Connect, request: pytest.FixtureRequest) -> duckdb.DuckDBPyConnection:
    made = connect(request.param)
    fill(made)
    return made.execute("SET skein_mode = 'distributed'")


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> List[Any]:
    return connection.execute(sql).fetchall()


UNSEEN = [
    "SELECT count(*) FROM (SELECT i FROM t WHERE s::INT > 3 LIMIT 5)",
    "SELECT count(*) FROM (FROM t WHERE s::INT > 3 LIMIT 5)",
    "SELECT count(*) FROM (SELECT i FROM t WHERE s::INT > 3 AND i % 7 = 3 LIMIT 5)",
    "SELECT EXISTS (FROM t WHERE s::INT > 3)",
    "SELECT count(*) FROM u WHERE EXISTS (SELECT 1 FROM t WHERE s::INT > 3)",
    "SELECT count(*) FROM t SEMI JOIN (FROM u WHERE i + z < 0) y ON t.i = y.i AND t.s::INT > 3",
]

SHAPES = [
    "SELECT i FROM t WHERE s::INT > 3 AND i > 5 AND i < 9",
    "SELECT i, s FROM t WHERE try_cast(s AS INT) < 5",
    "SELECT count(*), sum(n) FROM t WHERE abs(n - 5) < 2",
    "SELECT s, n, i FROM t WHERE abs(h) < 2000000015",
    "SELECT n FROM t WHERE (abs(n) < 2 OR abs(n) > 998) AND chr(n::INT) <> 'x' AND i < 2000",
    "SELECT st.b FROM t WHERE abs(st.a) < 3",
    "SELECT st FROM t WHERE abs(st.a) < 3 AND abs(st.a) > 1",
    "SELECT rowid FROM t WHERE abs(i) < 3",
    "SELECT u.z, t.s FROM t JOIN u USING (i) WHERE abs(t.i) < 4",
    "SELECT i FROM t WHERE abs(i) < 2 UNION ALL SELECT n FROM t WHERE abs(i) = 5",
]


def test_what_duckdb_does_not_look_at_is_no_error(
    plain: duckdb.DuckDBPyConnection, cluster: duckdb.DuckDBPyConnection
) -> None:
    for sql in UNSEEN:
        assert rows(cluster, sql) == rows(plain, sql), sql


def test_answers(plain: duckdb.DuckDBPyConnection, cluster: duckdb.DuckDBPyConnection) -> None:
    for sql in SHAPES:
        assert sorted(map(str, rows(cluster, sql))) == sorted(map(str, rows(plain, sql))), sql


def test_a_value_that_is_needed_is_an_error(
    plain: duckdb.DuckDBPyConnection, cluster: duckdb.DuckDBPyConnection
) -> None:
    for connection in (plain, cluster):
        with pytest.raises(duckdb.ConversionException, match="Could not convert string 'bad' to INT32"):
            rows(connection, "SELECT count(*) FROM t WHERE s::INT > 3")


def test_data_frames(cluster: duckdb.DuckDBPyConnection) -> None:
    frame = pyarrow.table({"k": range(1000), "s": ["x" * (k % 7) for k in range(1000)]})
    cluster.register("frame", frame)
    assert rows(cluster, "SELECT count(*) FROM frame WHERE chr(k::INT) = 'A'") == [(1,)]
    assert rows(cluster, "SELECT s FROM frame WHERE chr(k::INT) = 'C'") == [("xxxx",)]


def scan_of(cluster: duckdb.DuckDBPyConnection, condition: str) -> str:
    return str(rows(cluster, f"EXPLAIN SELECT i FROM t WHERE {condition}")[0][1])


def test_only_what_may_fail_leaves_the_scan(cluster: duckdb.DuckDBPyConnection) -> None:
    assert "i<100" in scan_of(cluster, "i < 100")
    assert "Filters" not in scan_of(cluster, "s::INT < 100")
    assert "'12'" in scan_of(cluster, "starts_with(s, '12')")
