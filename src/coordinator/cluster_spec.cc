#include "coordinator/cluster_spec.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace skein::core {
namespace {

constexpr uint32_t kMaxLocalWorkers = 256;
constexpr size_t kMaxAddresses = 1024;
constexpr int kMaxThreads = 1024;

struct Unit {
  std::string_view name;
  uint64_t bytes;
};
constexpr Unit kUnits[] = {{"TiB", uint64_t{1} << 40}, {"TB", 1000000000000}, {"GiB", uint64_t{1} << 30},
                           {"GB", 1000000000},         {"MiB", 1 << 20},      {"MB", 1000000},
                           {"KiB", 1 << 10},           {"KB", 1000},          {"B", 1}};

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

// Of names as the network knows them, and of addresses: %eth0 may follow one of IPv6, in its brackets.
bool IsOfHost(char character) {
  const auto letter = static_cast<unsigned char>(character);
  return letter < 0x80 &&
         (std::isalnum(letter) || std::string_view(".-_[]:%").find(character) != std::string_view::npos);
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> SplitAt(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

template <typename Number>
bool ParseNumber(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

arrow::Status Wrong(const std::string& text, const std::string& what) {
  return UserError("skein_cluster '" + text + "': " + what +
                   " (right are local:N, local:N?threads=T&memory=4GB, or host:port,host:port)");
}

bool ParseBytes(std::string_view text, uint64_t& out) {
  for (const auto& unit : kUnits) {
    if (text.size() <= unit.name.size()) continue;
    if (!EqualsIgnoringCase(text.substr(text.size() - unit.name.size()), unit.name)) continue;
    uint64_t number = 0;
    if (!ParseNumber(Trim(text.substr(0, text.size() - unit.name.size())), number)) return false;
    return number > 0 && !__builtin_mul_overflow(number, unit.bytes, &out);
  }
  return false;
}

arrow::Status ParseParameter(const std::string& text, std::string_view parameter, ClusterSpec& spec) {
  const size_t at = parameter.find('=');
  const auto name = parameter.substr(0, at);
  const auto value = at == std::string_view::npos ? std::string_view() : parameter.substr(at + 1);
  if (name == "threads" ? spec.threads != 0 : name == "memory" && spec.memory_bytes != 0) {
    return Wrong(text, std::string(name) + " stands there twice");
  }
  if (name == "threads") {
    if (!ParseNumber(value, spec.threads) || spec.threads < 1 || spec.threads > kMaxThreads) {
      return Wrong(
          text, "threads is a number from 1 to " + std::to_string(kMaxThreads) + ", not '" + std::string(value) + "'");
    }
    return arrow::Status::OK();
  }
  if (name == "memory") {
    if (ParseBytes(value, spec.memory_bytes)) return arrow::Status::OK();
    return Wrong(text, "memory is a number with a unit such as 512MB, 4GB or 4GiB, not '" + std::string(value) + "'");
  }
  return Wrong(text, "unknown parameter '" + std::string(name) + "', there are threads and memory");
}

arrow::Result<ClusterSpec> ParseLocal(const std::string& text, std::string_view rest) {
  ClusterSpec spec;
  const size_t question = rest.find('?');
  if (!ParseNumber(rest.substr(0, question), spec.local_workers) || spec.local_workers < 1 ||
      spec.local_workers > kMaxLocalWorkers) {
    return Wrong(text, "the number of local workers is from 1 to " + std::to_string(kMaxLocalWorkers));
  }
  if (question == std::string_view::npos) return spec;
  for (const auto parameter : SplitAt(rest.substr(question + 1), '&')) {
    ARROW_RETURN_NOT_OK(ParseParameter(text, parameter, spec));
  }
  return spec;
}

arrow::Status CheckAddress(const std::string& text, std::string_view address) {
  const auto wrong = [&](const std::string& what) {
    return Wrong(text, "'" + std::string(address) + "' is no address: " + what);
  };
  const bool is_bracketed = address.starts_with('[');
  const size_t bracket = address.find(']');
  if (is_bracketed && bracket == std::string_view::npos) return wrong("the closing ] is missing");
  const size_t colon = address.find(':', is_bracketed ? bracket : 0);
  if (colon == std::string_view::npos) return wrong("the port is missing");
  const auto host = address.substr(0, colon);
  if (is_bracketed ? bracket < 2 || colon != bracket + 1 : host.empty()) return wrong("the host is missing");
  if (!is_bracketed && address.find(':', colon + 1) != std::string_view::npos) {
    return wrong("an IPv6 host is written in brackets, [::1]:port");
  }
  if (!std::all_of(host.begin(), host.end(), IsOfHost)) return wrong("the host has a wrong character");
  uint32_t port = 0;
  if (!ParseNumber(address.substr(colon + 1), port) || port < 1 || port > 65535) {
    return wrong("a port is a number from 1 to 65535");
  }
  return arrow::Status::OK();
}

arrow::Result<ClusterSpec> ParseAddresses(const std::string& text) {
  ClusterSpec spec;
  for (const auto part : SplitAt(text, ',')) {
    const auto address = Trim(part);
    if (address.empty()) return Wrong(text, "an address is empty");
    ARROW_RETURN_NOT_OK(CheckAddress(text, address));
    if (std::find(spec.addresses.begin(), spec.addresses.end(), address) != spec.addresses.end()) {
      return Wrong(text, "'" + std::string(address) + "' stands there twice");
    }
    spec.addresses.emplace_back(address);
  }
  if (spec.addresses.size() > kMaxAddresses) {
    return Wrong(text, "there are more than " + std::to_string(kMaxAddresses) + " addresses");
  }
  return spec;
}

std::string BytesToString(uint64_t bytes) {
  for (const auto& unit : kUnits) {
    if (bytes % unit.bytes == 0) return std::to_string(bytes / unit.bytes) + std::string(unit.name);
  }
  return std::to_string(bytes) + "B";
}

}  // namespace

arrow::Result<ClusterSpec> ClusterSpec::Parse(const std::string& text) {
  constexpr std::string_view kLocal = "local:";
  const auto trimmed = Trim(text);
  if (trimmed.empty()) return Wrong(text, "it is empty");
  if (trimmed == "local") return Wrong(text, "the number of local workers is missing");
  if (trimmed.starts_with(kLocal)) return ParseLocal(text, trimmed.substr(kLocal.size()));
  return ParseAddresses(text);
}

std::string ClusterSpec::ToString() const {
  std::string out;
  if (local_workers == 0) {
    for (const auto& address : addresses) out += (out.empty() ? "" : ",") + address;
    return out;
  }
  out = "local:" + std::to_string(local_workers);
  char separator = '?';
  if (threads > 0) {
    out += separator + ("threads=" + std::to_string(threads));
    separator = '&';
  }
  if (memory_bytes > 0) out += separator + ("memory=" + BytesToString(memory_bytes));
  return out;
}

}  // namespace skein::core
