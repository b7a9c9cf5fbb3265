#include "runtime/server/http_ops.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "base/control_protocol.h"
#include "base/error.h"
#include "runtime/engine/script_scope.h"
#include "runtime/engine/values.h"
#include "runtime/server/request_log.h"
#include "runtime/server/request_target.h"
#include "runtime/server/response_head.h"
#include "runtime/web/web_sockets.h"

namespace cwrangler::server {

using engine::Call;
using engine::ScriptScope;
using engine::TypeErrorException;

namespace {

constexpr const char* kClientGone = "The client has disconnected.";

v8::Local<v8::Value> id_value(v8::Isolate* isolate, std::uint64_t id) {
  return v8::Number::New(isolate, static_cast<double>(id));
}

/// A string whose code points are bytes (WebIDL's ByteString).
std::string latin1(v8::Isolate* isolate, v8::Local<v8::Value> value) {
  if (!value->IsString()) throw TypeErrorException("a header is not a string");
  const v8::Local<v8::String> string = value.As<v8::String>();
  if (!string->ContainsOnlyOneByte()) {
    throw TypeErrorException("A header or status text has characters outside of Latin-1.");
  }
  std::string bytes(static_cast<size_t>(string->Length()), '\0');
  string->WriteOneByte(isolate, reinterpret_cast<uint8_t*>(bytes.data()), 0, string->Length(),
                       v8::String::NO_NULL_TERMINATION);
  return bytes;
}

std::string text(Call call, int index) {
  return engine::to_utf8(call.GetIsolate(), call[index]);
}

std::vector<Header> headers_of(v8::Local<v8::Context> context, v8::Local<v8::Value> flat) {
  if (!flat->IsArray()) throw TypeErrorException("the headers are not an array");
  const v8::Local<v8::Array> array = flat.As<v8::Array>();
  v8::Isolate* isolate = context->GetIsolate();
  std::vector<Header> headers(array->Length() / 2);
  for (uint32_t i = 0; i < headers.size(); ++i) {
    headers[i] = {latin1(isolate, array->Get(context, 2 * i).ToLocalChecked()),
                  latin1(isolate, array->Get(context, 2 * i + 1).ToLocalChecked())};
  }
  return headers;
}

void reject_at_once(Call call, const char* message) {
  engine::PendingPromise promise(call.GetIsolate());
  promise.reject(message);
  call.GetReturnValue().Set(promise.promise());
}

}  // namespace

WorkerRequests::WorkerRequests(engine::Isolate& isolate, EventSink events)
    : isolate_(isolate), events_(std::move(events)) {}

WorkerRequests::Pending* WorkerRequests::find(std::uint64_t id) {
  const auto found = pending_.find(id);
  return found == pending_.end() ? nullptr : &found->second;
}

void WorkerRequests::on_request(Exchange& exchange) {
  if (answer_version(exchange, page_sources_.get())) return;
  if (failure_) {
    send_failure(exchange, *failure_);
    return;
  }
  pending_.emplace(exchange.id(), Pending{&exchange, {}, {}});
  ScriptScope scope(isolate_);
  v8::Isolate* isolate = scope.v8();
  const RequestHead& request = exchange.request();
  std::vector<v8::Local<v8::Value>> headers;
  headers.reserve(request.headers.size() * 2);
  for (const Header& header : request.headers) {
    headers.push_back(engine::latin1_to_string(isolate, header.name));
    headers.push_back(engine::latin1_to_string(isolate, header.value));
  }
  // An exception is a mistake in serve.js, which catches all that can go wrong with a request.
  (void)scope.call_hook("fetch", id_value(isolate, exchange.id()),
                        engine::latin1_to_string(isolate, request.method),
                        engine::latin1_to_string(isolate, request.url),
                        v8::Array::New(isolate, headers.data(), headers.size()),
                        v8::Boolean::New(isolate, request.has_body));
}

void WorkerRequests::on_body(Exchange& exchange, std::vector<uint8_t> bytes) {
  Pending* pending = find(exchange.id());
  if (pending == nullptr || !pending->read) return;
  const ScriptScope scope(isolate_);
  engine::PendingPromise promise = std::move(*pending->read);
  pending->read.reset();
  if (bytes.empty()) {
    promise.resolve(v8::Null(scope.v8()));
  } else {
    promise.resolve(engine::move_to_uint8array(scope.v8(), std::move(bytes)));
  }
}

void WorkerRequests::on_drained(Exchange& exchange) {
  Pending* pending = find(exchange.id());
  if (pending == nullptr || !pending->drained) return;
  const ScriptScope scope(isolate_);
  engine::PendingPromise promise = std::move(*pending->drained);
  pending->drained.reset();
  promise.resolve();
}

void WorkerRequests::on_finished(Exchange& exchange, bool completed, const RequestRecord& record) {
  const auto found = pending_.find(exchange.id());
  if (found != pending_.end()) {
    Pending pending = std::move(found->second);
    pending_.erase(found);
    if (!failure_ && (pending.read || pending.drained || !completed)) {
      ScriptScope scope(isolate_);
      if (pending.read) pending.read->reject(kClientGone);
      if (pending.drained) pending.drained->reject(kClientGone);
      if (!completed) (void)scope.call_hook("fetchAborted", id_value(scope.v8(), exchange.id()));
    }
  }
  log_request(events_, record);
}

void WorkerRequests::send_failure(Exchange& exchange, const Failure& failure) const {
  if (exchange.responded()) {
    exchange.cut();
    return;
  }
  auto body = std::make_shared<std::string>();
  const ResponseHead head =
      failure_response(failure, exchange.request(), page_sources_.get(), *body);
  const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(body->data()),
                                       body->size());
  exchange.respond(head, bytes, body);
}

