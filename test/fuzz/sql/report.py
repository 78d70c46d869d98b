"""Writes a difference as a sqllogictest file, which makes its data itself."""

from typing import List

from sql import data, kinds
from sql.compare import Outcome
from sql.runner import Difference

MOST_ROWS_SHOWN = 20


def text_of(difference: Difference, seed: int) -> str:
    """Returns the file: seed, configuration and Skein's answer are comments."""
    case = difference.case
    lines = [
        f"# seed {seed}, query {difference.number}; skein_cluster {case.shape}, skein_mode distributed",
        f"# skein_join {case.way.join}, skein_aggregate {case.way.aggregate}"
        + (f", rows written into {case.way.into}" if case.way.into else ""),
        "# SET TimeZone = 'UTC'",
        f"# parameters: {case.statement.parameters}" if case.statement.parameters else "#",
    ]
    for table in case.tables:
        lines += _table(table)
    lines += _query(difference)
    lines += ["", "# Skein answers:", *(f"# {line}" for line in _answer(difference.found))]
    return "\n".join(lines) + "\n"


def _table(table: data.Table) -> List[str]:
    if table.parts is None:
        return ["", "statement ok", f"CREATE TABLE {table.name} AS {_values(table, table.rows, 'type')}"]
    lines = []
    for number, rows in enumerate(data.files_of(table)):
        form = "stored" if table.format == "parquet" else "text"
        target = data.target_of(table, number, "__TEST_DIR__")
        lines += ["", "statement ok", f"COPY ({_values(table, rows, form)}) TO {target}"]
    return [*lines, "", "statement ok", data.view_of(table, "__TEST_DIR__").replace("OR REPLACE ", "")]


def _values(table: data.Table, rows: List[List[data.Value]], form: str) -> str:
    listed = ", ".join("(" + ", ".join(map(kinds.quoted, row)) + ")" for row in rows or [[None] * len(table.columns)])
    casts = (f"{name}::{data.cast_of(kind, form)} AS {name}" for name, kind in table.columns.items())
    where = "" if rows else " WHERE false"
    return f"SELECT {', '.join(casts)} FROM (VALUES {listed}) AS r({', '.join(table.columns)}){where}"


def _query(difference: Difference) -> List[str]:
    statement, expected = difference.case.statement, difference.expected
    if expected.error:
        return ["", "statement error", statement.sql, "----", expected.error.splitlines()[0]]
    columns = "T" * len(expected.is_float)
    return [
        "",
        f"query {columns} {'nosort' if statement.is_ordered else 'rowsort'}",
        statement.sql,
        "----",
        *_answer(expected),
    ]


def _answer(outcome: Outcome) -> List[str]:
    if outcome.error:
        return [outcome.error.splitlines()[0]]
    rows = ["\t".join("NULL" if value is None else value or "(empty)" for value in row) for row in outcome.rows]
    more = len(rows) - MOST_ROWS_SHOWN
    return rows[:MOST_ROWS_SHOWN] + ([f"and {more} more rows"] if more > 0 else [])
