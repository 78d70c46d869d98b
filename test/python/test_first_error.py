"""The error of a query is the one that DuckDB with one thread would return, whichever worker meets one first."""

import pathlib
from typing import Callable, Iterator

import duckdb
import pytest

Connect = Callable[..., duckdb.DuckDBPyConnection]

ROWS, ROWS_OF_A_GROUP = 200_000, 2048


@pytest.fixture(scope="module")
def bad_rows(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A table of about 100 row groups with texts that are no numbers, the first in row group 24."""
    path = tmp_path_factory.mktemp("errors") / "bad.parquet"
    bad = ", ".join(str(row) for row in (50_123, 52_500, 53_500, 55_001, 150_000, 199_999))
    with duckdb.connect() as plain:
        plain.execute(
            f"COPY (SELECT i, CASE WHEN i IN ({bad}) THEN 'bad-' || i ELSE i::VARCHAR END AS s FROM range({ROWS}) r(i)) "
            f"TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE {ROWS_OF_A_GROUP})"
        )
    return path


@pytest.fixture(params=["local:2", "local:4?threads=2"])
def connection(connect: Connect, request: pytest.FixtureRequest) -> Iterator[duckdb.DuckDBPyConnection]:
    yield connect(request.param)


def error_of(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    with pytest.raises(duckdb.Error) as caught:
        connection.execute(sql).fetchall()
    return f"{caught.type.__name__}: {str(caught.value).splitlines()[0]}"


@pytest.mark.parametrize(
    "query, repetitions",
    [
        ("SELECT sum(CAST(s AS INTEGER)) FROM {table}", 50),
        ("SELECT CAST(s AS INTEGER) FROM {table}", 10),
        # Few rows pass: an operator keeps them back until it has a chunk of them.
        ("SELECT count(CASE WHEN s LIKE 'bad%' THEN error(s) END) FROM {table} WHERE i % 1000 IN (0, 1, 123, 500)", 10),
        ("SELECT i % 10, sum(CAST(s AS INTEGER)) FROM {table} GROUP BY ALL ORDER BY 1", 10),
    ],
)
def test_error_is_the_first_in_plain_order(
    connection: duckdb.DuckDBPyConnection, bad_rows: pathlib.Path, query: str, repetitions: int
) -> None:
    sql = query.format(table=f"read_parquet('{bad_rows}')")
    with duckdb.connect(config={"threads": 1}) as plain:
        expected = error_of(plain, sql)
    assert {error_of(connection, sql) for _ in range(repetitions)} == {expected}


def test_error_of_rows_that_are_read_twice_comes_before_those_of_their_readers(
    connection: duckdb.DuckDBPyConnection, bad_rows: pathlib.Path
) -> None:
    table = f"read_parquet('{bad_rows}')"
    sql = (
        f"WITH c AS MATERIALIZED (SELECT i, CAST(CASE WHEN i = 90000 THEN 'shared' ELSE i::VARCHAR END AS BIGINT) AS k"
        f" FROM {table}) SELECT count(*) FROM (SELECT CAST(s AS INTEGER) AS k FROM {table}) a"
        " JOIN c USING (k) JOIN c d USING (k)"
    )
    with duckdb.connect(config={"threads": 1}) as plain:
        expected = error_of(plain, sql)
    assert {error_of(connection, sql) for _ in range(5)} == {expected}


def test_error_of_the_build_side_comes_before_that_of_the_probe_side(
    connection: duckdb.DuckDBPyConnection, bad_rows: pathlib.Path
) -> None:
    table = f"read_parquet('{bad_rows}')"
    sql = (
        f"SELECT count(*) FROM (SELECT CAST(s AS INTEGER) AS k FROM {table} WHERE i > 150000) a"
        f" JOIN (SELECT CAST(s AS INTEGER) + 1 AS k FROM {table} WHERE i < 52000) b USING (k)"
    )
    with duckdb.connect(config={"threads": 1}) as plain:
        expected = error_of(plain, sql)
    assert {error_of(connection, sql) for _ in range(10)} == {expected}
