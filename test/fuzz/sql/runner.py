"""Runs numbered random queries on both sides and says what differs. A block of queries shares its data and cluster.

The seed and the number of a query make it, its data, its cluster and its way: any of them can be run alone.
"""

import collections
import json
import pathlib
import random
import re
import shutil
import tempfile
from typing import Any, Callable, Counter, Dict, Iterator, List, NamedTuple, Optional, Set, Tuple

import duckdb
from sql import clusters, compare, data, known, queries, shapes
from sql.clusters import Way
from sql.compare import Outcome
from sql.lenient import try_casts
from sql.queries import Statement

BLOCK = 40  # queries on one cluster
LIMIT_S = 30.0  # of one query; plain DuckDB's is half of it
#: A worker that did not get its turn in time: nothing is wrong with it, or it shows a second time.
STOOD_STILL = re.compile(r"no heartbeat|no welcome|Deadline Exceeded|connection attempt timed out")
TRIES = 4
#: How many of the queries without rows are drawn once more.
DRAWN_AGAIN = 0.8
#: Errors of DuckDB's that no query deserves: 1.5.5 reads a list column of a Parquet file that only a filter needs, beside
#: a cast of another one, and runs out of its own buffer; and it takes what a filter left out for lists of any length where
#: it casts to arrays. What DuckDB alone cannot answer is no measure.
OWN_FAULT = re.compile(r"^Error: Out of buffer|Cannot cast list with length \d+ to array with length 3")
#: What is said of a query while DuckDB alone runs it.
ALONE = "DuckDB alone, "
INVALID = ("BinderException", "ParserException", "CatalogException", "InternalException", "FatalException")

Say = Callable[[int, str], None]


class Case(NamedTuple):
    """A query, what it reads, and how it runs."""

    statement: Statement
    tables: List[data.Table]
    shape: str
    way: Way


class Difference(NamedTuple):
    number: int
    case: Case
    expected: Outcome
    found: Outcome


class Tally:
    """What has been run so far."""

    def __init__(self) -> None:
        self.counts: Counter[str] = collections.Counter()
        self.operators: Counter[str] = collections.Counter()

    def to_json(self) -> Dict[str, Dict[str, int]]:
        return {"counts": dict(self.counts), "operators": dict(self.operators)}

    def add(self, other: Dict[str, Dict[str, int]]) -> None:
        """Adds what another process has counted."""
        self.counts.update(other.get("counts", {}))
        self.operators.update(other.get("operators", {}))

    def lines(self) -> Iterator[str]:
        yield ", ".join(f"{count} {what}" for what, count in sorted(self.counts.items()))
        for name, count in self.operators.most_common():
            yield f"  {count:>6}  {name}"


