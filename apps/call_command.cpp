#include "actors/evidence/report_file.hpp"
#include "apps/catalogue.hpp"
#include "messages/core/codec.hpp"

#include <iostream>

namespace nexus::apps {
namespace {

constexpr auto input_limit = std::size_t{1024} * 1024;

struct call_options {
  std::string operation;
  std::string body;
  std::string input;
  server_options server;
};

/// Standard input, as far as it may go.
auto read_standard_input() -> expected<std::string> {
  auto text = std::string(input_limit + 1, '\0');
  std::cin.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::cin.gcount()));
  if (text.size() > input_limit) return fail_at("--input", errc::too_large, "more than 1 MiB");
  return text;
}

/// The arguments that were given as a whole; an empty object without.
auto given_body(call_options const& options) -> expected<nlohmann::json> {
  auto text = expected<std::string>{options.body};
  auto const source = options.input.empty() ? "--body" : "--input";
  if (options.input == "-")
    text = read_standard_input();
  else if (!options.input.empty())
    text = evidence::read_file(options.input, input_limit).map([](auto file) { return std::move(file.text); });
  if (!text) return tl::unexpected{text.error()};
  if (text->empty()) return nlohmann::json::object();
  auto body = parse_json(*text);
  if (!body) return fail_at(source, errc::malformed, "{}", body.error().render());
  if (!body->is_object()) return fail_at(source, errc::invalid_argument, "the arguments must be a JSON object");
  return body;
}

auto unknown_operation(catalogue const& known, std::string const& written) -> error {
  auto names = std::vector<std::string_view>{};
  for (auto const& operation : known.operations) names.push_back(operation.name);
  auto const near = did_you_mean(written, names);
  return {errc::not_found,
          fmt::format("there is no operation '{}'", written),
          {},
          near.empty() ? "list them with 'nexus tools'" : fmt::format("did you mean '{}'?", near),
          {}};
}

/// Whether a successful answer tells of a failure: the envelope that task operations answer with.
auto tells_failure(nlohmann::ordered_json const& answer) -> bool {
  auto const status = answer.is_object() ? answer.find("status") : answer.end();
  return answer.is_object() && status != answer.end() && *status == "failed";
}

auto carry_out(call_options const& options, std::vector<std::string> const& written, command_line const& shared)
    -> int {
  auto client = server_client::open(options.server);
  if (!client) return report(client.error(), usage);
  auto const known = read_catalogue(*client);
  if (!known) return report(known.error());
  auto const operation = std::ranges::find(known->operations, options.operation, &listed_operation::name);
  if (operation == known->operations.end()) {
    for (auto const& role : known->unreachable) note(role);
    return report(unknown_operation(*known, options.operation), usage);
  }
  auto arguments = given_body(options).and_then(
      [&](nlohmann::json body) { return parse_arguments(*operation, written, std::move(body)); });
  if (!arguments) return report(arguments.error(), usage);
  auto outbound = request_for(*operation, std::move(*arguments));
  auto const url = outbound.target;
  auto const answer =
      server_client::successful(client->exchange(std::move(outbound), options.operation), url.substr(0, url.find('?')));
  if (!answer) return report(answer.error());
  auto const document = json_of(*answer);
  if (shared.json || !document)
    print(answer->body + "\n");
  else
    print(document->dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
  if (!document || !tells_failure(*document)) return success;
  auto const message = document->find("error_message");
  return report({errc::refused,
                 message != document->end() && message->is_string() ? message->get<std::string>() : "it failed",
                 options.operation,
                 {},
                 {}},
                failure);
}

} // namespace

void add_call(CLI::App& app, command_line& shared) {
  auto options = std::make_shared<call_options>();
  auto* command = add_command(
      app, shared, "call", "Carry out one operation of a running server and print its answer, which is JSON.",
      {"nexus call get_jira_ticket --ticket-key PROJ-123", "nexus call list_runs --status failed --limit 5",
       "echo '{\"release\": \"v2.0.0\"}' | nexus call assess_release_readiness --input -",
       "nexus tools get_jira_ticket    # which arguments it takes"});
  command->add_option("operation", options->operation, "The operation's name")->required()->type_name("OPERATION");
  command->add_option("--body", options->body, "All arguments as a JSON object")->type_name("JSON");
  command->add_option("--input", options->input, "The same from a file, or from standard input (-)")
      ->type_name("FILE")
      ->excludes(command->get_option("--body"));
  add_server_options(*command, options->server);
  command->allow_extras();
  command->callback([=, &shared] {
    shared.run = [=, written = command->remaining(), &shared] { return carry_out(*options, written, shared); };
  });
}

} // namespace nexus::apps
