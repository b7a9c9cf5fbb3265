#include "cli/config/utc_time.h"

#include <doctest/doctest.h>

namespace cwrangler::cli {
namespace {

using namespace std::chrono_literals;

TEST_CASE("days and moments are UTC's") {
  const std::chrono::system_clock::time_point midnight =
      std::chrono::sys_days(std::chrono::year_month_day(
          std::chrono::year(2026), std::chrono::month(3), std::chrono::day(1)));
  CHECK(utc_date(midnight) == "2026-03-01");
  CHECK(utc_time(midnight) == "2026-03-01T00:00:00.000Z");
  CHECK(utc_date(midnight - 1ms) == "2026-02-28");
  CHECK(utc_time(midnight - 1ms) == "2026-02-28T23:59:59.000Z");
}

}  // namespace
}  // namespace cwrangler::cli
