#include "commands/draft_books.h"

namespace till {

const google::protobuf::Message* DraftBooks::find(EntityKind kind, std::string_view id) {
  const google::protobuf::Message* const before = deciding_.books.find(kind, id);
  const auto& events = accepted_.events;
  std::size_t first = 0;
  while (first < events.size() && (events[first].kind != kind || events[first].stream_id != id)) ++first;
  if (first == events.size()) return before;

  Draft& draft = drafts_[{kind.value(), std::string(id)}];
  if (draft.state == nullptr) {
    draft.state = deciding_.domain.new_state(kind);
    if (before != nullptr) draft.state->CopyFrom(*before);
  }
  schema::Record record;  // as far as it is known
  record.set_position(deciding_.context.position.value());
  record.set_recorded_at_us(deciding_.context.recorded_at.value());
  record.set_fingerprint(std::string(as_bytes(deciding_.context.fingerprint)));
  for (; draft.events < events.size(); ++draft.events) {
    const Acceptance::NewEvent& event = events[draft.events];
    if (event.kind == kind && event.stream_id == id) {
      deciding_.domain.evolve(kind, *draft.state, *event.message, record);
    }
  }
  return draft.state.get();
}

}  // namespace till
