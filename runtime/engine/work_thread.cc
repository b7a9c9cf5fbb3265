#include "runtime/engine/work_thread.h"

#include <utility>

namespace cwrangler::engine {

WorkThread::WorkThread() : thread_([this] { run(); }) {}

WorkThread::~WorkThread() {
  finish();
}

void WorkThread::finish() {
  if (!thread_.joinable()) return;
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
    if (tasks_.empty() && !alarm_ && !ending_) return;
  }
  posted_.notify_one();
}

void WorkThread::set_alarm(std::chrono::milliseconds delay, Task task) {
  const std::lock_guard lock(mutex_);
  alarm_ = Alarm{Clock::now() + delay, std::move(task)};
}

bool WorkThread::take_tasks(std::unique_lock<std::mutex>& lock, std::vector<Task>& taken) {
  const auto is_called = [this] { return !is_busy_ && (ending_ || !tasks_.empty()); };
  for (;;) {
    if (!alarm_) {
      posted_.wait(lock, is_called);
      break;
    }
    const Clock::time_point due = alarm_->due;
    if (posted_.wait_until(lock, due, is_called)) break;
    // A borrower lets the alarm wait, too.
    posted_.wait(lock, [this] { return !is_busy_; });
    if (alarm_ && alarm_->due <= Clock::now()) {
      taken.push_back(std::move(alarm_->task));
      alarm_.reset();
      return true;
    }
  }
  taken.swap(tasks_);
  return !taken.empty();
}

void WorkThread::run() {
  std::vector<Task> taken;
  std::unique_lock lock(mutex_);
  while (take_tasks(lock, taken)) {
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

}  // namespace cwrangler::engine
