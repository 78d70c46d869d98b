"""Each command that the documents give to contributors, in a small form: it is taken from the document's own text."""

import pathlib
import re
import shutil
from typing import Dict, List

import pytest
from user_commands import DEPS, TOP, run

CONTRIBUTING = (TOP / "CONTRIBUTING.md").read_text(encoding="utf-8")
RUN_OF_CI = (TOP / ".ci" / "run").read_text(encoding="utf-8")

#: By command: what is put in place of what, so that it is small. DATA is TPC-H at scale factor 0.01, OTHER a folder.
SMALL: Dict[str, Dict[str, str]] = {
    "make && ctest --test-dir build/release -R Exchange": {"Exchange": "ExchangeAudit"},
    "PYTHONPATH=build/release/python .deps/venv/bin/python -m pytest test/python -k explain": {
        "-k explain": "-k explain_shows_the_stages_and_runs_nothing"
    },
    "PYTHONPATH=build/release/python .deps/venv/bin/python -m pytest test/sql/joins --configurations all": {
        "test/sql/joins --configurations all": "test/sql/values --configurations plain,two"
    },
    "make demo": {"demo": "demo DATA=DATA"},
    "make bench": {
        "bench": "bench SCALE_FACTOR=0.01 OPTIONS='--data DATA --repetitions 1 --queries q6 --shapes 1x1'",
    },
    "make fuzz N=5000 SKEIN_SEED=1": {"N=5000": "N=3"},
    "PYTHONPATH=build/release/python:test/fuzz:tools .deps/venv/bin/python -m sql --seed 1 --first 123 --queries 1": {},
    "make fuzz-ports N=100000": {"N=100000": "N=200"},
    "SKEIN_FUZZ_ROUNDS=10000 build/release/engine_test --gtest_filter='*Fuzz*'": {"10000": "10"},
    "make test-matrix SCALE_FACTOR=1": {
        "SCALE_FACTOR=1": "SCALE_FACTOR=0.01 OPTIONS='--suite tpch --data DATA --cluster local:1?threads=1'",
        "make": "PYTEST_ADDOPTS=\"-p no:cacheprovider -k 'values and two'\" make",
    },
    ".deps/venv/bin/python tools/make_tpch 10 demo-data/sf10 && make demo DATA=demo-data/sf10": {
        " 10 ": " 0.001 ",
        "make demo": "test -f OTHER/sf10/region/*.parquet && make -n demo",
        "demo-data": "OTHER",
    },
    "PYTHONPATH=build/release/python .deps/venv/bin/python": {"bin/python": "bin/python -c 'import skein'"},
    "make deps": {},
    "make help": {},
}
#: Commands of which a test below knows more.
WITH_A_TEST = ["tools/update_golden_plans", "make clean"]
#: Commands whose make target .ci/run runs: the target, or one that does the same to the same sources.
BY_CI = {
    "make": "test",
    "make test": "test",
    "tools/check_includes build/release": "test",
    "tools/check_docs": "test",
    "make format": "format-check",
    "make lint": "lint",
    "make lint BASE=main": "lint",
    "make lint BASE=all": "lint",
    "make clang": "clang",
    "tools/check_clang build/release exchange/": "clang",
    "make sanitize": "sanitize-address",
    "make sanitize-address": "sanitize-address",
    "make sanitize-thread": "sanitize-thread",
    "make duckdb2": "duckdb2",
}
#: Commands that the tests of installation run: the file that does, and its words.
BY_INSTALL = {
    "pip install .": ("test/install/conftest.py", '"-m", "pip", "wheel"'),
    "make install PREFIX=/some/folder": ("test/install/test_prefix.py", 'make("install", '),
    "make uninstall": ("test/install/test_prefix.py", 'make("uninstall", '),
    "PYTHONPATH=build/release/python .deps/venv/bin/python -m pytest test/install": ("tools/run_tests", "test/install"),
}
#: No command that does something: it shows, it is the whole of this, or it belongs to the one before.
NOT_RUN = ["git diff", ".ci/run", 'OPTIONS="--suite tpcds"']


def commands_of_table() -> List[str]:
    rows = re.findall(r"^\| (?!wish)[^-].* \| (.*) \|$", CONTRIBUTING.split("\n## ")[0], flags=re.MULTILINE)
    return [code for row in rows for code in re.findall(r"`([^`]+)`", row)]


