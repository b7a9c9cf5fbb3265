#include "cli/project/dotenv.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "mutations.h"

namespace cwrangler::cli {
namespace {

std::optional<std::string> no_variable(const std::string&) {
  return std::nullopt;
}

std::string value(const std::string& text) {
  const DotenvFile file = parse_dotenv(text);
  REQUIRE(file.entries.size() == 1);
  return file.entries[0].value;
}

TEST_CASE("values are bare or quoted") {
  CHECK(value("A=b") == "b");
  CHECK(value("A = b c  # comment") == "b c");
  CHECK(value("A=") == "");
  CHECK(value("  export A=b\r\n") == "b");
  CHECK(value("A: b") == "b");
  CHECK(value("A='b # c'  # d") == "b # c");
  CHECK(value("A=\"b\\nc\\td\"") == "b\nc\\td");
  CHECK(value("A='b\\nc'") == "b\\nc");
  CHECK(value("A=`\"b\" 'c'`") == "\"b\" 'c'");
  CHECK(value("A=\"b\\\"c\"") == "b\\\"c");
  CHECK(value("A=b'c'") == "b'c'");
  CHECK(value("\xef\xbb\xbf"
              "A=b=c") == "b=c");
  CHECK(value("a.b-c_1=x") == "x");
  CHECK(value("export=x") == "x");
}

TEST_CASE("quoted values go over lines, and lines are counted") {
  const DotenvFile file = parse_dotenv("# a\n\nKEY=\"-----BEGIN\r\nabc\n-----END\"\nB=2\nB=3\n");
  REQUIRE(file.entries.size() == 3);
  CHECK(file.entries[0].value == "-----BEGIN\nabc\n-----END");
  CHECK(file.entries[0].line == 3);
  CHECK(file.entries[1].line == 6);
  CHECK(file.entries[2].value == "3");
  CHECK(file.odd_lines.empty());
}

TEST_CASE("lines that mean nothing are reported") {
  const DotenvFile file = parse_dotenv("A=1\nnonsense\n=x\nB=\"open\nC=3\n");
  CHECK(file.odd_lines == std::vector<int>{2, 3, 4});
  REQUIRE(file.entries.size() == 3);
  CHECK(file.entries[1].value == "\"open");
  CHECK(file.entries[2].name == "C");
}

TEST_CASE("variables are expanded from the environment and from above") {
  std::vector<DotenvFile::Entry> entries =
      parse_dotenv(
          "A=1\nB=$A-${A}\nC=${NONE:-d}${NONE}\nD=\\$A\nE=$HOME\nF=${B-x}$\nG=${H}\nH=2\nI=${!}")
          .entries;
  expand_dotenv(entries, [](const std::string& name) {
    return name == "HOME" ? std::optional<std::string>("/root") : std::nullopt;
  });
  const std::vector<std::string> wanted{"1", "1-1", "d", "$A", "/root", "1-1$", "", "2", "${!}"};
  REQUIRE(entries.size() == wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) CHECK(entries[i].value == wanted[i]);
}

TEST_CASE("expansion that grows without bound is refused") {
  std::string text = "A0=xxxxxxxx\n";
  for (int i = 1; i < 64; ++i) {
    const std::string above = "$A" + std::to_string(i - 1);
    text += "A" + std::to_string(i) + "=" + above + above + "\n";
  }
  std::vector<DotenvFile::Entry> entries = parse_dotenv(text).entries;
  CHECK_THROWS_AS(expand_dotenv(entries, no_variable), Error);
}

TEST_CASE("harmed files are read without harm") {
  const std::string text =
      "# c\nexport A='x\ny' # z\r\nB=\"$A ${A:-q}\\n\\\"\"\nC: `t`\n D = \\$e #f\n";
  test::for_each_mutation(text, [](const std::string& mutated) {
    std::vector<DotenvFile::Entry> entries = parse_dotenv(mutated).entries;
    expand_dotenv(entries, no_variable);
    for (const DotenvFile::Entry& entry : entries) CHECK_FALSE(entry.name.empty());
  });
}

}  // namespace
}  // namespace cwrangler::cli
