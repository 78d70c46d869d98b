"""The kinds of columns that the fuzzer knows: a DuckDB type, and random values of it as texts that cast to it.

Two kinds share DOUBLE: `tame` values add up without rounding, so that sums do not depend on the order of rows; `wild`
ones (NaN, infinities, -0.0, extremes) are compared, sorted, grouped and joined, but never computed with.
Intervals are normal (less than 30 days, less than 24 hours), so that equal ones are the same, and not
negative: Parquet has none.
"""

import random
from typing import Callable, Dict, List, NamedTuple, Optional

Rng = random.Random


class Kind(NamedTuple):
    """A type, the type that Parquet keeps it as, and what makes one of its values."""

    type: str
    value: Callable[[Rng], str]
    stored: Optional[str] = None


def pick(*values: str) -> Callable[[Rng], str]:
    return lambda rng: rng.choice(values)


def whole(bits: int, is_signed: bool = True) -> Callable[[Rng], str]:
    """Makes integers: mostly small ones, and the extremes."""
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if is_signed else (0, (1 << bits) - 1)
    extremes = [low, low + 1, high - 1, high, 0, 1]

    def value(rng: Rng) -> str:
        if rng.random() < 0.15:
            return str(rng.choice(extremes))
        return str(rng.randint(max(low, -20), min(high, 100)))

    return value


def decimal(width: int, scale: int) -> Callable[[Rng], str]:
    def value(rng: Rng) -> str:
        digits = 10**width - 1 if rng.random() < 0.1 else rng.randint(0, 10 ** min(width, scale + 3) - 1)
        text = str(digits).rjust(scale + 1, "0")
        return rng.choice(["", "-"]) + f"{text[:-scale]}.{text[-scale:]}"

    return value


def tame(rng: Rng) -> str:
    return str(rng.randint(-4000, 4000) / 4)


STRINGS = [
    "",
    "a",
    "A",
    "ab",
    "abc",
    "b",
    " ",
    "  a ",
    "äöü",
    "ß",
    "ẞ",
    "日本語",
    "😀",
    "👩‍👩‍👧",
    "é",
    "e\u0301",
    "%",
    "_",
    "a%b",
]
STRINGS += [
    "'",
    '"',
    "\\",
    "null",
    "NULL",
    "0",
    "-1",
    "1.5",
    "x" * 12,
    "x" * 13,
    "y" * 300,
    "line\nbreak",
    "tab\there",
    "zz",
]


def string(rng: Rng) -> str:
    return rng.choice(STRINGS) if rng.random() < 0.7 else f"v{rng.randint(0, 60)}"


def blob(rng: Rng) -> str:
    return "".join(
        f"\\x{byte:02X}" for byte in rng.choices([0, 1, 65, 97, 127, 128, 255], k=rng.choice([0, 1, 2, 5, 13]))
    )


