#include "runtime/python/snapshot_ops.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "runtime/engine/isolate.h"
#include "runtime/python/arguments.h"
#include "runtime/snapshot/snapshot_store.h"

namespace cwrangler::python {
namespace {

using engine::Call;
using snapshot::Layer;
using snapshot::SnapshotFile;
using snapshot::SnapshotStore;

/// The snapshot between open and map.
struct OpenSnapshot {
  std::unique_ptr<SnapshotFile> file;
};

Layer layer_argument(Call call, int index) {
  const std::string name = text(call, index);
  const auto* const found = std::ranges::find(snapshot::kLayerNames, name);
  if (found != std::end(snapshot::kLayerNames)) {
    return static_cast<Layer>(found - std::begin(snapshot::kLayerNames));
  }
  throw engine::TypeErrorException("there is no such layer: " + name);
}

std::span<std::byte> memory_argument(Call call, int index) {
  const std::span<uint8_t> bytes = engine::bytes_of(call[index]);
  return std::as_writable_bytes(bytes);
}

void open(Call call) {
  engine::Isolate& isolate = engine::Isolate::from(call);
  const auto* store = isolate.find_state<SnapshotStore>();
  if (store == nullptr) return;
  std::optional<SnapshotFile> file = store->open(layer_argument(call, 0));
  if (!file) return;
  v8::Isolate* const v8 = call.GetIsolate();
  v8::Local<v8::Value> found[] = {
      engine::to_string(v8, file->description()),
      v8::Number::New(v8, static_cast<double>(file->memory_size())),
  };
  isolate.set_state<OpenSnapshot>().file = std::make_unique<SnapshotFile>(std::move(*file));
  call.GetReturnValue().Set(v8::Array::New(v8, found, std::size(found)));
}

void map(Call call) {
  auto* const open = engine::Isolate::from(call).find_state<OpenSnapshot>();
  if (open == nullptr || open->file == nullptr) {
    throw engine::TypeErrorException("no snapshot is open");
  }
  // The mapping outlives the descriptor.
  std::exchange(open->file, nullptr)->map_over(memory_argument(call, 0));
}

void wanted(Call call) {
  const auto* store = engine::Isolate::from(call).find_state<SnapshotStore>();
  call.GetReturnValue().Set(store != nullptr && store->wants(layer_argument(call, 0)));
}

void save(Call call) {
  const auto* store = engine::Isolate::from(call).find_state<SnapshotStore>();
  if (store == nullptr) return;
  store->save(layer_argument(call, 0), text(call, 1), memory_argument(call, 2));
}

/// Of a snapshot that is "made" or only "checked"; undefined where nobody asks.
void report_wanted(Call call) {
  const auto* store = engine::Isolate::from(call).find_state<SnapshotStore>();
  if (store == nullptr || !store->is_observed()) return;
  call.GetReturnValue().Set(
      engine::to_string(call.GetIsolate(), store->only_reports() ? "checked" : "made"));
}

void report(Call call) {
  const auto* store = engine::Isolate::from(call).find_state<SnapshotStore>();
  if (store != nullptr) store->report(layer_argument(call, 0), text(call, 1));
}

constexpr engine::Op kOps[] = {
    {"pythonSnapshotOpen", engine::op<&open>},
    {"pythonSnapshotMap", engine::op<&map>},
    {"pythonSnapshotWanted", engine::op<&wanted>},
    {"pythonSnapshotSave", engine::op<&save>},
    {"pythonSnapshotReportWanted", engine::op<&report_wanted>},
    {"pythonSnapshotReport", engine::op<&report>},
};

}  // namespace

std::span<const engine::Op> snapshot_ops() {
  return kOps;
}

}  // namespace cwrangler::python
