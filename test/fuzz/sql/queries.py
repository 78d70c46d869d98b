"""Random statements: SELECT in all its shapes, set operations, table expressions, PIVOT and UNPIVOT.

Nothing is made whose answer DuckDB leaves open: LIMIT stands under a total order, aggregates that see an order are
given one, and floats with noise are only given out.
"""

import re
from typing import Any, List, NamedTuple

from sql import kinds
from sql.aggregates import order_of
from sql.collations import collated_set_operation
from sql.constants import counted_constants
from sql.data import Table
from sql.expressions import condition, expression
from sql.failing import failing_condition
from sql.relations import relation
from sql.scope import Column, Context, Relation, Rng
from sql.selects import Select, distinct, grouped, plain, windowed
from sql.subqueries import subquery_condition
from sql.tables import base
from sql.values import lines, values_condition


class Statement(NamedTuple):
    """A query as text; `is_ordered`: its rows come in one order only."""

    sql: str
    parameters: List[Any]
    is_ordered: bool


def make_statement(rng: Rng, tables: List[Table]) -> Statement:
    """Makes a statement over `tables`."""
    context = Context(rng, tables)
    prefix = _with(context) if context.chance(0.25) else ""
    which = rng.random()
    if which < 0.06:
        made = _pivot(context)
    elif which < 0.09:
        made = _unpivot(context)
    elif which < 0.19:
        made = _set_operation(context, 2, is_last=True)
    elif which < 0.21:
        made = collated_set_operation(context, derived)
    elif which < 0.23:
        made = counted_constants(context)
    else:
        made = _select(context, 3, is_last=True)
    return _with_parameters(context, prefix + made.text, made.is_ordered)


def _with_parameters(context: Context, text: str, is_ordered: bool) -> Statement:
    """Numbers the parameters that came into the text."""
    used = sorted({int(number) for number in re.findall(r"\$(\d+)::INTEGER", text)})
    text = re.sub(r"\$(\d+)::INTEGER", lambda found: f"${used.index(int(found.group(1))) + 1}::INTEGER", text)
    return Statement(text, [context.parameters[number - 1] for number in used], is_ordered)


def derived(context: Context, depth: int) -> Relation:
    """Makes a query in parentheses."""
    made = _set_operation(context, depth, False) if context.chance(0.2) else _select(context, depth, False)
    return _as_relation(context, f"({made.text})", made)


def _as_relation(context: Context, text: str, made: Select) -> Relation:
    alias = context.name("q")
    columns = [Column(f"{alias}.{column.text}", column.kind) for column in made.columns if column.kind != "out"]
    unique = None if made.unique is None else [f"{alias}.{name}" for name in made.unique]
    return Relation(f"{text} AS {alias}", columns, unique, made.rows)


def _with(context: Context) -> str:
    """Makes table expressions; those that follow may read those before."""
    parts, is_recursive = [], False
    for _ in range(context.rng.randint(1, 2)):
        name = context.name("cte")
        if context.chance(0.25):
            is_recursive = True
            made = _recursive(context, name)
        else:
            made = _select(context, 1, False)
        columns = [Column(f"{name}.{column.text}", column.kind) for column in made.columns if column.kind != "out"]
        unique = None if made.unique is None else [f"{name}.{text}" for text in made.unique]
        materialized = "" if is_recursive else context.rng.choice(["", "MATERIALIZED ", "NOT MATERIALIZED "])
        parts.append(f"{name} AS {materialized}({made.text})")
        context.expressions[name] = Relation(name, columns, unique, made.rows)
    return f"WITH {'RECURSIVE ' if is_recursive else ''}{', '.join(parts)} "


def _recursive(context: Context, name: str) -> Select:
    """Makes the two terms of a recursion that ends after a few rounds."""
    rng = context.rng
    start, step = base(context, 100), base(context, 200)
    union = rng.choice(["UNION ALL", "UNION"])
    first = f"SELECT DISTINCT 0 AS n, {expression(context, start.columns, 'int', 1)} % 20 AS x FROM {start.text}"
    if context.chance(0.5):
        second = f"SELECT n + 1, TRY(x * 3 + 1) % 20 FROM {name} WHERE n < {rng.randint(1, 6)}"
    else:
        step_value = expression(context, step.columns, "int", 0)
        where = f"n < {rng.randint(1, 3)} AND {name}.x = {expression(context, step.columns, 'int', 0)}"
        second = f"SELECT DISTINCT n + 1, {step_value} % 20 FROM {name}, {step.text} WHERE {where}"
    return Select(f"{first} {union} {second}", [Column("n", "int"), Column("x", "int")], None, 400)


def _select(context: Context, depth: int, is_last: bool) -> Select:
    """Makes a SELECT of one of the shapes, with an ORDER BY and a LIMIT perhaps."""
    source = relation(context, depth, derived)
    where = _where(context, source)
    shape = context.rng.random()
    if shape < 0.35 and source.columns:
        made = grouped(context, source, where, is_last)
    elif shape < 0.5:
        made = windowed(context, source, where, is_last)
    elif shape < 0.58:
        made = distinct(context, source, where)
    else:
        made = plain(context, source, where)
    return _ordered(context, made, is_last)


