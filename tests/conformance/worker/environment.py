"""Section 2.2: the importable environment, with other values in it for a while."""

import asyncio

import js
from pyodide.ffi import JsException, create_proxy, run_sync, to_js
from workers import env, import_from_javascript, patch_env

from expect import contains, equal, python_type, raised

cloudflare = import_from_javascript("cloudflare:workers")
AT_TOP_LEVEL = env.GREETING


def check_it_is_there_at_the_top_level(worker):
    equal(AT_TOP_LEVEL, "hello")


def check_it_has_the_bindings_of_the_worker(worker):
    import workers

    equal(workers.env.GREETING, worker.env.GREETING)
    equal(sorted(js.Object.keys(cloudflare.env)), sorted(js.Object.keys(worker.env._env)))
    assert "GREETING" in cloudflare.env.object_keys()


def check_what_was_looked_up_is_kept(worker):
    assert env.SELF is env.SELF
    assert env.SETTINGS is env.SETTINGS


def check_json_variables_are_python_values(worker):
    for environment in (env, worker.env):
        settings = environment.SETTINGS
        python_type(settings, dict)
        equal(settings, {"deep": [1, {"x": None}]})
        equal(settings.deep[1].x, None)
        equal(settings["deep"][0], 1)
        # What code does that expects a JavaScript object.
        equal(type(settings.to_py()), dict)
        equal(settings.object_keys(), ["deep"])
        python_type(environment.LIST, list)
        equal(environment.LIST.to_py(), [1, {"a": 1}])
        equal((environment.NUMBER, environment.FLAG, environment.NOTHING), (4.5, True, None))


def check_patches_end(worker):
    with patch_env(GREETING="patched", NEW={"a": 1}):
        equal(env.GREETING, "patched")
        import workers

        equal(workers.env.GREETING, "patched")
        equal(env.NEW["a"], 1)
        with patch_env({"GREETING": "deeper"}):
            equal(env.GREETING, "deeper")
        with patch_env([("GREETING", "pairs")]):
            equal(env.GREETING, "pairs")
        equal(env.GREETING, "patched")
    equal(env.GREETING, "hello")
    contains(raised(lambda: env.NEW), "AttributeError")


def check_patches_end_with_an_exception(worker):
    def fail():
        with patch_env(GREETING="patched"):
            raise LookupError("out")

    contains(raised(fail), "LookupError")
    equal(env.GREETING, "hello")


async def check_patches_of_interleaved_tasks_are_apart(worker):
    seen = {}
    patched = asyncio.Event()
    looked = asyncio.Event()

    async def patching():
        with patch_env(GREETING="patched"):
            patched.set()
            await looked.wait()
            seen["inside"] = env.GREETING
            seen["in a task of its own"] = await asyncio.create_task(look())
        seen["after"] = env.GREETING

    async def look():
        return env.GREETING

    async def looking():
        await patched.wait()
        seen["beside"] = env.GREETING
        looked.set()

    await asyncio.gather(patching(), looking())
    equal(seen, {"inside": "patched", "beside": "hello", "in a task of its own": "patched",
                 "after": "hello"})


async def check_patches_of_blocking_tasks_are_apart(worker):
    """The same while both block: their Python stacks are suspended."""
    seen = {}
    patched = asyncio.Event()
    looked = asyncio.Event()

    async def patching():
        with patch_env(GREETING="patched"):
            patched.set()
            run_sync(looked.wait())
            seen["inside"] = env.GREETING

    async def looking():
        run_sync(patched.wait())
        seen["beside"] = env.GREETING
        looked.set()

    await asyncio.gather(patching(), looking())
    equal(seen, {"inside": "patched", "beside": "hello"})
    equal(env.GREETING, "hello")


def check_with_env_of_a_function(worker):
    seen = []

    def look(*_):
        seen.append(cloudflare.env.GREETING)
        return "result"

    replacement = to_js({"GREETING": "other"}, dict_converter=js.Object.fromEntries)
    equal(cloudflare.withEnv(replacement, look), "result")
    seen.append(cloudflare.env.GREETING)
    equal(seen, ["other", "hello"])


async def check_with_env_of_a_coroutine(worker):
    seen = []
    inside = asyncio.Event()
    looked = asyncio.Event()

    async def look(*_):
        inside.set()
        await looked.wait()
        seen.append(cloudflare.env.GREETING)
        return cloudflare.env.GREETING

    replacement = to_js({"GREETING": "other"}, dict_converter=js.Object.fromEntries)
    callback = create_proxy(look)
    answer = asyncio.ensure_future(cloudflare.withEnv(replacement, callback))
    await inside.wait()
    seen.append(cloudflare.env.GREETING)
    looked.set()
    equal(await answer, "other")
    equal(seen, ["hello", "other"])
    callback.destroy()


async def check_with_env_of_javascript(worker):
    module = import_from_javascript("./javascript/environment.mjs")
    equal((await module.interleaved()).to_py(), ["hello", "one", "two", "one", "two", "hello"])


async def check_with_env_of_javascript_that_calls_python(worker):
    module = import_from_javascript("./javascript/environment.mjs")

    def look():
        with patch_env(GREETING="innermost"):
            inner = env.GREETING
        return f"{env.GREETING} {inner}"

    equal(await module.inOther(look), "other innermost")


async def check_with_env_in_timers_and_microtasks(worker):
    module = import_from_javascript("./javascript/environment.mjs")
    equal((await module.inTimers()).to_py(), ["hello"] * 3 + ["other"] * 3)


async def check_patches_in_timers_of_javascript(worker):
    """What Python has patched is so in the callbacks that JavaScript sets, and in Python's from there."""
    module = import_from_javascript("./javascript/environment.mjs")
    seen = []
    tasks = []

    async def look():
        await asyncio.sleep(0)
        seen.append(env.GREETING)

    def called():
        seen.append(env.GREETING)
        tasks.append(asyncio.ensure_future(look()))

    callback = create_proxy(called)
    with patch_env(GREETING="patched"):
        await asyncio.gather(module.inTimersOf(callback), asyncio.sleep(0.002))
    await asyncio.gather(*tasks)
    await module.inTimersOf(callback)
    await asyncio.gather(*tasks)
    callback.destroy()
    equal(seen, ["patched", "patched", "hello", "hello"])


async def check_wait_until_in_a_timer(worker):
    """It is the one of the event that set the timer."""
    waited = asyncio.Event()

    async def work():
        await asyncio.sleep(0)
        waited.set()

    callback = create_proxy(lambda: cloudflare.waitUntil(asyncio.ensure_future(work())))
    js.setTimeout(callback, 1)
    await waited.wait()
    callback.destroy()


def check_the_environment_cannot_be_changed(worker):
    try:
        cloudflare.env.GREETING = "changed"
    except JsException:
        pass  # or nothing happens, as in sloppy JavaScript
    equal(cloudflare.env.GREETING, "hello")
