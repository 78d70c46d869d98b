"""TPC-DS for the tests: data as Parquet, and the 99 queries."""

import pathlib
from typing import Callable, Dict

import dataset
import duckdb

#: How many files each table is written to; one where none is named.
FILES = {"catalog_sales": 4, "catalog_returns": 2, "inventory": 2, "store_sales": 4, "store_returns": 2, "web_sales": 4}
TABLES = [
    *("call_center", "catalog_page", "catalog_returns", "catalog_sales", "customer", "customer_address"),
    *("customer_demographics", "date_dim", "household_demographics", "income_band", "inventory", "item"),
    *("promotion", "reason", "ship_mode", "store", "store_returns", "store_sales", "time_dim", "warehouse"),
    *("web_page", "web_returns", "web_sales", "web_site"),
]
ROW_GROUPS_PER_FILE = 4
SMALLEST_ROW_GROUP = 2048  # DuckDB's vector: it writes no smaller one
LARGEST_ROW_GROUP = 61440


def generate(scale_factor: float, folder: pathlib.Path, progress: Callable[[str], None] = lambda line: None) -> None:
    """Writes the tables to ``folder/<table>/part-*.parquet``; keeps a data set that is there."""
    if folder.exists():
        return
    with dataset.incoming(folder) as made, dataset.connect_with("tpcds") as connection:
        progress(f"generating TPC-DS, scale factor {scale_factor:g}")
        connection.execute("SET enable_progress_bar = false").execute(f"CALL dsdgen(sf = {scale_factor})")
        for table in TABLES:
            progress(f"writing {table}")
            (made / table).mkdir()
            _write_table(connection, table, made / table)


def create_views(connection: duckdb.DuckDBPyConnection, folder: pathlib.Path) -> None:
    """Makes each table of the data set a view over its Parquet files."""
    for table in TABLES:
        connection.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{folder / table}/*.parquet')")


def queries() -> Dict[str, str]:
    """Returns the 99 queries by name: q1 to q99."""
    with dataset.connect_with("tpcds") as connection:
        rows = connection.execute("SELECT query_nr, query FROM tpcds_queries() ORDER BY query_nr").fetchall()
    return {f"q{number}": text.strip().rstrip(";") for number, text in rows}


def _write_table(connection: duckdb.DuckDBPyConnection, table: str, folder: pathlib.Path) -> None:
    files = FILES.get(table, 1)
    (rows,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    group = min(max(rows // (files * ROW_GROUPS_PER_FILE), SMALLEST_ROW_GROUP), LARGEST_ROW_GROUP)
    for number in range(files):
        low, high = rows * number // files, rows * (number + 1) // files
        connection.execute(
            f"COPY (SELECT * FROM {table} WHERE rowid >= {low} AND rowid < {high}) "
            f"TO '{folder}/part-{number}.parquet' (FORMAT parquet, ROW_GROUP_SIZE {group})"
        )
