#include "runtime/engine/pending_promise.h"

#include <tuple>

#include "runtime/engine/values.h"

namespace cwrangler::engine {

PendingPromise::PendingPromise(v8::Isolate* isolate)
    : isolate_(isolate),
      resolver_(isolate,
                v8::Promise::Resolver::New(isolate->GetCurrentContext()).ToLocalChecked()) {}

v8::Local<v8::Promise> PendingPromise::promise() const {
  return resolver_.Get(isolate_)->GetPromise();
}

// Settling fails only while execution is being terminated; then nobody waits any more.
void PendingPromise::resolve(v8::Local<v8::Value> value) {
  std::ignore = resolver_.Get(isolate_)->Resolve(isolate_->GetCurrentContext(), value);
}

void PendingPromise::resolve() {
  resolve(v8::Undefined(isolate_));
}

void PendingPromise::reject(v8::Local<v8::Value> error) {
  std::ignore = resolver_.Get(isolate_)->Reject(isolate_->GetCurrentContext(), error);
}

void PendingPromise::reject(std::string_view message, std::string_view code) {
  reject(make_error(isolate_, message, code));
}

}  // namespace cwrangler::engine
