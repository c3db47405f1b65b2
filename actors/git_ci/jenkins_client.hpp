#pragma once

#include "actors/git_ci/build_trigger.hpp"
#include "messages/git_ci.hpp"
#include "runtime/rest/service.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace nexus::git_ci {

/// How Jenkins is reached.
struct jenkins_settings {
  /// "https://ci.example.org" (JENKINS_URL).
  std::string url;
  /// JENKINS_USERNAME and JENKINS_API_TOKEN.
  std::string username;
  std::string api_token;
  /// How many builds get_release_build looks back.
  std::size_t look_back = 200;
};

/// Jenkins' remote API. Every read() and write() calls `done` exactly once, wherever the exchange answers; one client's
/// answers must come one at a time. Reads outlive the client.
///
/// Errors: those of rest::service; an unknown job or build is errc::not_found and says what there is. A build whose
/// tests or coverage cannot be read is answered without them, with the reason in `unavailable`.
class jenkins_client {
public:
  /// Without `after`, builds are not followed from the queue.
  jenkins_client(jenkins_settings settings, http::exchange exchange, std::function<timestamp()> now,
                 delayed_call after = {});

  void read(call const& context, get_build_status const& wanted, rest::continuation<build_status> done) const;
  void read(call const& context, get_build_history const& wanted, rest::continuation<build_history> done) const;
  void read(call const& context, get_release_build const& wanted, rest::continuation<build_status> done) const;
  /// Opens folders three levels deep.
  void read(call const& context, list_jobs const& wanted, rest::continuation<job_list> done) const;

  /// errc::refused names the parameters that the job does not take.
  void write(call const& context, trigger_build const& wanted, rest::continuation<build_trigger> done) const;

private:
  struct core;
  std::shared_ptr<core const> core_;
};

/// The path of a job: "/job/platform/job/nightly" for "platform/nightly"; errc::invalid_argument for an empty name.
auto job_path(std::string_view job_name) -> expected<std::string>;

} // namespace nexus::git_ci
