// R2 buckets for JavaScript:
//
//   r2Open(stateFolder, name) → handle
//   r2Head(handle, key) → Promise<undefined | object>
//   r2Get(handle, key, condition, range) → Promise<undefined | [object] | [object, offset, length,
//       first bytes: Uint8Array, reader | undefined]>
//   r2Read(handle, reader) → Promise<Uint8Array>, empty at the end
//   r2Upload(handle, checksum's name or "", checksum in hex) → upload
//   r2Write(handle, upload, bytes) → Promise
//   r2Put(handle, upload, object, condition) → Promise<undefined | object>
//   r2Delete(handle, keys) → Promise
//   r2List(handle, request) → Promise<{objects, prefixes, last}>
//   r2CreateUpload(handle, object) → Promise<upload id>
//   r2PutPart(handle, upload, key, upload id, number) → Promise<etag>
//   r2CompleteUpload(handle, key, upload id, parts) → Promise<object>
//   r2AbortUpload(handle, key, upload id) → Promise
//
// Objects, conditions, ranges, parts, requests and lists are JSON. `object`: {key, version, size,
// etag, uploaded, checksums, http, custom}. What one call began ends before the next call's begins.
// The promises of changes are fulfilled when they are on disk.

#include <array>
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
using storage::R2Bucket;
using storage::R2Condition;
using storage::R2Etag;
using storage::R2Object;
using storage::R2Range;
using storage::R2Reader;
using storage::R2Upload;
using web::Delivery;

/// State of an isolate: what it has opened, by handle.
struct Buckets {
  std::vector<std::shared_ptr<OpenBucket>> open;
};

const std::shared_ptr<OpenBucket>& bucket_of(Call call) {
  const auto& open = Isolate::from(call).state<Buckets>().open;
  return open.at(static_cast<size_t>(integer_argument(call, 0)));
}

json json_argument(Call call, int index) {
  return json::parse(text_argument(call, index));
}

std::optional<int64_t> optional_integer(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  return found->get<int64_t>();
}

std::optional<std::vector<R2Etag>> etags_of(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return std::nullopt;
  std::vector<R2Etag> tags;
  for (const json& tag : *found) tags.push_back({tag.at("value"), tag.at("weak")});
  return tags;
}

R2Condition condition_of(const json& object) {
  return {etags_of(object, "matches"), etags_of(object, "differs"),
          optional_integer(object, "before"), optional_integer(object, "after"),
          object.value("inSeconds", false)};
}

R2Object object_of(const json& object) {
  R2Object made;
  made.key = object.at("key");
  made.http_metadata = object.at("http").dump();
  made.custom_metadata = object.at("custom").dump();
  return made;
}

/// A column of a foreign file may hold anything.
json parsed_column(const std::string& text) {
  json value = json::parse(text, nullptr, false);
  return value.is_object() ? value : json::object();
}

json to_json(const R2Object& object) {
  return {{"key", object.key},
          {"version", object.version},
          {"size", object.size},
          {"etag", object.etag},
          {"uploaded", object.uploaded_ms},
          {"checksums", parsed_column(object.checksums)},
          {"http", parsed_column(object.http_metadata)},
          {"custom", parsed_column(object.custom_metadata)}};
}

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Runs `work(bucket)` on the bucket's thread; what it returns, given as a text, is the promise's
/// value; undefined for no text.
template <class Work>
void answer(Call call, Work work) {
  const Delivery::Reply reply = Isolate::from(call).state<Delivery>().promise(call);
  bucket_of(call)->post(
      [reply, work = std::move(work)](R2Bucket& bucket) {
        std::optional<std::string> text = work(bucket);
        reply.send([text = std::move(text)](ScriptScope& scope, PendingPromise& promise) {
          if (!text) return promise.resolve();
          promise.resolve(engine::to_string(scope.v8(), *text));
        });
      },
      [reply](const std::string& problem) { reply.fail(problem); });
}

