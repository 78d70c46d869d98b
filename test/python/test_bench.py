"""tools/bench measures both sides and notices a wrong answer; docs/performance.md is made of what it wrote."""

import importlib.machinery
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
from types import ModuleType
from typing import Any, Dict

import duckdb
import measure
import performance_page
import pytest

TOOLS = pathlib.Path(measure.__file__).parent
#: Stands for the system table of a cluster where plain DuckDB takes its place.
NO_CLUSTER = "CREATE MACRO skein_queries() AS TABLE SELECT 'finished' AS state, 1 AS stages, 0 AS shuffle_bytes"


@pytest.fixture(scope="module")
def result(tpch_small_folder: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> Dict[str, Any]:
    """What one short run of the tool wrote."""
    file = tmp_path_factory.mktemp("bench") / "result.json"
    command = [sys.executable, str(TOOLS / "bench"), "--data", str(tpch_small_folder), "--scale-factor", "0.01"]
    command += ["--repetitions", "1", "--queries", "q3,q6", "--json", str(file)]
    subprocess.run(command, check=True, timeout=120, env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1"))
    return json.loads(file.read_text())


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    """The tool itself; its name has no .py, so it is loaded by hand."""
    loader = importlib.machinery.SourceFileLoader("bench", str(TOOLS / "bench"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("bench", loader))
    loader.exec_module(module)
    return module


def test_both_shapes_measure_every_query_on_both_sides(result: Dict[str, Any]) -> None:
    assert [shape["name"] for shape in result["shapes"]] == ["1x2", "2x1"]
    for shape in result["shapes"]:
        assert list(shape["queries"]) == ["q3", "q6"]
        for query in shape["queries"].values():
            assert min(query["duckdb_s"] + query["skein_s"]) > 0 and query["stages"] >= 1 and query["is_same"]


def test_result_says_what_it_depends_on(result: Dict[str, Any]) -> None:
    assert result["scale_factor"] == 0.01 and result["seed"] == 1 and result["repetitions"] == 1
    assert result["versions"]["duckdb"] == duckdb.__version__ and result["versions"]["skein"].startswith("0.")
    assert result["machine"]["cores"] >= 1 and len(result["machine"]["load_before"]) == 3


def test_page_holds_every_query_and_the_total(result: Dict[str, Any]) -> None:
    page = performance_page.page(result)
    assert all(page.count(f"\n| {line} |") == 2 for line in ("q3", "q6", "total"))
    assert page.count("\n| 1x2 | ") == 1 and page.count("\n| 2x1 | ") == 1


def test_ratio_is_that_of_the_medians() -> None:
    query = {"duckdb_s": [1.0, 2.0, 90.0], "skein_s": [70.0, 3.0, 1.0], "stages": 2, "shuffle_bytes": 0}
    cells = performance_page.query_cells({**query, "is_same": True})
    assert cells[:4] == ["2.000 s", "3.000 s", "1.50x", "1.00x"]


def test_share_of_workers_is_of_the_distributed_side_only() -> None:
    assert performance_page.workers_share({"cpu_s": {"duckdb": 100.0, "client": 1.0, "workers": 3.0}}) == 0.75


@pytest.mark.parametrize("others_s, is_warned", [(0.1, False), (4.0, True)])
def test_machine_that_was_not_quiet_is_said_so(others_s: float, is_warned: bool) -> None:
    cpu = {"duckdb": 10.0, "client": 1.0, "workers": 9.0, "others_beside_duckdb": 0.2, "others_beside_skein": others_s}
    assert bool(performance_page.noise_line({"name": "1x2", "cpu_s": cpu})) == is_warned


@pytest.mark.parametrize("rows, is_same", [(3, True), (4, False)])
def test_answer_is_held_against_that_of_duckdb(rows: int, is_same: bool) -> None:
    with duckdb.connect() as plain, duckdb.connect() as other:
        plain.execute("CREATE TABLE t AS FROM range(3)")
        other.execute(f"CREATE TABLE t AS FROM range({rows})").execute(NO_CLUSTER)
        found = {"duckdb_s": [], "skein_s": [], "is_same": True}
        measure.run_both(measure.Pair(plain, other, []), "SELECT count(*) FROM t", True, measure.Cpu([]), found)
    assert found["is_same"] == is_same


def test_another_answer_is_reported_as_a_failure(bench: ModuleType, result: Dict[str, Any]) -> None:
    assert bench.report(result)
    broken = json.loads(json.dumps(result))
    broken["shapes"][1]["queries"]["q6"]["is_same"] = False
    assert not bench.report(broken)


def test_page_is_not_made_of_wrong_answers(result: Dict[str, Any]) -> None:
    broken = json.loads(json.dumps(result))
    broken["shapes"][0]["queries"]["q3"]["is_same"] = False
    with pytest.raises(ValueError, match="q3"):
        performance_page.page(broken)


@pytest.mark.parametrize("text", ["", "2", "0x1", "2x", "2x1x1", "-1x1"])
def test_wrong_shape_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="WORKERSxTHREADS"):
        measure.parse_shape(text)
