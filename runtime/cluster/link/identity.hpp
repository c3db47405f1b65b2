#pragma once

#include "messages/core/describe.hpp"
#include "messages/core/error.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>

struct ssl_ctx_st; // SSL_CTX

namespace nexus::cluster {

/// Files that prove who a node is, all PEM.
struct identity_files {
  /// The authorities whose certificates are accepted: one, or both while one replaces the other.
  std::string authority;
  /// The node's certificate, followed by intermediate ones if there are any. Its first DNS name is the node's name.
  std::string certificate;
  /// Its private key, not encrypted.
  std::string key;
};

/// A node's certificate and key with the authorities that it trusts, checked when read. Any thread.
class identity {
public:
  using clock = std::function<timestamp()>;

  /// Reads and checks the files: all present and readable, the key that of the certificate, the certificate signed by
  /// the authority, for clients and servers, in force at `now()`, and with a name. The error names the file, what is
  /// wrong and the remedy.
  static auto load(identity_files files, clock now) -> expected<std::shared_ptr<identity>>;

  identity(identity const&) = delete;
  auto operator=(identity const&) -> identity& = delete;
  ~identity();

  /// Reads the files again. Connections made from now on use them, the present ones stay. On an error all remains as it
  /// was.
  auto reload() -> expected<void>;

  /// The node's name in its certificate.
  auto name() const -> std::string;
  /// When its certificate ends.
  auto expires() const -> timestamp;
  /// SHA-256 of its certificate, in hex.
  auto fingerprint() const -> std::string;

  /// What new connections use.
  auto context() const -> std::shared_ptr<ssl_ctx_st>;

private:
  struct state;
  identity(identity_files files, clock now);

  identity_files files_;
  clock now_;
  mutable std::mutex mutex_;
  std::shared_ptr<state const> state_;
};

} // namespace nexus::cluster
