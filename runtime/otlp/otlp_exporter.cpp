#include "runtime/telemetry/span_exporter.hpp"

#include <cstdlib>
#include <mutex>
#include <opentelemetry/exporters/otlp/otlp_grpc_exporter_factory.h>
#include <opentelemetry/exporters/otlp/otlp_grpc_exporter_options.h>
#include <opentelemetry/exporters/otlp/otlp_http_exporter_factory.h>
#include <opentelemetry/exporters/otlp/otlp_http_exporter_options.h>
#include <opentelemetry/sdk/common/global_log_handler.h>
#include <opentelemetry/sdk/instrumentationscope/instrumentation_scope.h>
#include <opentelemetry/sdk/resource/resource.h>
#include <opentelemetry/sdk/trace/exporter.h>
#include <opentelemetry/sdk/trace/recordable.h>

namespace nexus {
namespace {

namespace otel = opentelemetry;
namespace otlp = opentelemetry::exporter::otlp;
namespace sdk = opentelemetry::sdk;

/// A receiver's answer may stand in it as a whole.
constexpr std::size_t longest_complaint = 500;

/// Keeps the SDK's first complaint about an export, which is the only place where it says why it failed, off standard
/// error.
class complaints final : public sdk::common::internal_log::LogHandler {
public:
  void Handle(sdk::common::internal_log::LogLevel, char const*, int, char const* message,
              sdk::common::AttributeMap const&) noexcept override {
    auto const lock = std::lock_guard{mutex_};
    if (text_.empty() && message) text_ = std::string_view{message}.substr(0, longest_complaint);
  }
  auto take() -> std::string {
    auto const lock = std::lock_guard{mutex_};
    return std::exchange(text_, {});
  }

private:
  std::mutex mutex_;
  std::string text_;
};

auto kind_of(span_kind kind) -> otel::trace::SpanKind {
  switch (kind) {
  case span_kind::server:
    return otel::trace::SpanKind::kServer;
  case span_kind::client:
    return otel::trace::SpanKind::kClient;
  case span_kind::internal:
    break;
  }
  return otel::trace::SpanKind::kInternal;
}

auto status_of(span_status status) -> otel::trace::StatusCode {
  switch (status) {
  case span_status::ok:
    return otel::trace::StatusCode::kOk;
  case span_status::error:
    return otel::trace::StatusCode::kError;
  case span_status::unset:
    break;
  }
  return otel::trace::StatusCode::kUnset;
}

auto view(std::string_view text) -> otel::nostd::string_view { return {text.data(), text.size()}; }

auto resource_of(otlp_target const& target) -> sdk::resource::Resource {
  auto attributes = sdk::resource::ResourceAttributes{};
  for (auto const& [name, value] : target.resource) attributes.SetAttribute(name, view(value));
  return sdk::resource::Resource::Create(attributes);
}

/// The library's own is 10 s, and the end of a node may have to wait for it.
template <class Options>
void choose_timeout(Options& options) {
  if (!std::getenv("OTEL_EXPORTER_OTLP_TIMEOUT") && !std::getenv("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT"))
    options.timeout = std::chrono::seconds{3};
}

auto connect(otlp_target const& target) -> std::unique_ptr<sdk::trace::SpanExporter> {
  // Their constructors read what else the environment says: timeout, certificates, compression.
  if (target.protocol == otlp_target::protocol_type::http) {
    auto options = otlp::OtlpHttpExporterOptions{};
    choose_timeout(options);
    options.url = target.url;
    options.content_type = otlp::HttpRequestContentType::kBinary;
    options.http_headers.clear();
    for (auto const& [name, value] : target.headers) options.http_headers.emplace(name, value);
    return otlp::OtlpHttpExporterFactory::Create(options);
  }
  auto options = otlp::OtlpGrpcExporterOptions{};
  choose_timeout(options);
  options.endpoint = target.url;
  options.use_ssl_credentials = target.url.starts_with("https://");
  options.metadata.clear();
  for (auto const& [name, value] : target.headers) {
    // gRPC ends the process over names in capitals.
    auto lower = name;
    for (auto& c : lower)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    options.metadata.emplace(std::move(lower), value);
  }
  return otlp::OtlpGrpcExporterFactory::Create(options);
}

class otlp_exporter final : public span_exporter {
public:
  explicit otlp_exporter(otlp_target const& target)
      : resource_(resource_of(target)),
        scope_(sdk::instrumentationscope::InstrumentationScope::Create("nexus", target.version)),
        complaints_(new complaints) {
    sdk::common::internal_log::GlobalLogHandler::SetLogHandler(complaints_);
    sdk::common::internal_log::GlobalLogHandler::SetLogLevel(sdk::common::internal_log::LogLevel::Error);
    exporter_ = connect(target);
  }

