"""Random VALUES whose lines hold constants, subqueries over tables, and columns of what stands beside them."""

from typing import List

from sql import kinds
from sql.expressions import expression, literal
from sql.scope import Column, Context, Relation
from sql.subqueries import subquery_of_kind

MOST_LINES = 4


def values(context: Context) -> Relation:
    """Makes VALUES to select from, with subqueries in some of the lines."""
    chosen = ["int", context.rng.choice(list(kinds.KINDS))]
    alias = context.name("vs")
    return Relation(f"({lines(context, [], chosen)}) AS {alias}(a, b)", _columns(alias, chosen), None, MOST_LINES)


def lateral_values(context: Context, left: Relation) -> Relation:
    """Joins with VALUES over the columns of each row on the left."""
    kind = context.rng.choice(left.columns).kind
    chosen = ["int", kind if kind in kinds.KINDS else "str"]
    alias = context.name("l")
    listed = f"LATERAL ({lines(context, left.columns, chosen)}) AS {alias}(a, b)"
    columns = _columns(alias, chosen)
    same = f"{expression(context, left.columns, 'int', 0)} = {alias}.a"
    join = context.rng.choice([f" CROSS JOIN {listed}", f" JOIN {listed} ON {same}", f" LEFT JOIN {listed} ON true"])
    return Relation(left.text + join, left.columns + columns, None, left.rows * MOST_LINES)


def values_condition(context: Context, columns: List[Column]) -> str:
    """Looks a value up among such lines."""
    kind = context.rng.choice(columns).kind
    kind = kind if kind in kinds.KINDS and kind not in kinds.NESTED else "int"
    negated = context.rng.choice(["", "", "NOT "])
    return f"{expression(context, columns, kind, 1)} {negated}IN ({lines(context, columns, [kind])})"


def lines(context: Context, columns: List[Column], chosen: List[str]) -> str:
    """Writes VALUES with columns of the kinds `chosen`, over `columns`; in one place at least there is a subquery."""
    rng = context.rng
    cells = [[_cell(context, columns, kind) for kind in chosen] for _ in range(rng.randint(1, MOST_LINES))]
    at = rng.randrange(len(chosen))
    rng.choice(cells)[at] = subquery_of_kind(context, columns, chosen[at])
    listed = (", ".join(f"{cell}::{kinds.KINDS[kind].type}" for cell, kind in zip(line, chosen)) for line in cells)
    return "VALUES " + ", ".join(f"({line})" for line in listed)


def _cell(context: Context, columns: List[Column], kind: str) -> str:
    which = context.rng.random()
    if which < 0.1:
        return "NULL"
    if which < 0.3:
        return subquery_of_kind(context, columns, kind)
    return expression(context, columns, kind, 1) if columns and which < 0.8 else literal(context, kind)


def _columns(alias: str, chosen: List[str]) -> List[Column]:
    return [Column(f"{alias}.{name}", kind) for name, kind in zip("ab", chosen)]
