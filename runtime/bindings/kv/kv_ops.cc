// KV namespaces for JavaScript:
//
//   kvOpen(stateFolder, id) → handle
//   kvGet(handle, key) → undefined | [value: Uint8Array, expirationMs | undefined,
//       metadata as JSON | undefined], or a promise of it when it takes a while
//   kvPut(handle, key, value: Uint8Array, expirationMs | undefined, metadata | undefined) → Promise
//   kvDelete(handle, keys) → Promise
//   kvList(handle, prefix, after, count) → Promise<[[name, expirationMs, metadata], …]>
//
// The promise of a put or a deletion is fulfilled when the change is on disk.

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "runtime/bindings/arguments.h"
#include "runtime/bindings/op_tables.h"
#include "runtime/bindings/stores.h"
#include "runtime/web/delivery.h"

namespace cwrangler::bindings {
namespace {

using engine::Call;
using engine::Isolate;
using engine::PendingPromise;
using engine::ScriptScope;
using storage::KvChange;
using storage::KvEntry;
using storage::KvKey;
using storage::KvStore;
using web::Delivery;

/// Larger values are read by the namespace's own thread.
constexpr size_t kMostBytesAtOnce = 64 << 10;

/// State of an isolate: what it has opened, by handle.
struct Namespaces {
  std::vector<std::shared_ptr<OpenNamespace>> open;
};

int64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

const std::shared_ptr<OpenNamespace>& namespace_of(Call call) {
  const auto& open = Isolate::from(call).state<Namespaces>().open;
  return open.at(static_cast<size_t>(integer_argument(call, 0)));
}

Delivery::Reply promise_of(Call call) {
  return Isolate::from(call).state<Delivery>().promise(call);
}

v8::Local<v8::Value> expiration_of(v8::Isolate* isolate, const KvKey& key) {
  if (!key.expiration_ms) return v8::Undefined(isolate);
  return v8::Number::New(isolate, static_cast<double>(*key.expiration_ms));
}

v8::Local<v8::Value> metadata_of(v8::Isolate* isolate, const KvKey& key) {
  if (!key.metadata) return v8::Undefined(isolate);
  return engine::to_string(isolate, *key.metadata);
}

void kv_open(Call call) {
  auto& open = Isolate::from(call).state<Namespaces>().open;
  open.push_back(open_namespace(text_argument(call, 0), text_argument(call, 1)));
  call.GetReturnValue().Set(static_cast<uint32_t>(open.size() - 1));
}

v8::Local<v8::Value> value_of(v8::Isolate* isolate, std::optional<KvEntry>& found) {
  if (!found) return v8::Undefined(isolate);
  v8::Local<v8::Value> parts[] = {engine::move_to_uint8array(isolate, std::move(found->value)),
                                  expiration_of(isolate, found->key),
                                  metadata_of(isolate, found->key)};
  return v8::Array::New(isolate, parts, std::size(parts));
}

void kv_get(Call call) {
  const std::shared_ptr<OpenNamespace>& space = namespace_of(call);
  std::string key = text_argument(call, 1);
  std::optional<KvEntry> now;
  const bool is_read = space->try_now([&](KvStore& store) {
    const storage::Impatience impatience(store.connection());
    now = store.get(key, now_ms(), kMostBytesAtOnce);
    return true;
  });
  if (is_read) return call.GetReturnValue().Set(value_of(call.GetIsolate(), now));
  const Delivery::Reply reply = promise_of(call);
  space->post(
      [reply, key = std::move(key)](KvStore& store) {
        auto found = std::make_shared<std::optional<KvEntry>>(store.get(key, now_ms()));
        reply.send([found](ScriptScope& scope, PendingPromise& promise) {
          promise.resolve(value_of(scope.v8(), *found));
        });
      },
      [reply](const std::string& problem) { reply.fail(problem); });
}

void write(Call call, std::vector<KvChange> changes) {
  const std::shared_ptr<OpenNamespace> space = namespace_of(call);
  const Delivery::Reply reply = promise_of(call);
  space->write(std::move(changes), [reply](const std::string& problem) {
    if (!problem.empty()) return reply.fail(problem);
    reply.send([](ScriptScope&, PendingPromise& promise) { promise.resolve(); });
  });
}

void kv_put(Call call) {
  KvChange change;
  change.entry.key.name = text_argument(call, 1);
  const auto bytes = engine::bytes_of(call[2]);
  change.entry.value.assign(bytes.begin(), bytes.end());
  if (!call[3]->IsUndefined()) change.entry.key.expiration_ms = integer_argument(call, 3);
  if (!call[4]->IsUndefined()) change.entry.key.metadata = text_argument(call, 4);
  write(call, {std::move(change)});
}

void kv_delete(Call call) {
  if (!call[1]->IsArray()) throw engine::TypeErrorException("an array is expected");
  const v8::Local<v8::Context> context = call.GetIsolate()->GetCurrentContext();
  const auto keys = call[1].As<v8::Array>();
  std::vector<KvChange> changes(keys->Length());
  for (uint32_t i = 0; i < keys->Length(); ++i) {
    changes[i].is_deletion = true;
    changes[i].entry.key.name =
        engine::to_utf8(call.GetIsolate(), keys->Get(context, i).ToLocalChecked());
  }
  write(call, std::move(changes));
}

void kv_list(Call call) {
  const std::shared_ptr<OpenNamespace> space = namespace_of(call);
  std::string prefix = text_argument(call, 1);
  std::string after = text_argument(call, 2);
  const auto count = static_cast<size_t>(integer_argument(call, 3));
  const Delivery::Reply reply = promise_of(call);
  space->post(
      [reply, prefix = std::move(prefix), after = std::move(after), count](KvStore& store) {
        auto keys =
            std::make_shared<const std::vector<KvKey>>(store.list(prefix, after, count, now_ms()));
        reply.send([keys](ScriptScope& scope, PendingPromise& promise) {
          std::vector<v8::Local<v8::Value>> list;
          for (const KvKey& key : *keys) {
            v8::Local<v8::Value> parts[] = {engine::to_string(scope.v8(), key.name),
                                            expiration_of(scope.v8(), key),
                                            metadata_of(scope.v8(), key)};
            list.push_back(v8::Array::New(scope.v8(), parts, std::size(parts)));
          }
          promise.resolve(v8::Array::New(scope.v8(), list.data(), list.size()));
        });
      },
      [reply](const std::string& problem) { reply.fail(problem); });
}

constexpr std::array<engine::Op, 5> kOps{{
    {"kvOpen", engine::op<kv_open>},
    {"kvGet", engine::op<kv_get>},
    {"kvPut", engine::op<kv_put>},
    {"kvDelete", engine::op<kv_delete>},
    {"kvList", engine::op<kv_list>},
}};

}  // namespace

std::span<const engine::Op> kv_ops() {
  return kOps;
}

void install_kv(Isolate& isolate) {
  isolate.set_state<Namespaces>();
}

}  // namespace cwrangler::bindings
