#include "worker/worker_log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/error.h"

namespace skein::core {
namespace {

constexpr char kName[] = "skein";

void Log(spdlog::level::level_enum level, const std::string& line) {
  if (auto logger = spdlog::get(kName)) logger->log(level, line);
}

}  // namespace

arrow::Status SetUpWorkerLog(const std::string& level) {
  const auto parsed = spdlog::level::from_str(level);
  if (parsed == spdlog::level::off && level != "off") {
    return UserError("not a log level: '" + level + "' (trace, debug, info, warn, error, off)");
  }
  auto logger = std::make_shared<spdlog::logger>(kName, std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%Y-%m-%d %H:%M:%S.%e %L skein worker[%P]: %v");
  logger->set_level(parsed);
  logger->flush_on(spdlog::level::trace);
  spdlog::drop(kName);
  spdlog::register_logger(std::move(logger));
  return arrow::Status::OK();
}

void LogInfo(const std::string& line) { Log(spdlog::level::info, line); }
void LogWarning(const std::string& line) { Log(spdlog::level::warn, line); }

}  // namespace skein::core
