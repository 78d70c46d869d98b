"""The examples of README.md, as a reader would copy them."""

import pathlib
import re

README = pathlib.Path(__file__).resolve().parents[1] / "README.md"


def first_block(language: str, after: str) -> str:
    """Returns the first code block of a language that follows a heading. Errors: AssertionError where there is none."""
    text = README.read_text(encoding="utf-8")
    start = text.find(f"\n## {after}\n")
    assert start >= 0, f"README.md has no heading {after}"
    found = re.search(rf"^```{re.escape(language)}\n(.*?)^```$", text[start:], re.MULTILINE | re.DOTALL)
    assert found, f"README.md has no example in {language} below {after}"
    return found.group(1)
