"""Where Python looks for modules, and what packages want to run at start; run by the host before the
main module is imported.

Packages come before the interpreter's own site-packages, the user's modules after them: a package hides
a module of the user that has the same name, and the standard library hides both.
"""

import importlib
import os
import site
import sys

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
