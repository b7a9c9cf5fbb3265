#include "runtime/engine/startup_snapshot.h"

#include "base/error.h"
#include "runtime/engine/values.h"

namespace cwrangler::engine {
namespace {

/// `__host = {ops: {...}, hooks: {}}` on the context's global object.
void install_host(v8::Local<v8::Context> context, std::span<const Op> ops) {
  v8::Isolate* const isolate = context->GetIsolate();
  const auto functions = v8::Object::New(isolate);
  for (const Op& op : ops) {
    const auto function =
        v8::FunctionTemplate::New(isolate, op.callback, {}, {}, 0, v8::ConstructorBehavior::kThrow)
            ->GetFunction(context)
            .ToLocalChecked();
    function->SetName(to_name(isolate, op.name));
    set(context, functions, op.name, function);
  }
  const auto host = v8::Object::New(isolate);
  set(context, host, "ops", functions);
  set(context, host, "hooks", v8::Object::New(isolate));
  set(context, context->Global(), "__host", host);
}

void run_bundle(v8::Local<v8::Context> context, std::string_view bundle, std::string_view name) {
  v8::Isolate* const isolate = context->GetIsolate();
  const v8::TryCatch caught(isolate);
  const v8::ScriptOrigin origin(isolate, to_string(isolate, name));
  v8::ScriptCompiler::Source source(to_string(isolate, bundle), origin);
  v8::Local<v8::Script> script;
  v8::Local<v8::Value> result;
  if (!v8::ScriptCompiler::Compile(context, &source).ToLocal(&script) ||
      !script->Run(context).ToLocal(&result)) {
    Error error(describe_error(context, caught.Exception()));
    error.while_doing("running the built-in JavaScript");
    if (!caught.Message().IsEmpty()) {
      error.at({std::string(name), caught.Message()->GetLineNumber(context).FromMaybe(0),
                caught.Message()->GetStartColumn(context).FromMaybe(-1) + 1});
    }
    throw error;
  }
  isolate->PerformMicrotaskCheckpoint();
}

}  // namespace

std::vector<intptr_t> external_references(std::span<const Op> ops) {
  std::vector<intptr_t> references;
  references.reserve(ops.size() + 1);
  for (const Op& op : ops) references.push_back(reinterpret_cast<intptr_t>(op.callback));
  references.push_back(0);
  return references;
}

std::vector<char> make_startup_snapshot(std::span<const Op> ops, std::string_view bundle,
                                        std::string_view bundle_name) {
  const std::vector<intptr_t> references = external_references(ops);
  v8::SnapshotCreator creator(references.data());
  v8::Isolate* const isolate = creator.GetIsolate();
  isolate->SetMicrotasksPolicy(v8::MicrotasksPolicy::kExplicit);
  {
    const v8::HandleScope handles(isolate);
    const v8::Local<v8::Context> context = v8::Context::New(isolate);
    const v8::Context::Scope entered(context);
    install_host(context, ops);
    // Every function has its bytecode in the blob: to compile those that a start and its first
    // request need, one by one, took each start some 5 ms. V8 drops in time what is not used.
    v8::V8::SetFlagsFromString("--no-lazy");
    run_bundle(context, bundle, bundle_name);
    v8::V8::SetFlagsFromString("--lazy");
    creator.SetDefaultContext(context);
  }
  // Finalization registries must be clean when the blob is made.
  isolate->LowMemoryNotification();
  const v8::StartupData blob = creator.CreateBlob(v8::SnapshotCreator::FunctionCodeHandling::kKeep);
  std::vector<char> bytes(blob.data, blob.data + blob.raw_size);
  delete[] blob.data;
  return bytes;
}

}  // namespace cwrangler::engine
