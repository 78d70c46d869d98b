// `skein worker`: one worker process, from its flags to its clean end. Called by main().
#pragma once

namespace skein::core {

/// Runs a worker until SIGTERM, SIGINT or the end of its parent. `argv[0]` is the subcommand's own name. Returns the
/// exit code: 0 after a clean end, 1 when the worker cannot start, 2 for wrong flags. Must be called before the process
/// has other threads: signals are blocked in all of them.
int RunWorkerCommand(int argc, char** argv);

}  // namespace skein::core
