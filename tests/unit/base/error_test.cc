#include "base/error.h"

#include <doctest/doctest.h>

using cwrangler::Error;

TEST_CASE("an error says where, what was being done, what went wrong and what to do") {
  Error error("expected a comma");
  error.while_doing("reading wrangler.jsonc")
      .at({"wrangler.jsonc", 3, 5})
      .showing("  \"a\" 1")
      .hint("Put a comma there.");
  CHECK(std::string(error.what()) ==
        "wrangler.jsonc:3:5: reading wrangler.jsonc: expected a comma\n"
        "  3 |   \"a\" 1\n"
        "    |     ^\n"
        "Put a comma there.");
}

TEST_CASE("context added by outer layers stands in front") {
  Error error("disk full");
  error.while_doing("writing pylock.toml").while_doing("sync");
  CHECK(std::string(error.what()) == "sync: writing pylock.toml: disk full");
}

TEST_CASE("a position leaves out what is unknown") {
  CHECK(cwrangler::SourcePosition{"a", 0, 0}.to_string() == "a");
  CHECK(cwrangler::SourcePosition{"a", 4, 0}.to_string() == "a:4");
}
