#pragma once

#include "runtime/cluster/link/switchboard.hpp"

#include <caf/io/doorman.hpp>

namespace nexus::cluster {

/// A listening socket in CAF's multiplexer that makes a link_stream of each connection.
class link_doorman final : public caf::io::doorman {
public:
  /// Owns the socket from now on.
  link_doorman(std::shared_ptr<switchboard> board, int fd);

  void launch() override;
  void graceful_shutdown() override;
  void add_to_loop() override {}
  void remove_from_loop() override {}
  auto addr() const -> std::string override;
  auto port() const -> std::uint16_t override { return port_; }
  /// CAF's acceptor would call it.
  auto new_connection() -> bool override { return true; }

private:
  class socket final : public caf::io::network::event_handler {
  public:
    socket(caf::io::network::default_multiplexer& multiplexer, int fd, link_doorman& owner)
        : event_handler(multiplexer, fd), owner_(owner) {}
    void handle_event(caf::io::network::operation op) override {
      if (op == caf::io::network::operation::read) owner_.accept_waiting();
    }
    void removed_from_loop(caf::io::network::operation) override {}
    void graceful_shutdown() override {}
    void await(bool readable);

  private:
    link_doorman& owner_;
  };

  void accept_waiting();
  void welcome(int fd);
  void pause();

  std::shared_ptr<switchboard> board_;
  socket socket_;
  std::uint16_t port_;
  bool ended_ = false;
  std::optional<alarms::alarm> alarm_;
  /// Itself, as long as the multiplexer knows it.
  caf::intrusive_ptr<link_doorman> keep_;
};

} // namespace nexus::cluster
