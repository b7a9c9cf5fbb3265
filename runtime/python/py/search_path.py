"""Where Python looks for modules, what packages want to run at start, and the import of the main
module; run by the host.

Packages come before the interpreter's own site-packages, the user's modules after them: a package hides
a module of the user that has the same name, and the standard library hides both.
"""

import importlib
import os
import site
import sys
from types import ModuleType

PACKAGES = "/session/metadata/python_modules"
LEGACY_PACKAGES = "/session/metadata/vendor"


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


def import_main_module(name: str) -> ModuleType:
    """The Worker's main module, executed. Raises RuntimeError when it exits: that would end the
    interpreter, and nobody would see where."""
    try:
        return __import__(name)
    except SystemExit as exit:
        raise RuntimeError(
            f"sys.exit({exit.code!r}) was called at the top level of the Worker: it cannot exit"
        ) from exit
