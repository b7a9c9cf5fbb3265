"""What a snapshot of the Worker has in it, or where the Worker's code prevents one; run by the host for
`cwrangler snapshot`.
"""

import ast
import os
import sys
from collections.abc import Callable, Iterator
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from pyodide.ffi import JsProxy

MODULES = "/session/metadata/"
PACKAGES = MODULES + "python_modules/"

DEEPEST = 6
"""How many steps from a module's variable an object is looked for."""

MOST_OBJECTS = 200_000
"""How many objects are looked at: a large table of data holds nothing that is looked for."""


class Place(NamedTuple):
    """A variable in the Worker's code. `file` is relative to the folder of modules; `line` is 0 where it
    is not known."""

    file: str
    line: int
    name: str


class Write(NamedTuple):
    """A file or folder that was made, and the line of the Worker's code that led to it."""

    path: str
    place: Place


_writes: list[Write] = []


def _own_place() -> Place | None:
    """Where the Worker's own code is in what runs now; of packages only when it is in none of that."""
    frame = sys._getframe(1)
    in_package = None
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(MODULES):
            place = Place(file.removeprefix(MODULES), frame.f_lineno, "")
            if not file.startswith(PACKAGES):
                return place
            in_package = in_package or place
        frame = frame.f_back
    return in_package


def _path_written(event: str, args: tuple[Any, ...]) -> Any:
    """The path that an audited call makes or writes to, if it does."""
    if event == "open":
        path, mode, flags = args
        if isinstance(mode, str):
            return path if set(mode) & set("wax+") else None
        return path if flags & (os.O_WRONLY | os.O_RDWR) else None
    if event in ("os.mkdir", "os.symlink", "os.rename", "os.link"):
        return args[0] if event == "os.mkdir" else args[1]
    return None


def _watch(event: str, args: tuple[Any, ...]) -> None:
    path = _path_written(event, args)
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    if isinstance(path, (str, os.PathLike)) and (place := _own_place()):
        _writes.append(Write(os.path.abspath(path), place))


def watch_writes() -> None:
    """Remembers from now on which code makes files. It cannot be undone."""
    sys.addaudithook(_watch)


def writers(path: str) -> list[Place]:
    """The lines that have made `path`, or something in it."""
    found = [place for written, place in _writes if written == path or written.startswith(path + "/")]
    return list(dict.fromkeys(found))


def _modules(in_packages: bool) -> Iterator[tuple[ModuleType, str]]:
    """The Worker's own modules, or those of its packages, with their files."""
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and file.startswith(MODULES):
            if file.startswith(PACKAGES) == in_packages:
                yield module, file


def _parts(value: object) -> Iterator[tuple[str, object]]:
    """What an object refers to, with what one appends to its name to get there."""
    if isinstance(value, dict):
        yield from ((f"[{key!r}]", item) for key, item in list(value.items()))
    elif isinstance(value, (list, tuple)):
        yield from ((f"[{index}]", item) for index, item in enumerate(value))
    elif isinstance(value, (set, frozenset)):
        yield from (("{…}", item) for item in list(value))
    elif isinstance(value, FunctionType):
        names = value.__code__.co_freevars
        for name, cell in zip(names, value.__closure__ or (), strict=True):
            try:
                yield f"().{name}", cell.cell_contents
            except ValueError:
                continue
        yield from ((f"(…={index})", item) for index, item in enumerate(value.__defaults__ or ()))
        yield from ((f"({key}=…)", item) for key, item in (value.__kwdefaults__ or {}).items())
    elif not isinstance(value, (str, bytes, int, float, ModuleType, JsProxy)):
        attributes = getattr(value, "__dict__", None)
        if attributes is not None:
            yield from ((f".{key}", item) for key, item in list(attributes.items()))
        if (wrapped := getattr(value, "__func__", None)) is not None:
            yield "", wrapped


class _Found(NamedTuple):
    index: int
    module: ModuleType
    file: str
    name: str


def _search(
    modules: Iterator[tuple[ModuleType, str]], identify: Callable[[JsProxy], int]
) -> Iterator[_Found]:
    """Variables through which the modules hold JavaScript objects that `identify` knows (not -1)."""
    seen: set[int] = set()
    layer: list[tuple[ModuleType, str, str, object]] = []
    for module, file in modules:
        layer += ((module, file, name, value) for name, value in list(vars(module).items()))
    for _ in range(DEEPEST):
        following = []
        for module, file, name, value in layer:
            if isinstance(value, JsProxy):
                index = identify(value)
                if index >= 0:
                    yield _Found(index, module, file, name)
            elif id(value) not in seen and len(seen) < MOST_OBJECTS:
                seen.add(id(value))
                following += ((module, file, name + part, item) for part, item in _parts(value))
        layer = following


def _binds(node: ast.AST, name: str) -> bool:
    """Whether a statement gives the variable its value."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return node.name == name
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return any((alias.asname or alias.name.partition(".")[0]) == name for alias in node.names)
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id == name


def _top_level(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """The nodes of a module or class that run when it is executed."""
    waiting: list[ast.AST] = list(reversed(body))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            waiting += reversed(list(ast.iter_child_nodes(node)))


def _binding(file: str, name: str) -> tuple[int, bool]:
    """The line that gives the variable `name` (and, behind a dot, a class's own) its last value; and
    whether it only imports it. 0 where there is none."""
    try:
        with open(file, "rb") as source:
            body = ast.parse(source.read()).body
    except (OSError, SyntaxError, ValueError):
        return 0, False
    first, *rest = name.partition("[")[0].partition("(")[0].split(".")
    line, imported = 0, False
    for node in _top_level(body):
        if not _binds(node, first):
            continue
        line, imported = node.lineno, isinstance(node, (ast.Import, ast.ImportFrom))
        if isinstance(node, ast.ClassDef) and rest:
            for inner in _top_level(node.body):
                if _binds(inner, rest[0]):
                    line = inner.lineno
    return line, imported


def holders(identify: Callable[[JsProxy], int], count: int) -> list[Place | None]:
    """For each of `count` JavaScript objects the variable through which it is held, of the Worker's own
    code before that of its packages; None where none is found.

    `identify` tells which of the objects a proxy stands for, -1 for none.
    """
    places: list[Place | None] = [None] * count
    imported_places: list[Place | None] = [None] * count
    for in_packages in (False, True):
        for index, _, file, name in _search(_modules(in_packages), identify):
            line, imported = _binding(file, name)
            place = Place(file.removeprefix(MODULES), line, name)
            if imported:
                imported_places[index] = imported_places[index] or place
            else:
                places[index] = places[index] or place
        if all(places):
            break
    return [place or other for place, other in zip(places, imported_places, strict=True)]


def imported_packages() -> list[str]:
    """Names of the packages that are imported, without private ones."""
    files = (file.removeprefix(PACKAGES) for _, file in _modules(in_packages=True))
    names = {file.partition("/")[0].removesuffix(".py") for file in files}
    return sorted(name for name in names if not name.startswith("_"))
