"""micropip installs pure wheels while the Worker runs, from a package index of the test's own."""

import functools
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from test_sync import make_wheel

pytestmark = pytest.mark.network  # micropip itself comes from the index


@pytest.fixture
def index(tmp_path: Path) -> Iterator[str]:
    """The address of a package index with the pure `alpha` and `beta` and the native `native`."""
    root = tmp_path / "index"
    alpha = make_wheel(root, "alpha", "1.0")
    beta = make_wheel(root, "beta", "2.0")
    native = make_wheel(root, "native", "1.0")
    native = native.rename(root / "native-1.0-cp314-cp314-manylinux_2_17_x86_64.whl")
    for name, wheel in (("alpha", alpha), ("beta", beta), ("native", native)):
        page = root / "simple" / name / "index.html"
        page.parent.mkdir(parents=True)
        page.write_text(f'<!DOCTYPE html><a href="/{wheel.name}">{wheel.name}</a>')
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=root)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("python", ["3.12", "3.13", "3.14"])
def test_pure_wheels_are_installed_and_others_refused(project, dev, index, python):
    with dev(project("micropip"), env={"CWRANGLER_PYTHON": python}, timeout=240) as session:
        wheel = session.get("/" + quote(f"{index}/alpha-1.0-py3-none-any.whl", safe=""))
        assert json.loads(wheel.text) == {"module": "1.0", "metadata": "1.0"}
        named = session.get(f"/beta?index={quote(index)}/simple")
        assert json.loads(named.text) == {"module": "2.0", "metadata": "2.0"}
        refused = session.get(f"/native?index={quote(index)}/simple")
        assert refused.status == 422
        assert "Can't find a pure Python 3 wheel for 'native'" in refused.text
        unknown = session.get(f"/unknown?index={quote(index)}/simple")
        assert unknown.status == 422 and "'unknown'" in unknown.text
