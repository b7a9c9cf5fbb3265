#include "runtime/bindings/work_thread.h"

#include <utility>

namespace cwrangler::bindings {

WorkThread::WorkThread() : thread_([this] { run(); }) {}

WorkThread::~WorkThread() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  posted_.notify_one();
  thread_.join();
}

void WorkThread::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  posted_.notify_one();
}

void WorkThread::run() {
  std::vector<Task> taken;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      posted_.wait(lock, [this] { return ending_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      taken.swap(tasks_);
    }
    for (Task& task : taken) {
      task();
      task = nullptr;  // what it holds goes before the next one begins
    }
    taken.clear();
  }
}

}  // namespace cwrangler::bindings
