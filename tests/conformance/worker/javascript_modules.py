"""Section 3: JavaScript modules of the bundle, imported from Python."""

import asyncio
from pathlib import Path

from pyodide.ffi import JsException
from workers import import_from_javascript

from expect import contains, equal, raised

AT_TOP_LEVEL = import_from_javascript("javascript/counter.mjs")


def check_an_import_at_the_top_level(worker):
    equal(AT_TOP_LEVEL.name, "counter")


def check_every_way_to_name_a_module(worker):
    names = ("javascript/counter.mjs", "./javascript/counter.mjs", "/javascript/counter.mjs")
    modules = [import_from_javascript(name) for name in names]
    # One module, however it was named: one state.
    before = modules[0].increment()
    equal([module.increment() for module in modules], [before + 1, before + 2, before + 3])


def check_imports_between_modules(worker):
    module = import_from_javascript("./javascript/main.mjs")
    equal(module.default(2), "main: 42 (data text\n) 7 bytes")
    equal(module.sum(1, 2), 3)


def check_cyclic_imports(worker):
    equal(import_from_javascript("./javascript/cycle_a.mjs").whole(), "a of b of a")


async def check_dynamic_imports(worker):
    module = import_from_javascript("./javascript/main.mjs")
    equal(await module.later(), "counter")
    try:
        await module.missing()
    except JsException as error:
        contains(str(error), 'No such module "javascript/nowhere.mjs".')
    else:
        raise AssertionError("nothing was raised")


def check_modules_have_a_live_view_of_each_other(worker):
    counter = import_from_javascript("./javascript/counter.mjs")
    before = counter.count
    counter.increment()
    equal(counter.count, before + 1)


def check_classes_and_errors_of_javascript(worker):
    module = import_from_javascript("./javascript/main.mjs")
    point = module.Point.new(3, 4)
    equal(point.length, 5)
    try:
        module.fail("on purpose")
    except JsException as error:
        equal((error.name, error.message), ("RangeError", "on purpose"))
        contains(error.stack, "javascript/main.mjs")
    else:
        raise AssertionError("nothing was raised")


def check_missing_and_broken_modules(worker):
    contains(raised(import_from_javascript, "./nowhere.mjs"),
             "ImportError: Failed to import './nowhere.mjs'", 'No such module "nowhere.mjs".')
    contains(raised(import_from_javascript, "./javascript/broken.mjs"),
             "ImportError: Failed to import './javascript/broken.mjs'", "SyntaxError")
    contains(raised(import_from_javascript, "./javascript/lost.mjs"),
             'No such module "javascript/nowhere.mjs".')
    contains(raised(import_from_javascript, "./javascript/throwing.mjs"), "thrown by the module")
    contains(raised(import_from_javascript, "node:fs"), "ImportError", "node:fs")


def check_modules_of_the_sdk(worker):
    import_from_javascript("python_modules/workers/workflows.js")


def check_javascript_is_no_file(worker):
    folder = Path(__file__).parent
    assert not (folder / "javascript" / "counter.mjs").exists()
    assert not (folder / "python_modules" / "workers" / "workflows.js").exists()


def check_the_builtin_modules(worker):
    equal(import_from_javascript("cloudflare:workers").env.GREETING, "hello")
    assert callable(import_from_javascript("cloudflare:sockets").connect)


async def check_a_promise_of_javascript_is_awaited(worker):
    module = import_from_javascript("./javascript/main.mjs")
    equal(await module.resolved("value"), "value")
    equal(await asyncio.gather(module.resolved(1), module.resolved(2)), [1, 2])
