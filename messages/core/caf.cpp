#include "messages/core/caf.hpp"

#include <algorithm>
#include <random>

namespace nexus {
namespace {

constexpr auto category = caf::atom("nexus");

} // namespace

auto to_caf(error const& problem) -> caf::error {
  return caf::error{static_cast<std::uint8_t>(problem.code), category,
                    caf::make_message(problem.message, problem.where, problem.remedy,
                                      static_cast<std::int64_t>(problem.retry_after.count()))};
}

auto from_caf(caf::error const& problem) -> error {
  if (problem.category() == category &&
      problem.context().match_elements<std::string, std::string, std::string, std::int64_t>()) {
    auto const& context = problem.context();
    return {static_cast<errc>(problem.code()), context.get_as<std::string>(0), context.get_as<std::string>(1),
            context.get_as<std::string>(2), std::chrono::milliseconds{context.get_as<std::int64_t>(3)}};
  }
  if (problem == caf::sec::request_timeout)
    return {errc::deadline_exceeded, "no answer before the deadline", {}, {}, {}};
  if (receiver_ended(problem)) return {errc::unavailable, "the receiver ended before it answered", {}, "try again", {}};
  auto text = std::string{"unexpected failure inside an actor"};
  if (problem.context().match_elements<std::string>()) text = problem.context().get_as<std::string>(0);
  return {errc::internal, std::move(text), {}, {}, {}};
}

auto receiver_ended(caf::error const& problem) -> bool {
  return problem == caf::sec::request_receiver_down || problem.category() == caf::atom("exit");
}

auto now(caf::actor_system& system) -> timestamp {
  // The actor clock is steady; what it is ahead of the wall clock is fixed once.
  static auto const offset =
      std::chrono::system_clock::now().time_since_epoch() - std::chrono::steady_clock::now().time_since_epoch();
  return timestamp{
      std::chrono::duration_cast<std::chrono::milliseconds>(system.clock().now().time_since_epoch() + offset)};
}

} // namespace nexus

namespace caf::detail {

// Two containers in one network namespace share addresses and process id 1, and CAF derives node ids from both. A
// random number in place of the process id keeps them apart. The library's own symbol yields to this one at link time.
auto get_process_id() -> unsigned {
  static unsigned const id = std::max(std::random_device{}(), 1u); // CAF takes 0 for none
  return id;
}

} // namespace caf::detail
