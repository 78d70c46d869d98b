"""Random queries give DuckDB's answers on clusters of random shape, and the fuzzer notices where they do not.

`make fuzz N=5000 SKEIN_SEED=7` runs more of them.
"""

import collections
import json
import os
import pathlib
import random
import subprocess
import sys
import time
from typing import Callable, Counter, Iterator, List

import duckdb
import pyarrow
import pytest
from sql import children, clusters, compare, data, queries, report, runner, shapes, shrink
from sql.compare import Outcome
from sql.lenient import try_casts
from sql.queries import Statement
from sql.runner import Case, Sides, Tally

TOP = pathlib.Path(__file__).parent.parent.parent
QUERIES = 700
SEED = os.environ.get("SKEIN_SEED", "20261122")
LIMIT_S = 1200
ROWS: List[List[data.Value]] = [["0", "1"], ["1", None], ["2", "3"]]
TABLE = data.Table("few", {"id": "big", "k": "int"}, ROWS, [1])
WAY = clusters.Way("auto", "auto")


def outcome(*rows: compare.Row, is_float: bool = False, error: str = "") -> Outcome:
    return Outcome(list(rows), [is_float] * len(rows[0]) if rows else [], error)


def test_random_queries_give_the_answers_of_duckdb() -> None:
    path = os.pathsep.join([os.environ.get("PYTHONPATH", ""), str(TOP / "test" / "fuzz"), str(TOP / "tools")])
    command = [sys.executable, "-m", "sql", "--seed", SEED, "--queries", str(QUERIES)]
    environment = dict(os.environ, PYTHONPATH=path)
    run = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=LIMIT_S, check=False, cwd=TOP
    )
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.fixture
def sides() -> Iterator[Sides]:
    made = Sides([TABLE], "local:1?threads=1")
    yield made
    made.close()


def say_nothing(_number: int, _line: str) -> None:
    pass


def wrong_where(text: str, found: Callable[[Sides, Statement, clusters.Way], Outcome]):
    """Makes a Skein that loses a row where a query has `text`."""

    def answer(self: Sides, statement: Statement, way: clusters.Way) -> Outcome:
        right = found(self, statement, way)
        return right._replace(rows=right.rows[1:]) if text in statement.sql else right

    return answer


def test_a_lost_row_is_a_difference_that_becomes_small(sides: Sides, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sides, "found", wrong_where("max(", Sides.found))
    sql = (
        "SELECT g, m + 1 AS n FROM (SELECT k % 2 AS g, max(id) AS m, count(*) AS c FROM few WHERE id < 5 GROUP BY ALL)"
    )
    case = Case(Statement(sql, [], False), sides.tables, sides.shape, WAY)
    difference = runner.check(sides, 0, case, say_nothing, Tally())
    assert difference is not None
    small = shrink.Shrinker(sides, difference).run()
    assert "max(" in small.case.statement.sql
    assert len(small.case.statement.sql) < len(sql)
    assert "COPY" in report.text_of(small, 7)


def test_a_right_answer_is_no_difference(sides: Sides) -> None:
    statement = Statement("SELECT k, count(*) FROM few GROUP BY k", [], False)
    tally = Tally()
    assert runner.check(sides, 0, Case(statement, sides.tables, sides.shape, WAY), say_nothing, tally) is None
    assert tally.counts["answers"] == 1


def test_the_order_of_rows_matters_only_where_there_is_one() -> None:
    one, other = outcome(("1",), ("2",)), outcome(("2",), ("1",))
    assert compare.is_same(one, other, is_ordered=False)
    assert not compare.is_same(one, other, is_ordered=True)


def test_floats_may_differ_in_their_last_digits_only() -> None:
    one = outcome(("[0.1, 2.0]",), is_float=True)
    assert compare.is_same(one, outcome(("[0.10000000000000001, 2.0]",), is_float=True), is_ordered=False)
    assert not compare.is_same(one, outcome(("[0.1001, 2.0]",), is_float=True), is_ordered=False)


@pytest.mark.parametrize("other", [outcome(("1",)), outcome(("1",), ("1",), ("1",)), outcome(("1",), (None,))])
def test_rows_are_counted(other: Outcome) -> None:
    assert not compare.is_same(other, outcome(("1",), ("1",)), is_ordered=False)


def test_timestamps_that_no_text_stands_for_are_compared_as_numbers() -> None:
    kind = pyarrow.timestamp("us")
    one, other = (pyarrow.table({"t": pyarrow.array([number, 0], kind)}) for number in (-(2**63), -(2**63) + 2))
    assert compare.texts_of(one).rows == [(str(-(2**63)),), ("0",)]
    assert not compare.is_same(compare.texts_of(one), compare.texts_of(other), is_ordered=False)


def test_errors_are_compared_by_their_class() -> None:
    one = outcome(error="ConversionException: this")
    assert compare.is_same(one, outcome(error="ConversionException: that"), is_ordered=False)
    assert not compare.is_same(one, outcome(error="IOException: this"), is_ordered=False)
    assert not compare.is_same(one, outcome(("1",)), is_ordered=False)


def random_tables(seed: int) -> List[data.Table]:
    return data.make_tables(random.Random(seed))


def test_each_shape_is_written_often_enough() -> None:
    tables, written = random_tables(5), 2000
    met: Counter[str] = collections.Counter()
    for number in range(written):
        met.update(shapes.names_of(queries.make_statement(random.Random(number), tables).sql))
    share = {name: met[name] / written for name in shapes.SHAPES}
    assert {name: share for name, share in share.items() if not 0.005 <= share <= 0.05} == {}


