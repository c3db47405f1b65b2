#include "actors/reporting/confluence_client.hpp"
#include "tests/actors/outside_world.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace nexus;
using namespace nexus::reporting;
using json = nlohmann::json;
using fault_kind = simulator::fault::kind_type;

namespace {

auto contains(std::string const& text, std::string_view part) -> bool { return text.find(part) != std::string::npos; }

struct simulated : nexus::testing::outside_world {
  /// Called before a request reaches the world; true answers it with a broken connection afterwards.
  std::function<void(http::request const&)> before;
  confluence_client client{{.url = "http://simulator/confluence/wiki/",
                            .username = options.confluence_user,
                            .api_token = options.confluence_token},
                           [this](call const& context, http::request outbound, http::response_callback done) {
                             if (before) before(outbound);
                             exchange()(context, std::move(outbound), std::move(done));
                           },
                           clock()};

  static auto draft(std::string publication = "nexus-one") -> page_draft {
    return {.space_key = "REL",
            .title = "Release v2.0.0",
            .page_id = {},
            .parent_id = {},
            .storage = fmt::format("<p>Publication {} GO dec_1</p>", publication),
            .publication = publication,
            .note = "GO dec_1"};
  }
  auto publish(page_draft const& what, bool recovering = false) -> expected<published_page> {
    auto result = std::optional<expected<published_page>>{};
    auto context = call{};
    context.recovering = recovering;
    client.publish(context, what, [&](expected<published_page> got) {
      BOOST_REQUIRE(!result);
      result = std::move(got);
    });
    BOOST_REQUIRE(result);
    return std::move(*result);
  }
  auto must(page_draft const& what, bool recovering = false) -> published_page {
    auto result = publish(what, recovering);
    BOOST_REQUIRE_MESSAGE(result.has_value(), (result ? "" : result.error().render()));
    return *result;
  }
  /// As a person with a browser would.
  auto ask(std::string method, std::string target, json const& body = nullptr) -> json {
    auto request = http::request{.method = std::move(method), .target = "/confluence/wiki/api/v2" + target};
    request.fields.add("Authorization", rest::basic_authorization(options.confluence_user, options.confluence_token));
    if (!body.is_null()) request.body = body.dump();
    auto const answer = world.handle(request).answer;
    BOOST_REQUIRE_MESSAGE(answer.status < 300, answer.status << ": " << answer.body);
    return answer.body.empty() ? json{} : json::parse(answer.body);
  }
  auto edit(std::string const& id, std::string const& text) {
    auto const page = ask("GET", "/pages/" + id);
    ask("PUT", "/pages/" + id,
        {{"id", id},
         {"status", "current"},
         {"title", page["title"]},
         {"body", {{"representation", "storage"}, {"value", text}}},
         {"version", {{"number", page["version"]["number"].get<int>() + 1}, {"message", "by hand"}}}});
  }
  auto versions(std::string const& id) -> std::size_t {
    return ask("GET", "/pages/" + id + "/versions?limit=250")["results"].size();
  }
  auto titled(std::string const& title) -> json {
    return ask("GET", "/pages?title=" + http::percent_encode(title))["results"];
  }
  /// Lets the world do what it is asked, and breaks the connection before the answer.
  void lose_answers_to(std::string const& method, std::string const& path) {
    before = [this, method, path](http::request const& request) {
      world.clear_faults();
      if (request.method == method && contains(request.target, path) && !lost++)
        world.add_fault({.service = "confluence", .match = {}, .kind = fault_kind::cut_off, .count = 1});
    };
  }
  int lost = 0;
};

} // namespace

BOOST_AUTO_TEST_SUITE(confluence_over_the_simulator)

