"""The tables that random queries read: files of uneven size, some of them empty, and tables in memory.

Columns of one kind share their values in all tables, so that joins on any kind find partners. Every table has `id`
(unique, from 0), `k` (a key with NULLs) and `g` (few values).
"""

import itertools
import pathlib
import random
from typing import Callable, Dict, List, NamedTuple, Optional

import duckdb
import pyarrow
from sql import kinds

Value = Optional[str]

#: No value of a table is written so.
CSV_NULL = "<null>"


class Dialect(NamedTuple):
    """How CSV files are written, and what is said where they are read."""

    written: str
    read: str


#: By name; comments stand in lines of their own, before and after the rows.
DIALECTS = {
    "plain": Dialect("HEADER", "header = true"),
    "comments": Dialect(r"HEADER false, PREFIX E'# a\n#b\n', SUFFIX E'\n# c\n'", "header = false, comment = '#'"),
    "no comments": Dialect("HEADER", "header = true, comment = '#'"),
    "semicolons": Dialect("HEADER, DELIM ';'", "header = true, delim = ';'"),
    "tabs": Dialect(r"HEADER false, DELIM '\t'", r"header = false, sep = '\t', parallel = false"),
    "apostrophes": Dialect("HEADER, QUOTE '''', ESCAPE ''''", "header = true, quote = '''', escape = ''''"),
    "backslashes": Dialect(r"HEADER, ESCAPE '\'", r"header = true, escape = '\'"),
    "padded": Dialect("HEADER", "header = true, null_padding = true, strict_mode = false"),
    "by name": Dialect("HEADER", "header = true, union_by_name = true, ignore_errors = true"),
    "small buffers": Dialect("HEADER", "header = true, buffer_size = 4096, max_line_size = 2048"),
    "compressed": Dialect("HEADER, COMPRESSION gzip", "header = true, compression = 'gzip'"),
}


class Table(NamedTuple):
    """Rows as texts; `parts` are the first rows of the files after the first; None: a table in memory."""

    name: str
    columns: Dict[str, str]  # name to kind
    rows: List[List[Value]]
    parts: Optional[List[int]]
    format: str = "parquet"  # of the files; in the others, csv and json, all columns are texts
    dialect: str = "plain"  # of CSV files


def make_tables(rng: random.Random) -> List[Table]:
    """Makes the tables of one data set."""
    pools = {kind: kinds.pool(rng, kind, rng.choice([2, 8, 40])) for kind in kinds.KINDS}
    sizes = {
        "big": rng.choice([900, 2500, 6000]),
        "mid": rng.choice([150, 500]),
        "few": rng.choice([5, 40, 40]),
        "nil": 0,
        "mem": rng.choice([30, 300, 2500]),
        "one": 1,
    }
    return [_make_table(rng, name, size, pools) for name, size in sizes.items()]


def _make_table(rng: random.Random, name: str, size: int, pools: Dict[str, List[str]]) -> Table:
    chosen = rng.sample(list(kinds.KINDS), rng.randint(7, 10))
    columns = {"id": "big", "k": "int", "g": "int", **{f"c_{kind}": kind for kind in chosen}}
    keys = kinds.pool(rng, "int", 1) + [str(key) for key in range(rng.choice([10, 60]))]
    series = [
        [str(number) for number in range(size)],
        _series(rng, keys, size),
        [str(rng.randint(0, 4)) for _ in range(size)],
        *(_series(rng, pools[kind], size) for kind in chosen),
    ]
    rows = [list(row) for row in zip(*series)]
    form = rng.choice([*["parquet"] * 6, "csv", "csv", "json"])
    return Table(name, columns, rows, None if name == "mem" else _parts(rng, size), form, rng.choice(list(DIALECTS)))


def _parts(rng: random.Random, size: int) -> List[int]:
    """Draws where files begin; where two begin at the same row, or one at an end, there is a file without rows."""
    parts = rng.choices(range(size + 1), k=rng.randint(0, 5))
    if rng.random() < 0.4:
        parts.append(rng.choice([0, size, *parts]))
    return sorted(parts)


def _series(rng: random.Random, values: List[str], size: int) -> List[Value]:
    """Draws a column: with NULLs, and sometimes with one value nearly everywhere."""
    nulls = rng.choice([0.0, 0.05, 0.3, 0.3, 1.0 if rng.random() < 0.2 else 0.1])
    skew = 0.8 if rng.random() < 0.2 else 0.0
    favourite = rng.choice(values)

    def draw() -> Value:
        if rng.random() < nulls:
            return None
        return favourite if rng.random() < skew else rng.choice(values)

    return [draw() for _ in range(size)]


