#include "tests/runtime/cluster/link/stranger.hpp"

#include <caf/binary_serializer.hpp>
#include <caf/io/basp/all.hpp>
#include <caf/io/middleman.hpp>
#include <openssl/err.h>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

namespace nexus::cluster::testing {

stranger::stranger(std::uint16_t port) {
  // OpenSSL's own sockets raise it.
  ::signal(SIGPIPE, SIG_IGN);
  auto connected = connect_to("127.0.0.1", port, std::chrono::steady_clock::now() + patience);
  BOOST_TEST_REQUIRE(connected.has_value(), (connected ? "" : connected.error().render()));
  socket_ = std::move(*connected);
  prepare();
}

stranger::stranger(unique_fd const& listener) {
  BOOST_TEST_REQUIRE(wait_for(listener.get(), POLLIN, std::chrono::steady_clock::now() + patience));
  socket_ = unique_fd{::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
  prepare();
}

void stranger::prepare() {
  auto const limit = timeval{std::chrono::seconds{patience}.count(), 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::fcntl(socket_.get(), F_SETFL, ::fcntl(socket_.get(), F_GETFL) & ~O_NONBLOCK);
}

void stranger::send(std::string_view bytes) const { ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); }

auto stranger::is_cut_off() const -> bool {
  auto bytes = std::array<char, 4096>{};
  for (;;) {
    auto const got = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (got == 0) return true;
    if (got < 0) return errno == ECONNRESET;
  }
}

void stranger::half_close() const { ::shutdown(socket_.get(), SHUT_WR); }

auto stranger::greet_in_tls(tls_options const& options) -> bool {
  context_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_max_proto_version(context_.get(), options.version);
  if (options.files) {
    SSL_CTX_use_certificate_chain_file(context_.get(), options.files->certificate.c_str());
    SSL_CTX_use_PrivateKey_file(context_.get(), options.files->key.c_str(), SSL_FILETYPE_PEM);
  }
  tls_.reset(SSL_new(context_.get()));
  SSL_set_fd(tls_.get(), socket_.get());
  auto byte = char{};
  auto const greeted = SSL_connect(tls_.get()) == 1 && SSL_peek(tls_.get(), &byte, 1) == 1;
  ERR_clear_error();
  return greeted;
}

void stranger::send_in_tls(std::string_view bytes) {
  SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()));
  ERR_clear_error();
}

auto stranger::is_cut_off_in_tls() -> bool {
  auto bytes = std::array<char, 4096>{};
  auto got = 0;
  while ((got = SSL_read(tls_.get(), bytes.data(), static_cast<int>(bytes.size()))) > 0) {
  }
  auto const why = SSL_get_error(tls_.get(), got);
  ERR_clear_error();
  return why != SSL_ERROR_WANT_READ && !(why == SSL_ERROR_SYSCALL && errno == EAGAIN);
}

auto client_hello() -> std::string {
  auto const context = std::unique_ptr<SSL_CTX, openssl_deleter<SSL_CTX_free>>{SSL_CTX_new(TLS_client_method())};
  auto const tls = std::unique_ptr<SSL, openssl_deleter<SSL_free>>{SSL_new(context.get())};
  auto* const output = BIO_new(BIO_s_mem());
  SSL_set_bio(tls.get(), BIO_new(BIO_s_mem()), output);
  SSL_connect(tls.get());
  ERR_clear_error();
  char* bytes = nullptr;
  auto const size = BIO_get_mem_data(output, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

auto basp_header(int operation, std::uint32_t payload_size) -> std::string {
  auto header = std::string(caf::io::basp::header_size, '\0');
  header[0] = static_cast<char>(operation);
  for (auto at = 0; at < 4; ++at) header[7 - at] = static_cast<char>(payload_size >> (8 * at));
  // An actor to send to, where the operation wants one.
  if (operation == direct_message) header.back() = 1;
  return header;
}

namespace {

auto node_number(std::uint32_t number, std::uint8_t host) -> caf::node_id {
  auto bytes = caf::node_id::default_data::host_id_type{};
  bytes.fill(host);
  // All zeros would be no id.
  bytes.back() = 1;
  return caf::make_node_id(number, bytes);
}

} // namespace

auto basp_greeting(caf::actor_system& system, std::uint32_t number, std::uint8_t host) -> std::string {
  auto bytes = std::vector<char>{};
  auto sink = caf::binary_serializer{system, bytes};
  BOOST_TEST_REQUIRE(!sink(node_number(number, host)));
  return basp_header(client_handshake, static_cast<std::uint32_t>(bytes.size())) +
         std::string{bytes.begin(), bytes.end()};
}

auto basp_answer(caf::actor_system& system, std::uint32_t number, std::uint8_t host) -> std::string {
  auto bytes = std::vector<char>{};
  auto sink = caf::binary_serializer{system, bytes};
  auto const applications = std::vector<std::string>{"generic-caf-app"};
  BOOST_TEST_REQUIRE(!sink(node_number(number, host), applications, caf::actor_id{12}, std::set<std::string>{}));
  auto header = basp_header(server_handshake, static_cast<std::uint32_t>(bytes.size()));
  header[15] = 3; // the protocol's version
  return header + std::string{bytes.begin(), bytes.end()};
}

auto multiplexer_time(node& of) -> std::chrono::nanoseconds {
  auto const id = of.system.middleman().backend().thread_id();
  static_assert(sizeof id == sizeof(pthread_t));
  auto thread = pthread_t{};
  std::memcpy(&thread, &id, sizeof thread);
  auto clock = clockid_t{};
  auto used = timespec{};
  BOOST_TEST_REQUIRE(::pthread_getcpuclockid(thread, &clock) == 0);
  BOOST_TEST_REQUIRE(::clock_gettime(clock, &used) == 0);
  return std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec};
}

auto resident_bytes() -> std::size_t {
  auto source = std::ifstream{"/proc/self/statm"};
  auto total = std::size_t{0};
  auto resident = std::size_t{0};
  source >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

auto open_descriptors() -> std::size_t {
  auto const list = std::filesystem::directory_iterator{"/proc/self/fd"};
  return static_cast<std::size_t>(std::distance(begin(list), end(list)));
}

} // namespace nexus::cluster::testing
