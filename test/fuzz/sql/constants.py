"""Random queries over rows that no table has, and of which each task could choose others: they must be chosen once.

Which rows are chosen is open, but not how many: only distinct ones are counted.
"""

from typing import Iterable, NamedTuple

from sql.expressions import condition
from sql.scope import Column, Context
from sql.selects import Select
from sql.tables import base

SIZES = [60, 4200, 6300]
MOST_ROWS = 30  # of a table, each beside all of the constant rows


class Chosen(NamedTuple):
    """A derived table with the columns n and x, as many of the one as of the other. `is_key`: all n are known."""

    text: str
    is_key: bool


def counted_constants(context: Context) -> Select:
    """Counts the distinct rows of a constant relation beside the rows of a table."""
    rng = context.rng
    size = rng.choice(SIZES)
    chosen, alias = _chosen(context, size), context.name("c")
    source = base(context)
    (key,) = source.unique or ["0"]
    where = f" WHERE {key} % {max(1, source.rows // MOST_ROWS)} = 0"
    join = f"{source.text} CROSS JOIN {chosen.text} AS {alias}"
    if chosen.is_key and context.chance(0.5):
        where = f" WHERE {condition(context, source.columns, 1)}" if context.chance(0.3) else ""
        join = f"{source.text} {rng.choice(['', 'LEFT ', 'RIGHT '])}JOIN {chosen.text} AS {alias} ON {key} = {alias}.n"
    counts = f"count(*) AS a, count(DISTINCT {alias}.n) AS d, count(DISTINCT {alias}.x) AS e"
    counts += f", count(DISTINCT ({alias}.n, {alias}.x)) AS f"
    columns = [Column(name, "big") for name in "adef"]
    if context.chance(0.4):
        group = f"{key} % 3"
        return Select(f"SELECT {group} AS g, {counts} FROM {join}{where} GROUP BY ALL", columns, ["g"], 3)
    return Select(f"SELECT {counts} FROM {join}{where}", columns, [], 1)


def _chosen(context: Context, size: int) -> Chosen:
    """Chooses some of the constant rows, or numbers them in whatever order they come."""
    rows, groups = _constant_rows(context, size), size // context.rng.choice([2, 7])
    few = f"(SELECT DISTINCT x % {groups} AS x FROM {rows})"
    return context.rng.choice(
        [
            Chosen(f"(SELECT DISTINCT x % {groups} AS n, x % {groups} AS x FROM {rows})", True),
            Chosen(f"(SELECT DISTINCT ON (x % {groups}) x % {groups} AS n, x FROM {rows})", True),
            Chosen(f"(SELECT x % {groups} AS n, any_value(x) AS x FROM {rows} GROUP BY ALL)", True),
            Chosen(f"(SELECT row_number() OVER () AS n, x FROM {rows})", True),
            Chosen(f"(SELECT row_number() OVER () AS n, x FROM {few})", True),
            Chosen(f"(SELECT x AS n, x FROM {rows} LIMIT {groups})", False),
            Chosen(f"(SELECT x AS n, x FROM {few} LIMIT {max(1, groups // 3)})", False),
        ]
    )


def _constant_rows(context: Context, size: int) -> str:
    """Writes the numbers below `size` without a table. Of these ways, several threads read long VALUES only."""
    step = size // 20
    long, short = (_values(range(0, size, by)) for by in (1, step))
    product = f"(SELECT v.a + r.i AS x FROM {short} AS v(a), range({step}) AS r(i))"
    values = f"{long} AS u(x)"
    return context.rng.choice([values, values, f"unnest(range({size})) AS u(x)", product])


def _values(numbers: Iterable[int]) -> str:
    return f"(VALUES {', '.join(f'({number})' for number in numbers)})"
