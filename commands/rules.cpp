#include "commands/rules.h"

#include <algorithm>
#include <utility>

#include "commands/scratch.h"
#include "engine/result.h"

namespace till {

Rejection reject(schema::ErrorCode code, std::string detail, std::string pointer) {
  return {schema::ErrorCode_Name(code), std::move(detail), std::move(pointer)};
}

schema::ErrorCode code_of(const Rejection& rejection) {
  schema::ErrorCode code{};
  TILL_ASSERT(schema::ErrorCode_Parse(std::string(rejection.code), &code));
  return code;
}

std::string item_pointer(std::string_view list, std::size_t index, std::string_view field) {
  std::string pointer = "/";
  pointer.append(list).append("/").append(std::to_string(index));
  if (!field.empty()) pointer.append("/").append(field);
  return pointer;
}

Refusal or_note(const Deciding& deciding, Refusal refusal) {
  if (!refusal || !deciding.offline()) return refusal;
  deciding.consequences->push_back(*std::move(refusal));
  return std::nullopt;
}

std::string event_type_name(const google::protobuf::FieldDescriptor& member) {
  std::string name;
  bool upper = true;
  for (const char c : member.name()) {
    if (c == '_') {
      upper = true;
    } else {
      name += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      upper = false;
    }
  }
  return name;
}

std::string kind_type_name(schema::Kind kind) {
  std::string name = schema::Kind_Name(kind);
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name;
}

schema::Event& add_event(Acceptance& acceptance, const Deciding& deciding, schema::Kind kind, std::string id,
                         schema::Event::EventCase type) {
  auto* event = google::protobuf::Arena::CreateMessage<schema::Event>(deciding.context.arena);
  acceptance.events.push_back({kind_of(kind), std::move(id), static_cast<std::uint32_t>(type), event});
  return *event;
}

google::protobuf::Message& mutable_body(schema::Event& event, schema::Event::EventCase member) {
  return *event.GetReflection()->MutableMessage(&event, schema::Event::descriptor()->FindFieldByNumber(member));
}

schema::Answer& set_answer(Acceptance& acceptance, const Deciding& deciding) {
  auto* answer = google::protobuf::Arena::CreateMessage<schema::Answer>(deciding.context.arena);
  acceptance.answer = answer;
  return *answer;
}

void find_first_equal(std::span<const std::string_view> keys, std::span<std::uint32_t> first) {
  Scratch<std::uint32_t> order(keys.size());
  const std::span<std::uint32_t> all = order.all();
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint32_t>(i);
  // Sorted by key and then place, so that a document of many lines costs n log n.
  std::ranges::sort(all, [&](std::uint32_t a, std::uint32_t b) {
    const int order_of_keys = keys[a].compare(keys[b]);
    return order_of_keys != 0 ? order_of_keys < 0 : a < b;
  });
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool same_as_before = i > 0 && keys[all[i]] == keys[all[i - 1]];
    first[all[i]] = same_as_before ? first[all[i - 1]] : all[i];
  }
}

}  // namespace till