def test_a_seed_writes_the_same_statements_again() -> None:
    one, other = (
        [queries.make_statement(random.Random(number), random_tables(5)) for number in range(50)] for _ in range(2)
    )
    assert one == other


@pytest.mark.parametrize("dialect", data.DIALECTS)
def test_csv_files_give_their_rows_in_each_dialect(dialect: str, tmp_path: pathlib.Path) -> None:
    table = next(table for table in random_tables(5) if table.name == "mid")
    table = table._replace(format="csv", dialect=dialect, parts=[0, 40, 40])
    data.write_files(table, tmp_path)
    with duckdb.connect() as plain:
        rows = plain.execute(f"FROM {data.reader_of(table, str(tmp_path))}").fetchall()
    assert sorted(rows, key=repr) == sorted(map(tuple, table.rows), key=repr)


def test_some_tables_have_files_without_rows() -> None:
    tables = [table for seed in range(20) for table in random_tables(seed) if table.parts is not None and table.rows]
    empty = [table.name for table in tables if any(not rows for rows in data.files_of(table))]
    assert len(tables) / 5 < len(empty) < len(tables)


def test_too_little_memory_is_a_difference_only_where_duckdb_has_enough() -> None:
    made = Sides([TABLE], "local:1?threads=1&memory=256MB")
    large, small = (Statement(f"SELECT len(list(i)) FROM range({n}) r(i)", [], False) for n in (60_000_000, 30))
    found = outcome(error="OutOfMemoryException: Out of Memory Error: failed to allocate")
    try:
        assert made.is_beyond_memory(large, WAY, found)
        assert not made.is_beyond_memory(small, WAY, found)
        assert not made.is_beyond_memory(large, WAY, outcome(error="IOException: no such file"))
    finally:
        made.close()


def test_other_rows_are_a_difference_unless_duckdb_gives_them_without_its_optimizer(sides: Sides) -> None:
    """Where DuckDB streams a LEAD above a join, it gives rows twice."""
    twice = Statement("SELECT lead(a.id) OVER () FROM few AS a JOIN few AS b USING (id)", [], False)
    expected = sides.expected(twice, WAY)
    right, short = outcome(("1",), ("2",), (None,)), outcome(("1",), ("2",))
    assert sides.is_fault_of_plan(twice, WAY, expected, right)
    assert not sides.is_fault_of_plan(twice, WAY, expected, short)
    error = outcome(error="IOException: no such file")
    missing = Statement("SELECT id FROM few WHERE error('x') IS NULL", [], False)
    assert not sides.is_fault_of_plan(missing, WAY, error, error)
    assert not sides.is_fault_of_plan(missing, WAY, outcome(("1",)), sides.expected(missing, WAY))


def test_rows_for_an_error_are_a_difference_unless_its_cast_was_not_needed(sides: Sides) -> None:
    failing = Statement("SELECT id, CAST('a' || id AS INTEGER) IS NULL AS n FROM few", [], False)
    expected = sides.expected(failing, WAY)
    assert expected.error_class() == "ConversionException"
    rows = outcome(("0", "true"), ("1", "true"), ("2", "true"))
    assert sides.is_not_needed(failing, WAY, expected, rows)
    assert not sides.is_not_needed(failing, WAY, expected, rows._replace(rows=rows.rows[1:]))
    assert not sides.is_not_needed(failing, WAY, rows, expected)


@pytest.mark.parametrize(
    "sql,lenient",
    [
        ("SELECT CAST(a AS DATE)", "SELECT TRY(CAST(a AS DATE))"),
        ("CAST(CAST(f(a) AS DATE) AS TEXT) + (1)", "TRY(CAST(TRY(CAST(f(a) AS DATE)) AS TEXT)) + (1)"),
        ("t1.a::DECIMAL(9, 2) + b::INTEGER[3]", "TRY(t1.a::DECIMAL(9, 2)) + TRY(b::INTEGER[3])"),
        ("SELECT 'CAST(a AS DATE)' || 'it''s a::DATE'", "SELECT 'CAST(a AS DATE)' || 'it''s a::DATE'"),
        ("TRY_CAST(a AS DATE)", "TRY_CAST(a AS DATE)"),
    ],
)
def test_casts_are_made_lenient(sql: str, lenient: str) -> None:
    assert try_casts(sql) == lenient


@pytest.mark.parametrize(
    "line,age_s,script,how",
    [
        (f"{runner.ALONE}query 7: SELECT 42", children.ALONE_LIMIT_S, "import time; time.sleep(100)", "never ended"),
        ("query 7: SELECT 42", children.LIMIT_S, "import time; time.sleep(100)", "never ended"),
        ("query 7: SELECT 42", children.ALONE_LIMIT_S, "import time; time.sleep(1.5)", ""),
        ("query 7: SELECT 42", 0.0, "import sys; sys.exit(3)", "ended with status 3"),
    ],
)
def test_a_query_that_never_ends_is_ended_with_its_process(
    tmp_path: pathlib.Path, line: str, age_s: float, script: str, how: str
) -> None:
    state = tmp_path / "state"
    state.write_text(json.dumps({"number": 7, "line": line, "tally": {}}))
    then = time.time() - age_s
    os.utime(state, (then, then))
    assert children.run_to_its_end([sys.executable, "-c", script], state) == how
