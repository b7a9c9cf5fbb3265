"""What checks say when something is not as it should be."""

from inspect import isawaitable


def equal(actual, expected):
    if actual != expected:
        raise AssertionError(f"{actual!r} is not {expected!r}")


def contains(text, *parts):
    for part in parts:
        if part not in text:
            raise AssertionError(f"{part!r} is not in {text!r}")


def python_type(value, expected):
    """A value of exactly this Python type, or of a class derived from it: no JavaScript object."""
    if not isinstance(value, expected):
        raise AssertionError(f"{value!r} is a {type(value).__name__}, not a {expected.__name__}")


def raised(call, *args):
    """What a call raises, as "Type: text"."""
    try:
        call(*args)
    except BaseException as error:  # noqa: BLE001
        return f"{type(error).__name__}: {error}"
    raise AssertionError("nothing was raised")


async def raised_later(call, *args):
    """The same of a call whose result is awaited."""
    try:
        result = call(*args)
        if isawaitable(result):
            await result
    except BaseException as error:  # noqa: BLE001
        return f"{type(error).__name__}: {error}"
    raise AssertionError("nothing was raised")
