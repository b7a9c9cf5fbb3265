#include "cli/terminal/terminal.h"

#include <doctest/doctest.h>

#include <sstream>

#include "cli/terminal/suggestion.h"

namespace cwrangler::cli {
namespace {

// Of is_terminal, NO_COLOR, FORCE_COLOR and TERM.
TEST_CASE("colour follows NO_COLOR, FORCE_COLOR, then the terminal") {
  CHECK(wants_color({true, "", "", "xterm"}));
  CHECK_FALSE(wants_color({false, "", "", "xterm"}));
  CHECK_FALSE(wants_color({true, "", "", "dumb"}));
  CHECK_FALSE(wants_color({true, "1", "", "xterm"}));
  CHECK(wants_color({false, "", "1", ""}));
  CHECK_FALSE(wants_color({true, "", "0", "xterm"}));
  CHECK_FALSE(wants_color({false, "1", "1", ""}));
}

TEST_CASE("an error shows its headline, body, place, line with caret, and advice") {
  std::ostringstream out;
  std::ostringstream err;
  Terminal terminal(out, err, false, false);
  Error error("Invalid value\n\n- first\n- second");
  error.at({"wrangler.toml", 3, 5}).showing("\tx = 1").hint("Write another one.");
  terminal.print_error(error);
  CHECK(out.str().empty());
  CHECK(err.str() ==
        "✘ [ERROR] Invalid value\n"
        "\n"
        "    - first\n"
        "    - second\n"
        "\n"
        "    wrangler.toml:3:5:\n"
        "      3 │  x = 1\n"
        "        ╵     ^\n"
        "\n"
        "    Write another one.\n"
        "\n");
}

TEST_CASE("colour is used where it is wanted, and only there") {
  std::ostringstream out;
  std::ostringstream err;
  Terminal terminal(out, err, false, true);
  terminal.print_warning("Careful\nmore");
  CHECK(err.str() == "\x1b[33m▲ [WARNING]\x1b[0m \x1b[1mCareful\x1b[0m\n\n    more\n\n");
  CHECK(terminal.bold("x") == "x");
}

TEST_CASE("text from outside cannot drive the terminal") {
  std::ostringstream out;
  std::ostringstream err;
  Terminal terminal(out, err, false, false);
  terminal.print_error(Error("bad \x1b]0;title\x07 name\x7f"));
  CHECK(err.str() == "✘ [ERROR] bad ]0;title name\n\n");
}

TEST_CASE("a suggestion is near, or there is none") {
  const std::vector<std::string> keys{"compatibility_flags", "compatibility_date", "main", "name"};
  CHECK(nearest_word("compatability_flags", keys) == "compatibility_flags");
  CHECK(nearest_word("mian", keys) == "main");
  CHECK(nearest_word("foo", keys).empty());
  CHECK(nearest_word("name", {"name"}).empty());
  CHECK(nearest_word("", keys).empty());
  CHECK(nearest_word(std::string(100000, 'x'), keys).empty());
}

}  // namespace
}  // namespace cwrangler::cli