def date(rng: Rng) -> str:
    extremes = ["infinity", "-infinity", "1970-01-01", "0001-01-01", "5877642-06-25 (BC)", "9999-12-31", "2000-02-29"]
    return (
        rng.choice(extremes)
        if rng.random() < 0.15
        else f"20{rng.randint(0, 5):02}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    )


def clock(rng: Rng) -> str:
    if rng.random() < 0.15:
        return rng.choice(["00:00:00", "23:59:59.999999", "12:00:00"])
    return f"{rng.randint(0, 23):02}:{rng.choice([0, 30]):02}:{rng.randint(0, 59):02}"


def timestamp(rng: Rng) -> str:
    if rng.random() < 0.12:
        return rng.choice(
            ["infinity", "-infinity", "1970-01-01 00:00:00", "1677-09-22 00:12:43", "9999-12-31 23:59:59.999999"]
        )
    return f"2020-{rng.randint(1, 12):02}-{rng.randint(1, 28):02} {clock(rng)}"


def interval(rng: Rng) -> str:
    return f"{rng.randint(0, 14)} months {rng.randint(0, 29)} days {rng.randint(0, 86399)} seconds"


def uuid(rng: Rng) -> str:
    return f"{rng.choice([0, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]):08x}-0000-4000-8000-{rng.randint(0, 40):012x}"


def maybe(rng: Rng, text: str) -> str:
    return "NULL" if rng.random() < 0.2 else text


def ints(rng: Rng) -> str:
    return "[" + ", ".join(maybe(rng, str(rng.randint(-3, 9))) for _ in range(rng.choice([0, 1, 2, 3, 6]))) + "]"


WORDS = ["a", "b", "ä", "zz", "long enough to be kept apart"]


def strings(rng: Rng) -> str:
    return "[" + ", ".join(maybe(rng, rng.choice(WORDS)) for _ in range(rng.choice([0, 1, 2, 4]))) + "]"


def struct(rng: Rng) -> str:
    return f"{{'a': {maybe(rng, str(rng.randint(-2, 5)))}, 'b': {maybe(rng, rng.choice(WORDS))}}}"


def mapping(rng: Rng) -> str:
    return (
        "{"
        + ", ".join(f"{key}={maybe(rng, str(rng.randint(0, 5)))}" for key in rng.sample("abcd", rng.randint(0, 3)))
        + "}"
    )


def nested(rng: Rng) -> str:
    rows = (f"{{'x': {maybe(rng, ints(rng))}, 'y': {maybe(rng, struct(rng))}}}" for _ in range(rng.choice([0, 1, 2])))
    return "[" + ", ".join(rows) + "]"


def array(rng: Rng) -> str:
    return "[" + ", ".join(maybe(rng, str(rng.randint(0, 3))) for _ in range(3)) + "]"


KINDS: Dict[str, Kind] = {
    "int": Kind("INTEGER", whole(32)),
    "tiny": Kind("TINYINT", whole(8)),
    "small": Kind("USMALLINT", whole(16, is_signed=False)),
    "big": Kind("BIGINT", whole(64)),
    "ubig": Kind("UBIGINT", whole(64, is_signed=False)),
    "huge": Kind("HUGEINT", whole(128), "VARCHAR"),
    "uhuge": Kind("UHUGEINT", whole(128, is_signed=False), "VARCHAR"),
    "dec": Kind("DECIMAL(9, 2)", decimal(9, 2)),
    "wide": Kind("DECIMAL(38, 6)", decimal(38, 6)),
    "tame": Kind("DOUBLE", tame),
    "wild": Kind(
        "DOUBLE", pick("NaN", "inf", "-inf", "-0.0", "0.0", "1e308", "-1e308", "5e-324", "1.5", "-1.5", "0.1", "3")
    ),
    "float": Kind("FLOAT", tame),
    "bool": Kind("BOOLEAN", pick("true", "false")),
    "str": Kind("VARCHAR", string),
    "blob": Kind("BLOB", blob),
    "date": Kind("DATE", date),
    "ts": Kind("TIMESTAMP", timestamp),
    "tstz": Kind("TIMESTAMPTZ", timestamp),
    "time": Kind("TIME", clock),
    "iv": Kind("INTERVAL", interval),
    "uuid": Kind("UUID", uuid),
    "enum": Kind("ENUM('red', 'green', 'blue', 'Ä', '')", pick("red", "green", "blue", "Ä", ""), "VARCHAR"),
    "bit": Kind("BIT", pick("0", "1", "1010", "00000000", "111111111"), "VARCHAR"),
    "ints": Kind("INTEGER[]", ints),
    "strs": Kind("VARCHAR[]", strings),
    "st": Kind("STRUCT(a INTEGER, b VARCHAR)", struct),
    "map": Kind("MAP(VARCHAR, INTEGER)", mapping),
    "nest": Kind("STRUCT(x INTEGER[], y STRUCT(a INTEGER, b VARCHAR))[]", nested),
    "arr": Kind("INTEGER[3]", array),
}

#: Kinds of numbers that expressions compute with.
NUMBERS = ["int", "tiny", "small", "big", "ubig", "huge", "dec", "tame"]
NESTED = ["ints", "strs", "st", "map", "nest", "arr"]


def quoted(text: Optional[str]) -> str:
    return "NULL" if text is None else "'" + text.replace("'", "''") + "'"


def literal(rng: Rng, kind: str) -> str:
    """Writes a random value of a kind as SQL."""
    if kind in ("int", "bool"):
        return KINDS[kind].value(rng) if kind == "bool" else str(rng.randint(-5, 50))
    return cast(KINDS[kind].value(rng), kind)


def cast(text: str, kind: str) -> str:
    """Writes the value of a kind that a text stands for."""
    return f"CAST({quoted(text)} AS {KINDS[kind].type})"


def pool(rng: Rng, kind: str, size: int) -> List[str]:
    return [KINDS[kind].value(rng) for _ in range(size)]
