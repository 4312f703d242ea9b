#include "projections/relay/relay_checkpoint.h"

#include <sstream>

#include "engine/durable_file.h"
#include "engine/transaction.h"

namespace till {
namespace {

// "till-relay 1 <message id> <sequence> <stream created, ns> <first 8 hex digits of SHA-256 of the text before>".
constexpr std::string_view kMagic = "till-relay 1 ";
constexpr std::size_t kFileMost = 512;
constexpr std::size_t kSumBytes = 4;

std::string path_in(const std::string& directory) {
  return directory + "/relay.checkpoint";
}

std::string sum_of(std::string_view text) {
  return to_hex(as_bytes(sha256(text)).substr(0, kSumBytes));
}

}  // namespace

Status save_checkpoint(const std::string& directory, const RelayCheckpoint& checkpoint) {
  std::string text(kMagic);
  text += message_id(checkpoint.event) + " " + std::to_string(checkpoint.sequence) + " " +
          std::to_string(checkpoint.stream_created_ns) + " ";
  return replace_file(path_in(directory), text + sum_of(text) + "\n");
}

std::optional<RelayCheckpoint> load_checkpoint(const std::string& directory) {
  Result<std::string> content = read_file(path_in(directory), kFileMost);
  if (!content.ok() || !content->starts_with(kMagic)) return std::nullopt;
  std::istringstream fields(content->substr(kMagic.size()));
  std::string id;
  std::string sum;
  RelayCheckpoint checkpoint;
  if (!(fields >> id >> checkpoint.sequence >> checkpoint.stream_created_ns >> sum)) return std::nullopt;
  const std::optional<EventPlace> event = parse_message_id(id);
  const std::size_t sum_at = content->size() - sum.size() - 1;
  if (!event || content->back() != '\n' || sum_of(std::string_view(*content).substr(0, sum_at)) != sum) {
    return std::nullopt;
  }
  checkpoint.event = *event;
  return checkpoint;
}

}  // namespace till