def lines_of_blocks(document: pathlib.Path) -> List[str]:
    """Returns the lines of the blocks of sh, without their comments."""
    blocks = re.findall(r"^```sh\n(.*?)^```", document.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    return [re.sub(r"\s+#.*", "", line) for block in blocks for line in block.splitlines()]


def run_small(command: str, small: Dict[str, str], data: pathlib.Path, other: pathlib.Path) -> str:
    """Runs a documented command as a shell would, with the replacements. Returns what it printed."""
    for old, new in small.items():
        assert old in command, f"{command!r} has no {old!r}"
        command = command.replace(old, new, 1 if old == "make" else -1)
    command = command.replace("DATA=DATA", f"DATA={data}").replace("--data DATA", f"--data {data}")
    command = command.replace("OTHER", str(other)).replace(".deps/", f"{DEPS}/")
    environment = {"SKEIN_DEPS": str(DEPS), "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_ADDOPTS": "-p no:cacheprovider"}
    environment["TMPDIR"] = str(other)
    return run(["bash", "-c", command], cwd=TOP, environment=environment)


def test_table_has_no_command_that_nobody_runs() -> None:
    known = [*SMALL, *WITH_A_TEST, *BY_CI, *BY_INSTALL, *NOT_RUN]
    found = commands_of_table()
    assert len(found) >= 30
    assert [command for command in found if command not in known] == []
    assert [command for command in known if command not in found] == []


@pytest.mark.parametrize("step", sorted(set(BY_CI.values())))
def test_continuous_integration_runs_its_steps(step: str) -> None:
    assert step in " ".join(re.findall(r"^for step in (.*); do$", RUN_OF_CI, flags=re.MULTILINE)).split()


@pytest.mark.parametrize("file, words", BY_INSTALL.values())
def test_tests_of_installation_run_theirs(file: str, words: str) -> None:
    assert words in (TOP / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("command", SMALL)
def test_command_of_the_table_works(command: str, tpch_small_folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    performance = (TOP / "docs" / "performance.md").read_bytes()
    run_small(command, SMALL[command], tpch_small_folder, tmp_path)
    assert (TOP / "docs" / "performance.md").read_bytes() == performance


def test_golden_plans_written_anew_are_those_that_are_there(
    tpch_folder: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    files = sorted((TOP / "test" / "plan").rglob("*.txt"))
    before = {file: file.read_bytes() for file in files}
    try:
        run_small("tools/update_golden_plans", {}, tpch_folder, tmp_path)
        assert {file: file.read_bytes() for file in sorted((TOP / "test" / "plan").rglob("*.txt"))} == before
    finally:
        for file, content in before.items():
            file.write_bytes(content)


def test_clean_keeps_dependencies_and_data(tmp_path: pathlib.Path) -> None:
    shutil.copy(TOP / "Makefile", tmp_path)
    for folder in ("build", ".deps", "demo-data"):
        (tmp_path / folder).mkdir()
    run(["make", "clean"], cwd=tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"Makefile", ".deps", "demo-data"}


def test_help_names_every_target(tmp_path: pathlib.Path) -> None:
    phony = " ".join(re.findall(r"^\.PHONY: (.*)$", (TOP / "Makefile").read_text(), flags=re.MULTILINE)).split()
    shown = [line.split()[0] for line in run_small("make help", {}, tmp_path, tmp_path).splitlines()]
    assert set(phony) - set(shown) == {"configure"}  # a part of `make build`


def test_lines_of_the_performance_page_work(tpch_small_folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    bench, measured, page = lines_of_blocks(TOP / "docs" / "performance.md")
    assert bench in SMALL
    small = {"FOLDER": f"{tpch_small_folder} --queries q6 --shapes 1x2,2x1", "result.json": "OTHER/result.json"}
    small["repetitions 7"] = "repetitions 1"
    run_small(measured, small, tpch_small_folder, tmp_path)
    # That one writes docs/performance.md beside the tool: of a copy, as make would call it.
    options = re.fullmatch(r'make bench OPTIONS="(--write-docs result.json)"', page).group(1)
    shutil.copytree(TOP / "tools", tmp_path / "tools")
    (tmp_path / "docs").mkdir()
    python = f"PYTHONPATH={TOP}/build/release/python .deps/venv/bin/python"
    run_small(f"cd OTHER && {python} tools/bench {options}", {}, tpch_small_folder, tmp_path)
    assert "## To repeat it" in (tmp_path / "docs" / "performance.md").read_text(encoding="utf-8")


def test_no_other_page_has_a_block_of_commands() -> None:
    pages = [page for page in (TOP / "docs").rglob("*.md") if lines_of_blocks(page)]
    assert pages == [TOP / "docs" / "performance.md"]


def test_lines_of_the_page_of_sql_tests_work(tpch_small_folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    runs, completes = lines_of_blocks(TOP / "test" / "sql" / "README.md")
    (tmp_path / "new.test").write_text("query I\nSELECT 6 * 7\n")
    run_small(runs, {"test/sql/joins": "test/sql/values", "plain,rows1": "plain"}, tpch_small_folder, tmp_path)
    run_small(completes, {"test/sql/joins": "OTHER"}, tpch_small_folder, tmp_path)
    assert "42" in (tmp_path / "new.test").read_text().partition("----")[2]


def test_each_example_is_run_by_the_tests() -> None:
    folder = TOP / "examples" / "cpp"
    run_ones = re.findall(r"^add_skein_example\((\w+)\)$", (folder / "CMakeLists.txt").read_text(), flags=re.MULTILINE)
    assert sorted(run_ones) == sorted(path.stem for path in folder.glob("*.cc"))
