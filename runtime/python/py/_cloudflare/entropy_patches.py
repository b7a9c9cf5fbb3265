"""What the host calls at the turns of a Worker's life."""

import os
from typing import Any

from . import entropy_import_context  # noqa: F401  (registers the standard library's patches)
from . import http_clients  # noqa: F401  (registers those of HTTP clients)
from . import sdk_patches, sdk_requests  # noqa: F401  (register those of the SDK)
from .allow_entropy import _set_in_request_context, raise_unless_entropy_allowed
from .import_patch_manager import (
    after_snapshot_handlers,
    before_first_request_handlers,
    install_import_patch_manager,
    remove_import_patch_manager,
)

_urandom = os.urandom


def _guarded_urandom(*args: Any, **kwargs: Any) -> bytes:
    raise_unless_entropy_allowed()
    return _urandom(*args, **kwargs)


def before_top_level() -> None:
    """Before any module is imported that could draw from chance."""
    os.urandom = _guarded_urandom
    install_import_patch_manager()


def after_snapshot() -> None:
    """When the state of the top level was stored: is what was seeded with a constant still unused?"""
    for handler, module in after_snapshot_handlers:
        handler(module)


def before_first_request() -> None:
    """Randomness becomes real."""
    _set_in_request_context()
    os.urandom = _urandom
    remove_import_patch_manager()
    for handler, module in before_first_request_handlers:
        handler(module)
    before_first_request_handlers.clear()
