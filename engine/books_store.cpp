#include "engine/books_store.h"

namespace till {

std::string books_key(std::string_view tenant, EntityKind kind, std::string_view id) {
  std::string key;
  set_books_key(key, tenant, kind, id);
  return key;
}

void set_books_key(std::string& key, std::string_view tenant, EntityKind kind, std::string_view id) {
  key.reserve(tenant.size() + 3 + id.size());
  key.assign(tenant);
  key.push_back('\0');
  key.push_back(static_cast<char>(kind.value() >> 8));
  key.push_back(static_cast<char>(kind.value() & 0xff));
  key.append(id);
}

BooksKeyParts split_books_key(std::string_view key) {
  const std::size_t end = key.find('\0');
  TILL_ASSERT(end != std::string_view::npos && key.size() >= end + 3);
  const auto high = static_cast<std::uint8_t>(key[end + 1]);
  const auto low = static_cast<std::uint8_t>(key[end + 2]);
  return {key.substr(0, end), EntityKind(static_cast<std::uint16_t>(high << 8 | low)), key.substr(end + 3)};
}

}  // namespace till
