#include "runtime/telemetry/otlp.hpp"

#include <dlfcn.h>
#include <filesystem>

namespace nexus {
namespace {

constexpr std::size_t longest_pairs = 16 * 1024;
constexpr std::size_t most_pairs = 128;
constexpr auto grpc_port = std::string_view{"4317"};

auto trimmed(std::string_view text) -> std::string_view {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

auto digit_of(char c) -> int {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

auto percent_decoded(std::string_view text) -> std::optional<std::string> {
  auto result = std::string{};
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    auto const high = i + 2 < text.size() ? digit_of(text[i + 1]) : -1;
    auto const low = i + 2 < text.size() ? digit_of(text[i + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    result += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return result;
}

/// What HTTP and gRPC both take as a header.
auto is_field(std::string_view name, std::string_view value) -> bool {
  constexpr auto allowed = std::string_view{"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."};
  return name.find_first_not_of(allowed) == std::string_view::npos &&
         std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

auto wrong(std::string message, std::string remedy) -> tl::unexpected<error> {
  return tl::unexpected{error{errc::invalid_argument, std::move(message), {}, std::move(remedy), {}}};
}

/// The folders in which the module may lie.
auto module_folders() -> std::vector<std::filesystem::path> {
  auto failed = std::error_code{};
  auto const program = std::filesystem::read_symlink("/proc/self/exe", failed).parent_path();
  if (failed) return {};
  return {program, program.parent_path() / "lib" / "nexus"};
}

} // namespace

auto parse_pairs(std::string_view text) -> expected<std::vector<std::pair<std::string, std::string>>> {
  auto pairs = std::vector<std::pair<std::string, std::string>>{};
  if (text.size() > longest_pairs) return fail(errc::too_large, "longer than {} bytes", longest_pairs);
  while (!text.empty()) {
    auto const end = std::min(text.find(','), text.size());
    auto const entry = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (entry.empty()) continue;
    auto const sign = entry.find('=');
    auto const key = trimmed(entry.substr(0, std::min(sign, entry.size())));
    auto value = sign == std::string_view::npos ? std::nullopt : percent_decoded(trimmed(entry.substr(sign + 1)));
    auto const whole = value && value->find_first_of(std::string_view{"\r\n\0", 3}) == std::string::npos;
    if (key.empty() || !whole)
      return wrong(fmt::format("entry {} is not key=value", pairs.size() + 1),
                   "write key=value,key=value with %XX for other characters");
    if (pairs.size() >= most_pairs) return fail(errc::too_large, "more than {} entries", most_pairs);
    pairs.emplace_back(key, std::move(*value));
  }
  return pairs;
}

auto otlp_target_of(otlp_configuration const& configuration, std::map<std::string, std::string> resource)
    -> expected<otlp_target> {
  auto target = otlp_target{};
  auto url = configuration.endpoint;
  if (url.find("://") == std::string::npos) url.insert(0, configuration.insecure ? "http://" : "https://");
  while (url.ends_with('/')) url.pop_back();
  auto const scheme = url.find("://");
  auto const slash = std::min(url.find('/', scheme + 3), url.size());
  auto const authority = std::string_view{url}.substr(scheme + 3, slash - scheme - 3);
  if ((url.substr(0, scheme) != "http" && url.substr(0, scheme) != "https") || authority.empty() ||
      url.find_first_of(" \t\r\n?#") != std::string::npos)
    return wrong("the endpoint is no http or https URL", "write it like http://localhost:4317");
  if (authority.find('@') != std::string_view::npos)
    return wrong("the endpoint holds credentials", "send them as headers (OTEL_EXPORTER_OTLP_HEADERS)");
  if (configuration.protocol.empty())
    target.protocol = authority.ends_with(fmt::format(":{}", grpc_port)) ? otlp_target::protocol_type::grpc
                                                                         : otlp_target::protocol_type::http;
  else if (configuration.protocol == "grpc")
    target.protocol = otlp_target::protocol_type::grpc;
  else if (configuration.protocol != "http/protobuf")
    return wrong(fmt::format("there is no protocol '{}'", configuration.protocol.substr(0, 64)),
                 "use grpc or http/protobuf");
  target.url = target.protocol == otlp_target::protocol_type::grpc ? url.substr(0, slash) : url + "/v1/traces";

  auto headers = parse_pairs(configuration.headers);
  if (!headers) {
    headers.error().where = "headers";
    return tl::unexpected{headers.error()};
  }
  for (auto const& [name, value] : *headers)
    if (!is_field(name, value))
      return wrong(fmt::format("headers: '{}' cannot be sent", name.substr(0, 64)),
                   "names have letters, digits, '-', '_' and '.', values visible ASCII characters");
  target.headers = std::move(*headers);
  auto attributes = parse_pairs(configuration.resource_attributes);
  if (!attributes) {
    attributes.error().where = "resource_attributes";
    return tl::unexpected{attributes.error()};
  }
  for (auto& [key, value] : *attributes) resource.insert_or_assign(std::move(key), std::move(value));
  if (!configuration.service_name.empty()) resource["service.name"] = configuration.service_name;
  target.resource.assign(resource.begin(), resource.end());
  return target;
}

auto load_otlp_exporter(otlp_target const& target) -> expected<std::unique_ptr<span_exporter>> {
  auto reasons = std::string{};
  for (auto const& folder : module_folders()) {
    auto const file = folder / otlp_module_file;
    // It stays: its libraries have threads of their own.
    auto* const module = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!module) {
      reasons += fmt::format("{}{}", reasons.empty() ? "" : "; ", ::dlerror());
      continue;
    }
    auto* const make = reinterpret_cast<otlp_module_function*>(::dlsym(module, otlp_module_entry));
    if (!make)
      return tl::unexpected{error{errc::unavailable,
                                  fmt::format("{} belongs to another version", file.string()),
                                  {},
                                  "install the module of this version beside the program",
                                  {}}};
    auto problem = std::string{};
    auto exporter = std::unique_ptr<span_exporter>{make(target, problem)};
    if (!exporter) return fail(errc::unavailable, "{} makes no exporter: {}", file.string(), problem);
    return exporter;
  }
  return tl::unexpected{error{errc::unavailable,
                              fmt::format("the module that exports traces cannot be loaded: {}", reasons),
                              {},
                              fmt::format("put {} beside the program and install Debian's package opentelemetry-cpp "
                                          "(from backports), or unset OTEL_EXPORTER_OTLP_ENDPOINT",
                                          otlp_module_file),
                              {}}};
}

} // namespace nexus