BOOST_FIXTURE_TEST_CASE(a_page_is_made_and_marked, simulated) {
  auto const made = must(draft());
  BOOST_TEST(made.created);
  BOOST_TEST(made.version == 1);
  BOOST_TEST(made.space_key == "REL");
  BOOST_TEST(made.note == "GO dec_1");
  BOOST_TEST(made.url == "http://simulator/confluence/wiki/spaces/REL/pages/" + made.page_id);
  auto const page = ask("GET", "/pages/" + made.page_id + "?body-format=storage");
  BOOST_TEST(page["title"] == "Release v2.0.0");
  BOOST_TEST(contains(page["body"]["storage"]["value"], "nexus-one"));
  BOOST_TEST(ask("GET", "/pages/" + made.page_id + "/properties?key=nexus-report")["results"].size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(the_next_report_is_the_next_version_of_its_page, simulated) {
  auto const first = must(draft());
  auto const second = must(draft("nexus-two"));
  BOOST_TEST(second.page_id == first.page_id);
  BOOST_TEST(second.version == 2);
  BOOST_TEST(!second.created);
  BOOST_TEST(titled("Release v2.0.0").size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(somebody_elses_page_is_named_and_left_alone, simulated) {
  auto other = draft();
  other.title = "How we work";
  auto const got = publish(other);
  BOOST_TEST((got.error().code == errc::conflict));
  auto pages = titled("How we work");
  auto const in_rel =
      std::find_if(pages.begin(), pages.end(), [](json const& p) { return contains(p["_links"]["webui"], "/REL/"); });
  auto const id = (*in_rel)["id"].get<std::string>();
  BOOST_TEST(contains(got.error().message, id));
  BOOST_TEST(contains(got.error().remedy, "page_id " + id));
  BOOST_TEST(versions(id) == 1u);

  other.page_id = id;
  BOOST_TEST(must(other).version == 2);
  // From now on it is one of ours.
  other.page_id.reset();
  other.publication = "nexus-three";
  BOOST_TEST(must(other).version == 3);
}

BOOST_FIXTURE_TEST_CASE(a_page_that_is_named_may_be_in_any_space, simulated) {
  auto const id = titled("Engineering Home")[0]["id"].get<std::string>();
  auto named = draft();
  named.page_id = id;
  auto const got = must(named);
  BOOST_TEST(got.space_key == "ENG");
  BOOST_TEST(got.page_id == id);
}

BOOST_FIXTURE_TEST_CASE(what_is_not_there_is_named, simulated) {
  auto nowhere = draft();
  nowhere.space_key = "NOPE&limit=9";
  BOOST_TEST((publish(nowhere).error().code == errc::not_found));
  BOOST_TEST(contains(publish(nowhere).error().message, "NOPE"));
  auto nothing = draft();
  nothing.page_id = "99999999";
  BOOST_TEST(contains(publish(nothing).error().message, "99999999"));
  auto orphan = draft();
  orphan.parent_id = "99999999";
  BOOST_TEST(!publish(orphan).has_value());
  for (auto const* id : {"", "1/../2", "x", "1?y", "123456789012345678901"}) {
    nothing.page_id = id;
    sent.clear();
    BOOST_TEST((publish(nothing).error().code == errc::invalid_argument), id);
    BOOST_TEST(sent.empty());
  }
}

BOOST_FIXTURE_TEST_CASE(a_page_goes_under_its_parent, simulated) {
  auto const parent = titled("Release calendar")[0]["id"].get<std::string>();
  auto below = draft();
  below.parent_id = parent;
  BOOST_TEST(ask("GET", "/pages/" + must(below).page_id)["parentId"] == parent);
}

BOOST_FIXTURE_TEST_CASE(a_change_at_the_same_moment_is_met_by_reading_again, simulated) {
  auto const first = must(draft());
  auto edits = 0;
  before = [&](http::request const& request) {
    if (request.method == "PUT" && edits++ < 3) edit(first.page_id, "<p>by hand</p>");
  };
  auto const second = must(draft("nexus-two"));
  BOOST_TEST(second.version == 5);
  edits = -100;
  auto const got = publish(draft("nexus-three"));
  BOOST_TEST((got.error().code == errc::conflict));
}

BOOST_FIXTURE_TEST_CASE(a_page_that_appears_at_the_same_moment_is_not_overwritten, simulated) {
  auto const rel = ask("GET", "/spaces?keys=REL")["results"][0]["id"];
  before = [&, once = true](http::request const& request) mutable {
    if (request.method != "POST" || !std::exchange(once, false)) return;
    ask("POST", "/pages",
        {{"spaceId", rel},
         {"status", "current"},
         {"title", "Release v2.0.0"},
         {"body", {{"representation", "storage"}, {"value", "<p>mine</p>"}}}});
  };
  auto const got = publish(draft());
  BOOST_TEST((got.error().code == errc::conflict));
  BOOST_TEST(contains(got.error().message, "did not make"));
}

BOOST_FIXTURE_TEST_CASE(a_lost_answer_is_looked_for, simulated) {
  lose_answers_to("POST", "/pages");
  auto const made = must(draft());
  BOOST_TEST(made.created);
  lost = 0;
  lose_answers_to("PUT", "/pages/");
  auto const next = must(draft("nexus-two"));
  BOOST_TEST(next.version == 2);
  before = {};
  BOOST_TEST(versions(made.page_id) == 2u);
  BOOST_TEST(titled("Release v2.0.0").size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(an_earlier_attempt_is_found_whatever_came_after_it, simulated) {
  auto const made = must(draft());
  auto again = draft();
  again.note = "NO_GO dec_9";
  auto const found = must(again, true);
  BOOST_TEST(found.version == 1);
  BOOST_TEST(found.created);
  BOOST_TEST(found.note == "GO dec_1");
  must(draft("nexus-two"));
  for (auto i = 0; i < 60; ++i) edit(made.page_id, "<p>by hand</p>");
  auto two = draft("nexus-two");
  two.note = "NO_GO dec_9";
  auto const second = must(two, true);
  BOOST_TEST(second.version == 2);
  BOOST_TEST(!second.created);
  BOOST_TEST(second.note == "GO dec_1");
  BOOST_TEST(versions(made.page_id) == 62u);
}

BOOST_FIXTURE_TEST_CASE(what_could_not_be_looked_up_is_not_said_to_be_undone, simulated) {
  for (auto const kind : {fault_kind::status, fault_kind::rate_limit, fault_kind::malformed}) {
    world.clear_faults();
    order("confluence", kind);
    BOOST_TEST((publish(draft(), true).error().code == errc::unavailable));
  }
  world.clear_faults();
  auto nowhere = draft();
  nowhere.space_key = "NOPE";
  BOOST_TEST((publish(nowhere, true).error().code == errc::not_found));
}

BOOST_FIXTURE_TEST_CASE(an_attempt_that_never_arrived_is_made, simulated) {
  BOOST_TEST(must(draft(), true).created);
  BOOST_TEST(must(draft("nexus-two"), true).version == 2);
}

BOOST_FIXTURE_TEST_CASE(a_page_left_without_its_mark_is_marked_by_the_next_attempt, simulated) {
  before = [&](http::request const& request) {
    if (request.method == "POST" && contains(request.target, "/properties") && !lost++)
      world.add_fault({.service = "confluence", .match = {}, .kind = fault_kind::status, .status = 503, .count = 1});
  };
  auto const got = publish(draft());
  BOOST_REQUIRE(!got.has_value());
  BOOST_TEST(contains(got.error().message, "holds the report"));
  BOOST_TEST((got.error().code == errc::unavailable));
  auto const again = must(draft(), true);
  BOOST_TEST(again.version == 1);
  BOOST_TEST(must(draft("nexus-two")).version == 2);
}

BOOST_FIXTURE_TEST_CASE(text_that_is_no_storage_format_is_refused_with_confluences_words, simulated) {
  for (auto const* bad : {"<p>", "a & b", "<!DOCTYPE html><html></html>", "<style>p {}</style>", "<x:y/>",
                          "<p a='1' a='2'/>", "]]>", "\x01", "</page><page>"}) {
    auto broken = draft();
    broken.storage = bad;
    auto const got = publish(broken);
    BOOST_REQUIRE_MESSAGE(!got.has_value(), bad);
    BOOST_TEST((got.error().code == errc::refused), bad);
    BOOST_TEST(contains(got.error().message, "Error parsing xhtml"), got.error().message);
  }
  BOOST_TEST(titled("Release v2.0.0").empty());
}

BOOST_FIXTURE_TEST_CASE(wrong_credentials_name_their_settings, simulated) {
  auto const wrong = confluence_client{
      {.url = "http://simulator/confluence", .username = "nexus", .api_token = "s3cret-token"}, exchange(), clock()};
  wrong.publish({}, draft(), [](expected<published_page> got) {
    BOOST_REQUIRE(!got.has_value());
    BOOST_TEST(contains(got.error().render(), "CONFLUENCE_USERNAME and CONFLUENCE_API_TOKEN"));
    BOOST_TEST(!contains(got.error().render(), "s3cret-token"));
  });
}

BOOST_FIXTURE_TEST_CASE(without_settings_they_are_named, simulated) {
  auto const none = confluence_client{{}, exchange(), clock()};
  none.publish({}, draft(), [](expected<published_page> got) {
    BOOST_REQUIRE(!got.has_value());
    BOOST_TEST((got.error().code == errc::refused));
    BOOST_TEST(contains(got.error().render(), "CONFLUENCE_URL"));
  });
  BOOST_TEST(sent.empty());
}

BOOST_FIXTURE_TEST_CASE(in_every_fault_mode_the_answer_is_an_error_or_the_truth, simulated) {
  struct mode {
    fault_kind kind;
    int status;
    errc code;
  };
  for (auto const& [kind, status, code] :
       {mode{fault_kind::status, 500, errc::upstream}, mode{fault_kind::status, 401, errc::upstream},
        mode{fault_kind::status, 403, errc::permission_denied}, mode{fault_kind::rate_limit, 0, errc::overloaded},
        mode{fault_kind::malformed, 0, errc::upstream}, mode{fault_kind::cut_off, 0, errc::upstream}}) {
    world.clear_faults();
    order("confluence", kind, status);
    auto const got = publish(draft());
    BOOST_REQUIRE(!got.has_value());
    BOOST_TEST((got.error().code == code), got.error().render());
    if (kind == fault_kind::rate_limit) BOOST_TEST(got.error().retry_after.count() == 1000);
  }
  // Each request of a publication is the one that fails, once; the page is there exactly once afterwards.
  for (auto const kind :
       {fault_kind::status, fault_kind::malformed, fault_kind::cut_off, fault_kind::rate_limit, fault_kind::slow})
    for (auto failing = 0; failing < 8; ++failing) {
      auto number = 0;
      auto what = draft(fmt::format("nexus-{}-{}", static_cast<int>(kind), failing));
      what.title = fmt::format("Report {} {}", static_cast<int>(kind), failing);
      before = [&](http::request const&) {
        world.clear_faults();
        if (number++ == failing) order("confluence", kind);
      };
      auto got = publish(what);
      before = {};
      world.clear_faults();
      if (!got) got = publish(what, true);
      BOOST_REQUIRE_MESSAGE(got.has_value(), (got ? "" : got.error().render()));
      auto const pages = titled(what.title);
      BOOST_REQUIRE(pages.size() == 1u);
      BOOST_TEST(versions(pages[0]["id"]) == 1u);
      BOOST_TEST(got->page_id == pages[0]["id"].get<std::string>());
      BOOST_TEST(got->created);
    }
}

BOOST_FIXTURE_TEST_CASE(an_answer_of_another_shape_is_an_error, simulated) {
  for (auto const* body :
       {"[]", "{}", "null", R"({"results": {}})", R"({"results": [{"id": 7}]})", R"({"results": [null]})"}) {
    auto const odd = confluence_client{
        {.url = "http://x", .username = "u", .api_token = "t"},
        [&](call const&, http::request, http::response_callback done) { done(http::response{200, {}, body}); },
        clock()};
    auto answered = 0;
    odd.publish({}, draft(), [&](expected<published_page> got) {
      ++answered;
      BOOST_TEST(!got.has_value());
    });
    BOOST_TEST(answered == 1);
  }
}

BOOST_AUTO_TEST_SUITE_END()
