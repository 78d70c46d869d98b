"""Random typed expressions. `TRY` makes NULL of what would overflow: valid queries are wanted, errors are rare."""

from typing import Dict, List, Sequence, Tuple

from sql import kinds
from sql.scope import Column, Context

#: By kind of the result: texts with places {0}, {1}..., and the kinds of what stands there.
FORMS: Dict[str, List[Tuple[str, Sequence[str]]]] = {
    "int": [
        ("TRY({0} + {1})", ("int", "int")),
        ("TRY({0} * 2 - {1})", ("int", "int")),
        ("({0} % 7)", ("int",)),
        ("TRY(abs({0}))", ("int",)),
        ("length({0})::INTEGER", ("str",)),
        ("TRY_CAST({0} AS INTEGER)", ("big",)),
        ("TRY_CAST({0} AS INTEGER)", ("str",)),
        ("TRY_CAST({0} AS INTEGER)", ("dec",)),
        ("TRY_CAST({0} AS INTEGER)", ("huge",)),
        ("TRY(year({0})::INTEGER)", ("date",)),
        ("TRY(month({0})::INTEGER)", ("ts",)),
        ("hour({0})::INTEGER", ("time",)),
        ("len({0})::INTEGER", ("ints",)),
        ("{0}[1]", ("ints",)),
        ("{0}[-1]", ("ints",)),
        ("{0}.a", ("st",)),
        ("{0}['b']", ("map",)),
        ("cardinality({0})::INTEGER", ("map",)),
        ("list_sum({0})::INTEGER", ("ints",)),
        ("list_reduce(list_concat([0], {0}), LAMBDA a, b: coalesce(a, 0) + coalesce(b, 0))", ("ints",)),
        ("list_position({0}, {1})::INTEGER", ("ints", "int")),
        ("octet_length({0})::INTEGER", ("blob",)),
        ("bit_count({0}::BIT)::INTEGER", ("bit",)),
        ("{0}[1].y.a", ("nest",)),
        ("{0}[2]", ("arr",)),
        ("sign({0})::INTEGER", ("dec",)),
        ("({0} // 3)", ("int",)),
        ("ascii({0})", ("str",)),
        ("instr({0}, 'a')::INTEGER", ("str",)),
        ("levenshtein({0}, 'abc')::INTEGER", ("str",)),
        ("list_aggregate({0}, 'max')", ("ints",)),
        ("list_unique({0})::INTEGER", ("ints",)),
        ("greatest({0}, {1})", ("int", "int")),
        ("(extract('dow' FROM {0}))::INTEGER", ("tstz",)),
        ("enum_code({0})::INTEGER", ("enum",)),
        ("TRY_CAST(round({0}) AS INTEGER)", ("tame",)),
        ("bit_length({0})::INTEGER", ("str",)),
        ("TRY(datediff('day', {0}, {1})::INTEGER)", ("date", "date")),
    ],
    "big": [
        ("{0}::BIGINT", ("int",)),
        ("TRY({0} + {1})", ("big", "big")),
        ("TRY({0} // {1})", ("big", "int")),
        ("xor({0}, {1})", ("big", "big")),
        ("TRY(epoch_ms({0}))", ("ts",)),
        ("TRY_CAST({0} AS BIGINT)", ("ubig",)),
        ("({0} & 255)", ("big",)),
    ],
    "huge": [("{0}::HUGEINT", ("big",)), ("TRY({0} + {1})", ("huge", "big")), ("TRY(-{0})", ("huge",))],
    "ubig": [("TRY_CAST({0} AS UBIGINT)", ("big",)), ("hash({0})", ("str",)), ("hash({0}, {1})", ("int", "date"))],
    "dec": [
        ("TRY_CAST({0} AS DECIMAL(9, 2))", ("int",)),
        ("TRY_CAST({0} AS DECIMAL(9, 2))", ("str",)),
        ("abs({0})", ("dec",)),
    ],
    "wide": [("TRY_CAST({0} AS DECIMAL(38, 6))", ("dec",)), ("round({0}, 6)", ("wide",))],
    "tame": [
        ("({0} % 1000)::DOUBLE", ("int",)),
        ("({0} + {1})", ("tame", "tame")),
        ("({0} * 0.5)", ("tame",)),
        ("floor({0})", ("tame",)),
        ("{0}::DOUBLE", ("float",)),
        ("least({0}, {1})", ("tame", "tame")),
    ],
    "bool": [],  # see condition
    "str": [
        ("({0} || {1})", ("str", "str")),
        ("upper({0})", ("str",)),
        ("substr({0}, 2, 3)", ("str",)),
        ("{0}::VARCHAR", ("int",)),
        ("{0}::VARCHAR", ("huge",)),
        ("{0}::VARCHAR", ("date",)),
        ("{0}::VARCHAR", ("ints",)),
        ("{0}::VARCHAR", ("st",)),
        ("{0}::VARCHAR", ("enum",)),
        ("{0}::VARCHAR", ("dec",)),
        ("{0}::VARCHAR", ("nest",)),
        ("{0}.b", ("st",)),
        ("{0}[1]", ("strs",)),
        ("replace({0}, 'a', {1})", ("str", "str")),
        ("lpad({0}, 5, '*')", ("str",)),
        ("concat_ws('-', {0}, {1})", ("str", "int")),
        ("regexp_replace({0}, '[a-c]+', '<\\0>')", ("str",)),
        ("array_to_string({0}, ',')", ("strs",)),
        ("strftime({0}, '%Y-%m')", ("date",)),
        ("to_json({0})::VARCHAR", ("st",)),
        ("hex({0})", ("blob",)),
        ("md5({0})", ("str",)),
        ("reverse({0})", ("str",)),
    ],
    "enum": [("coalesce({0}, {1})", ("enum", "enum"))],
    "tstz": [("TRY({0} AT TIME ZONE 'Europe/Berlin')", ("ts",)), ("TRY({0} + INTERVAL 1 DAY)", ("tstz",))],
    "nest": [("[{{'x': {0}, 'y': {1}}}]", ("ints", "st")), ("list_reverse({0})", ("nest",))],
    "arr": [("array_value({0}, {1}, 1)", ("int", "int"))],
    "tiny": [("TRY_CAST({0} AS TINYINT)", ("int",)), ("TRY(-{0})", ("tiny",))],
    "small": [("TRY_CAST({0} AS USMALLINT)", ("int",))],
    "uhuge": [("{0}::UHUGEINT", ("ubig",))],
    "bit": [("TRY({0}::BIT)", ("int",)), ("({0} | {0})", ("bit",))],
    "uuid": [("TRY_CAST(md5({0}) AS UUID)", ("str",))],
    "wild": [("{0}::DOUBLE", ("float",)), ("greatest({0}, {1})", ("wild", "wild"))],
    "blob": [("TRY(encode({0}))", ("str",)), ("({0} || {1})", ("blob", "blob"))],
    "date": [
        ("TRY(({0} + INTERVAL 1 MONTH)::DATE)", ("date",)),
        ("TRY(date_trunc('month', {0})::DATE)", ("date",)),
        ("TRY_CAST({0} AS DATE)", ("ts",)),
        ("TRY({0} + {1} % 100)", ("date", "int")),
    ],
    "ts": [
        ("TRY({0}::TIMESTAMP)", ("date",)),
        ("TRY({0} + INTERVAL 90 MINUTE)", ("ts",)),
        ("TRY(date_trunc('day', {0})::TIMESTAMP)", ("ts",)),
        ("TRY(time_bucket(INTERVAL 3 DAY, {0}))", ("ts",)),
    ],
    "ints": [
        ("[{0}, {1}]", ("int", "int")),
        ("list_transform({0}, LAMBDA x: x * 2 + 1)", ("ints",)),
        ("list_filter({0}, LAMBDA x: x > {1} % 5)", ("ints", "int")),
        ("list_sort({0})", ("ints",)),
        ("list_concat({0}, {1})", ("ints", "ints")),
        ("[x + 1 FOR x IN {0} IF x IS NOT NULL]", ("ints",)),
        ("{0}[2:3]", ("ints",)),
        ("range(abs({0} % 4)::BIGINT)::INTEGER[]", ("int",)),
        ("map_values({0})", ("map",)),
        ("list_distinct({0}).list_sort()", ("ints",)),
    ],
    "strs": [("string_split({0}, 'a')", ("str",)), ("[{0}, {1}]", ("str", "str")), ("map_keys({0})", ("map",))],
    "st": [("{{'a': {0}, 'b': {1}}}", ("int", "str")), ("struct_pack(a := {0}, b := {1})", ("int", "str"))],
    "map": [("MAP {{'a': {0}, 'b': {1}}}", ("int", "int")), ("map_concat({0}, {1})", ("map", "map"))],
    "time": [("{0}::TIME", ("ts",))],
    "iv": [("to_days(abs({0} % 28)::INTEGER)", ("int",))],
    "float": [("TRY({0}::FLOAT)", ("tame",))],
}

