#pragma once

#include "runtime/cluster/link/channel.hpp"
#include "runtime/cluster/link/switchboard.hpp"

#include <caf/io/scribe.hpp>

namespace nexus::cluster {

/// A connection that speaks BASP, in CAF's multiplexer. In the place of CAF's own, because this one reads nothing
/// before the peer is known, bounds what a peer can make it store, knows deadlines, and waits for what TLS waits for.
///
/// Takes fewer system calls, too: it reads what has come and cuts it into frames itself, and writes once for all that
/// was said in one round of the multiplexer.
class link_stream final : public caf::io::scribe {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Owns the socket from now on. `begun` is when it was accepted, or when dialling began; `until` is when the peer
  /// must be known.
  link_stream(std::shared_ptr<switchboard> board, int fd, channel transport, link_peer peer, time_point begun,
              time_point until);

  auto peer() const -> link_peer const& { return peer_; }
  /// Whether TLS is done; true without it.
  auto authenticated() const -> bool { return phase_ != phase::securing; }
  /// When the peer became known.
  auto opened_at() const -> time_point { return opened_at_; }
  /// Why it has ended.
  auto ended_by() const -> error const& { return why_; }

  /// Cuts the connection and tells the broker, in whose handlers this must not be called. The multiplexer's thread.
  void fail(error why, bool late = false);

  /// \name What the broker calls, in the multiplexer's thread
  /// @{
  /// BASP asks for each frame's size exactly; the frames tell the same, and are checked before.
  void configure_read(caf::io::receive_policy::config) override;
  void ack_writes(bool) override {}
  auto wr_buf() -> std::vector<char>& override { return unsent_; }
  auto rd_buf() -> std::vector<char>& override { return frame_; }
  void flush() override;
  /// Sends what is left, as long as the peer takes it and not longer than a handshake may take.
  void graceful_shutdown() override;
  void add_to_loop() override {}
  void remove_from_loop() override {}
  auto addr() const -> std::string override;
  auto port() const -> std::uint16_t override;
  /// @}

private:
  enum class phase : std::uint8_t {
    /// TLS proves who the peer is.
    securing,
    /// BASP's first frame tells the peer's node id.
    greeting,
    open,
    /// Sends the rest.
    leaving,
    ended,
  };

  class socket final : public caf::io::network::event_handler {
  public:
    socket(caf::io::network::default_multiplexer& multiplexer, int fd, link_stream& owner)
        : event_handler(multiplexer, fd), owner_(owner) {}
    void handle_event(caf::io::network::operation op) override { owner_.handle(op); }
    void removed_from_loop(caf::io::network::operation) override {}
    void graceful_shutdown() override {}
    /// Asks the multiplexer for these events, and no others.
    void await(bool readable, bool writable);

  private:
    link_stream& owner_;
    bool readable_ = false;
    bool writable_ = false;
  };

  void launch();
  void handle(caf::io::network::operation op);
  void secure();
  void receive();
  auto take(std::span<char const> bytes) -> bool;
  auto deliver() -> bool;
  auto check_header() -> expected<void>;
  auto stays_beside_another() -> bool;
  auto begin_link() -> expected<void>;
  void touch();
  void send();
  void end(error why, bool late);
  auto broker() -> caf::io::basp_broker&;
  /// Calls a member in the multiplexer's next round, out of the broker's handlers.
  void later(void (link_stream::*what)());
  void fall_behind();

  std::shared_ptr<switchboard> board_;
  channel transport_;
  socket socket_;
  link_peer peer_;
  time_point begun_;
  time_point until_;
  time_point opened_at_{};
  phase phase_;
  error why_;
  caf::node_id node_;
  std::optional<alarms::alarm> alarm_;
  std::optional<switchboard::strangers::iterator> stranger_;
  /// Itself, as long as the multiplexer knows it.
  caf::intrusive_ptr<link_stream> keep_;

  /// The frame being read, of which `collected_` bytes have come.
  std::vector<char> frame_;
  std::size_t collected_ = 0;
  std::size_t wanted_ = caf::io::basp::header_size;
  bool in_payload_ = false;

  /// What the broker said, and what of it is being sent.
  std::vector<char> unsent_;
  std::vector<char> sending_;
  std::size_t sent_ = 0;
  bool busy_ = false;
  bool behind_ = false;
  /// TLS may have to read in order to write, and the other way round.
  bool write_awaits_read_ = false;
  bool read_awaits_write_ = false;
};

} // namespace nexus::cluster
