"""Says whether a query's answer is right where ORDER BY leaves the order of equal keys, and LIMIT their choice, open.

Nothing else is let through. DuckDB runs the query without its LIMIT and with its ORDER BY's expressions as further
columns. Rows that follow each other there with equal keys are a tie. The answer must have as many rows as the LIMIT
leaves, and the rows at the positions of a tie must be different rows of exactly this tie: so keys come in the order of
DuckDB's, no row is made up, none is taken twice, and only in the tie that the LIMIT cuts there is a choice. Without an
ORDER BY all rows are one tie. Floats are compared with tpch.RELATIVE_TOLERANCE, as values and as keys.
"""

import collections
import json
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence

import duckdb
import tpch
from tpch import Row

Json = Dict[str, Any]


class Answer(NamedTuple):
    """All rows that a query could give, in the order of their keys, and how many of them it gives."""

    rows: List[Row]
    keys: List[Row]
    count: int


def answer_of(connection: duckdb.DuckDBPyConnection, sql: str) -> Answer:
    """Runs `sql`, a SELECT, on a plain DuckDB."""
    (text,) = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchone()
    tree = json.loads(text)
    node = tree["statements"][0]["node"]
    names = [column[0].lower() for column in connection.execute(sql).description]
    limit = _take_limit(node)
    places = [_place_of(order["expression"], names, node) for order in _orders(node)]
    (open_sql,) = connection.execute("SELECT json_deserialize_sql(?::JSON)", [json.dumps(tree)]).fetchone()
    rows = connection.execute(open_sql).fetchall()
    keys = [tuple(row[place] for place in places) for row in rows]
    return Answer([row[: len(names)] for row in rows], keys, len(rows) if limit is None else min(limit, len(rows)))


def is_right(found: Sequence[Row], expected: Answer) -> bool:
    """Says whether `found` is one of the answers that `expected` allows."""
    if len(found) != expected.count:
        return False
    return all(_are_among(found[tie.start : tie.stop], expected.rows[tie.start : tie.stop]) for tie in _ties(expected))


def _take_limit(node: Json) -> Optional[int]:
    """Takes LIMIT out of a query, and says what it was."""
    limits = [modifier for modifier in node["modifiers"] if modifier["type"] == "LIMIT_MODIFIER"]
    node["modifiers"] = [modifier for modifier in node["modifiers"] if modifier["type"] != "LIMIT_MODIFIER"]
    if not limits:
        return None
    assert limits[0]["offset"] is None, "no query has an OFFSET"
    return int(limits[0]["limit"]["value"]["value"])


def _orders(node: Json) -> List[Json]:
    return [
        order for modifier in node["modifiers"] if modifier["type"] == "ORDER_MODIFIER" for order in modifier["orders"]
    ]


def _place_of(expression: Json, names: List[str], node: Json) -> int:
    """Says which column holds a key; one that is no column of the query yet becomes its last one."""
    if expression["class"] == "CONSTANT":
        return int(expression["value"]["value"]) - 1
    if expression["class"] == "COLUMN_REF" and expression["column_names"][-1].lower() in names:
        return names.index(expression["column_names"][-1].lower())
    node["select_list"].append(dict(expression, alias=""))
    return len(node["select_list"]) - 1


def _ties(answer: Answer) -> Iterator[range]:
    """Yields the positions of each tie, which LIMIT may cut."""
    start = 0
    for end in range(1, len(answer.rows) + 1):
        if end == len(answer.rows) or not tpch.same_row(answer.keys[end - 1], answer.keys[end]):
            yield range(start, end)
            start = end


def _are_among(found: Sequence[Row], tie: Sequence[Row]) -> bool:
    """Says whether each row of `found` is another row of `tie`."""
    left = collections.defaultdict(list)
    for row in tie:
        left[_exact_part(row)].append(row)
    for row in found:
        candidates = left[_exact_part(row)]
        place = next((i for i, candidate in enumerate(candidates) if tpch.same_row(row, candidate)), None)
        if place is None:
            return False
        del candidates[place]
    return True


def _exact_part(row: Row) -> str:
    return repr([None if isinstance(value, float) else value for value in row])