COMPARISONS = ["=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"]
OFTEN_TRUE = ["<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "="]


def expression(context: Context, columns: List[Column], kind: str, depth: int = 2) -> str:
    """Writes an expression of a kind over `columns`."""
    fitting = [column.text for column in columns if column.kind == kind]
    chance = context.rng.random()
    if fitting and (depth <= 0 or chance < 0.5):
        return context.rng.choice(fitting)
    if depth <= 0 or chance > 0.94:
        return literal(context, kind)
    if kind == "bool":
        return condition(context, columns, depth - 1)
    forms = [form for form in FORMS.get(kind, []) if chance < 0.88]
    if not forms:
        return _general(context, columns, kind, depth)
    text, arguments = context.rng.choice(forms)
    return text.format(*(expression(context, columns, argument, depth - 1) for argument in arguments))


def literal(context: Context, kind: str) -> str:
    """Writes a value; small numbers are sometimes parameters of the statement."""
    if kind == "int" and context.chance(0.1):
        return context.parameter(context.rng.randint(-5, 50))
    return kinds.literal(context.rng, kind)


def _general(context: Context, columns: List[Column], kind: str, depth: int) -> str:
    """Writes what every kind has."""

    def more() -> str:
        return expression(context, columns, kind, depth - 1)

    which = context.rng.randrange(4)
    if which == 0:
        return f"coalesce({more()}, {more()})"
    if which == 1:
        return f"CASE WHEN {condition(context, columns, depth - 1)} THEN {more()} ELSE {more()} END"
    if which == 2:
        return f"nullif({more()}, {more()})"
    return more()


def condition(context: Context, columns: List[Column], depth: int = 2) -> str:
    """Writes a predicate."""
    rng = context.rng
    if depth > 0 and context.chance(0.35):
        one, other = condition(context, columns, depth - 1), condition(context, columns, depth - 1)
        return rng.choice([f"({one} AND {other})", f"({one} OR {other})", f"(NOT {one})"])
    kind = rng.choice(columns).kind if columns else rng.choice(["int", "str"])
    left = expression(context, columns, kind, depth)
    which = rng.random()
    if which < 0.1:
        return f"({left} {rng.choice(OFTEN_TRUE)} {context.constant(kind)})"
    if which < 0.5:
        return f"({left} {rng.choice(OFTEN_TRUE)} {expression(context, columns, kind, depth)})"
    if which < 0.62:
        return f"({left} IS {rng.choice(['', 'NOT ', 'NOT '])}NULL)"
    if which < 0.75:
        listed = ", ".join(context.constant(kind) for _ in range(rng.randint(1, 5)))
        return f"({left} {rng.choice(['', 'NOT ', 'NOT '])}IN ({listed}))"
    if which < 0.85:
        return f"({left} BETWEEN {context.constant(kind)} AND {expression(context, columns, kind, depth - 1)})"
    return _special_condition(context, columns, depth)


def _special_condition(context: Context, columns: List[Column], depth: int) -> str:
    def of(kind: str) -> str:
        return expression(context, columns, kind, depth - 1)

    return context.rng.choice(
        [
            lambda: f"({of('str')} LIKE '%a%')",
            lambda: f"({of('str')} ILIKE 'A_%')",
            lambda: f"starts_with({of('str')}, 'v')",
            lambda: f"regexp_matches({of('str')}, '^[a-z]+$')",
            lambda: f"list_contains({of('ints')}, {of('int')})",
            lambda: f"({of('int')} % 2 = 0)",
            lambda: of("bool"),
            lambda: f"(({of('int')}, {of('str')}) < ({of('int')}, {of('str')}))",
            lambda: f"list_has_any({of('strs')}, {of('strs')})",
        ]
    )()
