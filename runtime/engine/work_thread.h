// A thread that runs tasks one after the other: what blocks is done there and not on an isolate's.

#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace cwrangler::engine {

class WorkThread {
 public:
  /// Must not throw.
  using Task = std::function<void()>;

  WorkThread();
  WorkThread(const WorkThread&) = delete;
  WorkThread& operator=(const WorkThread&) = delete;
  /// As finish().
  ~WorkThread();

  /// Waits for the tasks that were posted; none may be posted any more. Not on the thread itself.
  void finish();

  /// Any thread. Tasks run in the order in which they were posted.
  void post(Task task);

  /// Has `task` run on the thread once `delay` has passed, in place of the alarm that was set
  /// before. From a task only. One that is not due when the thread ends is not run.
  void set_alarm(std::chrono::milliseconds delay, Task task);

  /// Runs `task` on the caller's thread, in the order of the posted ones: only where none of those
  /// is waiting or running. False: it has not run. For what takes less than waking a thread (some
  /// 50 µs of CPU for there and back); others wait meanwhile. Must not throw.
  template <class Task>
  bool run_here(Task task) {
    if (!borrow()) return false;
    task();
    give_back();
    return true;
  }

 private:
  using Clock = std::chrono::steady_clock;
  struct Alarm {
    Clock::time_point due;
    Task task;
  };

  void run();
  /// Takes the tasks that are to be run next, and waits until there are some. False at the end.
  bool take_tasks(std::unique_lock<std::mutex>& lock, std::vector<Task>& taken);
  bool borrow();
  void give_back();

  std::mutex mutex_;
  std::condition_variable posted_;
  std::vector<Task> tasks_;
  bool is_busy_ = false;  // a task runs, on the thread or on that of a borrower
  bool ending_ = false;
  std::optional<Alarm> alarm_;
  std::thread thread_;  // last: it uses the others
};

}  // namespace cwrangler::engine
