#include "runtime/python/async_context_ops.h"

#include <v8.h>

namespace cwrangler::python {
namespace {

using engine::Call;

void get(Call call) {
  call.GetReturnValue().Set(
      call.GetIsolate()->GetCurrentContext()->GetContinuationPreservedEmbedderData());
}

void set(Call call) {
  call.GetIsolate()->GetCurrentContext()->SetContinuationPreservedEmbedderData(call[0]);
}

constexpr engine::Op kOps[] = {
    {"continuationData", engine::op<&get>},
    {"setContinuationData", engine::op<&set>},
};

}  // namespace

std::span<const engine::Op> async_context_ops() {
  return kOps;
}

}  // namespace cwrangler::python
