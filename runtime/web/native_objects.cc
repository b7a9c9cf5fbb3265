#include "runtime/web/native_objects.h"

namespace cwrangler::web {

struct NativeObjects::Handle {
  NativeObjects* owner;
  std::unique_ptr<NativeObject> object;
  v8::Global<v8::Object> weak;
};

NativeObjects::NativeObjects(v8::Isolate* isolate) : isolate_(isolate) {
  const v8::HandleScope handles(isolate);
  const auto handle_template = v8::ObjectTemplate::New(isolate);
  handle_template->SetInternalFieldCount(1);
  template_.Reset(isolate, handle_template);
}

NativeObjects::~NativeObjects() {
  for (Handle* const handle : handles_) delete handle;
}

v8::Local<v8::Object> NativeObjects::wrap(std::unique_ptr<NativeObject> object) {
  const v8::Local<v8::Object> wrapper =
      template_.Get(isolate_)->NewInstance(isolate_->GetCurrentContext()).ToLocalChecked();
  auto owned = std::make_unique<Handle>(
      Handle{this, std::move(object), v8::Global<v8::Object>(isolate_, wrapper)});
  wrapper->SetAlignedPointerInInternalField(0, owned.get());
  owned->weak.SetWeak(
      owned.get(),
      [](const v8::WeakCallbackInfo<Handle>& info) {
        Handle* const dead = info.GetParameter();
        dead->owner->handles_.erase(dead);
        delete dead;
      },
      v8::WeakCallbackType::kParameter);
  handles_.insert(owned.release());
  return wrapper;
}

NativeObject* NativeObjects::find(v8::Local<v8::Value> handle) {
  if (!handle->IsObject()) return nullptr;
  const auto object = handle.As<v8::Object>();
  if (object->InternalFieldCount() != 1) return nullptr;
  return static_cast<Handle*>(object->GetAlignedPointerFromInternalField(0))->object.get();
}

}  // namespace cwrangler::web
