#include "edge/serving/metrics.h"

#include <cstdio>

#include "edge/serving/process_memory.h"

namespace cwrangler::edge {
namespace {

std::string labels(const std::pair<std::string, std::string>& worker,
                   const std::string& more = {}) {
  // Names of Workers and ids of accounts need no escapes.
  return "{account=\"" + worker.first + "\",worker=\"" + worker.second + "\"" + more + "}";
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

void head(std::string& text, const std::string& name, const char* type, const char* help) {
  text += "# HELP " + name + " " + help + "\n# TYPE " + name + " " + type + "\n";
}

void one(std::string& text, const std::string& name, const char* type, const char* help,
         double value) {
  head(text, name, type, help);
  text += name + " " + number(value) + "\n";
}

void add_requests(std::string& text, const RequestCounts& requests) {
  head(text, "cwrangler_requests_total", "counter", "Requests by Worker and class of status");
  for (const auto& [worker, counts] : requests) {
    for (size_t i = 0; i < counts.by_status.size(); ++i) {
      if (counts.by_status[i] == 0) continue;
      const std::string status = i == 0 ? "none" : std::to_string(i) + "xx";
      text += "cwrangler_requests_total" + labels(worker, ",status=\"" + status + "\"") + " " +
              std::to_string(counts.by_status[i]) + "\n";
    }
  }
  const std::string name = "cwrangler_request_duration_seconds";
  head(text, name, "histogram", "From the end of a request's head to the end of its answer");
  for (const auto& [worker, counts] : requests) {
    std::uint64_t sum = 0;
    for (size_t i = 0; i < counts.by_duration.size(); ++i) {
      sum += counts.by_duration[i];
      const std::string bound = i < kDurationBounds.size() ? number(kDurationBounds[i]) : "+Inf";
      text += name + "_bucket" + labels(worker, ",le=\"" + bound + "\"") + " " +
              std::to_string(sum) + "\n";
    }
    text += name + "_sum" + labels(worker) + " " + number(counts.seconds) + "\n";
    text += name + "_count" + labels(worker) + " " + std::to_string(sum) + "\n";
  }
}

}  // namespace

std::string metrics_text(const RequestCounts& requests, Fleet& fleet) {
  std::string text;
  add_requests(text, requests);
  const FleetCounts& counts = fleet.counts();
  const auto total = [&](const char* name, const char* help, std::uint64_t value) {
    one(text, name, "counter", help, static_cast<double>(value));
  };
  total("cwrangler_process_starts_total", "Runtime processes that were started", counts.started);
  total("cwrangler_process_failed_starts_total", "Workers that did not start",
        counts.failed_starts);
  total("cwrangler_process_crashes_total", "Processes that have ended by themselves",
        counts.crashed);
  total("cwrangler_process_idle_ends_total", "Processes that were ended because nobody used them",
        counts.retired_idle);
  total("cwrangler_process_memory_ends_total", "Processes that were replaced for their memory",
        counts.retired_memory);
  one(text, "cwrangler_processes", "gauge", "Runtime processes, spare ones included",
      static_cast<double>(fleet.size()));
  one(text, "cwrangler_spare_processes", "gauge", "Processes that wait for a Worker",
      static_cast<double>(fleet.spares()));
  head(text, "cwrangler_process_memory_bytes", "gauge", "Memory that a Worker's process has alone");
  fleet.for_each([&text](WorkerProcess& process) {
    if (process.version() == nullptr) return;
    text += "cwrangler_process_memory_bytes" +
            labels({process.account(), process.version()->config.name},
                   ",version=\"" + process.version()->id + "\"") +
            " " + std::to_string(private_memory(process.pid())) + "\n";
  });
  return text;
}

}  // namespace cwrangler::edge
