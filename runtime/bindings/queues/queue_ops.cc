// Queues for JavaScript:
//
//   queuesOpen(stateFolder) → handle
//   queueSend(handle, queue, [[content type, body: Uint8Array, delay in seconds], …])
//       → Promise<backlog>
//   queueBacklog(handle, queue) → Promise<backlog>
//   queueTake(handle, queue, settings) → Promise<undefined | [batch, backlog, [[id, sent in ms,
//       attempts, content type, body: Uint8Array], …]]>, undefined when no more batches will come
//   queueSettle(handle, batch, {acknowledged: [id], retried: [[id, delay in seconds]]})
//       → Promise
//
// Settings and settlements are JSON, as are backlogs ({messages, bytes, oldest in ms}). Settings
// have the names of the configuration file. The promise of a send is fulfilled when the messages
// are on disk.

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "runtime/bindings/arguments.h"
#include "runtime/bindings/binding_ops.h"
#include "runtime/bindings/op_tables.h"
#include "runtime/bindings/queues/open_queues.h"
#include "runtime/web/delivery.h"
#include "runtime/web/web_state.h"

namespace cwrangler::bindings {
namespace {

using engine::Call;
using engine::Isolate;
using engine::PendingPromise;
using engine::ScriptScope;
using nlohmann::json;
using storage::DeadMessage;
using storage::QueueBacklog;
using storage::QueueMessage;
using storage::QueueSettlement;
using web::Delivery;

/// State of an isolate: what it has opened, by handle. Batches that it has not settled by its end
/// are tried again.
class Queues {
 public:
  struct Entry {
    std::shared_ptr<OpenQueues> queues;
    uint64_t owner = 0;
  };

  Queues() = default;
  Queues(const Queues&) = delete;
  Queues& operator=(const Queues&) = delete;
  ~Queues() {
    for (const Entry& entry : open) entry.queues->leave(entry.owner);
  }