def _where(context: Context, source: Relation) -> str:
    predicates = []
    if context.chance(0.25):
        predicates.append(condition(context, source.columns, context.rng.choice([0, 1, 2])))
    if context.chance(0.17):
        predicates.append(subquery_condition(context, source.columns))
    if source.columns and context.chance(0.02):
        predicates.append(context.rng.choice([failing_condition, values_condition])(context, source.columns))
    joint = context.rng.choice([" AND ", " OR "])
    return f" WHERE {joint.join(predicates)}" if predicates else ""


def _ordered(context: Context, made: Select, is_last: bool) -> Select:
    """Puts rows in a total order, and takes some of them."""
    rng = context.rng
    known = [column.text for column in made.columns if column.kind != "out"]
    if made.unique is None and len(known) < len(made.columns) or "DISTINCT ON" in made.text:
        return made
    if not context.chance(0.4) or (not is_last and context.chance(0.5)):
        return made
    keys = made.unique if made.unique is not None else known
    first = rng.sample(
        [name for name in known if name not in keys], min(rng.randint(0, 2), len([n for n in known if n not in keys]))
    )
    if not keys:
        return made  # one row
    if made.unique is None:
        keys = rng.sample(keys, len(keys))
    order = order_of(context, _collated(context, made, first) + keys)
    if context.chance(0.08) and len(known) == len(made.columns):
        order = f"ORDER BY ALL{rng.choice(['', ' DESC', ' NULLS LAST'])}"
    text = f"{made.text} {order}"
    limit = rng.choice(
        [
            "",
            f" LIMIT {rng.choice([*[1, 5, 40, 2000] * 4, 0])}",
            f" LIMIT {rng.randint(1, 30)} OFFSET {rng.choice([*[0, 1, 2, 7] * 4, 500])}",
        ]
    )
    if context.chance(0.15):
        limit = rng.choice(
            [
                f" LIMIT {rng.choice([*[5, 33, 100] * 4, 0])}%",
                " LIMIT (SELECT count(*) FROM few)",
                f" OFFSET {rng.choice([0, 1, 1, 2, 3, 30])}",
            ]
        )
    return made._replace(text=text + limit, is_ordered=True)


def _collated(context: Context, made: Select, names: List[str]) -> List[str]:
    """Has some texts sorted by a collation: keys that follow break its ties."""
    texts = {column.text for column in made.columns if column.kind == "str"}
    collation = context.rng.choice([" COLLATE NOCASE", " COLLATE NOACCENT", "", ""])
    return [name + collation if name in texts else name for name in names]


def _set_operation(context: Context, depth: int, is_last: bool) -> Select:
    """Joins queries with the same kinds of columns by a set operation."""
    rng = context.rng
    chosen = (
        rng.sample(list(kinds.KINDS), rng.randint(1, 2))
        if context.chance(0.5)
        else rng.sample(["int", "str", "big", "tame"], 2)
    )
    names = [f"s{at}" for at in range(len(chosen))]

    shared = relation(context, max(0, depth - 1), derived) if context.chance(0.6) else None

    def branch() -> str:
        source = shared or relation(context, max(0, depth - 1), derived)
        items = (
            f"{expression(context, source.columns, kind, 1)}::{kinds.KINDS[kind].type} AS {name}"
            for kind, name in zip(chosen, names)
        )
        return f"SELECT {', '.join(items)} FROM {source.text}{_where(context, source)}"

    text, is_set = branch(), False
    for _ in range(rng.choice([1, 1, 2])):
        operation = rng.choice(
            ["UNION ALL", "UNION", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL", "UNION ALL BY NAME"]
        )
        has_names = operation.endswith("NAME") or context.chance(0.85)
        other = branch() if has_names else lines(context, [], chosen)
        text, is_set = f"({text}) {operation} ({other})", operation in ("UNION", "INTERSECT", "EXCEPT")
    columns = [Column(name, kind) for name, kind in zip(names, chosen)]
    return _ordered(context, Select(text, columns, names if is_set else None, 3000), is_last)


def _pivot(context: Context) -> Select:
    rng = context.rng
    source = base(context, 1500)
    key = rng.choice(source.columns)
    value = expression(context, source.columns, rng.choice(["int", "tiny", "tame"]), 1)
    inner = f"SELECT {key.text} AS k, {source.unique[0].replace('.id', '.g')} AS g, {value} AS v FROM {source.text}"
    call = rng.choice(["sum(v) AS s, count(*) AS n", "max(v)", "count(v) AS n"])
    text = f"PIVOT ({inner}) ON g IN (0, 1, 3) USING {call} GROUP BY k"
    return Select(f"SELECT * FROM ({text})", [Column("k", key.kind)], None, 100)


def _unpivot(context: Context) -> Select:
    source = base(context, 1500)
    one, other = (expression(context, source.columns, "int", 1) for _ in range(2))
    nulls = context.rng.choice(["", "INCLUDE NULLS "])
    inner = f"SELECT {source.unique[0]} AS id, {one} AS a, {other} AS b FROM {source.text}"
    return Select(f"SELECT * FROM ({inner}) UNPIVOT {nulls}(v FOR n IN (a, b))", [Column("v", "int")], None, 3000)
