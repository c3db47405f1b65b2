#include "runtime/rest/validated_reads.hpp"

#include <list>
#include <unordered_map>

namespace nexus::rest {
namespace {

constexpr int ok = 200;
constexpr int not_modified = 304;

/// Answers by their URLs, the one that was used last in front.
class known_answers {
public:
  explicit known_answers(validated_read_limits limits) : limits_(limits) {}

  auto find(std::string const& url) -> std::shared_ptr<http::response const> {
    auto const found = places_.find(url);
    if (found == places_.end()) return {};
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->answer;
  }

  void keep(std::string const& url, http::response const& answer) {
    forget(url);
    if (answer.body.size() > limits_.bytes / 4) return;
    entries_.push_front({url, std::make_shared<http::response const>(answer)});
    places_.emplace(url, entries_.begin());
    bytes_ += answer.body.size();
    while (entries_.size() > limits_.entries || bytes_ > limits_.bytes) forget(std::string{entries_.back().url});
  }

  void forget(std::string const& url) {
    auto const found = places_.find(url);
    if (found == places_.end()) return;
    bytes_ -= found->second->answer->body.size();
    entries_.erase(found->second);
    places_.erase(found);
  }

private:
  struct entry {
    std::string url;
    std::shared_ptr<http::response const> answer;
  };

  validated_read_limits limits_;
  std::list<entry> entries_;
  std::unordered_map<std::string, std::list<entry>::iterator> places_;
  std::size_t bytes_ = 0;
};

} // namespace

auto validated_reads(http::exchange exchange, validated_read_limits limits) -> http::exchange {
  return [exchange = std::move(exchange), known = std::make_shared<known_answers>(limits)](
             call const& context, http::request outbound, http::response_callback done) {
    if (outbound.method != "GET") return exchange(context, std::move(outbound), std::move(done));
    auto url = outbound.target;
    auto const earlier = known->find(url);
    if (earlier) outbound.fields.set("If-None-Match", std::string{*earlier->fields.find("ETag")});
    exchange(context, std::move(outbound),
             [known, url = std::move(url), earlier, done = std::move(done)](expected<http::response> got) {
               if (!got) return done(std::move(got));
               if (got->status == not_modified && earlier) return done(http::response{*earlier});
               if (got->status == ok && got->fields.find("ETag"))
                 known->keep(url, *got);
               else if (got->status < 500)
                 known->forget(url);
               done(std::move(got));
             });
  };
}

} // namespace nexus::rest
