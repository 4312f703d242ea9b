// A lower bound of what was acknowledged: how far the log was durable when the watermark was last written. Written off
// the commit path; a log whose head lies below it, or differs from it, has lost history.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "engine/result.h"
#include "engine/vocabulary.h"

namespace till {

// nullopt where no watermark was ever written; kCorrupt where the file is not one.
Result<std::optional<LogPoint>> read_watermark(const std::string& path);
Status write_watermark(const std::string& path, const LogPoint& point);

// Writes the newest point given to note() at most once a second, on its own thread, and at stop().
class WatermarkWriter {
 public:
  explicit WatermarkWriter(std::string path);
  ~WatermarkWriter();
  WatermarkWriter(const WatermarkWriter&) = delete;
  WatermarkWriter& operator=(const WatermarkWriter&) = delete;
  // Cheap; any thread.
  void note(const LogPoint& point);
  // Writes the newest point now rather than at the next second; any thread, does not wait.
  void hurry();
  void stop();

 private:
  void run();

  const std::string path_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<LogPoint> newest_;
  bool hurry_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace till
