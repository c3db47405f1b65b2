#pragma once

#include "simulator/simulator.hpp"
#include "simulator/web.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace nexus::simulator {

/// The faults on order.
class fault_list {
public:
  /// More are refused.
  static constexpr std::size_t capacity = 1'000;

  void add(fault ordered);
  void clear() { faults_.clear(); }
  /// The fault that hits this request, if any; it is counted down.
  auto take(std::string_view service, std::string_view path) -> std::optional<fault>;
  auto all() const -> std::vector<fault> const& { return faults_; }

private:
  std::vector<fault> faults_;
};

/// Whether the service turns the request away before it does anything: too many of them, or an error of the client's.
/// After any other fault, what was asked for has been done.
auto refuses(fault const& f) -> bool;

auto name_of(fault::kind_type kind) -> std::string_view;
auto read_fault(json const& text) -> expected<fault>;
auto write_fault(fault const& f) -> json;

/// Applies the fault to the answer that the service would have given.
auto spoil(fault const& f, std::string_view service, http::response answer, instant now) -> http::service_reply;

} // namespace nexus::simulator
