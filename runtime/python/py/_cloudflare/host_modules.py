"""The host's own Python files that have run, where a memory snapshot takes them along."""

from typing import Any

modules: dict[str, dict[str, Any]] = {}
"""Their globals, by file name."""
