#include "cli/packages/uv_failure.h"

#include <doctest/doctest.h>

namespace cwrangler::cli {
namespace {

using Kind = UvFailure::Kind;

TEST_CASE("an unknown package is named") {
  const UvFailure failure = read_uv_failure(
      "error: No solution found when resolving dependencies\n"
      "  cause: Because fastapii was not found in the package registry and you require fastapii, "
      "we can conclude that your requirements are unsatisfiable.\n");
  CHECK(failure.kind == Kind::unknown_package);
  CHECK(failure.package == "fastapii");
}

TEST_CASE("an index that cannot be reached, with the package that was wanted") {
  const UvFailure failure = read_uv_failure(
      "error: Request failed after 1 retry in 1.7s\n"
      "  cause: Failed to fetch: https://host/simple/httpx/\n"
      "  cause: error sending request for url (https://host/simple/httpx/)\n");
  CHECK(failure.kind == Kind::network);
  CHECK(failure.package == "httpx");
  CHECK(
      read_uv_failure("error: x\n  cause: Failed to fetch: https://h/a/idna-3.2-py3-none-any.whl\n")
          .package == "idna");
  // A refusal is an answer: looking into the cache instead would hide it.
  CHECK(read_uv_failure("error: Failed to fetch: https://h/simple/x/\n"
                        "  cause: HTTP status client error (401 Unauthorized)\n")
            .kind == Kind::other);
}

TEST_CASE("without a network, what the cache lacks is named") {
  const UvFailure failure = read_uv_failure(
      "error: No solution found when resolving dependencies\n"
      "  cause: Because httpx was not found in the cache and you require httpx, we can conclude "
      "that your requirements are unsatisfiable.\n\n"
      "hint: Packages were unavailable because the network was disabled.\n");
  CHECK(failure.kind == Kind::not_in_cache);
  CHECK(failure.package == "httpx");
}

TEST_CASE("missing wheels, missing versions and failed builds are told apart") {
  CHECK(
      read_uv_failure("error: No solution found when resolving dependencies\n  cause: Because all "
                      "versions of markupsafe have no usable wheels and x depends on markupsafe")
          .kind == Kind::no_usable_wheel);
  const UvFailure conflict = read_uv_failure(
      "error: No solution found when resolving dependencies\n"
      "  cause: Because there is no version of httpx==99.0 and you require httpx==99.0, we can "
      "conclude that your requirements are unsatisfiable.\n");
  CHECK(conflict.kind == Kind::no_version);
  CHECK(conflict.detail.find("Because there is no version of httpx==99.0") == 0);
  const UvFailure build = read_uv_failure(
      "error: Failed to build `orjson==3.13.0`\n  cause: The build backend returned");
  CHECK(build.kind == Kind::build_failed);
  CHECK(build.package == "orjson");
}

TEST_CASE("text that is not recognised is kept, but not all of it") {
  CHECK(read_uv_failure("").kind == Kind::other);
  CHECK(read_uv_failure("error: disk full\n").detail == "disk full");
  std::string long_text = "error: first\n";
  for (int i = 0; i < 1000; ++i) long_text += "line " + std::to_string(i) + "\n";
  const std::string detail = read_uv_failure(long_text).detail;
  CHECK(detail.size() < 200);
  CHECK(detail.ends_with("line 999"));
  // Markers without what should stand around them.
  CHECK(read_uv_failure(" was not found in the package registry").package.empty());
  CHECK(read_uv_failure("Failed to build `").package.empty());
  CHECK(read_uv_failure("Failed to fetch: ").package.empty());
}

}  // namespace
}  // namespace cwrangler::cli