void r2_open(Call call) {
  auto& open = Isolate::from(call).state<Buckets>().open;
  open.push_back(open_bucket(text_argument(call, 0), text_argument(call, 1)));
  call.GetReturnValue().Set(static_cast<uint32_t>(open.size() - 1));
}

void r2_head(Call call) {
  answer(call, [key = text_argument(call, 1)](R2Bucket& bucket) -> std::optional<std::string> {
    const auto found = bucket.head(key);
    if (!found) return std::nullopt;
    return dump(to_json(*found));
  });
}

/// What r2Get found, on its way to the isolate.
struct Found {
  std::string object;
  bool has_value = false;
  int64_t offset = 0;
  int64_t length = 0;
  Blob first;
  std::shared_ptr<R2Reader> rest;
};

void resolve_found(ScriptScope& scope, PendingPromise& promise, Found& found) {
  v8::Isolate* const isolate = scope.v8();
  std::vector<v8::Local<v8::Value>> parts{engine::to_string(isolate, found.object)};
  if (found.has_value) {
    parts.push_back(v8::Number::New(isolate, static_cast<double>(found.offset)));
    parts.push_back(v8::Number::New(isolate, static_cast<double>(found.length)));
    parts.push_back(engine::move_to_uint8array(isolate, std::move(found.first)));
    if (found.rest) parts.push_back(share(isolate, found.rest));
  }
  promise.resolve(v8::Array::New(isolate, parts.data(), parts.size()));
}

void r2_get(Call call) {
  const json wanted = json_argument(call, 3);
  const R2Range range{optional_integer(wanted, "offset"), optional_integer(wanted, "length"),
                      optional_integer(wanted, "suffix")};
  const Delivery::Reply reply = Isolate::from(call).state<Delivery>().promise(call);
  bucket_of(call)->post(
      [reply, range, key = text_argument(call, 1),
       condition = condition_of(json_argument(call, 2))](R2Bucket& bucket) {
        auto stored = bucket.get(key, condition, range);
        if (!stored) {
          return reply.send([](ScriptScope&, PendingPromise& promise) { promise.resolve(); });
        }
        auto found = std::make_shared<Found>();
        found->object = dump(to_json(stored->object));
        found->has_value = stored->has_value;
        found->offset = stored->offset;
        found->length = stored->length;
        if (stored->has_value) {
          found->rest = std::make_shared<R2Reader>(std::move(stored->pieces));
          found->first = found->rest->read(kChunkBytes);
          if (found->rest->left() == 0) found->rest.reset();
        }
        reply.send([found](ScriptScope& scope, PendingPromise& promise) {
          resolve_found(scope, promise, *found);
        });
      },
      [reply](const std::string& problem) { reply.fail(problem); });
}

void r2_read(Call call) {
  const Delivery::Reply reply = Isolate::from(call).state<Delivery>().promise(call);
  bucket_of(call)->post(
      [reply, reader = shared_argument<R2Reader>(call, 1)](R2Bucket&) {
        auto bytes = std::make_shared<Blob>(reader->read(kChunkBytes));
        reply.send([bytes](ScriptScope& scope, PendingPromise& promise) {
          promise.resolve(engine::move_to_uint8array(scope.v8(), std::move(*bytes)));
        });
      },
      [reply](const std::string& problem) { reply.fail(problem); });
}

void r2_upload(Call call) {
  auto pending = std::make_shared<PendingUpload>();
  bucket_of(call)->post(
      [pending, name = text_argument(call, 1), hex = text_argument(call, 2)](R2Bucket& bucket) {
        pending->upload =
            std::make_unique<R2Upload>(bucket.folders(), storage::R2ExpectedChecksum{name, hex});
      },
      [pending](const std::string& problem) { pending->problem = problem; });
  call.GetReturnValue().Set(share(call.GetIsolate(), pending));
}

void r2_write(Call call) {
  const auto bytes = engine::bytes_of(call[2]);
  answer(call,
         [pending = shared_argument<PendingUpload>(call, 1),
          copy = Blob(bytes.begin(), bytes.end())](R2Bucket&) -> std::optional<std::string> {
           pending->write(copy);
           return std::nullopt;
         });
}

