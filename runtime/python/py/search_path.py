"""Where Python looks for modules, what packages want to run at start, and the import of the packages
that the Worker begins with and of its main module; run by the host.

Packages come before the interpreter's own site-packages, the user's modules after them: a package hides
a module of the user that has the same name, and the standard library hides both.
"""

import importlib
import importlib.util
import os
import site
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

MODULES = "/session/metadata"
PACKAGES = f"{MODULES}/python_modules"
LEGACY_PACKAGES = f"{MODULES}/vendor"


def insert_packages(legacy: bool) -> None:
    """Puts the packages' folders in front of the first site-packages. Raises ValueError when there is
    none."""
    for index, entry in enumerate(sys.path):
        if "site-packages" in entry:
            sys.path[index:index] = [PACKAGES, LEGACY_PACKAGES] if legacy else [PACKAGES]
            return
    raise ValueError("No site-packages found in sys.path")


def run_package_hooks(process_pth_files: bool) -> None:
    """Runs the packages' .pth files, or only what the SDK needs of them."""
    if process_pth_files:
        site.addsitedir(PACKAGES)
    elif os.path.exists(f"{PACKAGES}/_workers_sdk_patch_loader.py"):
        importlib.import_module("_workers_sdk_patch_loader")


def set_up(legacy: bool, process_pth_files: bool) -> None:
    """Everything, in order."""
    importlib.invalidate_caches()
    insert_packages(legacy)
    run_package_hooks(process_pth_files)


def _is_own(spec: ModuleSpec | None) -> bool:
    """Whether it is a module of the Worker's, not of a package or of Python."""
    if spec is None:
        return False
    places = [spec.origin] if spec.has_location else list(spec.submodule_search_locations or ())
    return any(
        place.startswith(f"{MODULES}/") and not place.startswith((PACKAGES, LEGACY_PACKAGES))
        for place in places
    )


def import_leading(imports: list[list[str]], own: list[str]) -> bool:
    """Imports what the Worker's code begins with: a module each, and the names that are wanted of it.
    ``own``: top-level names that this relies on to be the Worker's.

    Returns whether all of it was imported, and nothing of the Worker's with it. Where not, the import
    of the main module goes the same way again, and tells why.
    """
    try:
        if not all(_is_own(importlib.util.find_spec(name)) for name in own):
            return False
        for module, *names in imports:
            __import__(module, fromlist=names)
    except Exception:
        return False
    return not any(_is_own(getattr(module, "__spec__", None)) for module in sys.modules.values())


def import_main_module(name: str) -> ModuleType:
    """The Worker's main module, executed. Raises RuntimeError when it exits: that would end the
    interpreter, and nobody would see where."""
    try:
        return __import__(name)
    except SystemExit as exit:
        raise RuntimeError(
            f"sys.exit({exit.code!r}) was called at the top level of the Worker: it cannot exit"
        ) from exit
