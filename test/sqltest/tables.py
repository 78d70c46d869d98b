"""Makes the tables that scripts declare: views over Parquet files of few rows, each a split, or tables in memory."""

import pathlib

import duckdb
from sqltest.configurations import Configuration

FILES = 8  # of a table whose configuration names no number of rows
MOST_FILES = 100  # with more of them a script takes too long


def make_table(
    connection: duckdb.DuckDBPyConnection, folder: pathlib.Path, name: str, sql: str, configuration: Configuration
) -> None:
    """Runs `sql` once, in DuckDB alone, and gives its rows the name. A file without rows is always among the files."""
    if configuration.is_in_memory:
        connection.execute(f"CREATE TABLE {name} AS {sql}")
        return
    target = folder / name
    (target / "part=none").mkdir(parents=True)
    with duckdb.connect() as plain:
        plain.execute("SET threads = 1").execute("SET partitioned_write_max_open_files = 1000")
        plain.execute("SET TimeZone = 'UTC'")
        plain.execute(f"CREATE TABLE made AS {sql}")
        count = plain.execute("SELECT count(*) FROM made").fetchone()[0]
        rows = max(configuration.split_rows or -(-count // FILES), -(-count // MOST_FILES), 1)
        plain.execute(f"COPY (FROM made LIMIT 0) TO '{target}/part=none/empty.parquet'")
        if count:
            numbered = f"SELECT *, format('{{:06d}}', (row_number() OVER () - 1) // {rows}) AS part FROM made"
            plain.execute(f"COPY ({numbered}) TO '{target}' (FORMAT parquet, PARTITION_BY (part), OVERWRITE_OR_IGNORE)")
    files = f"read_parquet('{target}/*/*.parquet', hive_partitioning = false)"
    connection.execute(f"CREATE VIEW {name} AS FROM {files}")