class Sides:
    """A plain DuckDB and a cluster over one data set, in a folder of their own."""

    def __init__(self, tables: List[data.Table], shape: str) -> None:
        self.tables, self.shape = tables, shape
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="skein-fuzz-"))
        self._data = self._write()
        self._others: List[duckdb.DuckDBPyConnection] = []
        self.plain = clusters.open_plain(tables, self._data)
        self.cluster = clusters.open_cluster(shape, tables, self._data)

    def expected(self, statement: Statement, way: Way) -> Outcome:
        outcome = self._run(self.plain, statement, way, LIMIT_S / 2)
        if outcome.error_class() in ("InternalException", "FatalException"):  # DuckDB gives the database up
            self.plain.close()
            self.plain = clusters.open_plain(self.tables, self._data)
        return outcome

    def is_empty(self, statement: Statement) -> bool:
        """Says whether DuckDB answers without rows."""
        outcome = self.expected(statement, Way("auto", "auto"))
        return not outcome.error and not outcome.rows

    def found(self, statement: Statement, way: Way) -> Outcome:
        clusters.go(self.cluster, way)
        return self._run(self.cluster, statement, way, LIMIT_S)

    def _run(self, connection: duckdb.DuckDBPyConnection, statement: Statement, way: Way, limit_s: float) -> Outcome:
        """Runs the statement; or one that writes its rows, and then reads these as they are."""
        if not way.into or statement.parameters:
            return compare.run(connection, statement.sql, statement.parameters, limit_s)
        # Another folder each time: DuckDB takes a file for the one it has read if path, inode, size and second are the same.
        folder = pathlib.Path(tempfile.mkdtemp(dir=self._folder)) / "written"
        write = f"CREATE OR REPLACE TEMP TABLE written AS {statement.sql}"
        read = "FROM written"
        if way.into == "files":
            write = f"COPY ({statement.sql}) TO '{folder}' (FORMAT parquet, PER_THREAD_OUTPUT)"
            read = f"FROM '{folder}/*.parquet'"
        is_cluster = connection is self.cluster
        outcome = compare.run(connection, write, [], limit_s)
        if outcome.error:
            left = is_cluster and list(folder.glob("_skein_*"))
            return outcome._replace(error=f"Left: {folder}") if left else outcome
        with clusters.local(connection, is_cluster):
            return compare.run(connection, read, [], limit_s)

    def is_open(self, statement: Statement, way: Way, expected: Outcome) -> bool:
        """Says whether DuckDB answers otherwise with other threads, where it need not keep the order of rows, or without
        an optimizer that changes answers."""
        if not self._others:
            self._others = [clusters.open_other(self.tables, self._data, threads) for threads in (1, 4)]
            self._others.append(clusters.open_without_dynamic_filters(self.tables, self._data))
        others = (self._run(other, statement, way, LIMIT_S) for other in self._others)
        return not all(is_same(statement, way, other, expected) for other in others)

    def is_beyond_memory(self, statement: Statement, way: Way, found: Outcome) -> bool:
        """Says whether DuckDB runs out of memory, too, with as much as it has in a worker of this cluster."""
        if found.error_class() != "OutOfMemoryException" or "memory=" not in self.shape:
            return False
        small = clusters.open_as_small(self.tables, self._data, self.shape)
        try:
            errors = (self._run(small, statement, way, LIMIT_S).error_class() for _ in range(TRIES))
            return any(error == "OutOfMemoryException" for error in errors)
        finally:
            small.close()

    def is_not_needed(self, statement: Statement, way: Way, expected: Outcome, found: Outcome) -> bool:
        """Says whether what DuckDB fails at is not needed for the answer that the cluster has found: it ended the query
        while some task was not at its end, as another side of a join has no rows, or a LIMIT is reached; or DuckDB has
        the same answer where casts give NULL instead of failing. What it does not see: a cluster that makes NULL of a
        cast that fails, or that ends a task whose error is needed."""
        if not expected.error or found.error:
            return False
        lenient = statement._replace(sql=try_casts(statement.sql))
        if lenient != statement and is_same(statement, way, self.expected(lenient, way), found):
            return True
        tasks = "FROM skein_tasks() AS t JOIN skein_queries() AS q USING (query)"
        ended = f"SELECT count(*) {tasks} WHERE contains(q.sql, ?) AND t.state = 'cancelled'"
        return self.cluster.execute(ended, [statement.sql]).fetchall() != [(0,)]

    def is_fault_of_plan(self, statement: Statement, way: Way, expected: Outcome, found: Outcome) -> bool:
        """Says whether DuckDB gives the rows that the cluster has found when it does not optimize: then its own two plans
        contradict each other. Errors are no answers: what is not optimized may evaluate more."""
        if expected.error or found.error:
            return False
        unoptimized = clusters.open_without_optimizer(self.tables, self._data)
        try:
            return is_same(statement, way, self._run(unoptimized, statement, way, LIMIT_S), found)
        finally:
            unoptimized.close()

    def replace_tables(self, tables: List[data.Table]) -> None:
        """Puts other rows into the tables, on both sides."""
        self.tables = tables
        shutil.rmtree(self._data)
        self._data = self._write()
        self._close_others()
        for connection in (self.plain, self.cluster):
            data.create(connection, tables, self._data)

    def reopen_cluster(self) -> None:
        self.cluster.close()
        self.cluster = clusters.open_cluster(self.shape, self.tables, self._data)

    def close(self) -> None:
        self._close_others()
        self.plain.close()
        self.cluster.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _write(self) -> pathlib.Path:
        """Writes the files to a new folder: a path that is known already would mean what it held before."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self._folder))
        for table in self.tables:
            if table.parts is not None:
                data.write_files(table, folder)
        return folder

    def _close_others(self) -> None:
        for other in self._others:
            other.close()
        self._others = []


def is_same(statement: Statement, way: Way, one: Outcome, other: Outcome) -> bool:
    """Says whether two answers are the same; several files have no order."""
    return compare.is_same(one, other, statement.is_ordered and way.into != "files")


def sides_of(seed: int, block: int) -> Sides:
    """Makes data and cluster of a block."""
    rng = random.Random(f"{seed}/block/{block}")
    return Sides(data.make_tables(rng), clusters.random_shape(rng))


def case_of(seed: int, number: int, sides: Sides, say: Say) -> Case:
    """Makes a query. One without rows proves little: most of these are drawn once more."""
    rng = random.Random(f"{seed}/query/{number}")
    way = clusters.random_way(rng)
    statement = queries.make_statement(rng, sides.tables)
    say(number, f"{ALONE}query {number}: {statement.sql} {statement.parameters}")
    if rng.random() < DRAWN_AGAIN and sides.is_empty(statement):
        statement = queries.make_statement(rng, sides.tables)
    return Case(statement, sides.tables, sides.shape, way)


def check(sides: Sides, number: int, case: Case, say: Say, tally: Tally) -> Optional[Difference]:
    """Runs one query on both sides; counts it."""
    statement = case.statement
    line = f"query {number}: {case.shape} {case.way} {statement.sql} {statement.parameters}"
    say(number, ALONE + line)
    if known.name_of(statement.sql):
        tally.counts[f"left out: {known.name_of(statement.sql)}"] += 1
        return None
    expected = sides.expected(statement, case.way)
    say(number, line)
    if OWN_FAULT.search(expected.error):
        tally.counts["DuckDB alone fails by a fault of its own"] += 1
        return None
    if expected.error_class() in INVALID:
        tally.counts["not valid"] += 1
        return None
    if expected.error_class() == "InterruptException":
        tally.counts["too slow for DuckDB"] += 1
        return None
    tally.counts["errors" if expected.error else "answers" if expected.rows else "empty answers"] += 1
    tally.operators.update(operators(sides.plain, statement) | exchanges(sides.cluster, statement, case.way))
    tally.operators.update(f"shape {name}" for name in shapes.names_of(statement.sql))
    found = sides.found(statement, case.way)
    for _ in range(TRIES):
        if not STOOD_STILL.search(found.error):
            break
        tally.counts["run again: the machine stood still"] += 1
        sides.reopen_cluster()
        found = sides.found(statement, case.way)
    if is_same(statement, case.way, found, expected):
        return None
    if sides.is_beyond_memory(statement, case.way, found):
        tally.counts["too much for the memory of a worker, and for DuckDB with as much"] += 1
        return None
    if sides.is_not_needed(statement, case.way, expected, found):
        tally.counts["DuckDB fails at what the answer does not need"] += 1
        return None
    if sides.is_open(statement, case.way, expected):
        tally.counts["left open by DuckDB"] += 1
        return None
    if sides.is_fault_of_plan(statement, case.way, expected, found):
        tally.counts["DuckDB answers as the cluster when it does not optimize, and otherwise when it does"] += 1
        return None
    tally.counts["DIFFERENCES"] += 1
    return Difference(number, case, expected, found)


def operators(plain: duckdb.DuckDBPyConnection, statement: Statement) -> Set[str]:
    """Names the logical operators of a query."""
    plain.execute("SET explain_output = 'optimized_only'")
    return {node["name"].strip() for _, tree in _explained(plain, statement) for root in tree for node in _nodes(root)}


def exchanges(cluster: duckdb.DuckDBPyConnection, statement: Statement, way: Way) -> Set[str]:
    """Names the kinds of exchanges between the stages of a query; none: it is not distributed."""
    clusters.go(cluster, way)
    plans = [plan for key, plan in _explained(cluster, statement) if key == "skein_stages"]
    return {f"exchange {exchange['kind']}" for plan in plans for exchange in plan["exchanges"]}


def _explained(connection: duckdb.DuckDBPyConnection, statement: Statement) -> List[Tuple[str, Any]]:
    try:
        rows = connection.execute(f"EXPLAIN (FORMAT json) {statement.sql}", statement.parameters or None).fetchall()
    except duckdb.Error:
        return []
    return [(key, json.loads(text)) for key, text in rows]


def _nodes(root: Dict[str, Any]) -> Iterator[Dict[str, Any]]:
    yield root
    for child in root.get("children", []):
        yield from _nodes(child)


def run_all(
    seed: int, numbers: range, say: Say, on_difference: Callable[[Sides, Difference], None], tally: Tally
) -> None:
    """Runs the queries of `numbers`, block by block."""
    sides: Optional[Sides] = None
    block = -1
    try:
        for number in numbers:
            if number // BLOCK != block or sides is None:
                if sides is not None:
                    sides.close()
                block = number // BLOCK
                sides = sides_of(seed, block)
            case = case_of(seed, number, sides, say)
            difference = check(sides, number, case, say, tally)
            if difference is not None:
                on_difference(sides, difference)
                sides.close()
                sides = None
    finally:
        if sides is not None:
            sides.close()
