"""Every query of test/sql/shapes.sql gives DuckDB's answer on a cluster, whichever way the planner goes."""

import functools
import math
import pathlib
from typing import Any, Iterator, List, Tuple, Union

import duckdb
import pytest
import skein

SHAPES = [
    line
    for line in (pathlib.Path(__file__).parent.parent / "sql" / "shapes.sql").read_text().splitlines()
    if line and not line.startswith("--")
]
#: skein_join, skein_aggregate and skein_sort
WAYS = [("auto", "auto", "auto"), ("broadcast", "partial", "merge"), ("repartition", "raw", "range")]


def make_files(folder: pathlib.Path) -> None:
    """Small row groups, NULL keys, and a column of most kinds of types."""
    with duckdb.connect() as plain:
        plain.execute(
            f"""COPY (SELECT CASE WHEN i % 11 = 0 THEN NULL ELSE i % 97 END k, i % 5 g,
                CASE WHEN i % 7 = 0 THEN NULL ELSE 'v' || (i % 23) END s, i * 1.5 d, CAST(i % 1000 AS DECIMAL(9, 2)) m,
                (i % 300)::SMALLINT sm, i::HUGEINT * 1000000007 h, DATE '2020-01-01' + (i % 400)::INT dt, i,
                [i, i + 1] li, {{'a': i, 'b': 's' || i}} st, i % 3 = 0 b,
                TIMESTAMPTZ '2020-01-01 00:00:00+00' + INTERVAL (i) MINUTE tz, INTERVAL (i % 50) DAY iv,
                ('{{"a":' || i || '}}')::JSON js
                FROM range(20000) t(i)) TO '{folder}/a.parquet' (ROW_GROUP_SIZE 2048)"""
        )
        plain.execute(
            f"""COPY (SELECT CASE WHEN i % 13 = 0 THEN NULL ELSE i % 150 END k, i % 4 g, 'v' || (i % 30) s, i j
                FROM range(700) t(i)) TO '{folder}/b.parquet' (ROW_GROUP_SIZE 128)"""
        )
        plain.execute(
            f"COPY (SELECT i % 90 k, i j FROM range(300) t(i)) TO '{folder}/c.parquet' (ROW_GROUP_SIZE 100)"
        )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    made = tmp_path_factory.mktemp("shapes")
    make_files(made)
    return made


@pytest.fixture(scope="module")
def cluster(folder: pathlib.Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = skein.connect("local:3?threads=1")
    for table in "abc":
        connection.execute(f"CREATE VIEW {table} AS FROM read_parquet('{folder}/{table}.parquet')")
    connection.execute("CREATE TABLE mem AS SELECT i % 60 k, 'm' || i x FROM range(200) t(i)")
    yield connection
    connection.close()


#: Floating sums differ in their last digits with the order of their rows, in DuckDB alone as well.
RELATIVE_TOLERANCE = 1e-9

Row = Tuple[str, List[float]]


def split(row: Any) -> Row:
    """Takes the floating numbers out of a row: its text without them, and the numbers in their order."""
    floats: List[float] = []

    def text(value: Any) -> str:
        if isinstance(value, float) and not math.isnan(value):
            floats.append(value)
            return "float"
        if isinstance(value, (list, tuple)):
            return f"({', '.join(map(text, value))})"
        if isinstance(value, dict):
            return text(tuple(value.items()))
        return repr(value)

    return text(row), floats


def answer(connection: duckdb.DuckDBPyConnection, sql: str) -> Union[List[Row], type]:
    """The rows, in a fixed order where the query has none; or the class of the error."""
    try:
        rows = [split(row) for row in connection.execute(sql).fetchall()]
    except duckdb.Error as error:
        return type(error)
    is_ordered = " order by " in sql.rsplit(")", 1)[-1]
    return rows if is_ordered else sorted(rows)


def is_same(found: Union[List[Row], type], expected: Union[List[Row], type]) -> bool:
    if isinstance(found, type) or isinstance(expected, type):
        return found is expected
    close = functools.partial(math.isclose, rel_tol=RELATIVE_TOLERANCE, abs_tol=1e-12)
    return len(found) == len(expected) and all(
        text == expected_text and all(map(close, floats, expected_floats))
        for (text, floats), (expected_text, expected_floats) in zip(found, expected)
    )


@pytest.mark.parametrize("sql", SHAPES)
def test_answer_is_that_of_duckdb(cluster: duckdb.DuckDBPyConnection, folder: pathlib.Path, sql: str) -> None:
    sql = sql.replace("{folder}", str(folder))
    cluster.execute("SET skein_mode = 'local'")
    expected = answer(cluster, sql)
    cluster.execute("SET skein_mode = 'distributed'")
    for join, aggregate, sort in WAYS:
        cluster.execute(f"SET skein_join = '{join}'").execute(f"SET skein_aggregate = '{aggregate}'")
        cluster.execute(f"SET skein_sort = '{sort}'")
        found = answer(cluster, sql)
        assert is_same(found, expected), (join, aggregate, sort, found, expected)


def test_rows_read_twice_are_the_same_table(cluster: duckdb.DuckDBPyConnection) -> None:
    cluster.execute("SET skein_mode = 'distributed'")
    sql = "SELECT count(*), sum(k), min(x) FROM mem"
    distributed = cluster.execute(sql).fetchall()
    assert distributed == cluster.execute("SET skein_mode = 'local'").execute(sql).fetchall()
