#include "edge/serving/cron.h"

#include <array>
#include <charconv>
#include <ctime>
#include <string>
#include <vector>

#include "base/ascii.h"
#include "base/error.h"

namespace cwrangler::edge {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                   "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> kDays{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};
constexpr int kSaturday = 7;

struct Field {
  const char* name;
  int first;
  int last;
  const std::string_view* words = nullptr;
  size_t word_count = 0;
};

constexpr Field kMinute{"minute", 0, 59};
constexpr Field kHour{"hour", 0, 23};
constexpr Field kMonthDay{"day of the month", 1, 31};
constexpr Field kMonth{"month", 1, 12, kMonths.data(), kMonths.size()};
constexpr Field kWeekDay{"day of the week", 1, 7, kDays.data(), kDays.size()};

[[noreturn]] void refuse(const Field& field, std::string_view text) {
  throw Error("\"" + std::string(text) + "\" is no " + field.name + " (" +
              std::to_string(field.first) + "-" + std::to_string(field.last) +
              ", *, lists, "
              "ranges and steps)");
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

int number_of(const Field& field, std::string_view text) {
  for (size_t i = 0; i < field.word_count; ++i) {
    if (equals_ignoring_case(text, field.words[i])) return field.first + static_cast<int>(i);
  }
  int number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || failed != std::errc() || end != text.data() + text.size() ||
      number < field.first || number > field.last) {
    refuse(field, text);
  }
  return number;
}

/// One of a list: "*", "5", "1-5", "*/10", "10-50/5", "MON-FRI".
template <size_t bits>
void add_range(const Field& field, std::string_view text, std::bitset<bits>& set) {
  const size_t slash = text.find('/');
  int step = 1;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), step);
    if (digits.empty() || failed != std::errc() || end != digits.data() + digits.size() ||
        step < 1) {
      refuse(field, text);
    }
  }
  const std::string_view range = text.substr(0, slash);
  int first = field.first;
  int last = field.last;
  if (range != "*") {
    const size_t dash = range.find('-');
    first = number_of(field, range.substr(0, dash));
    if (dash != std::string_view::npos) {
      last = number_of(field, range.substr(dash + 1));
    } else if (slash == std::string_view::npos) {
      last = first;
    }
    if (last < first) refuse(field, text);
  }
  for (int i = first; i <= last; i += step) set.set(static_cast<size_t>(i));
}

template <size_t bits>
std::bitset<bits> parse_set(const Field& field, std::string_view text) {
  std::bitset<bits> set;
  for (const std::string_view part : split(text, ',')) add_range(field, part, set);
  return set;
}

int days_in(int year, int month) {
  constexpr std::array kLengths{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return kLengths[static_cast<size_t>(month - 1)] + (month == 2 && is_leap ? 1 : 0);
}

}  // namespace

struct CronExpression::Calendar {
  int minute, hour, day, month, week_day, last_day;

  /// The day of the week of another day of the month.
  int week_day_of(int other) const { return ((week_day - 1 + other - day) % 7 + 7) % 7 + 1; }
  /// The workday that is nearest to a day, in the same month.
  int nearest_workday(int wanted) const {
    const int of_week = week_day_of(wanted);
    if (of_week == kSaturday) return wanted > 1 ? wanted - 1 : wanted + 2;
    if (of_week == 1) return wanted < last_day ? wanted + 1 : wanted - 2;
    return wanted;
  }
};

CronExpression::Days CronExpression::parse_days_of_month(std::string_view text) {
  Days days;
  days.is_any = text == "*" || text == "?";
  if (days.is_any) return days;
  for (const std::string_view part : split(text, ',')) {
    if (equals_ignoring_case(part, "L")) {
      days.is_last = true;
    } else if (equals_ignoring_case(part, "LW")) {
      days.is_weekday = true;
    } else if (part.size() > 1 && ascii_lower(part.back()) == 'w') {
      const int day = number_of(kMonthDay, part.substr(0, part.size() - 1));
      days.nearest.set(static_cast<size_t>(day));
    } else {
      add_range(kMonthDay, part, days.days);
    }
  }
  return days;
}

