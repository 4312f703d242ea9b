// Lines of `till apply`: what the client takes for an item, and what the server makes of it when it arrives in a batch.
#include <string>

#include "api/json_document.h"
#include "api/json_node.h"
#include "engine/result.h"
#include "tests/fuzz/command_checks.h"
#include "tests/fuzz/request_text.h"

namespace till::fuzz {
namespace {

bool server_reads(std::string_view text) {
  JsonDocument document;
  return !document.parse(text);
}

// Written and read again, it is the same; nothing may follow it.
void check_tree(std::string_view line, const JsonNode& tree) {
  const std::string text = tree.json();
  const auto again = JsonNode::parse(text);
  TILL_ASSERT(again.ok() && again.value().json() == text);
  TILL_ASSERT(!JsonNode::parse(std::string(line) + "]").ok());
}

// One line is one item, never two: those around it keep their places.
void check_item(std::string_view line) {
  const BatchEntry alone = decode_batch_item(line, {});
  check_decoded(alone.decoded);
  const DecodedBatch batch = decode_batch(WireForm::kJson, "{\"commands\":[" + std::string(line) + "]}", {});
  if (batch.problem) return check_problem(*batch.problem);
  TILL_ASSERT(batch.items.size() == 1);
  const DecodedCommand& item = batch.items.front().decoded;
  TILL_ASSERT((item.command != nullptr) == (alone.decoded.command != nullptr));
  TILL_ASSERT(!item.command || item.command->SerializeAsString() == alone.decoded.command->SerializeAsString());
}

void check_line(std::string_view line) {
  const auto tree = JsonNode::parse(line);
  if (!tree.ok()) {
    TILL_ASSERT(!tree.error().message.empty() && !server_reads(line));
    return;
  }
  check_tree(line, tree.value());
  if (tree.value().is_object()) check_item(line);
}

}  // namespace
}  // namespace till::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = till::fuzz::text_of(data, size);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    till::fuzz::check_line(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return 0;
}
