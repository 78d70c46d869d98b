"""Random FROM clauses: tables, table expressions, derived tables, VALUES, unnested lists, and all kinds of joins."""

from typing import Callable, List

from sql import kinds
from sql.expressions import condition, expression
from sql.failing import failing_join
from sql.grouped_joins import grouping_join
from sql.scope import Column, Context, Relation
from sql.tables import base, shared_kinds
from sql.values import lateral_values, values

MOST_ROWS = 60_000  # that a join may give
Derive = Callable[[Context, int], Relation]  # makes a derived table

JOINS = ["JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "SEMI JOIN", "ANTI JOIN"]


def relation(context: Context, depth: int, derive: Derive) -> Relation:
    """Makes something to select from; `derive` makes derived tables."""
    rng = context.rng
    which = rng.random()
    if depth > 0 and which < 0.45:
        return _join(context, depth, derive)
    if depth > 0 and which < 0.6:
        return derive(context, depth - 1)
    if context.expressions and which < 0.75:
        name, expression_of = rng.choice(list(context.expressions.items()))
        return renamed(context, name, expression_of)
    if which < 0.78:
        return values(context) if context.chance(0.04) else _values(context)
    if which < 0.8:
        return _series(context)
    if which < 0.86:
        return _unnested(context, base(context))
    return base(context)


def renamed(context: Context, text: str, inner: Relation) -> Relation:
    """Gives a relation another alias."""
    alias = context.name("t")
    columns = [Column(f"{alias}.{column.text.split('.')[-1]}", column.kind) for column in inner.columns]
    unique = None if inner.unique is None else [f"{alias}.{text.split('.')[-1]}" for text in inner.unique]
    return Relation(f"{text} AS {alias}", columns, unique, inner.rows)


def _values(context: Context) -> Relation:
    rng = context.rng
    alias, kind, other = context.name("v"), "int", rng.choice(list(kinds.KINDS))
    rows = rng.randint(1, 12)

    def value(of: str) -> str:
        return "NULL" if rng.random() < 0.2 else kinds.literal(rng, of)

    first = f"({value(kind)}::INTEGER, {value(other)}::{kinds.KINDS[other].type})"
    listed = ", ".join([first, *(f"({value(kind)}, {value(other)})" for _ in range(rows - 1))])
    return Relation(
        f"(VALUES {listed}) AS {alias}(a, b)", [Column(f"{alias}.a", kind), Column(f"{alias}.b", other)], None, rows
    )


def _series(context: Context) -> Relation:
    alias, rows = context.name("r"), context.rng.choice([0, 1, 30, 3000])
    return Relation(f"range({rows}) AS {alias}(id)", [Column(f"{alias}.id", "big")], [f"{alias}.id"], rows)


def _unnested(context: Context, inner: Relation) -> Relation:
    lists = [column for column in inner.columns if column.kind in ("ints", "strs")]
    text = context.rng.choice(lists).text if lists else expression(context, inner.columns, "ints", 1)
    kind = "str" if lists and any(column.text == text and column.kind == "strs" for column in lists) else "int"
    alias = context.name("u")
    join = context.rng.choice(
        [f" CROSS JOIN unnest({text}) AS {alias}(x)", f" LEFT JOIN unnest({text}) AS {alias}(x) ON true"]
    )
    return Relation(inner.text + join, [*inner.columns, Column(f"{alias}.x", kind)], None, inner.rows * 3)


def _join(context: Context, depth: int, derive: Derive) -> Relation:
    left = relation(context, depth - 1, derive)
    if context.chance(0.12):
        return lateral_values(context, left) if left.columns and context.chance(0.2) else _lateral(context, left)
    if context.chance(0.06):
        return context.rng.choice([grouping_join, failing_join])(context, left)
    right = base(context) if context.chance(0.5) else relation(context, depth - 1, derive)
    keys = shared_kinds(left, right)
    if not keys or left.rows * right.rows / 8 > MOST_ROWS:
        right = base(context, max(2, MOST_ROWS // max(1, left.rows)))
        keys = shared_kinds(left, right)
    if left.rows * right.rows > MOST_ROWS * 8 or (context.chance(0.08) and _can_be_asof(right)):
        right = base(context, max(2, MOST_ROWS // max(1, left.rows)))
        keys = shared_kinds(left, right)
        if context.chance(0.5):
            return _asof(context, left, right)
    if context.chance(0.06) and left.rows * right.rows < MOST_ROWS:
        return _both(f"{left.text} CROSS JOIN {right.text}", left, right, left.rows * right.rows)
    return _joined_on(context, left, right, keys)


def _joined_on(context: Context, left: Relation, right: Relation, shared: List[str]) -> Relation:
    rng = context.rng
    join = rng.choice(JOINS)
    predicates = [
        _key(context, left, right, kind) for kind in rng.sample(shared, min(len(shared), rng.choice([1, 1, 1, 2])))
    ]
    both = left.columns + right.columns
    if left.rows * right.rows < MOST_ROWS and context.chance(0.25):
        predicates = [f"{expression(context, left.columns, 'int', 0)} < {expression(context, right.columns, 'int', 0)}"]
    if context.chance(0.12):
        predicates.append(condition(context, both, 1))
    if context.chance(0.06) and left.rows * right.rows < MOST_ROWS:
        predicates = [f"({' OR '.join(predicates)})"]
    text = f"{left.text} {join} {_grouped(right)} ON {' AND '.join(predicates) or 'true'}"
    if join in ("SEMI JOIN", "ANTI JOIN"):
        return Relation(text, left.columns, left.unique, left.rows)
    return _both(text, left, right, max(left.rows, right.rows, left.rows * right.rows // 8))


def _grouped(right: Relation) -> str:
    return f"({right.text})" if " JOIN " in right.text else right.text


def _key(context: Context, left: Relation, right: Relation, kind: str) -> str:
    """Writes an equality of two columns, sometimes of expressions, or one that takes NULLs for equal."""
    keys = [[column.text for column in side.columns if column.text.endswith(".k")] for side in (left, right)]
    if all(keys) and context.chance(0.75):
        return f"{context.rng.choice(keys[0])} = {context.rng.choice(keys[1])}"
    depth = 1 if context.chance(0.15) else 0
    one, other = (expression(context, side.columns, kind, depth) for side in (left, right))
    return f"{one} {context.rng.choice(['=', '=', '=', 'IS NOT DISTINCT FROM'])} {other}"


def _both(text: str, left: Relation, right: Relation, rows: int) -> Relation:
    unique = None if left.unique is None or right.unique is None else left.unique + right.unique
    return Relation(text, left.columns + right.columns, unique, rows)


def _can_be_asof(right: Relation) -> bool:
    return right.unique is not None and len(right.unique) == 1 and right.unique[0].endswith(".id")


def _asof(context: Context, left: Relation, right: Relation) -> Relation:
    """Joins with the nearest row of a table: ids differ, so there is no tie."""
    keys = [column.text for column in left.columns if column.kind in ("big", "int")]
    if not keys:
        return left
    compare = context.rng.choice([">=", ">", "<=", "<"])
    on = f"{context.rng.choice(keys)} {compare} {right.unique[0]}"
    shared = [kind for kind in shared_kinds(left, right) if kind not in ("big", "wild")]
    if shared and context.chance(0.6):
        kind = context.rng.choice(shared)
        on += f" AND {expression(context, left.columns, kind, 0)} = {expression(context, right.columns, kind, 0)}"
    text = f"{left.text} ASOF {context.rng.choice(['', 'LEFT '])}JOIN {right.text} ON {on}"
    return Relation(text, left.columns + right.columns, left.unique, left.rows)


def _lateral(context: Context, left: Relation) -> Relation:
    """Joins with a query over a table for each row on the left."""
    inner, alias = base(context, 500), context.name("l")
    kind = context.rng.choice(inner.columns).kind
    value = expression(context, inner.columns, kind, 1)
    where = _key(context, left, inner, context.rng.choice(shared_kinds(left, inner) or ["int"]))
    if context.chance(0.5):
        text, unique = f"SELECT max({value}) AS x, count(*) AS n FROM {inner.text} WHERE {where}", left.unique
    else:
        order = f"ORDER BY {inner.unique[0]} {context.rng.choice(['', 'DESC'])} LIMIT {context.rng.randint(1, 3)}"
        text, unique = f"SELECT {value} AS x, {inner.unique[0]} AS n FROM {inner.text} WHERE {where} {order}", None
    join = context.rng.choice(
        [f" CROSS JOIN LATERAL ({text}) AS {alias}", f" LEFT JOIN LATERAL ({text}) AS {alias} ON true"]
    )
    return Relation(
        left.text + join,
        [*left.columns, Column(f"{alias}.x", kind), Column(f"{alias}.n", "big")],
        unique,
        left.rows * 3,
    )
