// The books with what a decision has decided so far: a card that pays two tenders of one sale, or points that are
// redeemed and earned in one, are seen by the second part as the first one left them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "commands/rules.h"

namespace till {

// Lives for one decision. States are copied only where an event of `accepted` stands on their stream.
class DraftBooks final : public BooksReader {
 public:
  // `deciding` and `accepted` outlive this object; events are added to `accepted` meanwhile, and are filled before the
  // next look.
  DraftBooks(const Deciding& deciding, const Acceptance& accepted) : deciding_(deciding), accepted_(accepted) {}

  const google::protobuf::Message* find(EntityKind kind, std::string_view id) override;

 private:
  struct Draft {
    std::unique_ptr<google::protobuf::Message> state;
    std::size_t events = 0;  // of the acceptance that it reflects
  };

  const Deciding& deciding_;
  const Acceptance& accepted_;
  std::map<std::pair<std::uint16_t, std::string>, Draft> drafts_;
};

// The same decision on other books, which outlive what it returns.
inline Deciding on_books(const Deciding& deciding, BooksReader& books) {
  return {deciding.context, books, deciding.zones, deciding.domain, deciding.consequences};
}

}  // namespace till
