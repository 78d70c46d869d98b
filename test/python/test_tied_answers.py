"""What is let through where ORDER BY and LIMIT leave an answer open: another choice of a tie, and nothing else."""

from typing import Iterator, List

import duckdb
import pytest
import tied_answers
from tied_answers import Answer
from tpch import Row

#: Keys 1, 1, 2, 2, 2: LIMIT 3 takes all of the first tie and one row of the second.
LIMITED = "SELECT name FROM t ORDER BY k LIMIT 3"


@pytest.fixture
def plain() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE t AS FROM (VALUES (1, 'a'), (1, 'b'), (2, 'c'), (2, 'd'), (2, 'e')) t(k, name)"
        )
        yield connection


@pytest.fixture
def expected(plain: duckdb.DuckDBPyConnection) -> Answer:
    return tied_answers.answer_of(plain, LIMITED)


def rows(names: str) -> List[Row]:
    return [(name,) for name in names]


@pytest.mark.parametrize("names", ["abc", "bac", "abd", "bae"])
def test_any_choice_of_a_tie_is_right(expected: Answer, names: str) -> None:
    assert tied_answers.is_right(rows(names), expected)


@pytest.mark.parametrize(
    "names",
    ["ab", "abcd", "acd", "acb", "cab", "aac", "abx"],
    ids=["short", "long", "a tie left out", "disordered", "in front", "twice", "made up"],
)
def test_anything_else_is_wrong(expected: Answer, names: str) -> None:
    assert not tied_answers.is_right(rows(names), expected)


@pytest.mark.parametrize("order", ["ORDER BY k + 1", "ORDER BY t.k", "ORDER BY min(k)"])
def test_keys_need_not_be_columns_of_the_answer(plain: duckdb.DuckDBPyConnection, order: str) -> None:
    group = "GROUP BY name" if "min" in order else ""
    expected = tied_answers.answer_of(plain, f"SELECT name FROM t {group} {order} DESC LIMIT 2")
    assert tied_answers.is_right(rows("ed"), expected)
    assert not tied_answers.is_right(rows("eb"), expected)


def test_keys_that_are_columns_are_found_by_name_and_number(plain: duckdb.DuckDBPyConnection) -> None:
    for order in ("k", "2"):
        expected = tied_answers.answer_of(plain, f"SELECT name, k FROM t ORDER BY {order} LIMIT 1")
        assert tied_answers.is_right([("b", 1)], expected)
        assert not tied_answers.is_right([("c", 2)], expected)


def test_without_order_any_rows_are_right(plain: duckdb.DuckDBPyConnection) -> None:
    expected = tied_answers.answer_of(plain, "SELECT name FROM t LIMIT 2")
    assert tied_answers.is_right(rows("ec"), expected)
    assert not tied_answers.is_right(rows("ee"), expected)


def test_floats_that_nearly_agree_are_the_same_row_and_the_same_key(plain: duckdb.DuckDBPyConnection) -> None:
    expected = tied_answers.answer_of(
        plain, "SELECT 'x' || k, k / 3.0::DOUBLE v FROM t WHERE name IN ('a', 'c') ORDER BY v"
    )
    assert tied_answers.is_right([("x1", 1 / 3 + 1e-12), ("x2", 2 / 3)], expected)
    assert not tied_answers.is_right([("x1", 1 / 3 + 1e-6), ("x2", 2 / 3)], expected)
