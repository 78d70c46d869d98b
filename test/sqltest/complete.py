"""Writes the rows of queries that have none yet, as DuckDB without Skein answers them: for a person to read and judge.

usage: PYTHONPATH=build/release/python:tools:test .deps/venv/bin/python -m sqltest.complete FILE…
"""

import pathlib
import sys
import tempfile

import duckdb
import limited
from sqltest import script as scripts
from sqltest import tables, values
from sqltest.configurations import BY_NAME

LIMIT_S = 30.0  # of one statement


def answers(script: scripts.Script) -> dict:
    """Returns the lines for each query without rows, by the line of its head; in a loop, those of its last turn."""
    found = {}
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        for record in script.records:
            sql = record.sql.replace("__TEST_DIR__", folder)
            try:
                if record.kind == "table":
                    tables.make_table(connection, pathlib.Path(folder), record.table, sql, BY_NAME["plain"])
                    continue
                with limited.limit(connection, LIMIT_S):
                    rows = connection.execute(sql).fetchall()
                if record.kind == "error":
                    print(f"{script.path}:{record.line}: no error")
            except duckdb.Error as error:
                if record.kind != "error":
                    print(f"{script.path}:{record.line}: {error}\n{record.sql}")
                elif record.expected == ():
                    found[record.line] = [str(error).split("\n", maxsplit=1)[0]]
                continue
            if record.kind == "query" and record.expected is None:
                found[record.line] = ["----", *values.lines_of(rows, record.is_sorted)]
    return found


def complete(path: pathlib.Path) -> None:
    lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    found = answers(scripts.read(path))
    written = []
    for number, line in enumerate([*lines, ""], 1):
        if not line.strip():  # the record that began above ends here
            heads = [head for head in found if head < number]
            for head in heads:
                written += found.pop(head)
        written.append(line)
    path.write_text("\n".join(written).rstrip("\n") + "\n", encoding="utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        try:
            complete(pathlib.Path(name))
        except scripts.ScriptError as error:
            print(error)
