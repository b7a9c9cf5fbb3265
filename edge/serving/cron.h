// Cron expressions, as Cron Triggers have them:
// https://developers.cloudflare.com/workers/configuration/cron-triggers/#supported-cron-expressions

#pragma once

#include <bitset>
#include <cstdint>
#include <string_view>

namespace cwrangler::edge {

/// Five fields, in UTC: minute, hour, day of the month, month, day of the week (1 is Sunday).
class CronExpression {
 public:
  /// Throws Error that says what is wrong.
  static CronExpression parse(std::string_view text);

  /// Whether it is due in the minute that this moment is in; milliseconds since 1970.
  bool is_due(std::int64_t moment_ms) const;

 private:
  /// A day of the month or of the week is more than a set: "L", "15W", "2#1".
  struct Days {
    std::bitset<32> days;
    bool is_any = false;
    bool is_last = false;     ///< L: the month's last; 6L: its last Friday
    bool is_weekday = false;  ///< LW: the month's last from Monday to Friday
    std::bitset<32> nearest;  ///< 15W
    int occurrence = 0;       ///< of the weekday in the month: 6#2
  };
  struct Calendar;

  static Days parse_days_of_month(std::string_view text);
  static Days parse_days_of_week(std::string_view text);
  static bool fits_month_day(const Days& days, const Calendar& day);
  static bool fits_week_day(const Days& days, const Calendar& day);

  std::bitset<64> minutes_;
  std::bitset<32> hours_;
  std::bitset<16> months_;
  Days days_of_month_;
  Days days_of_week_;
};

}  // namespace cwrangler::edge
