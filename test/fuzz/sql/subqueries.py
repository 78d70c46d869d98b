"""Random predicates and values with subqueries, correlated or not."""

from typing import List

from sql.expressions import COMPARISONS, condition, expression
from sql.scope import Column, Context
from sql.tables import base

MOST_ROWS = 600  # of a table in a correlated subquery


def subquery_condition(context: Context, columns: List[Column]) -> str:
    """Writes EXISTS, IN, ANY, ALL, or a comparison with a scalar subquery."""
    rng = context.rng
    inner = base(context, MOST_ROWS)
    shared = sorted({column.kind for column in inner.columns} & {column.kind for column in columns} - {"out"}) or [
        "int"
    ]
    kind = rng.choice(shared)
    outer, value = expression(context, columns, kind, 1), expression(context, inner.columns, kind, 1)
    other = expression(context, inner.columns, "int", 0)
    correlated = f"{expression(context, inner.columns, kind, 0)} = {expression(context, columns, kind, 0)}"
    filters = [condition(context, inner.columns, 1)] if context.chance(0.6) else []
    if context.chance(0.2):
        filters.append(condition(context, inner.columns + columns, 1))
    where = f"WHERE {' AND '.join(filters)}" if filters else ""
    near = f"WHERE {' AND '.join([correlated, *filters])}"
    negated = rng.choice(["", "NOT "])
    # DuckDB 1.5.5 may crash where it compares a STRUCT with texts to each of a list (NestedLoopJoinMark).
    quantified = f"{rng.choice(COMPARISONS[:6])} {rng.choice(['ANY', 'ALL'])}" if kind != "st" else "IN"
    return rng.choice(
        [
            f"{negated}EXISTS (SELECT 1 FROM {inner.text} {near})",
            f"{outer} {negated}IN (SELECT {value} FROM {inner.text} {where})",
            f"{outer} {negated}IN (SELECT {value} FROM {inner.text} {near})",
            f"({outer}, {expression(context, columns, 'int', 0)}) IN (SELECT {value}, {other} FROM {inner.text} {where})",
            f"{outer} {quantified} (SELECT {value} FROM {inner.text} {where})",
            f"{outer} {quantified} (SELECT {value} FROM {inner.text} {near})",
            f"{outer} {rng.choice(COMPARISONS)} (SELECT max({value}) FROM {inner.text} {where})",
            f"{outer} {rng.choice(COMPARISONS)} (SELECT min({value}) FROM {inner.text} {near})",
            f"(SELECT count(*) FROM {inner.text} {near}) > {rng.randint(0, 3)}",
        ]
    )


def scalar_subquery(context: Context, columns: List[Column]) -> Column:
    """Writes a subquery that gives one value, and its kind."""
    rng = context.rng
    inner = base(context, MOST_ROWS)
    kind = rng.choice(inner.columns).kind
    shared = sorted({column.kind for column in inner.columns} & {column.kind for column in columns} - {"out"}) or [
        "int"
    ]
    key = rng.choice(shared)
    value = expression(context, inner.columns, kind, 1)
    where = f"WHERE {expression(context, inner.columns, key, 0)} = {expression(context, columns, key, 0)}"
    if context.chance(0.25):
        where = f"WHERE {condition(context, inner.columns, 1)}"
    order = f"ORDER BY {inner.unique[0]} {rng.choice(['', 'DESC'])} LIMIT 1"
    return rng.choice(
        [
            Column(f"(SELECT {rng.choice(['max', 'min'])}({value}) FROM {inner.text} {where})", kind),
            Column(f"(SELECT count({value}) FROM {inner.text} {where})", "big"),
            Column(f"(SELECT sum({expression(context, inner.columns, 'tiny', 1)}) FROM {inner.text} {where})", "huge"),
            Column(f"(SELECT {value} FROM {inner.text} {where} {order})", kind),
        ]
    )


def subquery_of_kind(context: Context, columns: List[Column], kind: str) -> str:
    """Writes a subquery that gives one value of a kind, and sometimes looks at `columns`."""
    inner = base(context, MOST_ROWS)
    value = expression(context, inner.columns, kind, 1)
    where = ""
    if columns and context.chance(0.3):
        where = f"WHERE {expression(context, inner.columns, 'int', 0)} = {expression(context, columns, 'int', 0)}"
    elif context.chance(0.3):
        where = f"WHERE {condition(context, inner.columns, 1)}"
    order = f"ORDER BY {inner.unique[0]} {context.rng.choice(['', 'DESC'])} LIMIT 1"
    given = context.rng.choice([f"max({value})", f"min({value})", value])
    return f"(SELECT {given} FROM {inner.text} {where}{f' {order}' if given == value else ''})"