void WorkerRequests::fail_all(Failure failure) {
  failure_ = std::move(failure);
  std::vector<Exchange*> exchanges;
  for (const auto& [id, pending] : pending_) exchanges.push_back(pending.exchange);
  pending_.clear();
  for (Exchange* exchange : exchanges) send_failure(*exchange, *failure_);
}

/// The ops, as friends of the state they work on.
struct WorkerRequests::Ops {
  static WorkerRequests& requests(Call call) {
    return engine::Isolate::from(call).state<WorkerRequests>();
  }

  static Pending* pending(Call call) {
    return requests(call).find(static_cast<std::uint64_t>(call[0].As<v8::Number>()->Value()));
  }

  /// httpRespond(id, status, statusText, headers, body): true when a streamed body is to follow.
  static void respond(Call call) {
    v8::Isolate* isolate = call.GetIsolate();
    call.GetReturnValue().Set(false);
    Pending* request = pending(call);
    if (request == nullptr) return;
    const ResponseHead head{static_cast<int>(call[1].As<v8::Number>()->Value()),
                            latin1(isolate, call[2]),
                            headers_of(isolate->GetCurrentContext(), call[3])};
    const v8::Local<v8::Value> body = call[4];
    Exchange& exchange = *request->exchange;
    if (body->IsUndefined()) {
      call.GetReturnValue().Set(exchange.respond(head, std::nullopt, nullptr));
    } else if (body->IsNull()) {
      exchange.respond(head, std::span<const uint8_t>{}, nullptr);
    } else if (body->IsString()) {
      const auto owner = std::make_shared<const std::string>(engine::to_utf8(isolate, body));
      exchange.respond(
          head, std::span(reinterpret_cast<const uint8_t*>(owner->data()), owner->size()), owner);
    } else {
      const std::span<const uint8_t> bytes = engine::bytes_of(body);
      std::shared_ptr<const void> owner;
      if (body->IsArrayBufferView()) {
        owner = body.As<v8::ArrayBufferView>()->Buffer()->GetBackingStore();
      } else if (body->IsArrayBuffer()) {
        owner = body.As<v8::ArrayBuffer>()->GetBackingStore();
      }
      exchange.respond(head, bytes, owner);
    }
  }

  /// httpWrite(id, bytes): undefined, or a promise to wait for before the next.
  static void write(Call call) {
    Pending* request = pending(call);
    if (request == nullptr) return reject_at_once(call, kClientGone);
    if (request->exchange->write(engine::bytes_of(call[1]))) return;
    request->drained.emplace(call.GetIsolate());
    call.GetReturnValue().Set(request->drained->promise());
  }

  /// httpEnd(id)
  static void end(Call call) {
    if (Pending* request = pending(call)) request->exchange->end();
  }

