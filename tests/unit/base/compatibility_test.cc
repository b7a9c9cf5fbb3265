#include "base/compatibility.h"

#include <doctest/doctest.h>

#include "base/compatibility_flags.h"
#include "base/error.h"

namespace cwrangler {
namespace {

Compatibility resolve(std::string_view date, std::vector<std::string> flags,
                      ExperimentalFlags experimental = ExperimentalFlags::refused) {
  return resolve_compatibility(date, flags, experimental);
}

std::string problem_of(std::string_view date, std::vector<std::string> flags) {
  try {
    resolve(date, std::move(flags));
  } catch (const Error& error) {
    return error.problem();
  }
  return "no error";
}

TEST_CASE("the compatibility date chooses the Python version on the day itself") {
  const std::vector<std::string> flags{"python_workers"};
  CHECK(resolve("2024-03-29", flags).python_version() == "3.12");
  CHECK(resolve("2025-09-28", flags).python_version() == "3.12");
  CHECK(resolve("2025-09-29", flags).python_version() == "3.13");
  CHECK(resolve("2026-09-07", flags).python_version() == "3.13");
  CHECK(resolve("2026-09-08", flags).python_version() == "3.14");
}

TEST_CASE("a flag chooses the Python version at any date, and its opposite keeps it away") {
  CHECK(resolve("2024-03-29", {"python_workers", "python_workers_20250116"}).python_version() ==
        "3.13");
  CHECK(resolve("2026-01-01", {"python_workers", "python_workers_314"}).python_version() == "3.14");
  CHECK(resolve("2026-01-01", {"python_workers", "python_workers_20260610"}).python_version() ==
        "3.14");
  CHECK(resolve("2025-12-01", {"python_workers", "no_python_workers_20250116"}).python_version() ==
        "3.12");
}

TEST_CASE("a flag is on from its date unless it is disabled") {
  CHECK_FALSE(resolve("2025-08-13", {}).enabled("python_no_global_handlers"));
  CHECK(resolve("2025-08-14", {}).enabled("python_no_global_handlers"));
  CHECK_FALSE(resolve("2025-08-14", {"disable_python_no_global_handlers"})
                  .enabled("python_no_global_handlers"));
  CHECK(resolve("2024-01-01", {"python_no_global_handlers"}).enabled("python_no_global_handlers"));
}

TEST_CASE("an implied flag needs the other flag and its own date") {
  CHECK_FALSE(resolve("2026-03-01", {}).enabled("python_workflows"));
  CHECK_FALSE(resolve("2025-09-19", {"python_workers"}).enabled("python_workflows"));
  CHECK(resolve("2025-09-20", {"python_workers"}).enabled("python_workflows"));
  CHECK_FALSE(resolve("2025-09-20", {"python_workers", "disable_python_workflows"})
                  .enabled("python_workflows"));
}

TEST_CASE("implications follow one another") {
  // python_workers implies python_workers_20250116, which implies the dedicated snapshot.
  CHECK_FALSE(resolve("2025-10-15", {"python_workers"}).enabled("python_dedicated_snapshot"));
  CHECK(resolve("2025-10-16", {"python_workers"}).enabled("python_dedicated_snapshot"));
  const auto development =
      resolve("2024-01-01", {"python_workers_development"}, ExperimentalFlags::allowed);
  CHECK(development.enabled("python_workers"));
  CHECK(development.python_version() == "3.14");
}

TEST_CASE(
    "every flag about Python is on from its day, not on the day before, and can be disabled") {
  struct Case {
    const char* flag;
    const char* disable;
    const char* day_before;
    const char* day;
  };
  for (const Case& c : {
           Case{"python_workers_20250116", "no_python_workers_20250116", "2025-09-28",
                "2025-09-29"},
           Case{"python_workers_314", "no_python_workers_314", "2026-09-07", "2026-09-08"},
           Case{"python_no_global_handlers", "disable_python_no_global_handlers", "2025-08-13",
                "2025-08-14"},
           Case{"python_workers_force_new_vendor_path", "", "2025-08-10", "2025-08-11"},
           Case{"python_workflows", "disable_python_workflows", "2025-09-19", "2025-09-20"},
           Case{"python_dedicated_snapshot", "disable_python_dedicated_snapshot", "2025-10-15",
                "2025-10-16"},
           Case{"python_check_rng_state", "disable_python_check_rng_state", "2025-12-15",
                "2025-12-16"},
           Case{"python_request_headers_preserve_commas",
                "disable_python_request_headers_preserve_commas", "2026-02-16", "2026-02-17"},
           Case{"python_workflows_implicit_dependencies",
                "no_python_workflows_implicit_dependencies", "2026-02-24", "2026-02-25"},
           Case{"enable_python_external_sdk", "disable_python_external_sdk", "2026-04-20",
                "2026-04-21"},
           Case{"python_process_pth_files", "disable_python_process_pth_files", "2026-05-25",
                "2026-05-26"},
       }) {
    CAPTURE(c.flag);
    CHECK_FALSE(resolve(c.day_before, {"python_workers"}).enabled(c.flag));
    CHECK(resolve(c.day, {"python_workers"}).enabled(c.flag));
    CHECK(resolve("2024-01-01", {"python_workers", c.flag}).enabled(c.flag));
    if (*c.disable == '\0') continue;
    CHECK_FALSE(resolve(c.day, {"python_workers", c.disable}).enabled(c.flag));
    CHECK(problem_of(c.day, {c.flag, c.disable}) ==
          "Compatibility flags are mutually contradictory: " + std::string(c.flag) + " vs " +
              c.disable);
  }
  // Neither comes with a date.
  for (const char* flag :
       {"python_workers", "python_workers_20260610", "python_workers_20260817"}) {
    CHECK_FALSE(resolve("2030-01-01", {}).enabled(flag));
  }
  CHECK(resolve("2024-01-01", {"python_workers", "python_external_packages"})
            .enabled("python_external_packages"));
}

TEST_CASE("flags that are off are present") {
  const Compatibility old = resolve("2024-03-29", {"python_workers"});
  CHECK(old.flags.size() == compatibility_flags().size());
  REQUIRE(old.flags.contains("python_workflows_implicit_dependencies"));
  CHECK_FALSE(old.flags.at("python_workflows_implicit_dependencies"));
  CHECK_FALSE(old.flags.contains("no_python_workflows_implicit_dependencies"));
}

TEST_CASE("mistakes in the list are named") {
  CHECK(problem_of("2025-01-01", {"pyhton_workers"}) ==
        "No such compatibility flag: pyhton_workers");
  CHECK(problem_of("2025-01-01", {"python_workers", "python_workers"}) ==
        "Compatibility flag specified multiple times: python_workers");
  CHECK(problem_of("2025-01-01", {"python_workflows", "disable_python_workflows"}) ==
        "Compatibility flags are mutually contradictory: python_workflows vs "
        "disable_python_workflows");
  CHECK(
      problem_of("2025-01-01", {"python_workers_20260817"}) ==
      "The compatibility flag python_workers_20260817 is experimental and may break or be removed "
      "in a future version of workerd. To use this flag, you must pass --experimental on the "
      "command line.");
  for (const char* date :
       {"", "2025-1-1", "2025/01/01", "yesterday!", "2025-13-01", "2025-01-00"}) {
    CHECK(problem_of(date, {}) == "Invalid compatibility date: " + std::string(date));
  }
}

TEST_CASE("a redundant flag is only worth a warning") {
  const Compatibility compatibility = resolve("2026-06-01", {"python_no_global_handlers"});
  REQUIRE(compatibility.warnings.size() == 1);
  CHECK(compatibility.warnings[0] ==
        "The compatibility flag python_no_global_handlers became the default as of 2025-08-14 so "
        "does not need to be specified anymore.");
}

}  // namespace
}  // namespace cwrangler
