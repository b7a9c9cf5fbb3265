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

bool WorkThread::borrow() {
  const std::lock_guard lock(mutex_);
  if (is_busy_ || !tasks_.empty()) return false;
  is_busy_ = true;
  return true;
}

void WorkThread::give_back() {
  {
    const std::lock_guard lock(mutex_);
    is_busy_ = false;
    if (tasks_.empty() && !ending_) return;
  }
  posted_.notify_one();
}

void WorkThread::run() {
  std::vector<Task> taken;
  std::unique_lock lock(mutex_);
  for (;;) {
    posted_.wait(lock, [this] { return !is_busy_ && (ending_ || !tasks_.empty()); });
    if (tasks_.empty()) return;
    taken.swap(tasks_);
    is_busy_ = true;
    lock.unlock();
    for (Task& task : taken) {
      task();
      task = nullptr;  // what it holds goes before the next one begins
    }
    taken.clear();
    lock.lock();
    is_busy_ = false;
  }
}

}  // namespace cwrangler::bindings
