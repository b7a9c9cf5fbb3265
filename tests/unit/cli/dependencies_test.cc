#include "cli/packages/dependencies.h"

#include <doctest/doctest.h>

#include "base/files.h"
#include "temporary_folder.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;

std::string refusal(const fs::path& project) {
  try {
    read_dependencies(project);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("pyproject.toml: names, places, and the file itself as the input") {
  const TemporaryFolder folder;
  write_file_atomically(folder.path() / "pyproject.toml",
                        "[project]\nname = 'x'\nversion = '1'\ndependencies = [\n"
                        "  'Fast_API[standard]>=0.1',\n  'httpx ; python_version > \"3\"',\n]\n"
                        "[dependency-groups]\ndev = ['pytest']\n");
  const Dependencies found = read_dependencies(folder.path());
  CHECK(found.source == folder.path() / "pyproject.toml");
  REQUIRE(found.requirements.size() == 2);
  CHECK(found.requirements[0].name == "fast-api");
  CHECK(found.position_of("httpx").to_string() == "pyproject.toml:6:3");
  CHECK(found.position_of("FAST.API").to_string() == "pyproject.toml:5:3");
  CHECK(found.position_of("pytest").file.empty());
  CHECK(found.inputs == std::vector<fs::path>{folder.path() / "pyproject.toml"});
}

TEST_CASE("requirements.txt: comments, options, included files") {
  const TemporaryFolder folder;
  write_file_atomically(folder.path() / "requirements.txt",
                        "# packages\n\n  jinja2 >= 3  # templates\n--index-url x\n-r more.txt\n"
                        "-c limits.txt\nx @ file:///y#egg=x\n");
  write_file_atomically(folder.path() / "more.txt", "httpx\n-r requirements.txt\n");
  write_file_atomically(folder.path() / "limits.txt", "anyio<5\n");
  const Dependencies found = read_dependencies(folder.path());
  CHECK(found.source.filename() == "requirements.txt");
  CHECK(found.inputs.size() == 3);
  CHECK(found.position_of("jinja2").to_string() == "requirements.txt:3:3");
  CHECK(found.position_of("httpx").to_string() == "more.txt:1:1");
  CHECK(found.position_of("anyio").file.empty());
  CHECK(found.requirements.back().text == "x @ file:///y#egg=x");
}

TEST_CASE("a project without dependencies has no source") {
  const TemporaryFolder folder;
  CHECK(read_dependencies(folder.path()).empty());
  write_file_atomically(folder.path() / "requirements.txt", "# none\n--no-binary x\n");
  write_file_atomically(folder.path() / "pyproject.toml", "[project]\nname = 'x'\n");
  CHECK(read_dependencies(folder.path()).empty());
}

TEST_CASE("two files with dependencies are refused, with what to do") {
  const TemporaryFolder folder;
  write_file_atomically(folder.path() / "requirements.txt", "httpx\n");
  write_file_atomically(folder.path() / "pyproject.toml",
                        "[project]\nname='x'\nversion='1'\ndependencies=['httpx']\n");
  const std::string message = refusal(folder.path());
  CHECK(message.find("both pyproject.toml and requirements.txt") == 0);
  CHECK(message.find("delete requirements.txt") != std::string::npos);
}

TEST_CASE("a project cannot depend on a package of its own name") {
  const TemporaryFolder folder;
  write_file_atomically(folder.path() / "pyproject.toml",
                        "[project]\nname = 'Fast_API'\nversion = '1'\n"
                        "dependencies = ['httpx', 'fast-api>=1']\n");
  const std::string problem = refusal(folder.path());
  CHECK(problem.find("pyproject.toml:4:26") != std::string::npos);
  CHECK(problem.find("the name of a package that it depends on: fast-api") != std::string::npos);
  CHECK(problem.find("name = \"fast-api-worker\"") != std::string::npos);
}

TEST_CASE("what cannot be understood is shown with its place") {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "pyproject.toml";
  write_file_atomically(file, "[project]\ndependencies = ['a\n");
  CHECK(refusal(folder.path()).find("pyproject.toml:2:") == 0);
  write_file_atomically(file, "[project]\ndependencies = 'a'\n");
  CHECK(refusal(folder.path()).find("must be an array of strings") != std::string::npos);
  write_file_atomically(file, "[project]\nname='x'\nversion='1'\ndependencies = ['a', '>=3']\n");
  CHECK(refusal(folder.path()).find("pyproject.toml:4:22: not a requirement") == 0);
  write_file_atomically(file, "[project]\nname = 'x'\ndependencies = ['a']\n");
  CHECK(refusal(folder.path()).find("[project] has no version") != std::string::npos);
}

TEST_CASE("names at the start of requirements") {
  CHECK(requirement_name("Jinja2[x]>=3") == "jinja2");
  CHECK(requirement_name("  ruamel.yaml==1") == "ruamel-yaml");
  CHECK(requirement_name("a__-b") == "a-b");
  CHECK(requirement_name("./folder").empty());
  CHECK(requirement_name("https://host/x.whl").empty());
  CHECK(requirement_name("-r other.txt").empty());
  CHECK(requirement_name("").empty());
}

}  // namespace
}  // namespace cwrangler::cli
