"""Static files of the Worker ``tests/workers/assets``: before the Worker, and through its binding."""

from __future__ import annotations

import os
import shutil

import pytest
from dev_process import ROOT, make_environment, run_dev


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The running Worker, one for all tests; ``site.directory`` is its project."""
    scratch = tmp_path_factory.mktemp("assets")
    directory = scratch / "assets"
    shutil.copytree(ROOT / "tests" / "workers" / "assets", directory)
    with run_dev(directory, environment=make_environment(scratch)) as session:
        session.directory = directory
        yield session


def headers_of(answer) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.headers.items()}


@pytest.mark.parametrize(
    ("path", "type_"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/script.js", "text/javascript; charset=utf-8"),
        ("/favicon.ico", "image/vnd.microsoft.icon"),
        ("/digits.bin", "application/octet-stream"),
        ("/data%20%5B1%5D.json", "application/json"),
    ],
)
def test_content_types(site, path, type_) -> None:
    answer = site.get(path)
    headers = headers_of(answer)
    assert (answer.status, headers["content-type"]) == (200, type_)
    assert headers["cache-control"] == "public, max-age=0, must-revalidate"
    assert headers["x-served-by" if path != "/style.css" else "x-tag"]


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/about.html", "/about"),
        ("/about/", "/about"),
        ("/index.html?q=1", "/?q=1"),
        ("/docs", "/docs/"),
        ("/docs/index", "/docs/"),
        ("/data [1].json".replace(" ", "%20"), "/data%20%5B1%5D.json"),
    ],
)
def test_each_page_has_one_address(site, path, location) -> None:
    answer = site.get(path)
    assert (answer.status, headers_of(answer)["location"]) == (307, location)


def test_pages(site) -> None:
    assert site.get("/about").text == "<h1>About</h1>\n"
    assert site.get("/docs/").text == "<h1>Docs</h1>\n"
    head = site.get("/about", method="HEAD")
    assert (head.status, head.body, headers_of(head)["content-length"]) == (200, b"", "15")
    assert site.get("/about", method="POST", body=b"x").status == 405


def test_what_no_file_answers(site) -> None:
    # The Worker has its routes; the rest gets the page for what is not there.
    assert site.get("/api/anything").text == "the Worker: GET /api/anything"
    assert site.get("/api/shadowed.txt").text == "the Worker: GET /api/shadowed.txt"
    assert site.get("/api/docs/page.txt").text == "api docs\n"
    missing = site.get("/nowhere/at/all")
    assert (missing.status, missing.text) == (404, "<h1>Nothing here</h1>\n")


@pytest.mark.parametrize("path", ["/_headers", "/_redirects", "/.assetsignore", "/secret.key",
                                  "/..%2f..%2fwrangler.jsonc", "/%2e%2e/wrangler.jsonc",
                                  "/style.css%00.html"])
def test_what_is_no_asset(site, path) -> None:
    assert site.get(path).status == 404


def test_the_binding(site) -> None:
    assert site.get("/api/asset/about").text == "<h1>About</h1>\n"
    assert site.get("/api/asset/api/shadowed.txt").text == "shadowed\n"
    assert site.get("/api/asset/nowhere").status == 404


def test_tags_and_ranges(site) -> None:
    first = headers_of(site.get("/digits.bin"))
    tag = first["etag"]
    for given in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        assert site.get("/digits.bin", headers={"If-None-Match": given}).status == 304

    def part(range_: str, **more: str):
        answer = site.get("/digits.bin", headers={"Range": range_, **more})
        return answer.status, answer.text, headers_of(answer).get("content-range")

    assert part("bytes=2-4") == (206, "234", "bytes 2-4/10")
    assert part("bytes=7-") == (206, "789", "bytes 7-9/10")
    assert part("bytes=-2") == (206, "89", "bytes 8-9/10")
    assert part("bytes=10-") == (416, "", "bytes */10")
    assert part("bytes=4-2")[0] == 200
    assert part("bytes=0-1", **{"If-Range": '"old"'})[0] == 200
    assert part("bytes=0-1", **{"If-Range": tag})[0] == 206


def test_redirects_and_headers(site) -> None:
    def redirect(path: str):
        answer = site.get(path)
        return answer.status, headers_of(answer).get("location")

    assert redirect("/old") == (301, "/about")
    assert redirect("/old?q=1") == (301, "/about?q=1")
    assert redirect("/elsewhere") == (302, "https://example.com/there")
    assert redirect("/blog/first") == (302, "/docs/?post=first")
    assert site.get("/app/deep/down").text == "<h1>About</h1>\n"
    assert headers_of(site.get("/docs/"))["cache-control"] == "max-age=60"
    style = headers_of(site.get("/style.css"))
    assert style["x-tag"] == "a" and "x-served-by" not in style
    assert headers_of(site.get("/script.js"))["x-name"] == "script"


def test_changes_show_at_once(site) -> None:
    page = site.directory / "public" / "new.html"
    assert site.get("/new").status == 404
    page.write_text("first")
    before = site.get("/new")
    assert before.text == "first"
    page.write_text("second")
    os.utime(page, ns=(1, 1))
    after = site.get("/new")
    assert after.text == "second"
    assert headers_of(before)["etag"] != headers_of(after)["etag"]
    (site.directory / "public" / "_headers").write_text("/new\n  X-Late: yes\n")
    assert headers_of(site.get("/new"))["x-late"] == "yes"


def test_a_large_file_comes_whole(site) -> None:
    content = os.urandom(3 << 20)
    (site.directory / "public" / "large.dat").write_bytes(content)
    assert site.get("/large.dat").body == content
    part = site.get("/large.dat", headers={"Range": "bytes=1000000-2999999"})
    assert part.body == content[1000000:3000000]
