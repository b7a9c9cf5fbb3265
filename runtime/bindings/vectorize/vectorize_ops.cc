// Vectorize indexes for JavaScript:
//
//   vectorizeOpen(stateFolder, index) → handle
//   vectorizeDescribe(handle) → Promise<{vectorCount, dimensions, processedUpToDatetime,
//       processedUpToMutation}>
//   vectorizePut(handle, [{id, space, metadata, length}], values: Float32Array, replace) → Promise
//   vectorizeDelete(handle, ids) → Promise
//   vectorizeFind(handle, ids) → Promise<[{id, namespace?, values, metadata?}]>
//   vectorizeQuery(handle, values: Float32Array, {metric, topK, namespace?, filter}) →
//       Promise<[{id, score, namespace?, values, metadata?}]>
//
// Objects and lists are JSON, in both directions; `values` of a put are those of all vectors, one
// after the other. The promises of changes are fulfilled when they are on disk.

#include <array>
#include <chrono>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
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
using nlohmann::json;
using storage::StoredVector;
using storage::VectorMetric;
using storage::VectorStore;
using web::Delivery;

/// State of an isolate: what it has opened, by handle.
struct Indexes {
  std::vector<std::shared_ptr<OpenIndex>> open;
};

int64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

json json_argument(Call call, int index) {
  return json::parse(text_argument(call, index));
}

std::vector<float> floats_argument(Call call, int index) {
  const auto bytes = engine::bytes_of(call[index]);
  std::vector<float> values(bytes.size() / sizeof(float));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

VectorMetric metric_of(const std::string& name) {
  if (name == "euclidean") return VectorMetric::euclidean;
  if (name == "dot-product") return VectorMetric::dot_product;
  return VectorMetric::cosine;
}

json to_json(const StoredVector& vector) {
  json object{{"id", vector.id}, {"values", vector.values}};
  if (!vector.space.empty()) object["namespace"] = vector.space;
  json metadata = json::parse(vector.metadata, nullptr, false);
  if (metadata.is_object()) object["metadata"] = std::move(metadata);
  return object;
}

/// Runs `work(store)` on the index's thread; the JSON that it returns is the promise's value.
template <class Work>
void answer(Call call, Work work) {
  const auto& open = Isolate::from(call).state<Indexes>().open;
  const auto& index = open.at(static_cast<size_t>(integer_argument(call, 0)));
  const Delivery::Reply reply = Isolate::from(call).state<Delivery>().promise(call);
  index->post(
      [reply, work = std::move(work)](VectorStore& store) {
        reply.send([text = work(store).dump(-1, ' ', false, json::error_handler_t::replace)](
                       ScriptScope& scope, PendingPromise& promise) {
          promise.resolve(engine::to_string(scope.v8(), text));
        });
      },
      [reply](const std::string& problem) { reply.fail(problem); });
}

void vectorize_open(Call call) {
  auto& open = Isolate::from(call).state<Indexes>().open;
  open.push_back(open_index(text_argument(call, 0), text_argument(call, 1)));
  call.GetReturnValue().Set(static_cast<uint32_t>(open.size() - 1));
}

void vectorize_describe(Call call) {
  answer(call, [](VectorStore& store) -> json {
    const storage::VectorIndexState state = store.state();
    return {{"vectorCount", state.count},
            {"dimensions", state.dimensions},
            {"processedUpToDatetime", state.changed_ms},
            {"processedUpToMutation", std::to_string(state.changes)}};
  });
}

void vectorize_put(Call call) {
  const std::vector<float> values = floats_argument(call, 2);
  std::vector<StoredVector> vectors;
  size_t position = 0;
  for (const json& described : json_argument(call, 1)) {
    StoredVector vector{described.at("id"), described.at("space"), {}, described.at("metadata")};
    const size_t length = described.at("length");
    if (length > values.size() - position) {
      throw engine::TypeErrorException("there are fewer values than said");
    }
    vector.values.assign(values.begin() + static_cast<ptrdiff_t>(position),
                         values.begin() + static_cast<ptrdiff_t>(position + length));
    position += length;
    vectors.push_back(std::move(vector));
  }
  answer(call,
         [vectors = std::move(vectors), replace = call[3]->IsTrue()](VectorStore& store) -> json {
           store.put(vectors, replace, now_ms());
           return nullptr;
         });
}

void vectorize_delete(Call call) {
  answer(
      call,
      [ids = json_argument(call, 1).get<std::vector<std::string>>()](VectorStore& store) -> json {
        store.remove(ids, now_ms());
        return nullptr;
      });
}

void vectorize_find(Call call) {
  answer(
      call,
      [ids = json_argument(call, 1).get<std::vector<std::string>>()](VectorStore& store) -> json {
        json list = json::array();
        for (const StoredVector& vector : store.find(ids)) list.push_back(to_json(vector));
        return list;
      });
}

void vectorize_query(Call call) {
  const json request = json_argument(call, 2);
  storage::VectorQuery query;
  query.values = floats_argument(call, 1);
  query.metric = metric_of(request.at("metric"));
  query.most = request.at("topK");
  query.filter = request.at("filter");
  if (request.contains("namespace")) query.space = request.at("namespace");
  answer(call, [query = std::move(query)](VectorStore& store) -> json {
    json list = json::array();
    for (const storage::VectorMatch& match : store.query(query)) {
      json object = to_json(match.vector);
      object["score"] = match.score;
      list.push_back(std::move(object));
    }
    return list;
  });
}

constexpr std::array<engine::Op, 6> kOps{{
    {"vectorizeOpen", engine::op<vectorize_open>},
    {"vectorizeDescribe", engine::op<vectorize_describe>},
    {"vectorizePut", engine::op<vectorize_put>},
    {"vectorizeDelete", engine::op<vectorize_delete>},
    {"vectorizeFind", engine::op<vectorize_find>},
    {"vectorizeQuery", engine::op<vectorize_query>},
}};

}  // namespace

std::span<const engine::Op> vectorize_ops() {
  return kOps;
}

void install_vectorize(Isolate& isolate) {
  isolate.set_state<Indexes>();
}

}  // namespace cwrangler::bindings
