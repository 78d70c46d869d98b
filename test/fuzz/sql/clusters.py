"""The two sides: a plain DuckDB, and a DuckDB with Skein and a cluster of random shape. Both know the same tables."""

import contextlib
import pathlib
import random
import re
from typing import Iterator, List, NamedTuple

import duckdb
import skein
from sql import data

COMMON = ["SET TimeZone = 'UTC'", "SET arrow_lossless_conversion = true", "SET enable_progress_bar = false"]


class Way(NamedTuple):
    """What is forced upon the planner for a query, and where its rows go."""

    join: str
    aggregate: str
    into: str = ""  # "table" or "files": the rows are written by the statement, and read again


def random_shape(rng: random.Random) -> str:
    memory = rng.choice(["", "", "", "&memory=256MB"])
    return f"local:{rng.choice([1, 2, 2, 3, 3, 4, 5])}?threads={rng.choice([1, 1, 2, 4])}{memory}"


def random_way(rng: random.Random) -> Way:
    join = rng.choice(["auto", "auto", "broadcast", "repartition"])
    return Way(join, rng.choice(["auto", "auto", "partial", "raw"]), rng.choice([*[""] * 8, "table", "files"]))


def open_plain(tables: List[data.Table], folder: pathlib.Path, threads: int = 2) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": threads})
    return _prepared(connection, tables, folder)


def open_cluster(shape: str, tables: List[data.Table], folder: pathlib.Path) -> duckdb.DuckDBPyConnection:
    connection = _prepared(skein.connect(shape), tables, folder)
    return connection.execute("SET skein_mode = 'distributed'")


def open_other(tables: List[data.Table], folder: pathlib.Path, threads: int) -> duckdb.DuckDBPyConnection:
    """Opens a plain DuckDB that need not keep the order of rows."""
    connection = open_plain(tables, folder, threads)
    connection.execute("SET preserve_insertion_order = false")
    return connection


def open_without_dynamic_filters(tables: List[data.Table], folder: pathlib.Path) -> duckdb.DuckDBPyConnection:
    """Opens a plain DuckDB where nothing filters a scan while it runs. 1.5.5 has joins do so below an OFFSET, too, where
    that takes other rows, and an ORDER BY … LIMIT over a column that is cast to another type loses rows."""
    return open_plain(tables, folder).execute("SET disabled_optimizers = 'join_filter_pushdown,top_n'")


def open_without_optimizer(tables: List[data.Table], folder: pathlib.Path) -> duckdb.DuckDBPyConnection:
    return open_plain(tables, folder).execute("PRAGMA disable_optimizer")


def open_as_small(tables: List[data.Table], folder: pathlib.Path, shape: str) -> duckdb.DuckDBPyConnection:
    """Opens a plain DuckDB with the threads and the memory of the one in a worker of the shape, which gets three quarters
    of what the worker has."""
    options = dict(option.split("=") for option in shape.partition("?")[2].split("&"))
    connection = open_plain(tables, folder, int(options["threads"]))
    size, unit = re.fullmatch(r"(\d+)(\w+)", options["memory"]).groups()
    connection.execute(f"SET memory_limit = '{int(size) * 3 / 4}{unit}'")
    return connection.execute(f"SET temp_directory = '{folder}'")


def go(connection: duckdb.DuckDBPyConnection, way: Way) -> None:
    connection.execute(f"SET skein_join = '{way.join}'").execute(f"SET skein_aggregate = '{way.aggregate}'")


@contextlib.contextmanager
def local(connection: duckdb.DuckDBPyConnection, is_cluster: bool) -> Iterator[None]:
    """Has the client itself read, in the order of the rows."""
    if is_cluster:
        connection.execute("SET skein_mode = 'local'")
    yield
    if is_cluster:
        connection.execute("SET skein_mode = 'distributed'")


def _prepared(
    connection: duckdb.DuckDBPyConnection, tables: List[data.Table], folder: pathlib.Path
) -> duckdb.DuckDBPyConnection:
    for statement in COMMON:
        connection.execute(statement)
    data.create(connection, tables, folder)
    return connection
