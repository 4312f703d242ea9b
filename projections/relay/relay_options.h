// What an operator sets of the relay.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace till {

struct RelayOptions {
  std::string url = "nats://127.0.0.1:4222";  // may carry user:password@, which is never shown
  std::string stream = "TILL";
  std::string subject_prefix = "till";
  std::string directory;            // existing; keeps the checkpoint file
  std::chrono::seconds max_age{0};  // of messages in the stream; 0 keeps them for ever
  std::int64_t max_bytes = 0;       // of the stream; 0 is no limit

  std::size_t window_messages = 1024;   // published and not yet acknowledged
  std::size_t ack_messages = 64;        // published before one asks for its acknowledgement; at least 1
  std::size_t read_transactions = 512;  // taken from the feed at once
  std::size_t read_bytes = 4u << 20;
  std::chrono::milliseconds connect_timeout{2000};
  std::chrono::milliseconds request_timeout{5000};  // one JetStream request
  std::chrono::milliseconds ack_timeout{5000};      // from publishing to its acknowledgement
  std::chrono::milliseconds stop_timeout{1000};     // for acknowledgements still under way at stop()
  std::chrono::milliseconds retry_first{100};
  std::chrono::milliseconds retry_most{5000};
  std::chrono::milliseconds refused_again{10'000};  // a refused stream is looked at again this often
  std::chrono::milliseconds idle_check{5000};       // the stream is looked at this often while nothing is published
  std::chrono::milliseconds checkpoint_every{1000};
};

}  // namespace till