  /// httpRead(id): a promise of bytes, or of null at the body's end.
  static void read(Call call) {
    Pending* request = pending(call);
    if (request == nullptr) return reject_at_once(call, kClientGone);
    if (request->read) return reject_at_once(call, "The body is being read.");
    request->read.emplace(call.GetIsolate());
    call.GetReturnValue().Set(request->read->promise());
    request->exchange->read_body();
  }

  /// httpUpgrade(id, headers): answers a WebSocket's opening handshake; the connection's number.
  static void upgrade(Call call) {
    Pending* request = pending(call);
    if (request == nullptr) throw Error(kClientGone);
    const RequestHead head = request->exchange->request();
    web::HeaderList received;
    for (const Header& header : head.headers) received.emplace_back(header.name, header.value);
    web::HeaderList answer;
    for (Header& header : headers_of(call.GetIsolate()->GetCurrentContext(), call[1])) {
      check_response_head({200, {}, {header}});  // of names and values
      answer.emplace_back(std::move(header.name), std::move(header.value));
    }
    auto& sockets = engine::Isolate::from(call).state<web::WebSockets>();
    Descriptor socket = request->exchange->take_over();
    call.GetReturnValue().Set(sockets.accept(socket.release(), path_of(head), received, answer));
  }

  /// httpFail(id, name, message, stack): the handler threw. Also tells the log.
  static void fail(Call call) {
    report(call, 2);
    if (Pending* request = pending(call)) {
      requests(call).send_failure(*request->exchange, {"user", text(call, 2), text(call, 3)});
    }
  }

  /// httpReloadScript(): what a page ends with that follows the code; "" outside a dev session.
  static void reload_script_text(Call call) {
    const PageSources* sources = requests(call).page_sources_.get();
    if (sources == nullptr) return call.GetReturnValue().SetEmptyString();
    call.GetReturnValue().Set(engine::to_string(call.GetIsolate(), reload_script(*sources, "GET")));
  }

  /// exceptionReport(message, stack): what nobody waits for failed.
  static void report_exception(Call call) { report(call, 0); }

  static void report(Call call, int first) {
    requests(call).events_({{"type", control::kException},
                            {"message", text(call, first)},
                            {"stack", text(call, first + 1)}});
  }

  /// traceReport(event): what an invocation was, as JSON text.
  static void report_trace(Call call) {
    requests(call).events_(
        {{"type", control::kTrace}, {"event", nlohmann::json::parse(text(call, 0))}});
  }

  /// queueHandled(queue, acknowledged, messages, duration in ms): the Worker has handled a batch.
  static void queue_handled(Call call) {
    const auto number = [call](int index) { return call[index].As<v8::Number>()->Value(); };
    requests(call).events_({{"type", control::kQueue},
                            {"queue", text(call, 0)},
                            {"acknowledged", static_cast<int64_t>(number(1))},
                            {"messages", static_cast<int64_t>(number(2))},
                            {"duration_ms", number(3)}});
  }

  /// workerFatal(message): the interpreter is dead.
  static void fatal(Call call) {
    WorkerRequests& state = requests(call);
    if (state.fatal_) state.fatal_(text(call, 0));
  }

  /// backgroundBegan(), backgroundEnded(): keep the instance until all have ended.
  static void background_began(Call call) { ++requests(call).background_tasks_; }
  static void background_ended(Call call) {
    WorkerRequests& state = requests(call);
    if (--state.background_tasks_ == 0 && state.background_idle_) {
      boost::asio::post(state.isolate_.loop(), state.background_idle_);
    }
  }
};

std::span<const engine::Op> http_ops() {
  using Ops = WorkerRequests::Ops;
  using engine::op;
  static constexpr engine::Op kOps[] = {
      {"httpRespond", op<&Ops::respond>},
      {"httpWrite", op<&Ops::write>},
      {"httpEnd", op<&Ops::end>},
      {"httpRead", op<&Ops::read>},
      {"httpUpgrade", op<&Ops::upgrade>},
      {"httpFail", op<&Ops::fail>},
      {"httpReloadScript", op<&Ops::reload_script_text>},
      {"exceptionReport", op<&Ops::report_exception>},
      {"queueHandled", op<&Ops::queue_handled>},
      {"traceReport", op<&Ops::report_trace>},
      {"workerFatal", op<&Ops::fatal>},
      {"backgroundBegan", op<&Ops::background_began>},
      {"backgroundEnded", op<&Ops::background_ended>},
  };
  return kOps;
}

}  // namespace cwrangler::server
