#include "cli/packages/marker.h"

#include <doctest/doctest.h>

namespace cwrangler::cli {
namespace {

bool holds(std::string_view marker, const std::set<std::string>& extras = {}) {
  return marker_holds(marker, "3.14.2", extras);
}

TEST_CASE("requirements of metadata in all their forms") {
  const DependencySpecifier plain = parse_dependency("Fast_API");
  CHECK(plain.name == "fast-api");
  CHECK(plain.extras.empty());
  CHECK(plain.marker.empty());
  const DependencySpecifier full =
      parse_dependency("beta[Fast, more] (>=1,<2) ; python_version >= '3' and extra == 'x'");
  CHECK(full.name == "beta");
  CHECK(full.extras == std::vector<std::string>{"fast", "more"});
  CHECK(full.versions == ">=1,<2");
  CHECK(full.marker == "python_version >= '3' and extra == 'x'");
  CHECK(parse_dependency("a>=1;b").versions == ">=1");
  CHECK(parse_dependency("").name.empty());
  CHECK(parse_dependency(">=3").name.empty());
  CHECK(parse_dependency("a[").extras.empty());
}

TEST_CASE("markers are those of a Worker") {
  CHECK(holds(""));
  CHECK(holds("sys_platform == 'emscripten'"));
  CHECK_FALSE(holds("sys_platform == \"win32\""));
  CHECK(holds("platform_system != 'Windows' and os_name == 'posix'"));
  CHECK(holds("platform_machine in 'x86_64 wasm32'"));
  CHECK(holds("platform_machine not in 'x86_64 aarch64'"));
  CHECK_FALSE(holds("platform_python_implementation == 'PyPy'"));
}

TEST_CASE("versions are compared as versions") {
  CHECK(holds("python_version >= '3.9'"));
  CHECK_FALSE(holds("python_version < '3.9'"));
  CHECK(holds("python_full_version >= '3.14.2'"));
  CHECK_FALSE(holds("python_full_version > '3.14.2'"));
  CHECK(holds("python_version == '3.*'"));
  CHECK_FALSE(holds("python_version != '3.14'"));
  CHECK(holds("'3.9' <= python_version"));
}

TEST_CASE("extras, precedence and parentheses") {
  CHECK_FALSE(holds("extra == 'fast'"));
  CHECK(holds("extra == 'fast'", {"fast"}));
  CHECK(holds("python_version < '3' and extra == 'x' or os_name == 'posix'"));
  CHECK_FALSE(holds("python_version < '3' and (extra == 'x' or os_name == 'posix')"));
}

TEST_CASE("what is no marker holds, and hostile text ends") {
  CHECK(holds("nonsense == 'x'"));
  CHECK(holds("'"));
  CHECK(holds("os_name == "));
  CHECK(holds(std::string(100000, '(')));
}

}  // namespace
}  // namespace cwrangler::cli
