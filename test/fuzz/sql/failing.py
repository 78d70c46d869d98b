"""Joins by a key on the left that can fail: DuckDB does not look at it where the other side has no rows.

Where the other side may have rows, no row fails: an error would say little.
"""

from typing import List

from sql.expressions import expression
from sql.scope import Column, Context, Relation
from sql.tables import base

JOINS = ["JOIN", "JOIN", "SEMI JOIN", "ANTI JOIN", "LEFT JOIN"]
MOST_ROWS = 100  # of the other side, so that DuckDB keeps it there


def failing_join(context: Context, left: Relation) -> Relation:
    """Joins by a key that fails for some rows with what turns out to be empty, or by one that could with other rows."""
    is_empty = context.chance(0.6)
    right = _other_side(context, is_empty)
    key = _failing_key(context, left.columns) if is_empty else _sound_key(context, left.columns)
    join = context.rng.choice(JOINS)
    text = f"{left.text} {join} {right.text} ON {key} = {expression(context, right.columns, 'int', 0)}"
    if join in ("SEMI JOIN", "ANTI JOIN"):
        return Relation(text, left.columns, left.unique, left.rows)
    unique = None if left.unique is None else left.unique + right.unique
    return Relation(text, left.columns + right.columns, unique, max(left.rows, left.rows * right.rows // 8))


def failing_condition(context: Context, columns: List[Column]) -> str:
    """Looks such a key up in a subquery."""
    is_empty = context.chance(0.6)
    inner = _other_side(context, is_empty)
    key = _failing_key(context, columns) if is_empty else _sound_key(context, columns)
    negated = context.rng.choice(["", "", "NOT "])
    return f"{key} {negated}IN (SELECT {expression(context, inner.columns, 'int', 0)} FROM {inner.text})"


def _failing_key(context: Context, columns: List[Column]) -> str:
    """Writes an INTEGER that most texts and large numbers fail to become. Constants would fail in the planner."""
    texts = [column.text for column in columns if column.kind == "str"]
    numbers = [column.text for column in columns if column.kind in ("big", "huge", "wide")]
    forms = [f"CAST({text} AS INTEGER)" for text in 3 * texts + numbers]
    forms += [f"CAST({text} || '' AS INTEGER)" for text in texts]
    return context.rng.choice(forms or [f"({expression(context, columns, 'int', 0)} * 1000000)"])


def _sound_key(context: Context, columns: List[Column]) -> str:
    """Writes an INTEGER whose making could fail, and does not."""
    number = expression(context, columns, "int", 0)
    return context.rng.choice([f"CAST({number}::VARCHAR AS INTEGER)", f"(100 // {number})", f"({number} % 50 + 1)"])


def _other_side(context: Context, is_empty: bool) -> Relation:
    """Picks a table; the rows of an empty one are only known to be none when they are read."""
    inner = base(context, MOST_ROWS)
    if not is_empty:
        return inner
    alias = context.name("es")
    columns = [Column(f"{alias}.{column.text.split('.')[-1]}", column.kind) for column in inner.columns]
    never = f"{inner.unique[0]} % 7 = {context.rng.randint(7, 9)}"
    return Relation(f"(SELECT * FROM {inner.text} WHERE {never}) AS {alias}", columns, [f"{alias}.id"], 0)
