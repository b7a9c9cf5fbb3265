"""Bytecode of modules comes from the host, where it was compiled before.

To compile a module takes several times as long as to execute it. Python's own .pyc files would lie beside
the sources, which the Worker cannot write, and are taken for up to date by a time in seconds. Here the
key is the source itself.
"""

import marshal
import zipimport
from _imp import source_hash
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from importlib.util import MAGIC_NUMBER
from types import CodeType
from typing import Any

_find: Callable[[str], Any]
_keep: Callable[[str, Any], None]

_COMPILER = int.from_bytes(MAGIC_NUMBER, "little")


def install(host: Any) -> None:
    """`host.find(key)` returns a Uint8Array or nothing, `host.keep(key, bytes)` takes one."""
    global _find, _keep  # noqa: PLW0603
    _find, _keep = host.find, host.keep
    SourceFileLoader.source_to_code = _source_to_code
    zipimport._compile_source = _compile_from_zip


def run(name: str, source: str) -> dict[str, Any]:
    """Executes a file of the host's own, and returns its globals."""
    key = _key(name, source.encode())
    code = _found(key)
    if code is None:
        code = compile(source, name, "exec")
        _keep_code(key, code)
    module_globals = {"__name__": name.removesuffix(".py")}
    exec(code, module_globals)
    return module_globals


def _key(path: str, source: bytes) -> str:
    return f"{path}:{len(source)}:{source_hash(_COMPILER, source).hex()}:{_COMPILER}"


def _found(key: str) -> CodeType | None:
    found = _find(key)
    return None if found is None else marshal.loads(found.to_bytes())


def _keep_code(key: str, code: CodeType) -> None:
    # The foreign function interface comes up after this package.
    from pyodide.ffi import to_js  # noqa: PLC0415

    _keep(key, to_js(marshal.dumps(code)))


_compile_source_file = SourceFileLoader.source_to_code
_compile_source_in_zip = zipimport._compile_source


def _source_to_code(self: SourceFileLoader, data: Any, path: Any, **options: Any) -> CodeType:
    # Whoever asks for another optimization, or gives a syntax tree, is not Python's import.
    if options or type(data) is not bytes or type(path) is not str:
        return _compile_source_file(self, data, path, **options)
    key = _key(path, data)
    code = _found(key)
    if code is None:
        code = _compile_source_file(self, data, path)
        _keep_code(key, code)
    return code


def _compile_from_zip(pathname: str, source: bytes) -> CodeType:
    key = _key(pathname, source)
    code = _found(key)
    if code is None:
        code = _compile_source_in_zip(pathname, source)
        _keep_code(key, code)
    return code


# The import cuts frames of its own files from the traceback of a syntax error.
_source_to_code.__code__ = _source_to_code.__code__.replace(
    co_filename="<frozen importlib._bootstrap_external>"
)
