"""JavaScript objects that are data (JSON variables, the props of a binding) as Python values.

They also have what code uses that was written for the JavaScript object: keys as attributes, `to_py()`
and the like.
"""

from __future__ import annotations

from typing import Any


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


class JsonArray(list[Any]):
    """A list that stands for a JavaScript array."""

    def to_py(self, **_: Any) -> list[Any]:
        """The same in plain lists and dicts."""
        return _plain(self)


class JsonObject(dict[str, Any]):
    """A dict that stands for a JavaScript object; a key that is no name of a method is an attribute."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def to_py(self, **_: Any) -> dict[str, Any]:
        """The same in plain lists and dicts."""
        return _plain(self)

    def object_keys(self) -> list[str]:
        return list(self)

    def object_values(self) -> list[Any]:
        return list(self.values())

    def object_entries(self) -> list[tuple[str, Any]]:
        return list(self.items())


def json_value(value: Any) -> Any:
    """A value of dicts and lists in the types of this module; anything else is left as it is."""
    if isinstance(value, dict):
        return JsonObject({key: json_value(item) for key, item in value.items()})
    if isinstance(value, list):
        return JsonArray([json_value(item) for item in value])
    return value
