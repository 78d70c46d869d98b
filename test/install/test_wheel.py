"""The wheel: what it holds, and that it works beside every pyarrow and without one."""

import email
import pathlib
import re
import zipfile
from typing import Callable, Dict, List, Optional

import duckdb
import pytest
from readme import first_block
from user_commands import run

PYARROWS = ["20.0.0", "22.0.0", "26.0.1"]
MakeEnvironment = Callable[[Optional[str]], pathlib.Path]
BESIDE = pathlib.Path(__file__).parent / "programs" / "beside_pyarrow.py"


def rows_of_first_table(printed: str) -> Dict[str, int]:
    """Reads text and count from the lines of the first table that DuckDB has drawn."""
    table = printed.split("└")[0]
    return {name.strip(): int(count) for name, count in re.findall(r"^│ (\D+) │ +(\d+) │$", table, re.MULTILINE)}


@pytest.mark.parametrize("pyarrow", [*PYARROWS, None])
def test_example_of_the_readme_prints_the_answer(
    environment_with: MakeEnvironment, tpch_small_folder: pathlib.Path, tmp_path: pathlib.Path, pyarrow: Optional[str]
) -> None:
    (tmp_path / "demo-data").mkdir()
    (tmp_path / "demo-data/sf1").symlink_to(tpch_small_folder)
    program = first_block("python", after="A first query")
    printed = run([str(environment_with(pyarrow)), "-c", program], cwd=tmp_path)
    counts = f"SELECT l_shipmode, count(*) FROM '{tpch_small_folder}/lineitem/*.parquet' GROUP BY ALL"
    assert rows_of_first_table(printed) == dict(duckdb.sql(counts).fetchall())
    assert printed.count("ready") == 4  # the workers


@pytest.mark.parametrize("pyarrow", PYARROWS)
@pytest.mark.parametrize("imported", ["before", "after"])
def test_works_beside_pyarrow_in_one_process(
    environment_with: MakeEnvironment, tpch_small_folder: pathlib.Path, pyarrow: str, imported: str
) -> None:
    printed = run([str(environment_with(pyarrow)), str(BESIDE), imported, str(tpch_small_folder)])
    assert printed == f"pyarrow {pyarrow} {imported} skein: all as expected\n"


def test_program_runs_without_python(environment_with: MakeEnvironment, tpch_small_folder: pathlib.Path) -> None:
    native = environment_with(None).parent.parent / "lib/python3.11/site-packages/skein/native"
    query = f"SELECT sum(r_regionkey) AS n FROM '{tpch_small_folder}/region/*.parquet'"
    sql = ["sql", "--cluster", "local:2", "--mode", "distributed", "--format", "csv", "-c", query]
    assert run([str(native / "skein"), *sql]).split() == ["n", "10"]


def test_needs_duckdb_and_nothing_else(wheel: pathlib.Path, wheel_names: List[str]) -> None:
    (metadata,) = [name for name in wheel_names if name.endswith(".dist-info/METADATA")]
    with zipfile.ZipFile(wheel) as archive:
        fields = email.message_from_bytes(archive.read(metadata))
    assert fields.get_all("Requires-Dist") == ["duckdb==1.5.5"]


def test_holds_the_native_files_and_no_others(wheel_names: List[str]) -> None:
    native = {name.removeprefix("skein/native/") for name in wheel_names if name.startswith("skein/native/")}
    libraries = {"libduckdb.so", "libskein_arrow-26.0.1.so", "libskein_arrow_flight-26.0.1.so"}
    assert native == libraries | {"skein", "skein.duckdb_extension"}


@pytest.mark.parametrize("project", ["arrow/LICENSE.txt", "arrow/NOTICE.txt", "duckdb/LICENSE", "libspdlog-dev/copyright"])
def test_holds_the_licence_of_what_it_ships(wheel_names: List[str], project: str) -> None:
    assert any(name.endswith(f".dist-info/licenses/{project}") for name in wheel_names)


def test_names_no_folder_of_the_machine_that_built_it(wheel: pathlib.Path, clean_folder: pathlib.Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        found = [name for name in archive.namelist() if str(clean_folder.parent).encode() in archive.read(name)]
    assert found == []
