// A JavaScript promise that native code settles later.

#pragma once

#include <v8.h>

#include <string_view>

namespace cwrangler::engine {

class Isolate;

/// Move-only. Settled on the isolate's thread, inside a ScriptScope; work done on another thread
/// comes back through asio::post to the isolate's loop first. Destroyed unsettled, the promise
/// stays pending for ever, which is right only while the isolate is being torn down.
class PendingPromise {
 public:
  /// Makes the promise in the current context.
  explicit PendingPromise(v8::Isolate* isolate);

  /// What the op returns to JavaScript.
  v8::Local<v8::Promise> promise() const;

  void resolve(v8::Local<v8::Value> value);
  void resolve();  ///< with undefined
  void reject(v8::Local<v8::Value> error);
  /// With an Error; `code` as in make_error().
  void reject(std::string_view message, std::string_view code = {});

 private:
  v8::Isolate* isolate_;
  v8::Global<v8::Promise::Resolver> resolver_;
};

}  // namespace cwrangler::engine
