#include "runtime/web/crypto/crypto_thread.h"

namespace cwrangler::web {

CryptoThread& CryptoThread::of(engine::Isolate& isolate) {
  CryptoThread* const found = isolate.find_state<CryptoThread>();
  return found != nullptr ? *found : isolate.set_state<CryptoThread>();
}

CryptoThread::~CryptoThread() {
  stopping_ = true;
}

void CryptoThread::post(engine::WorkThread::Task task) {
  thread_.post([this, task = std::move(task)] {
    if (!stopping_) task();
  });
}

}  // namespace cwrangler::web
