// Datasets of Analytics Engine for JavaScript:
//
//   analyticsOpen(stateFolder, dataset) → handle
//   analyticsWrite(handle, milliseconds since 1970, index, blobs: string[], doubles: number[]) →
//       Promise, fulfilled when the point is on disk

#include <array>
#include <memory>
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
using storage::AnalyticsPoint;
using web::Delivery;

/// State of an isolate: what it has opened, by handle.
struct Datasets {
  std::vector<std::shared_ptr<OpenDataset>> open;
};

/// Calls `take` with each element of an array.
template <class Take>
void for_each_element(Call call, int index, Take take) {
  if (!call[index]->IsArray()) throw engine::TypeErrorException("an array is expected");
  const v8::Local<v8::Context> context = call.GetIsolate()->GetCurrentContext();
  const auto list = call[index].As<v8::Array>();
  for (uint32_t i = 0; i < list->Length(); ++i) take(list->Get(context, i).ToLocalChecked());
}

void analytics_open(Call call) {
  auto& open = Isolate::from(call).state<Datasets>().open;
  open.push_back(open_dataset(text_argument(call, 0), text_argument(call, 1)));
  call.GetReturnValue().Set(static_cast<uint32_t>(open.size() - 1));
}

void analytics_write(Call call) {
  AnalyticsPoint point;
  point.time_ms = integer_argument(call, 1);
  point.index = text_argument(call, 2);
  for_each_element(call, 3, [&](v8::Local<v8::Value> blob) {
    point.blobs.push_back(engine::to_utf8(call.GetIsolate(), blob));
  });
  for_each_element(call, 4, [&](v8::Local<v8::Value> number) {
    if (!number->IsNumber()) throw engine::TypeErrorException("a number is expected");
    point.doubles.push_back(number.As<v8::Number>()->Value());
  });
  const auto& open = Isolate::from(call).state<Datasets>().open;
  const auto dataset = open.at(static_cast<size_t>(integer_argument(call, 0)));
  const Delivery::Reply reply = Isolate::from(call).state<Delivery>().promise(call);
  dataset->write(std::move(point), [reply](const std::string& problem) {
    if (!problem.empty()) return reply.fail(problem);
    reply.send([](ScriptScope&, PendingPromise& promise) { promise.resolve(); });
  });
}

constexpr std::array<engine::Op, 2> kOps{{
    {"analyticsOpen", engine::op<analytics_open>},
    {"analyticsWrite", engine::op<analytics_write>},
}};

}  // namespace

std::span<const engine::Op> analytics_ops() {
  return kOps;
}

void install_analytics(Isolate& isolate) {
  isolate.set_state<Datasets>();
}

}  // namespace cwrangler::bindings
