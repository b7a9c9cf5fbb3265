"""What is made from the command line's own data: help, pages, man page, completions; and doctor."""

import json
import re
import shutil
import subprocess

import pytest

from dev_process import BUILD, CWRANGLER, ROOT, free_port

REFERENCE = BUILD / "bin" / "cwrangler-reference"


def commands_below(*path):
    """Every command from there on, as lists of words, read from --help."""
    text = subprocess.run([CWRANGLER, *path, "--help"], capture_output=True, text=True, check=True).stdout
    listed = re.search(r"^Subcommands:\n((?:  .*\n)+)", text, re.M)
    names = re.findall(r"^  (\w[\w-]*)", listed[1], re.M) if listed else []
    found = [] if names else [(path, text)]
    for name in names:
        found += commands_below(*path, name)
    return found


def test_every_command_has_examples_that_parse():
    commands = commands_below()
    assert len(commands) > 20
    for path, text in commands:
        assert "Examples:" in text, path
        lines = re.findall(r"^  (cwrangler .*)$", text.partition("Examples:")[2], re.M)
        lines += re.findall(r"^  source <\((cwrangler .*)\)$", text, re.M)
        assert lines and all(line.startswith("cwrangler " + " ".join(path)) for line in lines), text
        for line in lines:
            for flag in re.findall(r" (--?[a-z][\w-]*)", line.partition("'")[0]):
                known = text + subprocess.run([CWRANGLER, "--help"], capture_output=True, text=True,
                                              check=True).stdout
                assert re.search(rf"(^|[\s,]){re.escape(flag)}\b", known), (line, flag)


def test_the_committed_pages_are_current(tmp_path):
    subprocess.run([REFERENCE, "docs", tmp_path], check=True)
    made = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.md"))
    committed = sorted(path.relative_to(ROOT / "docs") for path in (ROOT / "docs" / "commands").glob("*"))
    assert [path for path in made if path.parts[0] == "commands"] == committed
    for path in made:
        assert (tmp_path / path).read_text() == (ROOT / "docs" / path).read_text(), (
            f"docs/{path} is out of date: scripts/reference writes it"
        )


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("completions")
    for shell in ("bash", "zsh", "fish"):
        done = subprocess.run([CWRANGLER, "complete", shell], capture_output=True, text=True, check=True)
        (folder / shell).write_text(done.stdout)
    return folder


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["de"], {"delete", "deploy", "deployments", "dev"}),
        (["d1", "migrations", ""], {"create", "list", "apply"}),
        (["dev", "--por"], {"--port"}),
        (["-e", "staging", "dev", "--persist"], {"--persist-to"}),
        (["kv", "key", "--cw"], {"--cwd"}),
    ],
)
def test_bash_completes(scripts, words, expected):
    line = " ".join(f"'{word}'" for word in ["cwrangler", *words])
    program = (f"source {scripts}/bash; COMP_WORDS=({line}); COMP_CWORD={len(words)}; _cwrangler; "
               'printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == expected, done.stderr


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_can_read_theirs(scripts, shell):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    subprocess.run([shell, "-n", scripts / shell], check=True)


def test_the_manual_page_is_roff(tmp_path):
    subprocess.run([REFERENCE, "share", tmp_path], check=True)
    page = (tmp_path / "man" / "cwrangler.1").read_text()
    assert page.startswith(".TH CWRANGLER 1\n") and ".SH cwrangler d1 execute\n" in page
    known = {".TH", ".SH", ".B", ".TP", ".PP", ".RS", ".RE", ".nf", ".fi"}
    assert {line.split()[0] for line in page.splitlines() if line.startswith(".")} <= known


def test_doctor(template, cwrangler, tmp_path):
    healthy = cwrangler("doctor", "--offline", cwd=template("hello"))
    assert healthy.returncode == 0, healthy.stdout
    assert re.search(r"^✓ runtime: cwrangler-runtime \S+ \(/", healthy.stdout, re.M)
    assert re.search(r"^✓ project: .*wrangler\.jsonc, Python 3\.14, 1 modules$", healthy.stdout, re.M)
    (tmp_path / "wrangler.toml").write_text("name = 5\n")
    ill = cwrangler("doctor", "--offline", "--json", cwd=tmp_path, env={"CWRANGLER_UV": "/nowhere/uv"})
    assert ill.returncode == 1
    report = json.loads(ill.stdout)
    states = {finding["what"]: finding for finding in report["findings"]}
    assert report["ok"] is False
    assert states["uv"]["ok"] is False and states["project"]["ok"] is False
    assert states["runtime"]["ok"] and states["built-in files"]["ok"] and states["cache"]["ok"]


@pytest.mark.network
def test_doctor_reaches_the_index(template, cwrangler):
    asked = cwrangler("doctor", cwd=template("hello"))
    assert asked.returncode == 0, asked.stdout
    assert "✓ package index: reachable\n" in asked.stdout


def test_doctor_says_which_index_cannot_be_reached(template, cwrangler):
    directory = template("hello")
    address = f"http://127.0.0.1:{free_port()}/simple/"  # nobody listens there
    (directory / "uv.toml").write_text(f'[[index]]\nurl = "{address}"\ndefault = true\n')
    asked = cwrangler("doctor", cwd=directory)
    assert asked.returncode == 1
    assert f"✘ package index: not reachable: {address}" in asked.stdout
    assert "    Only installing packages needs it." in asked.stdout