def files_of(table: Table) -> List[List[List[Value]]]:
    """Cuts the rows of a table into those of its files."""
    bounds = [0, *(table.parts or []), len(table.rows)]
    return [table.rows[low:high] for low, high in zip(bounds, bounds[1:])]


def write_files(table: Table, folder: pathlib.Path) -> None:
    """Writes the files of a table: several row groups each where there are many rows."""
    with duckdb.connect() as plain:
        for number, rows in enumerate(files_of(table)):
            _load(plain, "part", table, rows, "stored" if table.format == "parquet" else "text")
            plain.execute(f"COPY part TO {target_of(table, number, str(folder))}").execute("DROP TABLE part")


def target_of(table: Table, number: int, folder: str) -> str:
    """Writes what comes after COPY … TO for a file of the table."""
    options = {
        "parquet": "FORMAT parquet, ROW_GROUP_SIZE 2048",
        "csv": f"FORMAT csv, FORCE_QUOTE *, NULLSTR '{CSV_NULL}', {DIALECTS[table.dialect].written}",
        "json": "FORMAT json",
    }
    return f"'{folder}/{table.name}-{number}.{table.format}' ({options[table.format]})"


def reader_of(table: Table, folder: str) -> str:
    """Writes the call that reads the files of a table."""
    files = f"'{folder}/{table.name}-*.{table.format}'"
    texts = "{" + ", ".join(f"{name}: 'VARCHAR'" for name in table.columns) + "}"
    if table.format == "csv":
        options = f"{DIALECTS[table.dialect].read}, nullstr = '{CSV_NULL}'"
        return f"read_csv({files}, auto_detect = false, columns = {texts}, {options})"
    if table.format == "json":
        return f"read_json({files}, format = 'newline_delimited', columns = {texts})"
    return f"read_parquet({files})"


def create(connection: duckdb.DuckDBPyConnection, tables: List[Table], folder: pathlib.Path) -> None:
    """Makes the tables known to a connection, in the place of others of their names: views over the files, and tables
    in memory."""
    for table in tables:
        if table.parts is None:
            _load(connection, table.name, table, table.rows, "type")
            continue
        connection.execute(view_of(table, str(folder)))


def view_of(table: Table, folder: str) -> str:
    """Writes the view over a table's files: what these have no type for is cast."""

    def column(name: str, kind: str) -> str:
        is_text = kinds.KINDS[kind].stored or table.format != "parquet"
        return f"{name}::{kinds.KINDS[kind].type} AS {name}" if is_text else name

    listed = ", ".join(itertools.starmap(column, table.columns.items()))
    return f"CREATE OR REPLACE VIEW {table.name} AS SELECT {listed} FROM {reader_of(table, folder)}"


def _load(connection: duckdb.DuckDBPyConnection, name: str, table: Table, rows: List[List[Value]], form: str) -> None:
    """Makes a table of texts; `form` says whether its columns have the kind's type, the stored one, or stay texts."""
    texts = pyarrow.table(  # noqa: F841: DuckDB finds it by its name
        {column: pyarrow.array([row[at] for row in rows], pyarrow.string()) for at, column in enumerate(table.columns)}
    )
    casts = (f"{column}::{cast_of(kind, form)} AS {column}" for column, kind in table.columns.items())
    connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT {', '.join(casts)} FROM texts")


def cast_of(kind: str, form: str) -> str:
    if form == "text":
        return "VARCHAR"
    return (kinds.KINDS[kind].stored if form == "stored" else None) or kinds.KINDS[kind].type


def without_rows(table: Table, low: int, high: int) -> Table:
    """Leaves out the rows from `low` to `high`."""
    parts = table.parts
    if parts is not None:
        parts = [part - max(0, min(part, high) - low) for part in parts]
    return table._replace(rows=table.rows[:low] + table.rows[high:], parts=parts)


def with_columns(table: Table, is_kept: Callable[[str], object]) -> Table:
    """Leaves out the columns whose name is not kept."""
    kept = [at for at, name in enumerate(table.columns) if is_kept(name)] or [0]
    names = list(table.columns)
    columns = {names[at]: table.columns[names[at]] for at in kept}
    return table._replace(columns=columns, rows=[[row[at] for at in kept] for row in table.rows])
