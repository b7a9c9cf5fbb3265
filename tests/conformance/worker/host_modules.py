"""Section 2: the modules that the host provides."""

import importlib.util
import sys

import _cloudflare_compat_flags
import _pyodide_entrypoint_helper as helper
import js
import pyodide_js
from _cloudflare import allow_entropy
from _cloudflare.import_patch_manager import (
    register_before_first_request,
    register_create_patch,
    register_exec_patch,
)
from contextlib import contextmanager

from expect import contains, equal, raised, raised_later

events = []


@register_create_patch("patched")
@contextmanager
def around_creation(spec):
    events.append(f"create {spec.name}")
    yield


@register_exec_patch("patched")
@contextmanager
def around_execution(module):
    events.append(f"before {module.__name__}")
    yield
    events.append(f"after {module.VALUE}")


@register_before_first_request("patched")
def before_first_request(module):
    events.append(f"first request {module.VALUE}")


@register_before_first_request("never_imported")
def never(module):
    events.append("never")


import patched  # noqa: E402, F401


def leftover():
    with allow_entropy.allow_bad_entropy_calls(2):
        pass


AT_TOP_LEVEL = {
    "leftover": raised(leftover),
    "refused": raised(allow_entropy.raise_unless_entropy_allowed),
    "in request": allow_entropy.in_request_context(),
    "bad entropy": allow_entropy.is_bad_entropy_enabled(),
    "patch finder": type(sys.meta_path[0]).__name__,
}


def check_flags_are_all_there_and_true_to_the_date(worker):
    flags = _cloudflare_compat_flags
    for name in (
        "python_workers",
        "python_no_global_handlers",
        "python_workflows",
        "python_request_headers_preserve_commas",
        "python_workflows_implicit_dependencies",
        "python_process_pth_files",
        "enable_python_external_sdk",
    ):
        equal((name, getattr(flags, name)), (name, True))
    for name in ("python_workers_development", "durable_object_fetch_requires_full_url_off"):
        equal(getattr(flags, name, False), False)
    equal(flags.python_workers_development, False)


def check_flags_have_no_disabling_names(worker):
    for name in ("disable_python_no_global_handlers", "no_python_workflows_implicit_dependencies"):
        contains(raised(getattr, _cloudflare_compat_flags, name), "AttributeError", name)


async def check_imports_of_unknown_modules_are_rejected(worker):
    for name in ("crypto", "internal:anything", "pyodide-internal:x", "cloudflare-internal:env", "no.js"):
        contains(await raised_later(helper.doAnImport, name), "JsException", "No such module", name)


def check_the_workers_module_is_complete(worker):
    module = helper.cloudflareWorkersModule
    for name in ("DurableObject", "RpcTarget", "WorkerEntrypoint", "WorkflowEntrypoint"):
        equal(getattr(module, name).name, name)
    for name in ("env", "waitUntil", "withEnv"):
        assert hasattr(module, name), name
    assert callable(helper.cloudflareSocketsModule.connect)
    equal(helper.workerEntrypoint, module.WorkerEntrypoint)


def check_patching_wait_until_leaves_other_objects_alone(worker):
    other = js.Object.new()
    helper.patchWaitUntil(other)
    assert not hasattr(other, "waitUntil")


def check_patches_of_imports(worker):
    equal(events, ["create patched", "before patched", "after 1", "first request 1"])


def check_the_entropy_budget_is_exact(worker):
    equal(AT_TOP_LEVEL["leftover"], "RuntimeError: 2 unexpected leftover getentropy calls ")
    equal(AT_TOP_LEVEL["refused"],
          "OSError: [Errno 29] Cannot get entropy outside of request context")
    equal((AT_TOP_LEVEL["in request"], AT_TOP_LEVEL["bad entropy"]), (False, False))


def check_the_first_request_ends_the_patches(worker):
    assert allow_entropy.in_request_context()
    allow_entropy.raise_unless_entropy_allowed()
    assert AT_TOP_LEVEL["patch finder"] not in {type(finder).__name__ for finder in sys.meta_path}
    assert type(sys.modules["random"]).__name__ == "module"


def check_javascript_globals(worker):
    equal(js.globalThis, js)
    for name in ("fetch", "Request", "Response", "Headers", "URL", "AbortController", "WebSocketPair"):
        assert hasattr(js, name), name
    contains(raised(pyodide_js.loadPackage, "numpy"), "pyodide.loadPackage is disabled")


def check_the_sdk_is_found_where_it_is_expected(worker):
    equal(importlib.util.find_spec("workers").origin,
          "/session/metadata/python_modules/workers/__init__.py")
    assert importlib.util.find_spec("asgi") is not None


async def check_what_the_sdk_exports(worker):
    import workers

    for name in workers.__all__:
        assert hasattr(workers, name), name
