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

TEST_CASE("moments are read as people write them, and nothing else is") {
  const auto read = [](const char* text) {
    const auto moment = parse_moment(text);
    return moment ? utc_time(*moment) : "none";
  };
  CHECK(read("2026-11-22T14:00:05Z") == "2026-11-22T14:00:05.000Z");
  CHECK(read("2026-11-22T14:00:05.927Z") == "2026-11-22T14:00:05.000Z");
  CHECK(read("2026-11-22T14:00+01:30") == "2026-11-22T12:30:00.000Z");
  CHECK(read("2026-12-31T23:30:00-01:00") == "2027-01-01T00:30:00.000Z");
  CHECK(read("1689238002") == "2023-07-13T08:46:42.000Z");
  CHECK(read("1689238002228") == "2023-07-13T08:46:42.000Z");
  for (const char* text :
       {"", "now", "2026-11-22", "2026-11-22T14:00", "2026-11-22T14:00:00", "2026-11-22T14:00:00+1",
        "2026-11-22T14:00:00Zx", "2026-13-22T14:00:00Z", "2026-11-22T24:61:00Z", "12345",
        "99999999999999999999999", "-168923800"}) {
    CAPTURE(text);
    CHECK(read(text) == "none");
  }
}

}  // namespace
}  // namespace cwrangler::cli
