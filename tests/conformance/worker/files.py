"""Section 3: what of the bundle is a file, and where Python looks for modules."""

import errno
import importlib
import importlib.metadata
import importlib.resources
import importlib.util
import json
import os
import stat
import sys
import tempfile
from pathlib import Path

from expect import contains, equal, raised

FOLDER = Path(__file__).parent


def check_files_beside_the_module(worker):
    equal(str(FOLDER), "/session/metadata")
    equal((FOLDER / "data" / "note.txt").read_text(), "data text\n")
    equal((FOLDER / "data" / "bytes.bin").read_bytes(), b"\0\1\2\3\4\5\xff")
    equal(json.loads((FOLDER / "data" / "values.json").read_text()), {"a": [1, 2]})


def check_files_are_read_only(worker):
    status = os.stat(FOLDER / "data" / "note.txt")
    equal((stat.S_IMODE(status.st_mode), status.st_uid, status.st_size), (0o555, 0, 10))
    equal(stat.S_IMODE(os.stat(FOLDER).st_mode), 0o555)
    for change in (
        lambda: (FOLDER / "data" / "note.txt").write_text("x"),
        lambda: (FOLDER / "new.txt").write_text("x"),
        lambda: (FOLDER / "new").mkdir(),
        lambda: (FOLDER / "data" / "note.txt").unlink(),
        lambda: (FOLDER / "data" / "note.txt").rename(FOLDER / "moved"),
        lambda: os.symlink("/tmp", FOLDER / "link"),
    ):
        contains(raised(change), "Error: [Errno ")


def check_a_missing_file(worker):
    try:
        (FOLDER / "nowhere.txt").read_text()
    except FileNotFoundError as error:
        equal((error.errno, error.filename), (errno.ENOENT, "/session/metadata/nowhere.txt"))
    else:
        raise AssertionError("nothing was raised")


def check_positions_in_files(worker):
    with open(FOLDER / "data" / "bytes.bin", "rb") as file:
        equal(file.seek(-2, os.SEEK_END), 5)
        equal(file.read(), b"\5\xff")
        equal(file.seek(1), 1)
        equal(file.read(2), b"\1\2")
        equal(file.tell(), 3)
        equal(file.seek(1, os.SEEK_CUR), 4)
        contains(raised(file.seek, -1), "Error")
    descriptor = os.open(FOLDER / "data" / "bytes.bin", os.O_RDONLY)
    equal(os.pread(descriptor, 2, 4), b"\4\5")
    os.close(descriptor)


def check_folders_are_listed(worker):
    equal(sorted(path.name for path in (FOLDER / "data").iterdir()),
          ["bytes.bin", "note.txt", "values.json"])
    assert "entry.py" in os.listdir(FOLDER)
    equal(sorted(path.name for path in FOLDER.glob("data/*.txt")), ["note.txt"])
    assert any("data" in names for _, names, _ in os.walk(FOLDER))


def check_scratch_files(worker):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        assert folder.startswith("/tmp/")
        path.write_text("scratch")
        equal(path.read_text(), "scratch")
        path.rename(path.with_suffix(".txt"))
    assert not Path(folder).exists()
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"more")
        file.flush()
        equal(Path(file.name).read_bytes(), b"more")


def check_the_process(worker):
    equal(os.environ["HOME"], "/session")
    contains(os.environ["LD_LIBRARY_PATH"], "/session/metadata/python_modules/lib/")
    equal(os.environ["PYTHONHASHSEED"], "111")
    equal(sys.platform, "emscripten")


def check_packages_come_first_and_the_librarys_modules_before_them(worker):
    import both
    import colorsys

    equal(both.WHERE, "package")
    assert "/session/" not in colorsys.__file__, colorsys.__file__


def check_folders_of_pth_files_come_last(worker):
    import from_hidden

    equal(from_hidden.WHERE, "hidden")
    equal(sys.path[-1], "/session/metadata/python_modules/hidden")
    equal(sys.modules["plain"].started, "by a .pth file")


def check_a_broken_pth_file_stops_nothing(worker):
    # It comes between the others in the order of names.
    assert "/session/metadata/python_modules/hidden" in sys.path


def check_resources_of_packages(worker):
    package = importlib.resources.files("resources")
    equal((package / "template.html").read_text(), "<p>template</p>\n")
    equal(importlib.resources.read_text("resources", "template.html"), "<p>template</p>\n")
    with importlib.resources.as_file(package / "template.html") as path:
        equal(path.read_text(), "<p>template</p>\n")
    equal(sorted(item.name for item in package.iterdir() if item.name.endswith("html")),
          ["template.html"])


def check_metadata_of_packages(worker):
    equal(importlib.metadata.version("resources"), "1.2")
    equal(importlib.metadata.metadata("Resources")["Summary"], "Has files")
    equal([point.name for point in importlib.metadata.entry_points(group="conformance.things")],
          ["thing"])
    equal(importlib.metadata.entry_points(group="conformance.things")["thing"].load()(), "loaded")
    contains(raised(importlib.metadata.version, "nowhere"), "PackageNotFoundError")


def check_modules_know_where_they_are(worker):
    import plain

    equal(plain.__file__, "/session/metadata/python_modules/plain/__init__.py")
    equal(plain.__spec__.origin, plain.__file__)
    equal(plain.__path__, ["/session/metadata/python_modules/plain"])
    equal(plain.read(), "of a package\n")


def check_modules_can_be_loaded_by_path(worker):
    spec = importlib.util.spec_from_file_location("by_path", FOLDER / "patched.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    equal(module.VALUE, 1)


def check_modules_made_at_run_time(worker):
    folder = tempfile.mkdtemp()
    Path(folder, "made_later.py").write_text("VALUE = 5\n")
    sys.path.append(folder)
    try:
        importlib.invalidate_caches()
        equal(importlib.import_module("made_later").VALUE, 5)
    finally:
        sys.path.remove(folder)
