"""`cwrangler dev` as a person at a terminal sees it: keys, narrow windows, colours."""

import os
import re
import subprocess
import termios

import pytest

from dev_process import CWRANGLER, fetch, free_port
from screen import Screen


@pytest.fixture
def screen(template, scratch_environment):
    screens = []

    def start(columns=80, command=None, of="hello", **changes):
        environment = {name: value for name, value in scratch_environment.items()
                       if name not in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")}
        screens.append(
            Screen(template(of), {**environment, "TERM": "xterm", **changes}, columns, command)
        )
        return screens[-1]

    yield start
    for each in screens:
        each.close()


def test_keys_are_shown_and_work(screen, tmp_path):
    browser = tmp_path / "browser"
    opened = tmp_path / "opened"
    os.mkfifo(opened)
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    browser.chmod(0o755)
    terminal = screen(BROWSER=str(browser))
    url = terminal.wait_for(r"Ready on (http://\S+)")[1]
    terminal.wait_for(
        r"^╭─{52}╮\n│  \[b\] open a browser \[c\] clear console \[x\] to exit  │\n╰─{52}╯$"
    )
    terminal.press("b")
    assert opened.read_text() == f"{url}\n"
    # An arrow key is no letter, and a letter that means nothing is passed over: in one piece or in two.
    terminal.press("\x1b[Xz\x1b[1;2")
    terminal.press("x\x1bOQC")
    terminal.wait_for(r"\x1b\[H\x1b\[2J\x1b\[3J╭")
    terminal.press("x")
    terminal.wait_for(r"Shutting down local server")
    assert terminal.process.wait(10) == 0
    assert termios.tcgetattr(terminal.theirs) == terminal.settings


def test_a_key_that_does_nothing_is_not_shown(screen):
    terminal = screen()
    box = terminal.wait_for(r"^╭(.|\n)*╯$")[0]
    assert "browser" not in box and "[c] clear console [x] to exit" in box
    terminal.press("b")
    terminal.press("q")
    assert terminal.process.wait(10) == 0


def test_in_forty_columns_the_box_has_a_line_for_each_key(screen):
    terminal = screen(columns=40, BROWSER="true")
    box = terminal.wait_for(r"^╭(.|\n)*╯$")[0]
    assert [line.strip("│ ") for line in box.splitlines()[1:-1]] == [
        "[b] open a browser", "[c] clear console", "[x] to exit",
    ]
    assert max(map(len, box.splitlines())) <= 40


def test_in_forty_columns_no_word_of_the_binding_table_is_cut(screen):
    terminal = screen(columns=40, of="d1")
    table = terminal.wait_for(r"^Your Worker has access(.|\n)*?\n\n")[0]
    assert re.search(r"^env\.DB \(.*\)\n  D1 Database, local$", table, re.M)
    assert max(map(len, table.splitlines())) <= 40


@pytest.mark.parametrize(("no_color", "coloured"), [("1", False), ("", True)])
def test_colours_are_for_terminals_that_want_them(screen, no_color, coloured):
    terminal = screen(NO_COLOR=no_color)
    url = terminal.wait_for(r"Ready on (http://\S+)")[1]
    subprocess.run(["curl", "-s", "-o", os.devnull, url.replace("localhost", "127.0.0.1")], check=True)
    line = terminal.wait_for(r"^.*GET / .*$")[0]
    assert ("\x1b[32m200 OK" in line) == coloured, line


def test_without_a_terminal_there_are_no_keys(template, dev):
    with dev(template("hello")) as session:
        assert session.get().status == 200
        assert "╭" not in session.output and "to exit" not in session.output


def test_ctrl_z_gives_the_terminal_back_and_fg_takes_it_again(screen):
    # A shell that leaves the terminal's settings alone, so that only those of `dev` are seen.
    terminal = screen(command=["bash", "--norc", "--noediting", "-i"], PS1="shell> ")

    def in_line_mode():
        return bool(termios.tcgetattr(terminal.theirs)[3] & termios.ICANON)

    terminal.wait_for("shell> ")
    terminal.press(f"{CWRANGLER} dev --port {free_port()}\n")
    url = terminal.wait_for(r"Ready on (http://\S+)")[1].replace("localhost", "127.0.0.1")
    terminal.wait_for(r"\[x\] to exit")
    assert not in_line_mode()
    terminal.press("\x1a")
    terminal.wait_for(r"Stopped(.|\n)*shell> ")
    assert termios.tcgetattr(terminal.theirs) == terminal.settings
    # Nobody writes request lines now; the Worker answers all the same.
    assert fetch(url).text == "Hello World!"
    terminal.press("fg\n")
    terminal.wait_for(r"\[x\] to exit")  # the keys are there again, and said to be
    assert not in_line_mode()
    terminal.press("x")
    terminal.wait_for(r"Shutting down(.|\n)*shell> ")
    assert termios.tcgetattr(terminal.theirs) == terminal.settings


def test_ctrl_z_means_nothing_where_no_shell_could_wake_it(screen):
    terminal = screen()  # alone in its session, as in a container
    terminal.wait_for(r"\[x\] to exit")
    terminal.press("\x1a")
    terminal.press("c")
    terminal.wait_for(r"\[x\] to exit")
    terminal.press("x")
    assert terminal.process.wait(10) == 0
    assert termios.tcgetattr(terminal.theirs) == terminal.settings
