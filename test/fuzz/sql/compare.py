"""Runs a statement and says what came out: texts of the rows, or the class of the error; and whether two are the same.

Rows are multisets, or lists where the query puts all of them in order. Floats are the same within RELATIVE_TOLERANCE:
the noise of a variance or an average depends on the order of rows. -0.0 and 0.0 are equal: either may stand for a group.
"""

import collections
import functools
import re
from typing import Any, List, NamedTuple, Optional, Sequence, Tuple

import duckdb
import limited
import pyarrow

RELATIVE_TOLERANCE = 1e-7
ABSOLUTE_TOLERANCE = 1e-7
#: What DuckDB 1.5.5 says of lists of its own extension types, which it does not read from Arrow; of a timestamp that no
#: text stands for, such as the median of '-infinity' and '-infinity'; and of maps whose keys were HUGEINT, which Parquet
#: has as DOUBLE, where two may be the same.
UNWRITTEN = (duckdb.InternalException, duckdb.ConversionException, duckdb.InvalidInputException)
NUMBER = re.compile(r"-?\d+\.\d+(?:e[+-]?\d+)?|-?\d+e[+-]?\d+")

Row = Tuple[Optional[str], ...]


class Outcome(NamedTuple):
    rows: List[Row]
    is_float: List[bool]
    error: str = ""  # its class, then what it says

    def error_class(self) -> str:
        return self.error.split(":")[0]


def run(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[Any], limit_s: float) -> Outcome:
    """Runs `sql`; after `limit_s` it is interrupted."""
    try:
        with limited.limit(connection, limit_s):
            table = connection.execute(sql, list(parameters) or None).to_arrow_table()
    except duckdb.Error as error:
        return Outcome([], [], f"{type(error).__name__}: {error}")
    try:
        return texts_of(table)
    except OverflowError as error:  # a date beyond Python's, in a list that only Python reads
        return Outcome([], [], f"{type(error).__name__}: {error}")


def texts_of(table: pyarrow.Table) -> Outcome:
    """Writes each value as text, by a DuckDB that has nothing to do with either side."""
    is_float = [_has_float(field.type) for field in table.schema]
    renamed = table.rename_columns([f"c{at}" for at in range(table.num_columns)])
    if not any(_has_nested_dictionary(field.type) for field in table.schema):
        try:
            return Outcome(_texts(renamed), is_float)
        except UNWRITTEN:
            pass
    columns = [_column_texts(renamed.select([at])) for at in range(table.num_columns)]
    return Outcome(list(zip(*columns)), is_float)


def _texts(rows: pyarrow.Table) -> List[Row]:
    columns = ", ".join(f"{name}::VARCHAR" for name in rows.column_names)
    plain = _reader()
    try:
        return plain.execute(f"SELECT {columns} FROM rows").fetchall()
    except duckdb.InternalException:
        plain.close()  # its database is given up
        _reader.cache_clear()
        raise


@functools.lru_cache(maxsize=1)
def _reader() -> duckdb.DuckDBPyConnection:
    """Opens what writes the texts, once: it takes longer than most queries."""
    return duckdb.connect(config={"threads": 1}).execute("SET TimeZone = 'UTC'")


def _column_texts(values: pyarrow.Table) -> List[Optional[str]]:
    if not _has_nested_dictionary(values.schema.field(0).type):
        try:
            return [text for (text,) in _texts(values)]
        except UNWRITTEN:
            pass
    if pyarrow.types.is_timestamp(values.schema.field(0).type):
        values = values.cast(pyarrow.schema([(values.column_names[0], pyarrow.int64())]))
    return [None if value is None else repr(value) for value in values.column(0).to_pylist()]


def _has_nested_dictionary(kind: pyarrow.DataType) -> bool:
    """Says whether there are lists, structs or maps of ENUMs: DuckDB 1.5.5 may crash when it reads these from Arrow."""
    if not pyarrow.types.is_nested(kind):
        return False
    kinds = [kind.field(at).type for at in range(kind.num_fields)]
    return any(pyarrow.types.is_dictionary(of_field) or _has_nested_dictionary(of_field) for of_field in kinds)


def is_same(found: Outcome, expected: Outcome, is_ordered: bool) -> bool:
    if found.error or expected.error:
        return found.error_class() == expected.error_class()
    if len(found.rows) != len(expected.rows):
        return False
    if found.rows == expected.rows:
        return True
    left, right = ([_split(row, expected.is_float) for row in outcome.rows] for outcome in (found, expected))
    return all(map(_is_same_row, left, right)) if is_ordered else _is_same_multiset(left, right)


def _has_float(kind: pyarrow.DataType) -> bool:
    if pyarrow.types.is_nested(kind):
        return any(_has_float(kind.field(at).type) for at in range(kind.num_fields))
    return pyarrow.types.is_floating(kind)


Parts = Tuple[Tuple[Tuple[bool, str], ...], List[float]]


def _split(row: Row, is_float: List[bool]) -> Parts:
    """Takes the floating numbers out of a row."""
    numbers: List[float] = []
    exact = []
    for value, has_float in zip(row, is_float):
        if value is not None and has_float:
            value = value.replace("-nan", "nan")  # what comes of inf - inf
            numbers += map(float, NUMBER.findall(value))
            value = NUMBER.sub("float", value)
        exact.append((value is None, value or ""))
    return tuple(exact), numbers


def _is_same_multiset(left: List[Parts], right: List[Parts]) -> bool:
    """Finds a partner for each row among those with the same exact part."""
    free = collections.defaultdict(list)
    for row in sorted(right):
        free[row[0]].append(row)
    for row in sorted(left):
        candidates = free[row[0]]
        place = next((at for at, candidate in enumerate(candidates) if _is_same_row(row, candidate)), None)
        if place is None:
            return False
        del candidates[place]
    return True


def _is_same_row(left: Parts, right: Parts) -> bool:
    return left[0] == right[0] and len(left[1]) == len(right[1]) and all(map(_is_close, left[1], right[1]))


def _is_close(left: float, right: float) -> bool:
    return abs(left - right) <= max(RELATIVE_TOLERANCE * max(abs(left), abs(right)), ABSOLUTE_TOLERANCE)
