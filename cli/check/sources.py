"""Syntax and imports of a Worker's sources, looked at by the Worker's own Python without running them.

Called with the path of a JSON file, {"files": [absolute paths], "modules": [names that can be imported
besides what this Python has]}. Prints a JSON list of {"file", "line", "column", "severity", "message",
"module"}; columns count characters from 1, "module" is there for an import that fails.
"""

import ast
import importlib.util
import json
import sys
import warnings
from collections.abc import Iterator
from typing import TypedDict

# What a Worker has beside the standard library: modules of the host, and those of the runtime SDK.
HOST_MODULES = frozenset({"js", "pyodide_js", "pyodide", "_pyodide", "_pyodide_core", "workers", "asgi"})

# What there is of the standard library and cannot do in WebAssembly what it is there for.
USELESS = {
    "multiprocessing": "a Worker has one process",
    "subprocess": "a Worker cannot start programs",
    "curses": "a Worker has no terminal",
}

# The modules whose absence a handler of these takes care of.
ABSENCE = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


class Finding(TypedDict, total=False):
    """One line of the answer."""

    file: str
    line: int
    column: int
    severity: str
    message: str
    module: str


def column_of(source_line: str, byte_offset: int) -> int:
    """The character, from 1, at an offset that ast counts in bytes of UTF-8."""
    return len(source_line.encode()[:byte_offset].decode(errors="ignore")) + 1


def handles_absence(node: ast.Try) -> bool:
    """Whether an import that fails inside is expected to."""
    for handler in node.handlers:
        if handler.type is None:
            return True
        names = {name.id for name in ast.walk(handler.type) if isinstance(name, ast.Name)}
        if names & ABSENCE:
            return True
    return False


def is_for_checkers(test: ast.expr) -> bool:
    """``if TYPE_CHECKING:`` and ``if typing.TYPE_CHECKING:``."""
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", None)
    return name == "TYPE_CHECKING"


def imports_of(node: ast.AST) -> Iterator[tuple[str, ast.stmt]]:
    """Top-level names of modules that are imported and must be there."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield alias.name.partition(".")[0], child
        elif isinstance(child, ast.ImportFrom):
            if child.level == 0 and child.module:
                yield child.module.partition(".")[0], child
        elif isinstance(child, ast.If) and is_for_checkers(child.test):
            for other in child.orelse:
                yield from imports_of(ast.Module([other], []))
        elif isinstance(child, ast.Try) and handles_absence(child):
            for part in (*child.handlers, *child.orelse, *child.finalbody):
                yield from imports_of(ast.Module([part] if isinstance(part, ast.stmt) else part.body, []))
        else:
            yield from imports_of(child)


def is_there(name: str) -> bool:
    """Whether this Python has a module of its own called so."""
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def check_import(name: str, known: frozenset[str]) -> tuple[str, str] | None:
    """Severity and message; None when all is well."""
    if name in known:
        return None
    if name in USELESS:
        return "warning", f"{name} does not work in a Worker: {USELESS[name]}"
    if is_there(name):
        return None
    if name in sys.stdlib_module_names:
        return "error", f"A Worker's Python has no {name}: this part of the standard library is left out"
    return "error", f"No module named '{name}'"


def check_file(path: str, known: frozenset[str]) -> Iterator[Finding]:
    """All findings of one file, in the order of its lines."""
    with open(path, "rb") as file:
        content = file.read()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = compile(content, path, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
            compile(tree, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        yield {"file": path, "line": error.lineno or 1, "column": error.offset or 1,
               "severity": "error", "message": f"{type(error).__name__}: {error.msg}"}
        return
    except ValueError as error:
        yield {"file": path, "line": 1, "column": 1, "severity": "error", "message": str(error)}
        return
    lines = content.decode(errors="replace").splitlines()
    for name, node in imports_of(tree):
        if (found := check_import(name, known)) is None:
            continue
        severity, message = found
        line = lines[node.lineno - 1] if node.lineno <= len(lines) else ""
        yield {"file": path, "line": node.lineno, "column": column_of(line, node.col_offset),
               "severity": severity, "message": message, "module": name}


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        request = json.load(file)
    known = HOST_MODULES | frozenset(request["modules"])
    findings = [found for path in request["files"] for found in check_file(path, known)]
    print(json.dumps(findings))


main()
