"""The `_cloudflare` package under a native Python: the parts that need no interpreter of ours."""

import importlib
import random
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest

PACKAGE = Path(__file__).parents[4] / "runtime" / "python" / "py"


@pytest.fixture
def cloudflare(monkeypatch: pytest.MonkeyPatch):
    """Imports modules of the package anew, so that no state is left between tests."""
    monkeypatch.syspath_prepend(str(PACKAGE))
    before = set(sys.modules)
    finders = list(sys.meta_path)
    yield lambda name: importlib.import_module(f"_cloudflare.{name}")
    sys.meta_path[:] = finders
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.fixture
def module_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_budget_is_restored_after_the_block(cloudflare) -> None:
    entropy = cloudflare("allow_entropy")
    assert not entropy.is_bad_entropy_enabled()
    with entropy.allow_bad_entropy_calls(2):
        assert entropy.is_bad_entropy_enabled()
        entropy._budget[0] -= 2  # what the host does for each draw
        assert not entropy.is_bad_entropy_enabled()
    assert not entropy.is_bad_entropy_enabled()


def test_unused_draws_are_an_error(cloudflare) -> None:
    entropy = cloudflare("allow_entropy")
    with pytest.raises(RuntimeError, match="^2 unexpected leftover getentropy calls $"):
        with entropy.allow_bad_entropy_calls(3):
            entropy._budget[0] -= 1
    assert not entropy.is_bad_entropy_enabled()


def test_an_exception_in_the_block_is_not_hidden(cloudflare) -> None:
    entropy = cloudflare("allow_entropy")
    with pytest.raises(KeyError):
        with entropy.allow_bad_entropy_calls(1):
            raise KeyError("x")
    assert not entropy.is_bad_entropy_enabled()


def test_entropy_is_refused_until_the_first_request(cloudflare) -> None:
    entropy = cloudflare("allow_entropy")
    with pytest.raises(OSError, match="Cannot get entropy outside of request context") as raised:
        entropy.raise_unless_entropy_allowed()
    assert raised.value.errno == 29
    entropy._set_in_request_context()
    entropy.raise_unless_entropy_allowed()
    with entropy.allow_bad_entropy_calls(5):  # not counted any more
        pass


def test_patches_surround_the_execution_of_a_module(cloudflare, module_folder: Path) -> None:
    manager = cloudflare("import_patch_manager")
    (module_folder / "patched_one.py").write_text("import sys\nvalue = sys.patched_order.append('run')\n")
    sys.patched_order = []  # type: ignore[attr-defined]

    @manager.register_exec_patch("patched_one")
    @contextmanager
    def outer(module: ModuleType):
        sys.patched_order.append("before")  # type: ignore[attr-defined]
        yield
        sys.patched_order.append("after")  # type: ignore[attr-defined]

    called = []
    manager.register_before_first_request("patched_one", called.append)
    manager.install_import_patch_manager()
    module = importlib.import_module("patched_one")
    assert sys.patched_order == ["before", "run", "after"]  # type: ignore[attr-defined]
    assert manager.before_first_request_handlers == [(called.append, module)]
    assert module.__spec__.loader.path == str(module_folder / "patched_one.py")
    del sys.patched_order  # type: ignore[attr-defined]


def test_modules_imported_after_removal_are_not_patched(cloudflare, module_folder: Path) -> None:
    manager = cloudflare("import_patch_manager")
    (module_folder / "patched_two.py").write_text("value = 1\n")
    entered = []

    @manager.register_exec_patch("patched_two")
    @contextmanager
    def patch(module: ModuleType):
        entered.append(module)
        yield

    manager.install_import_patch_manager()
    manager.remove_import_patch_manager()
    importlib.import_module("patched_two")
    assert entered == []


def test_other_modules_are_left_to_other_finders(cloudflare) -> None:
    manager = cloudflare("import_patch_manager")
    assert manager._finder.find_spec("json", None, None) is None


def test_calls_are_blocked_until_the_manager_is_removed(
    cloudflare, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = cloudflare("import_patch_manager")
    module = ModuleType("blocked_module")
    module.number = 3  # type: ignore[attr-defined]
    module.allowed = lambda: "allowed"  # type: ignore[attr-defined]
    module.refused = lambda: "refused"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "blocked_module", module)
    manager.block_calls(module, allowlist=("allowed",))

    import blocked_module  # type: ignore[import-not-found]
    from blocked_module import refused

    assert blocked_module is not module
    assert blocked_module.number == 3
    assert blocked_module.allowed() == "allowed"
    with pytest.raises(
        RuntimeError,
        match=r"^Cannot use blocked_module.refused\(\) outside of request context$",
    ):
        refused()
    blocked_module.number = 4
    assert module.number == 4  # type: ignore[attr-defined]
    assert "refused" in dir(blocked_module)

    manager.remove_import_patch_manager()
    assert sys.modules["blocked_module"] is module
    assert blocked_module.refused() == "refused"
    assert refused() == "refused"


def test_random_is_refused_at_the_top_level_and_real_in_requests() -> None:
    """In a process of its own: `random` is imported by everything."""
    program = f"""
import _random, sys  # the C half stays unpatched: here is no host that counts its draws
sys.path.insert(0, {str(PACKAGE)!r})
for name in ("random", "tempfile"):
    sys.modules.pop(name, None)
from _cloudflare import allow_entropy, entropy_import_context, entropy_patches
entropy_import_context._RANDOM_SEED_CALLS = 0  # nobody counts draws here
entropy_patches.before_top_level()
import os, random
for call in (random.random, lambda: os.urandom(3)):
    try:
        call()
        print("drew")
    except (RuntimeError, OSError) as error:
        print(error)
print(random.Random(3).random() == random.Random(3).random())
entropy_patches.before_first_request()
print(0 <= random.random() < 1, len(os.urandom(3)))
"""
    result = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.splitlines() == [
        "Cannot use random.random() outside of request context",
        "[Errno 29] Cannot get entropy outside of request context",
        "True",
        "True 3",
    ]


def test_native_random_is_untouched() -> None:
    """The tests above leave the process that runs them as it was."""
    assert isinstance(random.random(), float)
