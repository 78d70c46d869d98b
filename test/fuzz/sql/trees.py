"""Smaller variants of a query: the tree that DuckDB makes of its text, with a piece left out or put in its place."""

import copy
import json
from typing import Any, Iterator, List, Optional, Tuple

import duckdb

Json = Any
Path = Tuple[Any, ...]

NULL = {
    "class": "CONSTANT",
    "type": "VALUE_CONSTANT",
    "alias": "",
    "value": {"type": {"id": "NULL", "type_info": None}, "is_null": True},
}
DROPPED = ("where_clause", "having", "qualify", "filter", "sample")
#: What makes an order total stays: else LIMIT and windows would leave the answer open.
KEPT = ("orders", "order_bys")


def tree_of(plain: duckdb.DuckDBPyConnection, sql: str) -> Optional[Json]:
    """Returns the tree of a query; None where DuckDB has none."""
    try:
        (text,) = plain.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchone()
    except duckdb.Error:
        return None
    tree = json.loads(text)
    return None if tree["error"] else tree


def text_of(plain: duckdb.DuckDBPyConnection, tree: Json) -> Optional[str]:
    try:
        (text,) = plain.execute("SELECT json_deserialize_sql(?::JSON)", [json.dumps(tree)]).fetchone()
    except duckdb.Error:
        return None
    return text


def smaller(tree: Json) -> Iterator[Json]:
    """Yields the variants of a tree, those that leave out the most first."""
    for path, node in _nodes(tree, ()):
        for replacement in _replacements(node):
            yield _replaced(tree, path, replacement)


def _nodes(node: Json, path: Path) -> Iterator[Tuple[Path, Json]]:
    """Yields all nodes, the upper ones first."""
    level: List[Tuple[Path, Json]] = [(path, node)]
    while level:
        yield from level
        level = [(at + (key,), child) for at, parent in level for key, child in _children(parent) if key not in KEPT]


def _children(node: Json) -> List[Tuple[Any, Json]]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else []
    return [(key, child) for key, child in items if isinstance(child, (dict, list))]


def _replacements(node: Json) -> Iterator[Json]:
    if isinstance(node, list):
        for at in range(len(node)):
            yield node[:at] + node[at + 1 :]
        return
    for key in DROPPED:
        if isinstance(node.get(key), dict):
            yield {**node, key: None}
    if node.get("type") in ("JOIN", "SET_OPERATION_NODE"):
        yield from (node[side] for side in ("left", "right") if side in node)
        yield from node.get("children", [])
    if "class" in node and node["class"] not in ("CONSTANT", "COLUMN_REF"):
        yield from (dict(part, alias=node.get("alias", "")) for part in _parts(node))
        yield {**NULL, "alias": node.get("alias", "")}


def _parts(node: Json) -> Iterator[Json]:
    """Yields the expressions right below an expression."""
    for _, child in _children(node):
        if isinstance(child, dict) and "class" in child:
            yield child
        elif isinstance(child, list) or "class" not in child:
            yield from _parts(child)


def _replaced(tree: Json, path: Path, replacement: Json) -> Json:
    if not path:
        return replacement
    made = copy.deepcopy(tree)
    at = made
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = replacement
    return made
