"""Collects the scripts of this folder: one test for each script and configuration."""

import pathlib
from typing import Iterator, List

import pytest
from sqltest import configurations, runner, script
from sqltest.cluster import Clusters
from sqltest.configurations import Configuration

TOP = pathlib.Path(__file__).parent.parent.parent
CLUSTERS = pytest.StashKey[Clusters]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--configurations", default="some", help="of test/sql: some, all, or names with commas")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[CLUSTERS] = Clusters()


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[CLUSTERS].close()


def pytest_collect_file(file_path: pathlib.Path, parent: pytest.Collector) -> "ScriptFile | None":
    return ScriptFile.from_parent(parent, path=file_path) if file_path.suffix == ".test" else None


def pytest_collection_modifyitems(items: List[pytest.Item]) -> None:
    """Puts the scripts last, by configuration, so that there is one cluster at a time."""
    rank = {configuration.name: number for number, configuration in enumerate(configurations.ALL)}
    items.sort(key=lambda item: rank[item.configuration.name] if isinstance(item, ScriptTest) else -1)


class ScriptFile(pytest.File):
    def collect(self) -> Iterator[pytest.Item]:
        try:
            read = script.read(self.path)
        except script.ScriptError as error:
            raise self.CollectError(str(error)) from error
        name = str(self.path.relative_to(pathlib.Path(__file__).parent))
        wish = self.config.getoption("configurations")
        for configuration, shown in configurations.chosen(wish, name, configurations.commit()):
            yield ScriptTest.from_parent(self, name=f"[{shown}]", script=read, configuration=configuration)


class Wrong(Exception):
    """What was not as a script expects, one text for each record."""


class ScriptTest(pytest.Item):
    def __init__(self, *, script: script.Script, configuration: Configuration, **options: object) -> None:
        super().__init__(**options)
        self.script, self.configuration = script, configuration

    def runtest(self) -> None:
        cluster = self.config.stash[CLUSTERS].of(self.configuration)
        folder = self.config._tmp_path_factory.mktemp("sql", numbered=True)
        with cluster.connect(self.configuration) as connection:
            wrong = runner.Runner(connection, folder, self.configuration).run(self.script)
        if not cluster.is_whole():
            wrong.append(f"{self.path}: a worker has ended")
        if wrong:
            raise Wrong("\n\n".join(wrong))

    def repr_failure(self, excinfo: "pytest.ExceptionInfo[BaseException]", style: object = None) -> object:
        return str(excinfo.value) if excinfo.errisinstance(Wrong) else super().repr_failure(excinfo)

    def reportinfo(self) -> "tuple[pathlib.Path, int, str]":
        return self.path, 0, f"{self.path.relative_to(TOP)} {self.name}"