  ~otlp_exporter() override { exporter_->Shutdown(std::chrono::seconds{1}); }

  auto send(std::span<finished_span const> batch) -> std::string override {
    auto records = std::vector<std::unique_ptr<sdk::trace::Recordable>>{};
    records.reserve(batch.size());
    for (auto const& each : batch) records.push_back(record_of(each));
    said().take();
    auto const result = exporter_->Export({records.data(), records.size()});
    // opentelemetry-cpp 1.19 answers success over HTTP whatever happens; what it complains about is true.
    auto complaint = said().take();
    if (result != sdk::common::ExportResult::kSuccess && complaint.empty()) return "the receiver did not take them";
    return complaint;
  }

private:
  auto said() const -> complaints& { return static_cast<complaints&>(*complaints_); }

  auto record_of(finished_span const& ended) const -> std::unique_ptr<sdk::trace::Recordable> {
    auto record = exporter_->MakeRecordable();
    auto const& own = ended.context;
    record->SetIdentity(otel::trace::SpanContext{otel::trace::TraceId{own.trace_id}, otel::trace::SpanId{own.span_id},
                                                 otel::trace::TraceFlags{own.flags}, false},
                        otel::trace::SpanId{ended.parent});
    record->SetName(ended.name);
    record->SetSpanKind(kind_of(ended.kind));
    record->SetStartTime(otel::common::SystemTimestamp{ended.begun});
    record->SetDuration(ended.duration);
    record->SetTraceFlags(otel::trace::TraceFlags{own.flags});
    for (auto const& [name, value] : ended.attributes)
      std::visit(
          [&](auto const& x) {
            using type = std::decay_t<decltype(x)>;
            if constexpr (std::is_same_v<type, std::string>) {
              record->SetAttribute(view(name), view(x));
            } else if constexpr (std::is_same_v<type, std::vector<std::string>>) {
              auto const views = std::vector<otel::nostd::string_view>{x.begin(), x.end()};
              record->SetAttribute(view(name),
                                   otel::nostd::span<otel::nostd::string_view const>{views.data(), views.size()});
            } else {
              record->SetAttribute(view(name), x);
            }
          },
          value);
    if (ended.status != span_status::unset) record->SetStatus(status_of(ended.status), ended.status_text);
    record->SetResource(resource_);
    record->SetInstrumentationScope(*scope_);
    return record;
  }

  sdk::resource::Resource resource_;
  otel::nostd::unique_ptr<sdk::instrumentationscope::InstrumentationScope> scope_;
  otel::nostd::shared_ptr<sdk::common::internal_log::LogHandler> complaints_;
  std::unique_ptr<sdk::trace::SpanExporter> exporter_;
};

} // namespace
} // namespace nexus

/// Found by load_otlp_exporter().
extern "C" __attribute__((visibility("default"))) auto nexus_make_otlp_exporter_1(nexus::otlp_target const& target,
                                                                                  std::string& problem)
    -> nexus::span_exporter* {
  try {
    return new nexus::otlp_exporter{target};
  } catch (std::exception const& caught) {
    problem = caught.what();
  } catch (...) {
    problem = "an unknown exception";
  }
  return nullptr;
}