  std::vector<Entry> open;
  bool has_stopped = false;
};

Queues::Entry& entry_of(Call call) {
  auto& open = Isolate::from(call).state<Queues>().open;
  return open.at(static_cast<size_t>(integer_argument(call, 0)));
}

Delivery::Reply promise_of(Call call) {
  return Isolate::from(call).state<Delivery>().promise(call);
}

/// An argument that this runtime's own JavaScript has made.
json json_argument(Call call, int index) {
  json value = json::parse(text_argument(call, index), nullptr, /*allow_exceptions=*/false);
  if (!value.is_object()) throw engine::TypeErrorException("a JSON object is expected");
  return value;
}

/// A number of the configuration file, which may have fractions and anything else.
int64_t number_of(const json& object, const char* key, int64_t otherwise, int64_t least,
                  int64_t most) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return otherwise;
  const double value =
      std::clamp(found->get<double>(), static_cast<double>(least), static_cast<double>(most));
  return static_cast<int64_t>(value);
}

QueueSettings settings_of(const json& object) {
  QueueSettings settings;
  settings.max_batch_size = static_cast<size_t>(number_of(object, "max_batch_size", 10, 1, 100));
  settings.max_batch_timeout_ms = 1000 * number_of(object, "max_batch_timeout", 5, 0, 60);
  settings.max_concurrency = static_cast<size_t>(
      number_of(object, "max_concurrency", static_cast<int64_t>(settings.max_concurrency), 1, 250));
  settings.retry_delay_ms = 1000 * number_of(object, "retry_delay", 0, 0, 43200);
  settings.retries.max_retries = static_cast<int>(number_of(object, "max_retries", 3, 0, 100));
  const auto dead_letters = object.find("dead_letter_queue");
  if (dead_letters != object.end() && dead_letters->is_string()) {
    settings.retries.dead_letter_queue = dead_letters->get<std::string>();
  }
  return settings;
}

std::string text_of(const QueueBacklog& backlog) {
  json object{{"messages", backlog.messages}, {"bytes", backlog.bytes}};
  if (backlog.oldest_ms) object["oldest"] = *backlog.oldest_ms;
  return object.dump();
}

OpenQueues::Backlog backlog_reply(const Delivery::Reply& reply) {
  return [reply](const QueueBacklog& backlog, const std::string& problem) {
    if (!problem.empty()) return reply.fail(problem);
    reply.send([text = text_of(backlog)](ScriptScope& scope, PendingPromise& promise) {
      promise.resolve(engine::to_string(scope.v8(), text));
    });
  };
}

void queues_open(Call call) {
  auto& open = Isolate::from(call).state<Queues>().open;
  auto queues = open_queues(text_argument(call, 0));
  const uint64_t owner = queues->new_owner();
  open.push_back({std::move(queues), owner});
  call.GetReturnValue().Set(static_cast<uint32_t>(open.size() - 1));
}

void queue_send(Call call) {
  if (!call[2]->IsArray()) throw engine::TypeErrorException("an array is expected");
  v8::Isolate* const isolate = call.GetIsolate();
  const v8::Local<v8::Context> context = isolate->GetCurrentContext();
  const auto list = call[2].As<v8::Array>();
  storage::QueueSend sent{text_argument(call, 1), {}};
  for (uint32_t i = 0; i < list->Length(); ++i) {
    const auto parts = list->Get(context, i).ToLocalChecked().As<v8::Array>();
    const auto part = [&](uint32_t index) { return parts->Get(context, index).ToLocalChecked(); };
    const auto bytes = engine::bytes_of(part(1));
    sent.messages.push_back({engine::to_utf8(isolate, part(0)),
                             {bytes.begin(), bytes.end()},
                             1000 * part(2)->IntegerValue(context).FromMaybe(0)});
  }
  entry_of(call).queues->send(std::move(sent), backlog_reply(promise_of(call)));
}

void queue_backlog(Call call) {
  entry_of(call).queues->backlog(text_argument(call, 1), backlog_reply(promise_of(call)));
}

/// Tells the Worker's log, worded as wrangler does; any thread.
QueueDelivery::Report report_to(web::LogSink log, std::string queue) {
  return [log = std::move(log), queue = std::move(queue)](const storage::RetryRule& rule,
                                                          const std::vector<DeadMessage>& dead) {
    const std::string& target = rule.dead_letter_queue;
    for (const DeadMessage& message : dead) {
      const char* const plural = message.attempts == 1 ? "" : "s";
      log("warn",
          target.empty()
              ? fmt::format("Dropped message \"{}\" on queue \"{}\" after {} failed attempt{}!",
                            message.id, queue, message.attempts, plural)
              : fmt::format("Moving message \"{}\" on queue \"{}\" to dead letter queue "
                            "\"{}\" after {} failed attempt{}...",
                            message.id, queue, target, message.attempts, plural));
    }
  };
}

v8::Local<v8::Value> value_of(v8::Isolate* isolate, QueueBatch& batch) {
  std::vector<v8::Local<v8::Value>> messages;
  for (QueueMessage& message : batch.messages) {
    v8::Local<v8::Value> parts[] = {engine::to_string(isolate, message.id),
                                    v8::Number::New(isolate, static_cast<double>(message.sent_ms)),
                                    v8::Integer::New(isolate, message.attempts),
                                    engine::to_string(isolate, message.content_type),
                                    engine::move_to_uint8array(isolate, std::move(message.body))};
    messages.push_back(v8::Array::New(isolate, parts, std::size(parts)));
  }
  v8::Local<v8::Value> parts[] = {v8::Number::New(isolate, static_cast<double>(batch.number)),
                                  engine::to_string(isolate, text_of(batch.backlog)),
                                  v8::Array::New(isolate, messages.data(), messages.size())};
  return v8::Array::New(isolate, parts, std::size(parts));
}

void queue_take(Call call) {
  const Queues::Entry& entry = entry_of(call);
  QueueSettings settings = settings_of(json_argument(call, 2));
  const std::string queue = text_argument(call, 1);
  if (Isolate::from(call).state<Queues>().has_stopped) {
    return promise_of(call).send([](ScriptScope&, PendingPromise& promise) { promise.resolve(); });
  }
  entry.queues->take(
      entry.owner, queue, std::move(settings),
      report_to(Isolate::from(call).state<web::WebState>().log, queue),
      [reply = promise_of(call)](std::optional<QueueBatch> taken, const std::string& problem) {
        if (!problem.empty()) return reply.fail(problem);
        auto batch = std::make_shared<std::optional<QueueBatch>>(std::move(taken));
        reply.send([batch](ScriptScope& scope, PendingPromise& promise) {
          if (!*batch) return promise.resolve();
          promise.resolve(value_of(scope.v8(), **batch));
        });
      });
}

QueueSettlement settlement_of(const json& object) {
  QueueSettlement settlement;
  try {
    object.at("acknowledged").get_to(settlement.acknowledged);
    for (const json& retry : object.at("retried")) {
      settlement.retried.push_back(
          {retry.at(0).get<std::string>(), static_cast<int64_t>(1000 * retry.at(1).get<double>())});
    }
  } catch (const json::exception& error) {
    throw engine::TypeErrorException(error.what());
  }
  return settlement;
}

void queue_settle(Call call) {
  const Queues::Entry& entry = entry_of(call);
  const auto batch = static_cast<uint64_t>(integer_argument(call, 1));
  QueueSettlement settlement = settlement_of(json_argument(call, 2));
  entry.queues->settle(
      batch, std::move(settlement), [reply = promise_of(call)](const std::string& problem) {
        if (!problem.empty()) return reply.fail(problem);
        reply.send([](ScriptScope&, PendingPromise& promise) { promise.resolve(); });
      });
}

constexpr std::array<engine::Op, 5> kOps{{
    {"queuesOpen", engine::op<queues_open>},
    {"queueSend", engine::op<queue_send>},
    {"queueBacklog", engine::op<queue_backlog>},
    {"queueTake", engine::op<queue_take>},
    {"queueSettle", engine::op<queue_settle>},
}};

}  // namespace

std::span<const engine::Op> queue_ops() {
  return kOps;
}

void stop_consuming(Isolate& isolate) {
  auto* const queues = isolate.find_state<Queues>();
  if (queues == nullptr) return;
  queues->has_stopped = true;
  for (const Queues::Entry& entry : queues->open) entry.queues->stop(entry.owner);
}

void install_queues(Isolate& isolate) {
  isolate.set_state<Queues>();
}

}  // namespace cwrangler::bindings
