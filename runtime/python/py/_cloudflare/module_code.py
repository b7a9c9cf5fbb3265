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
    code = _kept(name, source.encode(), lambda: compile(source, name, "exec"))
    module_globals = {"__name__": name.removesuffix(".py")}
    exec(code, module_globals)
    return module_globals


def _kept(path: str, source: bytes, compiled: Callable[[], CodeType]) -> CodeType:
    # The foreign function interface comes up after this package.
    from pyodide.ffi import to_js  # noqa: PLC0415

    key = f"{path}:{len(source)}:{source_hash(_COMPILER, source).hex()}:{_COMPILER}"
    found = _find(key)
    if found is not None:
        return marshal.loads(found.to_bytes())
    code = compiled()
    _keep(key, to_js(marshal.dumps(code)))
    return code


_compile_source_file = SourceFileLoader.source_to_code
_compile_source_in_zip = zipimport._compile_source


def _source_to_code(self: SourceFileLoader, data: Any, path: Any, **options: Any) -> CodeType:
    def compiled() -> CodeType:
        return _compile_source_file(self, data, path, **options)

    # Whoever asks for another optimization, or gives a syntax tree, is not Python's import.
    if options or type(data) is not bytes or type(path) is not str:
        return compiled()
    return _kept(path, data, compiled)


def _compile_from_zip(pathname: str, source: bytes) -> CodeType:
    return _kept(pathname, source, lambda: _compile_source_in_zip(pathname, source))
