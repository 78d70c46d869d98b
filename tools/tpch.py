"""TPC-H for the demo and the tests: data as Parquet, the queries, and whether two answers are the same."""

import math
import pathlib
import re
from typing import Any, Callable, Dict, List, Sequence, Tuple

import dataset
import duckdb

#: How many files each table is written to.
FILES = {"lineitem": 8, "orders": 4, "partsupp": 4, "customer": 2, "part": 2, "supplier": 1, "nation": 1, "region": 1}
ROWS_PER_ROW_GROUP = 61440
RELATIVE_TOLERANCE = 1e-9  # of floating point sums, which depend on the order of the rows

Row = Tuple[Any, ...]


def generate(scale_factor: float, folder: pathlib.Path, progress: Callable[[str], None] = lambda line: None) -> None:
    """Writes the tables to ``folder/<table>/part-*.parquet``; keeps a data set that is there.

    The data set is written beside ``folder`` and renamed when it is whole, so an interrupted run leaves none.
    """
    if folder.exists():
        return
    with dataset.incoming(folder) as made:
        _write_tables(scale_factor, made, progress)


def create_views(connection: duckdb.DuckDBPyConnection, folder: pathlib.Path) -> None:
    """Makes each table of the data set a view over its Parquet files."""
    for table in FILES:
        connection.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{folder / table}/*.parquet')")


def queries() -> Dict[str, str]:
    """Returns the 22 queries by name: q1 to q22."""
    with dataset.connect_with("tpch") as connection:
        rows = connection.execute("SELECT query_nr, query FROM tpch_queries() ORDER BY query_nr").fetchall()
    return {f"q{number}": text.strip().rstrip(";") for number, text in rows}


def same_answer(sql: str, left: Sequence[Row], right: Sequence[Row]) -> bool:
    """Says whether two results are equal: in order where the query has an ORDER BY, else as multisets."""
    if len(left) != len(right):
        return False
    if not re.search(r"\border\s+by\b", sql, re.IGNORECASE):
        left, right = sorted(left, key=_sort_key), sorted(right, key=_sort_key)
    return all(same_row(one, other) for one, other in zip(left, right))


def same_row(left: Row, right: Row) -> bool:
    """Compares values exactly, floats with RELATIVE_TOLERANCE."""
    return len(left) == len(right) and all(map(_same_value, left, right))


def _same_value(left: Any, right: Any) -> bool:
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        return math.isclose(left, right, rel_tol=RELATIVE_TOLERANCE) or (math.isnan(left) and math.isnan(right))
    return left == right


def _sort_key(row: Row) -> List[Tuple[bool, str]]:
    return [(value is None, f"{value:.6e}" if isinstance(value, float) else str(value)) for value in row]


def _write_tables(scale_factor: float, folder: pathlib.Path, progress: Callable[[str], None]) -> None:
    with dataset.connect_with("tpch") as connection:
        progress(f"generating TPC-H, scale factor {scale_factor:g}")
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"CALL dbgen(sf = {scale_factor})")
        for table, files in FILES.items():
            progress(f"writing {table}")
            (folder / table).mkdir()
            rows = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for number in range(files):
                low, high = rows * number // files, rows * (number + 1) // files
                connection.execute(
                    f"COPY (SELECT * FROM {table} WHERE rowid >= {low} AND rowid < {high}) "
                    f"TO '{folder / table}/part-{number}.parquet' (FORMAT parquet, ROW_GROUP_SIZE {ROWS_PER_ROW_GROUP})"
                )
