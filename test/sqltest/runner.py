"""Runs a script on a connection and says what is not as expected."""

import collections
import pathlib
import re
from typing import List, Optional, Tuple

import duckdb
import limited
from sqltest import tables, values
from sqltest.configurations import Configuration
from sqltest.script import Record, Script

LIMIT_S = 60.0  # of one statement
SHOWN_LINES = 12  # of an answer that differs


class Distribution:
    """Which queries the cluster had: asked on a connection of its own, so that no transaction is disturbed."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, configuration: Configuration) -> None:
        self._cursor = connection.cursor() if configuration.workers else None
        self._newest: Optional[Tuple[str, ...]] = None
        self.is_parallel = configuration.workers < 2

    def close(self) -> None:
        if self._cursor is not None:
            self._cursor.close()

    def has_new(self) -> bool:
        """Says whether the cluster had a query since the last call; None of it matters without a cluster."""
        row = self._cursor.execute(
            "SELECT last(query), bool_or(tasks > stages) FROM skein_queries()"  # the newest is last
        ).fetchone()
        self.is_parallel |= bool(row[1])
        is_new = row[0] != self._newest
        self._newest = row[0]
        return is_new


class Runner:
    def __init__(
        self, connection: duckdb.DuckDBPyConnection, folder: pathlib.Path, configuration: Configuration
    ) -> None:
        self._connection = connection
        self._folder = folder
        self._configuration = configuration

    def run(self, script: Script) -> List[str]:
        """Runs all records, whatever comes of those before; returns one text for each that is not as expected."""
        found: List[str] = []
        distribution = Distribution(self._connection, self._configuration)
        try:
            for record in script.records:
                wrong = self._run(record, distribution)
                if wrong:
                    found.append(f"{script.path}:{record.line}: {wrong}\n{record.sql}")
        finally:
            distribution.close()
        if not script.single and not distribution.is_parallel:
            found.append(f"{script.path}: no query had several tasks in a stage ('# single: why' if none can)")
        return found

    def _run(self, record: Record, distribution: Distribution) -> str:
        wrong = self._wrong_answer(record)
        if self._configuration.workers:
            wrong = wrong or _wrong_place(record, distribution.has_new(), self._configuration.name)
            known = record.difference
            if known and known.holds_in(self._configuration.name):
                return "" if wrong else f"the known difference is gone: {known.text}"
        return wrong

    def _wrong_answer(self, record: Record) -> str:
        sql = record.sql.replace("__TEST_DIR__", str(self._folder))
        try:
            with limited.limit(self._connection, LIMIT_S):
                if record.kind == "table":
                    tables.make_table(self._connection, self._folder, record.table, sql, self._configuration)
                    return ""
                rows = self._connection.execute(sql).fetchall()
        except duckdb.Error as error:
            return _wrong_error(record, str(error))
        except Exception as error:  # of Python's conversion, or of a broken library: the script says where
            return f"{type(error).__name__}: {error}"
        if record.kind == "error":
            return f"rows instead of an error: {rows[:SHOWN_LINES]}"
        return _wrong_rows(record, rows) if record.kind == "query" else ""


def _wrong_place(record: Record, is_distributed: bool, configuration: str) -> str:
    runs_locally = record.runs_locally is not None and record.runs_locally.holds_in(configuration)
    if runs_locally and is_distributed:
        return "it is distributed, though said to run locally"
    if record.kind == "query" and not runs_locally and not is_distributed:
        return "it is not distributed ('# local: why' if it cannot be)"
    return "it is not distributed" if record.must_distribute and not is_distributed else ""


def _wrong_error(record: Record, error: str) -> str:
    if record.kind != "error":
        return f"error: {error}"
    wanted = "\n".join(record.expected or ())
    if wanted.startswith("<REGEX>:"):
        is_same = re.search(wanted[len("<REGEX>:") :], error, re.DOTALL) is not None
    else:
        is_same = wanted in error
    return "" if is_same else f"another error: {error}\nexpected: {wanted}"


def _wrong_rows(record: Record, rows: List[Tuple[object, ...]]) -> str:
    wrong = values.wrong_types(record.types, rows)
    if wrong or record.expected is None:
        return wrong or "no rows are written down for it"
    found = values.lines_of(rows, record.is_sorted)
    expected = sorted(record.expected) if record.is_sorted else list(record.expected)
    if values.is_same(record.types, found, expected):
        return ""
    missing, unexpected = _beyond(expected, found), _beyond(found, expected)
    if not missing and not unexpected:
        return f"the rows in another order\nexpected {_shown(expected)}\nfound {_shown(found)}"
    counts = f"{len(expected)} rows expected, {len(found)} found"
    return f"another answer: {counts}\nmissing {_shown(missing)}\nunexpected {_shown(unexpected)}"


def _beyond(lines: List[str], others: List[str]) -> List[str]:
    """Returns what `lines` have more than `others`."""
    return list((collections.Counter(lines) - collections.Counter(others)).elements())


def _shown(lines: List[str]) -> str:
    more = [f"  … {len(lines) - SHOWN_LINES} more"] if len(lines) > SHOWN_LINES else []
    return "\n".join([f"({len(lines)} rows)", *(f"  {line}" for line in lines[:SHOWN_LINES]), *more])
