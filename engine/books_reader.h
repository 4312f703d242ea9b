// The books of one tenant as decide() sees them; notices every look at an entity that is not in memory.
#pragma once

#include <string>
#include <vector>

#include "engine/books.h"
#include "engine/domain.h"

namespace till {

class TenantBooks : public BooksReader {
 public:
  TenantBooks(Books& books, std::string_view tenant) : books_(books), tenant_(tenant) {}
  const google::protobuf::Message* find(EntityKind kind, std::string_view id) override {
    set_books_key(key_, tenant_, kind, id);
    const Books::Entry* const entry = books_.find(key_);
    if (entry == nullptr) missing_.push_back(key_);
    return entry == nullptr ? nullptr : entry->state.get();
  }
  std::vector<std::string>& missing() { return missing_; }

 private:
  Books& books_;
  const std::string_view tenant_;
  std::string key_;
  std::vector<std::string> missing_;
};

}  // namespace till