void r2_put(Call call) {
  answer(call,
         [pending = shared_argument<PendingUpload>(call, 1),
          object = object_of(json_argument(call, 2)),
          condition = condition_of(json_argument(call, 3))](
             R2Bucket& bucket) -> std::optional<std::string> {
           R2Upload& upload = pending->get();
           upload.finish();
           const auto stored = bucket.put(object, upload, condition);
           pending->upload.reset();
           if (!stored) return std::nullopt;
           return dump(to_json(*stored));
         });
}

void r2_delete(Call call) {
  answer(call,
         [keys = json_argument(call, 1).get<std::vector<std::string>>()](
             R2Bucket& bucket) -> std::optional<std::string> {
           bucket.remove(keys);
           return std::nullopt;
         });
}

void r2_list(Call call) {
  const json asked = json_argument(call, 1);
  answer(call,
         [request = storage::R2ListRequest{asked.at("prefix"), asked.at("after"),
                                           asked.at("delimiter"), asked.at("limit")}](
             R2Bucket& bucket) -> std::optional<std::string> {
           const storage::R2List list = bucket.list(request);
           json objects = json::array();
           for (const R2Object& object : list.objects) objects.push_back(to_json(object));
           json answer{{"objects", std::move(objects)}, {"prefixes", list.prefixes}};
           if (list.last) answer["last"] = *list.last;
           return dump(answer);
         });
}

void r2_create_upload(Call call) {
  answer(
      call,
      [object = object_of(json_argument(call, 1))](R2Bucket& bucket) -> std::optional<std::string> {
        return bucket.create_upload(object);
      });
}

void r2_put_part(Call call) {
  answer(call,
         [pending = shared_argument<PendingUpload>(call, 1), key = text_argument(call, 2),
          upload_id = text_argument(call, 3),
          number = integer_argument(call, 4)](R2Bucket& bucket) -> std::optional<std::string> {
           R2Upload& upload = pending->get();
           upload.finish();
           std::string etag = bucket.put_part(key, upload_id, number, upload);
           pending->upload.reset();
           return etag;
         });
}

void r2_complete_upload(Call call) {
  std::vector<storage::R2Part> parts;
  for (const json& part : json_argument(call, 3)) {
    parts.push_back({part.at("partNumber"), part.at("etag")});
  }
  answer(call,
         [key = text_argument(call, 1), upload_id = text_argument(call, 2),
          parts = std::move(parts)](R2Bucket& bucket) -> std::optional<std::string> {
           return dump(to_json(bucket.complete_upload(key, upload_id, parts)));
         });
}

void r2_abort_upload(Call call) {
  answer(call,
         [key = text_argument(call, 1),
          upload_id = text_argument(call, 2)](R2Bucket& bucket) -> std::optional<std::string> {
           bucket.abort_upload(key, upload_id);
           return std::nullopt;
         });
}

constexpr std::array<engine::Op, 13> kOps{{
    {"r2Open", engine::op<r2_open>},
    {"r2Head", engine::op<r2_head>},
    {"r2Get", engine::op<r2_get>},
    {"r2Read", engine::op<r2_read>},
    {"r2Upload", engine::op<r2_upload>},
    {"r2Write", engine::op<r2_write>},
    {"r2Put", engine::op<r2_put>},
    {"r2Delete", engine::op<r2_delete>},
    {"r2List", engine::op<r2_list>},
    {"r2CreateUpload", engine::op<r2_create_upload>},
    {"r2PutPart", engine::op<r2_put_part>},
    {"r2CompleteUpload", engine::op<r2_complete_upload>},
    {"r2AbortUpload", engine::op<r2_abort_upload>},
}};

}  // namespace

std::span<const engine::Op> r2_ops() {
  return kOps;
}

void install_r2(Isolate& isolate) {
  isolate.set_state<Buckets>();
}

}  // namespace cwrangler::bindings
