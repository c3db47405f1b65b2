#include "runtime/http/bridge.hpp"

namespace nexus::http {

auto docs_page(std::string_view title) -> std::string { return fmt::format("<!doctype html><title>{}</title>", title); }

} // namespace nexus::http
