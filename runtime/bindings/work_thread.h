// A thread that runs tasks one after the other: what blocks is done there and not on an isolate's.

#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace cwrangler::bindings {

class WorkThread {
 public:
  /// Must not throw.
  using Task = std::function<void()>;

  WorkThread();
  WorkThread(const WorkThread&) = delete;
  WorkThread& operator=(const WorkThread&) = delete;
  /// Waits for the tasks that were posted.
  ~WorkThread();

  /// Any thread. Tasks run in the order in which they were posted.
  void post(Task task);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable posted_;
  std::vector<Task> tasks_;
  bool ending_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace cwrangler::bindings
