#include "runtime/web/web_sockets.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <stdexcept>

#include "runtime/engine/script_scope.h"
#include "runtime/web/op_tables.h"
#include "runtime/web/tls_client.h"
#include "runtime/web/web_socket_connection.h"

namespace cwrangler::web {

using boost::asio::ip::tcp;
using engine::Call;
using engine::ScriptScope;

WebSockets::WebSockets(engine::Isolate& isolate) : isolate_(isolate) {}

WebSockets::~WebSockets() {
  for (const auto& [id, connection] : open_) connection->drop();
}

WebSocketConnection* WebSockets::find(int32_t id) {
  const auto found = open_.find(id);
  return found == open_.end() ? nullptr : found->second.get();
}

int32_t WebSockets::add(std::shared_ptr<WebSocketConnection> connection) {
  open_.emplace(++last_id_, std::move(connection));
  return last_id_;
}

int32_t WebSockets::accept(int connected_socket, const std::string& target,
                           const HeaderList& request, const HeaderList& answer) {
  tcp::socket socket(isolate_.loop());
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(connected_socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    ::close(connected_socket);
    throw std::runtime_error("The connection was lost.");
  }
  socket.assign(address.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), connected_socket);
  auto connection = make_web_socket(std::move(socket));
  connection->accept(target, request, answer);
  return add(std::move(connection));
}

void WebSockets::connect(const Target& target, const HeaderList& headers, uint64_t opened) {
  tcp::socket socket(isolate_.loop());
  auto connection = target.tls
                        ? make_tls_web_socket(std::move(socket),
                                              isolate_.state<TlsClient>().context(), target.name)
                        : make_web_socket(std::move(socket));
  const int32_t id = add(connection);
  connection->connect(
      target, headers,
      [this, id, opened, where = target.host_header](const WebSocketConnection::Opened& result) {
        const ScriptScope scope(isolate_);
        engine::PendingPromise promise = promises_.take(opened);
        if (result.status != 101) open_.erase(id);
        if (!result.error.empty()) {
          promise.reject("opening a WebSocket to " + where + ": " + result.error);
          return;
        }
        std::vector<v8::Local<v8::Value>> flat;
        for (const auto& [name, value] : result.headers) {
          flat.push_back(engine::latin1_to_string(scope.v8(), name));
          flat.push_back(engine::latin1_to_string(scope.v8(), value));
        }
        const auto object = v8::Object::New(scope.v8());
        engine::set(scope.context(), object, "status", v8::Integer::New(scope.v8(), result.status));
        engine::set(scope.context(), object, "headers",
                    v8::Array::New(scope.v8(), flat.data(), flat.size()));
        if (result.status == 101) {
          engine::set(scope.context(), object, "id", v8::Integer::New(scope.v8(), id));
        }
        promise.resolve(object);
      });
}

void WebSockets::read(int32_t id, uint64_t read) {
  WebSocketConnection* const connection = find(id);
  if (connection == nullptr) {
    promises_.take(read).reject("The WebSocket is closed.");
    return;
  }
  connection->read([this, id, read](WebSocketEvent event) {
    const ScriptScope scope(isolate_);
    v8::Isolate* const v8 = scope.v8();
    engine::PendingPromise promise = promises_.take(read);
    if (auto* message = std::get_if<WebSocketMessage>(&event)) {
      if (message->text) {
        promise.resolve(engine::to_string(
            v8, {reinterpret_cast<const char*>(message->bytes.data()), message->bytes.size()}));
      } else {
        promise.resolve(engine::move_to_uint8array(v8, std::move(message->bytes)));
      }
      return;
    }
    const auto& closed = std::get<WebSocketClosed>(event);
    v8::Local<v8::Value> parts[] = {v8::Integer::New(v8, closed.code),
                                    engine::to_string(v8, closed.reason),
                                    v8::Boolean::New(v8, closed.was_clean)};
    open_.erase(id);
    promise.resolve(v8::Array::New(v8, parts, std::size(parts)));
  });
}

void WebSockets::send(int32_t id, std::vector<uint8_t> bytes, bool text) {
  if (WebSocketConnection* const connection = find(id)) connection->send(std::move(bytes), text);
}

void WebSockets::close(int32_t id, uint16_t code, std::string reason) {
  if (WebSocketConnection* const connection = find(id)) connection->close(code, std::move(reason));
}

namespace {

WebSockets& web_sockets(Call call) {
  return engine::Isolate::from(call).state<WebSockets>();
}

std::string text(Call call, int index) {
  return engine::to_utf8(call.GetIsolate(), call[index]);
}

int32_t integer(Call call, int index) {
  return call[index]->Int32Value(call.GetIsolate()->GetCurrentContext()).FromMaybe(0);
}

/// webSocketConnect({host, port, tls, name, hostHeader, path}, flat headers)
///     → Promise<{id?, status, headers}>
void connect(Call call) {
  v8::Isolate* const isolate = call.GetIsolate();
  const v8::Local<v8::Context> context = isolate->GetCurrentContext();
  const auto options = call[0].As<v8::Object>();
  const auto option = [&](const char* name) {
    return engine::to_utf8(isolate, engine::get(context, options, name));
  };
  const WebSockets::Target target{
      option("host"), option("port"),       engine::get(context, options, "tls")->IsTrue(),
      option("name"), option("hostHeader"), option("path")};
  const auto flat = call[1].As<v8::Array>();
  HeaderList headers;
  for (uint32_t i = 0; i + 1 < flat->Length(); i += 2) {
    headers.emplace_back(engine::to_utf8(isolate, flat->Get(context, i).ToLocalChecked()),
                         engine::to_utf8(isolate, flat->Get(context, i + 1).ToLocalChecked()));
  }
  web_sockets(call).connect(target, headers, web_sockets(call).promises().add(call));
}

/// webSocketRead(id) → Promise<string | Uint8Array | [code, reason, was clean]>
void read(Call call) {
  web_sockets(call).read(integer(call, 0), web_sockets(call).promises().add(call));
}

/// webSocketSend(id, string | Uint8Array)
void send(Call call) {
  if (call[1]->IsString()) {
    const std::string message = text(call, 1);
    web_sockets(call).send(integer(call, 0), {message.begin(), message.end()}, true);
  } else {
    const auto bytes = engine::bytes_of(call[1]);
    web_sockets(call).send(integer(call, 0), {bytes.begin(), bytes.end()}, false);
  }
}

/// webSocketClose(id, code or 0, reason)
void close(Call call) {
  web_sockets(call).close(integer(call, 0), static_cast<uint16_t>(integer(call, 1)), text(call, 2));
}

constexpr std::array<engine::Op, 4> kOps{{
    {"webSocketConnect", engine::op<connect>},
    {"webSocketRead", engine::op<read>},
    {"webSocketSend", engine::op<send>},
    {"webSocketClose", engine::op<close>},
}};

}  // namespace

std::span<const engine::Op> web_socket_ops() {
  return kOps;
}

}  // namespace cwrangler::web
