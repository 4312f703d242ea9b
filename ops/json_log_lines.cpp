#include "ops/json_log_lines.h"

#include <spdlog/formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <google/protobuf/stubs/logging.h>

#include <memory>
#include <string_view>

#include "api/wire_values.h"
#include "engine/json_writer.h"

namespace till {
namespace {

std::string_view view(spdlog::string_view_t text) {
  return {text.data(), text.size()};
}

class JsonFormatter : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const auto at = std::chrono::duration_cast<std::chrono::microseconds>(message.time.time_since_epoch()).count();
    std::string line = "{\"time\":\"";
    append_timestamp(at, line);
    line += "\",\"level\":\"";
    line += view(spdlog::level::to_string_view(message.level));
    line += "\",\"thread\":" + std::to_string(message.thread_id) + ",\"message\":";
    append_json_string(view(message.payload), line);
    line += "}\n";
    out.append(line.data(), line.data() + line.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<JsonFormatter>(); }
};

// The library's own handler writes lines of another form. Most tell of a client's bytes, one for each bad string: those
// are for who looks for them.
void take_protobuf_message(google::protobuf::LogLevel level, const char*, int, const std::string& message) {
  const bool ends = level == google::protobuf::LOGLEVEL_FATAL;
  spdlog::log(ends ? spdlog::level::critical : spdlog::level::debug, "protobuf: {}", message);
}

}  // namespace

Status use_json_log_lines(const std::string& level) {
  const auto chosen = spdlog::level::from_str(level);
  if (chosen == spdlog::level::off && level != "off") {
    return Error{ErrorKind::kInvalid, "unknown logging.level '" + level + "'"};
  }
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  auto logger = std::make_shared<spdlog::logger>("till", std::move(sink));
  logger->set_formatter(std::make_unique<JsonFormatter>());
  logger->set_level(chosen);
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
  google::protobuf::SetLogHandler(take_protobuf_message);
  return {};
}

}  // namespace till