CronExpression::Days CronExpression::parse_days_of_week(std::string_view text) {
  Days days;
  days.is_any = text == "*" || text == "?";
  if (days.is_any) return days;
  if (const size_t sharp = text.find('#'); sharp != std::string_view::npos) {
    const std::string_view count = text.substr(sharp + 1);
    if (count.size() != 1 || count[0] < '1' || count[0] > '5') refuse(kWeekDay, text);
    days.occurrence = count[0] - '0';
    days.days.set(static_cast<size_t>(number_of(kWeekDay, text.substr(0, sharp))));
    return days;
  }
  if (equals_ignoring_case(text, "L")) {
    days.days.set(kSaturday);
    return days;
  }
  if (text.size() > 1 && ascii_lower(text.back()) == 'l') {
    days.is_last = true;
    days.days.set(static_cast<size_t>(number_of(kWeekDay, text.substr(0, text.size() - 1))));
    return days;
  }
  days.days = parse_set<32>(kWeekDay, text);
  return days;
}

CronExpression CronExpression::parse(std::string_view text) {
  std::vector<std::string_view> fields;
  for (const std::string_view field : split(text, ' ')) {
    if (!field.empty()) fields.push_back(field);
  }
  if (fields.size() != 5) {
    throw Error("it has " + std::to_string(fields.size()) +
                " fields; minute, hour, day of the month, month and day of the week are 5");
  }
  CronExpression expression;
  expression.minutes_ = parse_set<64>(kMinute, fields[0]);
  expression.hours_ = parse_set<32>(kHour, fields[1]);
  expression.days_of_month_ = parse_days_of_month(fields[2]);
  expression.months_ = parse_set<16>(kMonth, fields[3]);
  expression.days_of_week_ = parse_days_of_week(fields[4]);
  return expression;
}

bool CronExpression::fits_month_day(const Days& days, const Calendar& day) {
  if (days.days.test(static_cast<size_t>(day.day))) return true;
  if (days.is_last && day.day == day.last_day) return true;
  if (days.is_weekday) {
    int last = day.last_day;
    while (day.week_day_of(last) == 1 || day.week_day_of(last) == kSaturday) --last;
    if (day.day == last) return true;
  }
  for (int wanted = 1; wanted <= day.last_day; ++wanted) {
    if (days.nearest.test(static_cast<size_t>(wanted)) && day.nearest_workday(wanted) == day.day) {
      return true;
    }
  }
  return false;
}

bool CronExpression::fits_week_day(const Days& days, const Calendar& day) {
  if (!days.days.test(static_cast<size_t>(day.week_day))) return false;
  if (days.is_last) return day.day + 7 > day.last_day;
  return days.occurrence == 0 || (day.day - 1) / 7 + 1 == days.occurrence;
}

bool CronExpression::is_due(std::int64_t moment_ms) const {
  const std::time_t seconds = moment_ms / 1000;
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  const Calendar day{utc.tm_min,     utc.tm_hour,     utc.tm_mday,
                     utc.tm_mon + 1, utc.tm_wday + 1, days_in(utc.tm_year + 1900, utc.tm_mon + 1)};
  if (!minutes_.test(static_cast<size_t>(day.minute)) ||
      !hours_.test(static_cast<size_t>(day.hour)) ||
      !months_.test(static_cast<size_t>(day.month))) {
    return false;
  }
  // As cron has it: where both are given, either will do.
  if (days_of_month_.is_any && days_of_week_.is_any) return true;
  if (days_of_month_.is_any) return fits_week_day(days_of_week_, day);
  if (days_of_week_.is_any) return fits_month_day(days_of_month_, day);
  return fits_month_day(days_of_month_, day) || fits_week_day(days_of_week_, day);
}

}  // namespace cwrangler::edge
