"""Reads test scripts in the form of sqllogictest: what test/sql/README.md describes, and nothing else.

A script is a value: its records in their order, loops unrolled. What is not known is refused with file and line.
"""

import dataclasses
import pathlib
import re
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

NOTE = re.compile(r"# *(known difference|local|distributed|single)(?: \(([^)]*)\))?: *(.+)")


class ScriptError(Exception):
    """A script that cannot be read: `file:line: what`."""


@dataclasses.dataclass(frozen=True)
class Note:
    """What is said of a record: of these configurations, or (none named) of all with a cluster."""

    text: str
    configurations: Tuple[str, ...]

    def holds_in(self, configuration: str) -> bool:
        return not self.configurations or configuration in self.configurations


@dataclasses.dataclass(frozen=True)
class Record:
    """One statement and what is expected of it. `kind` is ok, error, query or table."""

    kind: str
    line: int
    sql: str
    expected: Optional[Tuple[str, ...]] = None  # rows of a query, text of an error; None: not written yet
    types: str = ""
    is_sorted: bool = False  # by the runner, before rows are compared
    table: str = ""
    runs_locally: Optional[Note] = None  # why
    must_distribute: bool = False
    difference: Optional[Note] = None  # the answer is known to be wrong


class Script(NamedTuple):
    path: pathlib.Path
    records: List[Record]
    single: str  # why no query of it has more tasks than stages; empty: one must have


class _Line(NamedTuple):
    number: int
    text: str


Blocks = List[List[_Line]]


def read(path: pathlib.Path) -> Script:
    """Reads a file. Raises ScriptError."""
    return parse(path, path.read_text(encoding="utf-8"))


def parse(path: pathlib.Path, text: str) -> Script:
    records: List[Record] = []
    single = ""
    for block in _unrolled(path, _blocks(text)):
        notes, lines = _split_notes(path, block)
        if "single" in notes:
            single = notes.pop("single")[1]
        if lines:
            records.append(_record(path, lines, notes))
        elif notes:
            raise _error(path, block[0], f"'# {next(iter(notes))}:' belongs right above a record")
    return Script(path, records, single)


def _error(path: pathlib.Path, line: _Line, what: str) -> ScriptError:
    return ScriptError(f"{path}:{line.number}: {what}")


def _blocks(text: str) -> Iterator[List[_Line]]:
    """Yields the parts between empty lines."""
    block: List[_Line] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            block.append(_Line(number, line.rstrip()))
        elif block:
            yield block
            block = []
    if block:
        yield block


def _unrolled(path: pathlib.Path, blocks: Iterator[List[_Line]], opened: Optional[_Line] = None) -> Blocks:
    """Returns the blocks with each loop repeated, its variable replaced."""
    found: Blocks = []
    for block in blocks:
        words = block[0].text.split()
        if words[0] in ("loop", "foreach"):
            body = _unrolled(path, blocks, block[0])
            for value in _values(path, block[0], words):
                found += [[_Line(n, t.replace("${" + words[1] + "}", value)) for n, t in part] for part in body]
        elif words[0] == "endloop":
            if not opened:
                raise _error(path, block[0], "endloop without a loop")
            return found
        else:
            found.append(block)
    if opened:
        raise _error(path, opened, "the loop has no endloop")
    return found


def _values(path: pathlib.Path, line: _Line, words: List[str]) -> List[str]:
    if words[0] == "foreach" and len(words) > 2:
        return words[2:]
    if words[0] == "loop" and len(words) == 4 and words[2].isdigit() and words[3].isdigit():
        return [str(number) for number in range(int(words[2]), int(words[3]))]
    raise _error(path, line, f"not a loop: {line.text}")


Notes = Dict[str, Tuple[str, str]]


def _split_notes(path: pathlib.Path, block: List[_Line]) -> Tuple[Notes, List[_Line]]:
    """Splits the comments before a record off; returns the notes among them and the rest."""
    notes: Notes = {}
    while block and block[0].text.startswith("#"):
        line, block = block[0], block[1:]
        found = NOTE.fullmatch(line.text)
        if found:
            notes[found[1]] = (found[2] or "", found[3])
        elif re.match(r"# *(known|local|distributed|single)\b[^:]{0,40}:", line.text):
            raise _error(path, line, f"not a note: {line.text}")
    return notes, block


def _note(notes: Notes, name: str) -> Optional[Note]:
    if name not in notes:
        return None
    where, what = notes[name]
    return Note(what, tuple(where.replace(",", " ").split()))


def _record(path: pathlib.Path, lines: List[_Line], notes: Notes) -> Record:
    head, body = lines[0], [line.text for line in lines[1:]]
    words = head.text.split()
    sql, expected = body, None
    if "----" in body:
        cut = body.index("----")
        sql, expected = body[:cut], tuple(body[cut + 1 :])
    if not sql:
        raise _error(path, head, f"no SQL after {head.text}")
    record = Record(
        kind="",
        line=head.number,
        sql="\n".join(sql),
        expected=expected,
        runs_locally=_note(notes, "local"),
        must_distribute="distributed" in notes,
        difference=_note(notes, "known difference"),
    )
    if words in (["statement", "ok"], ["statement", "error"]):
        if (words[1] == "error") != (expected is not None):
            raise _error(path, head, "an error has its text after ----, statement ok has nothing")
        return dataclasses.replace(record, kind=words[1])
    if words[0] == "table" and len(words) == 2 and expected is None:
        return dataclasses.replace(record, kind="table", table=words[1])
    if words[0] == "query" and len(words) in (2, 3) and set(words[1]) <= set("IRT"):
        return _query(path, head, record, words)
    raise _error(path, head, f"not known here: {head.text}")


def _query(path: pathlib.Path, head: _Line, record: Record, words: List[str]) -> Record:
    order = words[2] if len(words) == 3 else "nosort"
    if order not in ("nosort", "rowsort"):
        raise _error(path, head, f"not known here: {order}")
    is_ordered = re.search("order by|^execute ", record.sql, re.IGNORECASE) is not None
    if order == "nosort" and not is_ordered and len(record.expected or ()) > 1:
        raise _error(path, head, "several rows without ORDER BY: use rowsort")
    return dataclasses.replace(record, kind="query", types=words[1], is_sorted=order == "rowsort")
