#include "cli/tail/invocation.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <set>
#include <string>

#include "cli/api/json_access.h"
#include "cli/tail/inspection.h"

namespace cwrangler::cli {
namespace {

/// "11/22/2026, 8:43:06 AM", as wrangler shows it.
std::string local_time(const ApiJson& event, const char* key) {
  const auto found = event.find(key);
  if (found == event.end() || !found->is_number()) return "unknown time";
  const auto seconds = static_cast<std::time_t>(found->get<double>() / 1000);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  std::array<char, 64> text{};
  const int hour = local.tm_hour % 12 == 0 ? 12 : local.tm_hour % 12;
  std::snprintf(text.data(), text.size(), "%d/%d/%d, %d:%02d:%02d %s", local.tm_mon + 1,
                local.tm_mday, local.tm_year + 1900, hour, local.tm_min, local.tm_sec,
                local.tm_hour < 12 ? "AM" : "PM");
  return text.data();
}

std::string shown_outcome(const std::string& outcome) {
  if (outcome == "ok") return "Ok";
  if (outcome == "canceled") return "Canceled";
  if (outcome == "exceededCpu") return "Exceeded CPU Limit";
  if (outcome == "exceededMemory") return "Exceeded Memory Limit";
  if (outcome == "exception") return "Exception Thrown";
  return "Unknown";
}

std::string upper_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return text;
}

std::string number_at(const ApiJson& object, const char* key) {
  return std::to_string(integer_at(object, key).value_or(0));
}

std::string tailed_workers(const ApiJson& event) {
  std::set<std::string> names;
  std::string list;
  for (const ApiJson& consumed : event.at("consumedEvents")) {
    const std::string name = string_at(consumed, "scriptName");
    if (name.empty() || !names.insert(name).second) continue;
    list += (list.empty() ? "" : ",") + name;
  }
  return list;
}

/// The first line. An overload of the tail itself is its message alone.
std::string headline(const ApiJson& invocation) {
  const std::string outcome = shown_outcome(string_at(invocation, "outcome"));
  const ApiJson event = object_at(invocation, "event");
  const std::string ended = " - " + outcome + " @ " + local_time(invocation, "eventTimestamp");
  if (event.contains("cron")) {
    return '"' + string_at(event, "cron") + "\" @ " + local_time(event, "scheduledTime") + " - " +
           outcome;
  }
  if (event.contains("request")) {
    const ApiJson request = object_at(event, "request");
    const std::string url = string_at(request, "url");
    if (url.empty()) return "[missing request]" + ended;
    return upper_case(string_at(request, "method")) + " " + url + ended;
  }
  if (event.contains("mailFrom")) {
    return "Email from:" + string_at(event, "mailFrom") + " to:" + string_at(event, "rcptTo") +
           " size:" + number_at(event, "rawSize") + " @ " +
           local_time(invocation, "eventTimestamp") + " - " + outcome;
  }
  if (event.contains("scheduledTime")) {
    return "Alarm @ " + local_time(event, "scheduledTime") + " - " + outcome;
  }
  if (event.contains("consumedEvents") && event.at("consumedEvents").is_array()) {
    return "Tailing " + tailed_workers(event) + ended;
  }
  if (event.contains("message") && event.contains("type")) return string_at(event, "message");
  if (event.contains("queue")) {
    const std::string count = number_at(event, "batchSize");
    return "Queue " + string_at(event, "queue") + " (" + count +
           (count == "1" ? " message)" : " messages)") + ended;
  }
  if (event.contains("rpcMethod")) {
    return string_at(invocation, "entrypoint") + "." + string_at(event, "rpcMethod") + ended;
  }
  return "Unknown Event" + ended;
}

void print_logs(const ApiJson& logs, Terminal& terminal) {
  for (const ApiJson& log : logs) {
    std::string line = "  (" + string_at(log, "level") + ")";
    const auto message = log.is_object() ? log.find("message") : log.end();
    if (message != log.end() && message->is_array()) {
      for (const ApiJson& part : *message) line += " " + shown_value(part);
    } else if (message != log.end()) {
      line += " " + shown_value(*message);
    }
    terminal.print(line);
  }
}

void print_exceptions(const ApiJson& exceptions, Terminal& terminal) {
  for (const ApiJson& exception : exceptions) {
    if (!exception.is_object()) continue;
    std::string text =
        string_at(exception, "name") + ": " + shown_value(exception.value("message", ApiJson("")));
    if (const std::string stack = string_at(exception, "stack"); !stack.empty()) {
      text += "\n" + printable(stack);
    }
    terminal.print_error(Error(text));
  }
}

}  // namespace

void print_invocation(const ApiJson& invocation, Terminal& terminal) {
  if (!invocation.is_object()) return;
  terminal.print(printable(headline(invocation)));
  print_logs(array_at(invocation, "logs"), terminal);
  print_exceptions(array_at(invocation, "exceptions"), terminal);
}

}  // namespace cwrangler::cli
