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
    key_.assign(tenant_);
    key_.push_back('\0');
    key_.push_back(static_cast<char>(kind.value() >> 8));
    key_.push_back(static_cast<char>(kind.value() & 0xff));
    key_.append(id);
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
