// Caches for JavaScript:
//
//   cacheOpen(stateFolder, name) → handle; name: "default", or "named:" and the name, URI-encoded
//   cacheFind(handle, key) → Promise<undefined | [metadata, size, body]>
//   cacheRead(handle, body, most) → Promise<Uint8Array>, empty at the end
//   cacheSkip(handle, body, count) → Promise: the next bytes are not read
//   cacheUpload(handle) → upload
//   cacheWrite(handle, upload, bytes) → Promise
//   cachePut(handle, upload, key, metadata, expirationMs) → Promise
//   cacheDelete(handle, key) → Promise<boolean>
//
// `metadata` is JSON, {headers, status}; what is found has the size, too. What one call began ends
// before the next call's begins. The promises of changes are fulfilled when they are on disk.

#include <array>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "runtime/bindings/arguments.h"
#include "runtime/bindings/op_tables.h"
#include "runtime/bindings/stores.h"
#include "runtime/bindings/uploads.h"
#include "runtime/web/delivery.h"

namespace cwrangler::bindings {
namespace {

using engine::Call;
using engine::Isolate;
using engine::PendingPromise;
using engine::ScriptScope;
using nlohmann::json;
using storage::Blob;
using storage::CacheStore;
using storage::R2Reader;
using storage::R2Upload;
using web::Delivery;

/// State of an isolate: what it has opened, by handle.
struct Caches {
  std::vector<std::shared_ptr<OpenCache>> open;
};

int64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

const std::shared_ptr<OpenCache>& cache_of(Call call) {
  const auto& open = Isolate::from(call).state<Caches>().open;
  return open.at(static_cast<size_t>(integer_argument(call, 0)));
}

/// Runs `work(store)` on the cache's thread and then `settle(result)` makes the promise's value.
template <class Work, class Settle>
void answer(Call call, Work work, Settle settle) {
  const Delivery::Reply reply = Isolate::from(call).state<Delivery>().promise(call);
  cache_of(call)->post(
      [reply, work = std::move(work), settle](CacheStore& store) {
        auto result = std::make_shared<decltype(work(store))>(work(store));
        reply.send([result, settle](ScriptScope& scope, PendingPromise& promise) {
          promise.resolve(settle(scope.v8(), *result));
        });
      },
      [reply](const std::string& problem) { reply.fail(problem); });
}

v8::Local<v8::Value> nothing(v8::Isolate* isolate, bool) {
  return v8::Undefined(isolate);
}

void cache_open(Call call) {
  auto& open = Isolate::from(call).state<Caches>().open;
  open.push_back(open_cache(text_argument(call, 0), text_argument(call, 1)));
  call.GetReturnValue().Set(static_cast<uint32_t>(open.size() - 1));
}

/// What cacheFind found, on its way to the isolate.
struct Found {
  std::string metadata;
  std::shared_ptr<R2Reader> body;
};

void cache_find(Call call) {
  answer(
      call,
      [key = text_argument(call, 1)](CacheStore& store) -> std::optional<Found> {
        auto entry = store.find(key, now_ms());
        if (!entry) return std::nullopt;
        return Found{std::move(entry->metadata), std::move(entry->body)};
      },
      [](v8::Isolate* isolate, const std::optional<Found>& found) -> v8::Local<v8::Value> {
        if (!found) return v8::Undefined(isolate);
        v8::Local<v8::Value> parts[] = {
            engine::to_string(isolate, found->metadata),
            v8::Number::New(isolate, static_cast<double>(found->body->left())),
            share(isolate, found->body)};
        return v8::Array::New(isolate, parts, std::size(parts));
      });
}

void cache_read(Call call) {
  answer(
      call,
      [body = shared_argument<R2Reader>(call, 1),
       most = integer_argument(call, 2)](CacheStore&) -> Blob {
        if (most <= 0) return {};
        return body->read(std::min(kChunkBytes, static_cast<size_t>(most)));
      },
      [](v8::Isolate* isolate, Blob& bytes) -> v8::Local<v8::Value> {
        return engine::move_to_uint8array(isolate, std::move(bytes));
      });
}

void cache_skip(Call call) {
  answer(
      call,
      [body = shared_argument<R2Reader>(call, 1), count = integer_argument(call, 2)](CacheStore&) {
        body->skip(count);
        return true;
      },
      nothing);
}

void cache_upload(Call call) {
  auto pending = std::make_shared<PendingUpload>();
  cache_of(call)->post(
      [pending](CacheStore& store) {
        pending->upload = std::make_unique<R2Upload>(store.folders());
      },
      [pending](const std::string& problem) { pending->problem = problem; });
  call.GetReturnValue().Set(share(call.GetIsolate(), pending));
}

void cache_write(Call call) {
  const auto bytes = engine::bytes_of(call[2]);
  answer(
      call,
      [pending = shared_argument<PendingUpload>(call, 1),
       copy = Blob(bytes.begin(), bytes.end())](CacheStore&) {
        pending->write(copy);
        return true;
      },
      nothing);
}

void cache_put(Call call) {
  answer(
      call,
      [pending = shared_argument<PendingUpload>(call, 1), key = text_argument(call, 2),
       metadata = json::parse(text_argument(call, 3)),
       expiration = integer_argument(call, 4)](CacheStore& store) {
        R2Upload& upload = pending->get();
        upload.finish();
        json complete = metadata;
        complete["size"] = upload.size();
        store.sweep(now_ms());
        store.put(key, upload, complete.dump(-1, ' ', false, json::error_handler_t::replace),
                  expiration);
        pending->upload.reset();
        return true;
      },
      nothing);
}

void cache_delete(Call call) {
  answer(
      call,
      [key = text_argument(call, 1)](CacheStore& store) { return store.remove(key, now_ms()); },
      [](v8::Isolate* isolate, bool removed) -> v8::Local<v8::Value> {
        return v8::Boolean::New(isolate, removed);
      });
}

constexpr std::array<engine::Op, 8> kOps{{
    {"cacheOpen", engine::op<cache_open>},
    {"cacheFind", engine::op<cache_find>},
    {"cacheRead", engine::op<cache_read>},
    {"cacheSkip", engine::op<cache_skip>},
    {"cacheUpload", engine::op<cache_upload>},
    {"cacheWrite", engine::op<cache_write>},
    {"cachePut", engine::op<cache_put>},
    {"cacheDelete", engine::op<cache_delete>},
}};

}  // namespace

std::span<const engine::Op> cache_ops() {
  return kOps;
}

void install_cache(Isolate& isolate) {
  isolate.set_state<Caches>();
}

}  // namespace cwrangler::bindings
