#include "coordinator/stage_lines.h"

#include <algorithm>
#include <cstdio>

namespace skein::core {
namespace {

std::string Decimals(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof(text), "%.*f", digits, value);
  return text;
}

std::string Time(uint64_t time_us) {
  if (time_us < 1'000'000) return Decimals(static_cast<double>(time_us) / 1e3, 1) + " ms";
  return Decimals(static_cast<double>(time_us) / 1e6, 2) + " s";
}

std::string Bytes(uint64_t bytes) {
  constexpr const char* kUnits[] = {"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return std::to_string(bytes) + " B";
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  for (; value >= 1024 && unit < 3; unit++) value /= 1024;
  return Decimals(value, 1) + " " + kUnits[unit];
}

std::string Tasks(uint32_t tasks) { return std::to_string(tasks) + (tasks == 1 ? " task" : " tasks"); }

std::string Flow(uint64_t rows, uint64_t bytes) { return std::to_string(rows) + " rows, " + Bytes(bytes); }

size_t NameWidth(const OperatorFigures& figures) { return 2 * figures.depth + figures.name.size(); }

}  // namespace

std::vector<std::string> FigureLines(const StageInfo& stage) {
  std::vector<std::string> lines;
  lines.push_back(Tasks(stage.tasks) + " " + stage.state + ", wall " + Time(stage.wall_us) + ", cpu " +
                  Time(stage.cpu_us) + (stage.skew ? ", skew " + Decimals(*stage.skew, 2) : ""));
  lines.push_back("in " + Flow(stage.rows_in, stage.bytes_in));
  lines.push_back("out " + Flow(stage.rows_out, stage.bytes_out));
  lines.push_back("spilled " + Bytes(stage.spill_bytes) + ", DuckDB's temporary files " + Bytes(stage.temp_bytes));
  size_t width = 0;
  for (const auto& figures : stage.profile) width = std::max(width, NameWidth(figures));
  for (const auto& figures : stage.profile) {
    lines.push_back(std::string(2 * figures.depth, ' ') + figures.name +
                    std::string(width - NameWidth(figures) + 2, ' ') + std::to_string(figures.rows) + " rows, " +
                    Time(figures.time_us));
  }
  return lines;
}

}  // namespace skein::core
