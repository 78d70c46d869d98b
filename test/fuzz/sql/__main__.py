"""python -m sql: runs random queries, prints what differs as sqllogictest files, and what was reached.

A process of its own runs the queries: when it crashes or never ends, the query that it ran is a difference (unless DuckDB
alone ran it, which then is no measure), and another one goes on.
"""

import argparse
import faulthandler
import json
import os
import pathlib
import sys
import tempfile
import time

from sql import children, known, report, runner, shrink

MOST_DIFFERENCES = 20


def run_child(arguments: argparse.Namespace) -> int:
    """Runs the queries; the number and text of the one that runs are in the state file, and the counts at the end."""
    faulthandler.enable()
    state = pathlib.Path(arguments.state)
    tally = runner.Tally()

    def say(number: int, line: str) -> None:
        state.write_text(json.dumps({"number": number, "line": line, "tally": tally.to_json()}))

    def on_difference(sides: runner.Sides, difference: runner.Difference) -> None:
        say(difference.number, "shrinking")
        print(report.text_of(shrink.Shrinker(sides, difference).run(), arguments.seed), flush=True)

    runner.run_all(
        arguments.seed, range(arguments.first, arguments.first + arguments.queries), say, on_difference, tally
    )
    say(arguments.first + arguments.queries, "")
    return 0


def run_children(arguments: argparse.Namespace) -> runner.Tally:
    """Runs child processes until all queries have been run."""
    total = runner.Tally()
    first, end = arguments.first, arguments.first + arguments.queries
    with tempfile.TemporaryDirectory(prefix="skein-fuzz-", ignore_cleanup_errors=True) as folder:
        state = pathlib.Path(folder) / "state"
        while first < end:
            options = ["--child", "--state", str(state), "--seed", str(arguments.seed)]
            command = [sys.executable, "-m", "sql", *options, "--first", str(first), "--queries", str(end - first)]
            state.write_text(json.dumps({"number": first, "line": "", "tally": {}}))
            fault = children.run_to_its_end(command, state)
            seen = children.read(state)
            total.add(seen["tally"])
            if fault:
                is_alone = seen["line"].startswith(runner.ALONE)
                total.counts[f"DuckDB alone {fault}" if is_alone else "DIFFERENCES"] += 1
                print(f"# the process {fault} in query {seen['number']}:\n{seen['line']}", flush=True)
            first = seen["number"] + 1 if fault else end
            if total.counts["DIFFERENCES"] >= MOST_DIFFERENCES:
                print(f"stopped after {MOST_DIFFERENCES} differences")
                break
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SKEIN_SEED", time.time_ns() % 1_000_000)))
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="the number of the first query")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--state", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        return run_child(arguments)
    print(f"seed {arguments.seed}: queries {arguments.first} to {arguments.first + arguments.queries - 1}", flush=True)
    total = run_children(arguments)
    print("\n".join(total.lines()))
    print(f"known differences that are left out: {', '.join(known.KNOWN) or 'none'}")
    return 1 if total.counts["DIFFERENCES"] else 0


if __name__ == "__main__":
    sys.exit(main())
