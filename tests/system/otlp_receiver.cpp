#include "tests/system/otlp_receiver.hpp"

#include "runtime/http/server.hpp"

#include <fmt/format.h>

#include <grpcpp/grpcpp.h>
#include <mutex>
#include <opentelemetry/proto/collector/trace/v1/trace_service.grpc.pb.h>
#include <optional>
#include <stdexcept>

namespace nexus::testing {
namespace {

namespace collector = opentelemetry::proto::collector::trace::v1;
namespace common = opentelemetry::proto::common::v1;

auto hex(std::string const& bytes) -> std::string {
  auto text = std::string{};
  for (auto const byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

auto json_of(common::AnyValue const& value) -> nlohmann::json {
  if (value.has_string_value()) return value.string_value();
  if (value.has_int_value()) return value.int_value();
  if (value.has_double_value()) return value.double_value();
  if (value.has_bool_value()) return value.bool_value();
  auto list = nlohmann::json::array();
  for (auto const& each : value.array_value().values()) list.push_back(json_of(each));
  return list;
}

template <class Attributes>
auto json_of_all(Attributes const& attributes) -> nlohmann::json {
  auto object = nlohmann::json::object();
  for (auto const& each : attributes) object[each.key()] = json_of(each.value());
  return object;
}

} // namespace

struct otlp_receiver::parts {
  struct grpc_service final : collector::TraceService::Service {
    explicit grpc_service(parts& owner) : all(owner) {}
    auto Export(grpc::ServerContext* context, collector::ExportTraceServiceRequest const* request,
                collector::ExportTraceServiceResponse*) -> grpc::Status override {
      auto metadata = std::map<std::string, std::string>{};
      for (auto const& [name, value] : context->client_metadata())
        metadata[{name.data(), name.size()}] = {value.data(), value.size()};
      all.add(*request, std::move(metadata));
      return grpc::Status::OK;
    }
    parts& all;
  };

  mutable std::mutex mutex;
  std::vector<received_span> spans;
  std::map<std::string, std::string> fields;
  std::string bytes;
  int refused = 0;
  std::uint16_t port = 0;

  std::optional<http::server> server;
  std::optional<http::listener> listener;
  grpc_service service{*this};
  std::unique_ptr<grpc::Server> grpc_server;

  void add(collector::ExportTraceServiceRequest const& request, std::map<std::string, std::string> with) {
    auto const lock = std::lock_guard{mutex};
    fields = std::move(with);
    bytes += request.SerializeAsString();
    for (auto const& resource : request.resource_spans())
      for (auto const& scope : resource.scope_spans())
        for (auto const& each : scope.spans())
          spans.push_back({.trace_id = hex(each.trace_id()),
                           .span_id = hex(each.span_id()),
                           .parent = hex(each.parent_span_id()),
                           .name = each.name(),
                           .kind = static_cast<int>(each.kind()),
                           .status = static_cast<int>(each.status().code()),
                           .status_text = each.status().message(),
                           .attributes = json_of_all(each.attributes()),
                           .begun_ns = each.start_time_unix_nano(),
                           .ended_ns = each.end_time_unix_nano(),
                           .resource = json_of_all(resource.resource().attributes())});
  }

  void answer(http::incoming const& received, http::responder const& answer) {
    auto const& message = received.message;
    auto request = collector::ExportTraceServiceRequest{};
    if (message.method != "POST" || message.target != "/v1/traces" ||
        message.fields.find("Content-Type") != "application/x-protobuf" || !request.ParseFromString(message.body)) {
      auto const lock = std::lock_guard{mutex};
      ++refused;
      answer.respond({.status = 400});
      return;
    }
    auto with = std::map<std::string, std::string>{};
    for (auto const& [name, value] : message.fields) with[name] = value;
    add(request, std::move(with));
    answer.respond({200,
                    {{"Content-Type", "application/x-protobuf"}},
                    collector::ExportTraceServiceResponse{}.SerializeAsString()});
  }
};

otlp_receiver::otlp_receiver(protocol how) : parts_(std::make_unique<parts>()) {
  if (how == protocol::http) {
    parts_->server.emplace(
        http::server_options{.limits = {.body = 16 << 20}, .make_request_id = [] { return "otlp"; }});
    auto opened = parts_->server->listen(
        "127.0.0.1", 0, [all = parts_.get()](http::incoming const& received, http::responder const& answer) {
          all->answer(received, answer);
        });
    if (!opened) throw std::runtime_error{opened.error().render()};
    parts_->listener = std::move(*opened);
    parts_->port = parts_->listener->port();
    return;
  }
  auto builder = grpc::ServerBuilder{};
  auto port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&parts_->service);
  parts_->grpc_server = builder.BuildAndStart();
  if (!parts_->grpc_server || port == 0) throw std::runtime_error{"no gRPC server"};
  parts_->port = static_cast<std::uint16_t>(port);
}

otlp_receiver::~otlp_receiver() {
  if (parts_->server) parts_->server->stop(std::chrono::milliseconds{0});
  if (parts_->grpc_server) parts_->grpc_server->Shutdown(std::chrono::system_clock::now());
}

auto otlp_receiver::endpoint() const -> std::string { return fmt::format("http://127.0.0.1:{}", parts_->port); }

auto otlp_receiver::spans() const -> std::vector<received_span> {
  auto const lock = std::lock_guard{parts_->mutex};
  return parts_->spans;
}

auto otlp_receiver::fields() const -> std::map<std::string, std::string> {
  auto const lock = std::lock_guard{parts_->mutex};
  return parts_->fields;
}

auto otlp_receiver::refused() const -> int {
  auto const lock = std::lock_guard{parts_->mutex};
  return parts_->refused;
}

auto otlp_receiver::has_seen(std::string const& bytes) const -> bool {
  auto const lock = std::lock_guard{parts_->mutex};
  return parts_->bytes.find(bytes) != std::string::npos;
}

} // namespace nexus::testing
