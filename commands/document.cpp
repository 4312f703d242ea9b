#include "commands/document.h"

#include <array>

namespace till {
namespace {

constexpr EntityKind kDocument = kind_of(schema::DOCUMENT);

void evolve_booked(schema::DocumentState& state, const schema::DocumentBooked&, const schema::Record& record) {
  state.set_position(record.position());
  state.set_fingerprint(record.fingerprint());
}

using schema::DocumentState;
using schema::Event;

constexpr std::array kEvents{
    event_rule<DocumentState, &Event::document_booked, evolve_booked>(Event::kDocumentBooked, schema::DOCUMENT),
};
constexpr std::array kStates{state_rule<DocumentState>(schema::DOCUMENT)};

}  // namespace

const Aggregate& document_aggregate() {
  static constexpr Aggregate kAggregate{"document", {}, kEvents, kStates};
  return kAggregate;
}

std::string document_id(std::string_view type, std::string_view id) {
  std::string whole;
  whole.reserve(type.size() + 1 + id.size());
  whole.append(type).append("/").append(id);
  return whole;
}

void need_document(std::string_view type, std::string_view id, std::vector<EntityRef>& out) {
  out.push_back({kDocument, document_id(type, id)});
}

std::optional<Decision> decide_booked(const Deciding& deciding, std::string_view type, std::string_view id,
                                      std::string_view pointer) {
  const auto* known = deciding.books.get<schema::DocumentState>(kDocument, document_id(type, id));
  if (known == nullptr) return std::nullopt;
  if (same_content(known->fingerprint(), deciding)) return AlreadyDone{Position(known->position())};
  return reject(schema::DOCUMENT_ID_REUSED, "The id " + std::string(id) + " was used with other content",
                std::string(pointer));
}

void book_document(Acceptance& acceptance, const Deciding& deciding, std::string_view type, std::string_view id) {
  add_event(acceptance, deciding, schema::DOCUMENT, document_id(type, id), schema::Event::kDocumentBooked)
      .mutable_document_booked()
      ->set_document_id(std::string(id));
}

}  // namespace till
