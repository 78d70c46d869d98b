"""test/sqltest: scripts are read as written, and nothing wrong passes."""

import pathlib
from typing import Iterator, List

import pytest
from sqltest import configurations, runner, script
from sqltest.cluster import Clusters

TABLE = "# single: one row\n\ntable t\nSELECT 1 AS i\n\n"


@pytest.fixture(scope="module")
def clusters() -> Iterator[Clusters]:
    made = Clusters()
    yield made
    made.close()


def wrong(text: str, clusters: Clusters, folder: pathlib.Path, name: str = "one") -> List[str]:
    configuration = configurations.BY_NAME[name]
    with clusters.of(configuration).connect(configuration) as connection:
        return runner.Runner(connection, folder, configuration).run(script.parse(pathlib.Path("x.test"), text))


def refused(text: str) -> str:
    with pytest.raises(script.ScriptError) as caught:
        script.parse(pathlib.Path("x.test"), text)
    return str(caught.value)


def test_unknown_record_is_refused_with_its_line() -> None:
    assert refused("# a\n\nrequire parquet\nx\n") == "x.test:3: not known here: require parquet"


def test_unknown_sort_is_refused() -> None:
    assert refused("query I valuesort\nSELECT 1\n----\n1\n") == "x.test:1: not known here: valuesort"


def test_several_rows_in_no_order_are_refused() -> None:
    assert "use rowsort" in refused("query I\nFROM t\n----\n1\n2\n")


def test_error_without_a_text_is_refused() -> None:
    assert "an error has its text" in refused("statement error\nFROM t\n")


def test_misspelt_note_is_refused() -> None:
    assert "not a note" in refused("# known differences: x\nstatement ok\nFROM t\n")


def test_note_above_nothing_is_refused() -> None:
    assert "right above a record" in refused("# local: x\n\nstatement ok\nFROM t\n")


def test_loop_without_an_end_is_refused() -> None:
    assert refused("loop i 0 2\n\nstatement ok\nFROM t\n") == "x.test:1: the loop has no endloop"


def test_loops_are_unrolled() -> None:
    text = "foreach a x y\n\nloop i 0 2\n\nstatement ok\n${a}${i}\n\nendloop\n\nendloop\n"
    read = script.parse(pathlib.Path("x"), text)
    assert [record.sql for record in read.records] == ["x0", "x1", "y0", "y1"]


def test_right_answer_passes(clusters: Clusters, tmp_path: pathlib.Path) -> None:
    assert wrong(TABLE + "query I\nFROM t\n----\n1\n", clusters, tmp_path) == []


def test_wrong_answer_is_found(clusters: Clusters, tmp_path: pathlib.Path) -> None:
    (found,) = wrong(TABLE + "query I\nFROM t\n----\n2\n", clusters, tmp_path)
    assert "x.test:6: another answer: 1 rows expected, 1 found" in found
    assert "missing (1 rows)\n  2\nunexpected (1 rows)\n  1" in found


def test_wrong_type_is_found(clusters: Clusters, tmp_path: pathlib.Path) -> None:
    (found,) = wrong(TABLE + "query I\nSELECT i::DOUBLE FROM t\n----\n1.0\n", clusters, tmp_path)
    assert "column 1 is no I: 1.0" in found


def test_query_without_rows_written_down_is_found(clusters: Clusters, tmp_path: pathlib.Path) -> None:
    (found,) = wrong(TABLE + "query I\nFROM t\n", clusters, tmp_path)
    assert "no rows are written down" in found


def test_another_error_is_found(clusters: Clusters, tmp_path: pathlib.Path) -> None:
    (found,) = wrong(TABLE + "statement error\nSELECT x FROM t\n----\nConversion\n", clusters, tmp_path)
    assert "another error: Binder Error" in found


def test_local_query_is_found(clusters: Clusters, tmp_path: pathlib.Path) -> None:
    (found,) = wrong(TABLE + "query I\nSELECT 1\n----\n1\n", clusters, tmp_path)
    assert "it is not distributed" in found


def test_query_said_to_be_local_is_found_distributed(clusters: Clusters, tmp_path: pathlib.Path) -> None:
    (found,) = wrong(TABLE + "# local: small\nquery I\nFROM t\n----\n1\n", clusters, tmp_path)
    assert "it is distributed, though" in found


def test_local_statement_is_found(clusters: Clusters, tmp_path: pathlib.Path) -> None:
    (found,) = wrong(TABLE + "# distributed: yes\nstatement ok\nSELECT 1\n", clusters, tmp_path)
    assert "it is not distributed" in found


def test_known_difference_passes(clusters: Clusters, tmp_path: pathlib.Path) -> None:
    assert wrong(TABLE + "# known difference: x\nquery I\nFROM t\n----\n2\n", clusters, tmp_path) == []


def test_known_difference_of_another_configuration_is_found(clusters: Clusters, tmp_path: pathlib.Path) -> None:
    (found,) = wrong(TABLE + "# known difference (four): x\nquery I\nFROM t\n----\n2\n", clusters, tmp_path)
    assert "another answer" in found


def test_known_difference_that_is_gone_is_found(clusters: Clusters, tmp_path: pathlib.Path) -> None:
    (found,) = wrong(TABLE + "# known difference: x\nquery I\nFROM t\n----\n1\n", clusters, tmp_path)
    assert "the known difference is gone: x" in found


def test_script_whose_stages_have_one_task_each_is_found(clusters: Clusters, tmp_path: pathlib.Path) -> None:
    text = "table t\nSELECT 1 AS i\n\n# local: a constant\nquery I\nSELECT 1\n----\n1\n"
    (found,) = wrong(text, clusters, tmp_path, "two")
    assert "no query had several tasks in a stage" in found


def test_choice_depends_on_file_and_commit_only() -> None:
    names = [name for _, name in configurations.chosen("some", "joins/a.test", "abcdef0123")]
    assert names[:2] == ["plain", "four"] and names[2].endswith(" by abcdef0") and names == [
        name for _, name in configurations.chosen("some", "joins/a.test", "abcdef0123")
    ]
