"""`python -I -B -c COMMAND` in an interpreter that was started at another time, by another name and in
another environment; run by the host.

prepare() is called once, before the interpreter becomes a snapshot, and run() in each that goes on from
it. Nothing that differs from one process to the next may be in what prepare() leaves behind.
"""

import importlib
import os
import random
import sys
from types import ModuleType

# What a question about the platform needs (uv's, above all).
MODULES = ("importlib.machinery", "json", "platform", "re", "site", "struct", "warnings")


# Where the host finds run() in an interpreter that goes on from a snapshot.
HANDOVER = "_cwrangler_command"


def prepare() -> None:
    """Imports what takes long, this module among it."""
    handover = ModuleType(HANDOVER)
    handover.run = run
    sys.modules[HANDOVER] = handover
    for name in MODULES:
        importlib.import_module(name)
    # The module remembers where the program is, so it goes again; its data is the same everywhere.
    import sysconfig

    sysconfig.get_config_vars()
    del sys.modules["sysconfig"]


def run(program: str, command: str, environment: dict[str, str]) -> int:
    """Runs the command in `__main__` and returns the process's exit status."""
    del sys.modules[HANDOVER]
    os.environ.clear()
    os.environ.update(environment)
    sys.executable = sys._base_executable = program
    sys.orig_argv = [program, "-I", "-B", "-c", command]
    random.seed()
    try:
        exec(compile(command, "<string>", "exec"), sys.modules["__main__"].__dict__)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except BaseException as error:
        # Without this function's own line.
        traceback = error.__traceback__.tb_next
        sys.excepthook(type(error), error.with_traceback(traceback), traceback)
        return 1
    return 0
