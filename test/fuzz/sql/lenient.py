"""Statements whose casts give NULL where they would fail."""

import re

#: A column or a number with a cast behind it.
POSTFIX = re.compile(r"[\w.]+::\w+(\([\d, ]*\))?(\[\d*\])*")


def try_casts(sql: str) -> str:
    """Puts each CAST(…) and each `column::type` of a statement into a TRY(…): TRY_CAST fails, too, for some values."""
    written, tried, depth, at = [], [], 0, 0
    while at < len(sql):
        if sql[at] in "'\"":
            end = sql.index(sql[at], at + 1) + 1  # a doubled quote ends one text and begins another
            written.append(sql[at:end])
            at = end
            continue
        is_word = at > 0 and re.match(r"[\w.)]", sql[at - 1])
        postfix = None if is_word else POSTFIX.match(sql, at)
        if postfix:
            written.append(f"TRY({postfix[0]})")
            at = postfix.end()
            continue
        if sql.startswith("CAST(", at) and not is_word:
            written.append("TRY(CAST")
            tried.append(depth + 1)
            at += len("CAST")
        depth += sql[at] == "("
        written.append(sql[at])
        if sql[at] == ")":
            if tried and tried[-1] == depth:
                written.append(")")
                tried.pop()
            depth -= 1
        at += 1
    return "".join(written)
