// Requests as the built-in JavaScript sees them: the ops that js/serve.js calls, and the handler
// that calls its hooks.

#pragma once

#include <v8.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>

#include "runtime/engine/isolate.h"
#include "runtime/engine/ops.h"
#include "runtime/engine/pending_promise.h"
#include "runtime/server/error_page.h"
#include "runtime/server/exchange.h"
#include "runtime/server/instance.h"

namespace cwrangler::server {

/// Every native function of this folder.
std::span<const engine::Op> http_ops();

/// The requests of one isolate; part of its state. Its loop's thread only.
class WorkerRequests final : public RequestHandler {
 public:
  WorkerRequests(engine::Isolate& isolate, EventSink events);
  WorkerRequests(const WorkerRequests&) = delete;
  WorkerRequests& operator=(const WorkerRequests&) = delete;

  /// What the pages of failed requests show beside the failure; null: nothing.
  void set_page_sources(std::shared_ptr<const PageSources> sources) {
    page_sources_ = std::move(sources);
  }

  void on_request(Exchange& exchange) override;
  void on_body(Exchange& exchange, std::vector<uint8_t> bytes) override;
  void on_drained(Exchange& exchange) override;
  void on_finished(Exchange& exchange, bool completed, const RequestRecord& record) override;

  /// From now on JavaScript is not entered: pending requests, and those that still come, are
  /// answered with this failure; connections that have begun a response are cut.
  void fail_all(Failure failure);

  /// Work that goes on after its response (waitUntil).
  size_t background_tasks() const { return background_tasks_; }
  /// Called when the last of it is over.
  void on_background_idle(std::function<void()> callback) {
    background_idle_ = std::move(callback);
  }
  /// Called for ops.workerFatal; may be inside JavaScript.
  void on_fatal(std::function<void(std::string)> callback) { fatal_ = std::move(callback); }

  struct Ops;  // http_ops.cc

 private:
  struct Pending {
    Exchange* exchange;
    std::optional<engine::PendingPromise> read;
    std::optional<engine::PendingPromise> drained;
  };

  /// Null when that request is over: its client went away, which JavaScript may not know yet.
  Pending* find(std::uint64_t id);
  void send_failure(Exchange& exchange, const Failure& failure) const;

  engine::Isolate& isolate_;
  EventSink events_;
  std::shared_ptr<const PageSources> page_sources_;
  std::unordered_map<std::uint64_t, Pending> pending_;
  std::optional<Failure> failure_;
  size_t background_tasks_ = 0;
  std::function<void()> background_idle_;
  std::function<void(std::string)> fatal_;
};

}  // namespace cwrangler::server
