"""Makes a difference small: first the query, then tables, rows and columns. Each step keeps that the answers differ."""

import re
import time
from typing import Iterator, List, Optional

from sql import data, runner, trees
from sql.queries import Statement
from sql.runner import INVALID, Case, Difference, Sides

LIMIT_S = 240.0  # of the whole of it; half of it for the query


class Shrinker:
    """Tries smaller cases on the sides of a difference, as long as there is time."""

    def __init__(self, sides: Sides, difference: Difference) -> None:
        self._sides, self._best = sides, difference
        self._end_of_queries = time.monotonic() + LIMIT_S / 2
        self._end = time.monotonic() + LIMIT_S

    def run(self) -> Difference:
        case = self._best.case
        self._keep_if_different(case._replace(way=case.way._replace(into="")))
        self._keep_if_different(self._with_statement(inlined(self._best.case.statement)))
        tree = None
        if not self._best.case.statement.parameters:
            tree = trees.tree_of(self._sides.plain, self._best.case.statement.sql)
        while tree is not None:
            tree = self._smaller_tree(tree)
        self._keep_tables(self._only_used_tables())
        while any(map(self._keep_tables, self._fewer_rows())):
            pass
        self._keep_tables(self._only_used_columns())
        return self._best

    def _smaller_tree(self, tree: trees.Json) -> Optional[trees.Json]:
        """Finds a smaller query that keeps the difference. The text is not parsed again: trees grow by that."""
        statement = self._best.case.statement
        for variant in trees.smaller(tree["statements"][0]["node"]):
            if time.monotonic() > self._end_of_queries:
                return None
            made = {**tree, "statements": [{**tree["statements"][0], "node": variant}]}
            text = trees.text_of(self._sides.plain, made)
            if text is None:
                continue
            is_ordered = statement.is_ordered and "ORDER BY" in text.upper()
            if self._keep_if_different(self._with_statement(Statement(text, [], is_ordered))):
                return made
        return None

    def _with_statement(self, statement: Statement) -> Case:
        return self._best.case._replace(statement=statement)

    def _keep_if_different(self, case: Case) -> bool:
        """Runs a case; it is the new best one if DuckDB is sure of its answer and Skein's differs."""
        if time.monotonic() > self._end:
            return False
        expected = self._sides.expected(case.statement, case.way)
        if expected.error_class() in (*INVALID, "InterruptException"):
            return False
        found = self._sides.found(case.statement, case.way)
        if found.error and not expected.error:
            self._sides.reopen_cluster()  # a worker may be lost, or its database given up
        if bool(found.error) != bool(self._best.found.error):
            return False  # another difference than the one to explain
        if runner.is_same(case.statement, case.way, found, expected):
            return False
        if self._sides.is_open(case.statement, case.way, expected):
            return False
        if self._sides.is_fault_of_plan(case.statement, case.way, expected, found):
            return False
        self._best = Difference(self._best.number, case, expected, found)
        return True

    def _keep_tables(self, tables: List[data.Table]) -> bool:
        if time.monotonic() > self._end or tables == self._sides.tables:
            return False
        before = self._sides.tables
        self._sides.replace_tables(tables)
        if self._keep_if_different(self._best.case._replace(tables=tables)):
            return True
        self._sides.replace_tables(before)
        return False

    def _only_used_tables(self) -> List[data.Table]:
        return [table for table in self._sides.tables if re.search(rf"\b{table.name}\b", self._best.case.statement.sql)]

    def _fewer_rows(self) -> Iterator[List[data.Table]]:
        for at, table in enumerate(self._sides.tables):
            size = len(table.rows)
            step = (size + 1) // 2
            while step > 0 and size > 0:
                for low in range(0, size, step):
                    cut = data.without_rows(table, low, min(size, low + step))
                    yield [*self._sides.tables[:at], cut, *self._sides.tables[at + 1 :]]
                if size // max(1, step) > 8:
                    break
                step //= 2

    def _only_used_columns(self) -> List[data.Table]:
        sql = self._best.case.statement.sql
        return [data.with_columns(table, lambda name: re.search(rf"\b{name}\b", sql)) for table in self._sides.tables]


def inlined(statement: Statement) -> Statement:
    """Writes the values of parameters into the text."""
    sql = re.sub(r"\$(\d+)::", lambda found: f"({statement.parameters[int(found.group(1)) - 1]})::", statement.sql)
    return Statement(sql, [], statement.is_ordered)
