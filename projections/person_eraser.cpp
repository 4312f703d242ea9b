#include "projections/person_eraser.h"

#include <string>

#include "schemas/events.pb.h"
#include "schemas/state.pb.h"

namespace till {

PersonEraser::PersonEraser(Engine& engine, PersonKeys& keys)
    : keys_(keys), at_(engine.feed().durable()), follower_(engine.feed(), *this, FollowerOptions{}) {}

PersonEraser::~PersonEraser() {
  stop();
}

void PersonEraser::stop() {
  follower_.stop();
}

Result<std::unique_ptr<PersonEraser>> PersonEraser::open(Engine& engine, PersonKeys& keys) {
  std::unique_ptr<PersonEraser> made(new PersonEraser(engine, keys));
  if (Status erased = made->erase_all(engine); !erased.ok()) return erased.error();
  made->follower_.start();
  return made;
}

// Whose key is destroyed already costs no write.
Status PersonEraser::erase_all(Engine& engine) {
  Status trouble;
  Status scanned = engine.scan(EntityKind(schema::CUSTOMER), [&](std::string_view tenant, std::string_view id,
                                                                 const google::protobuf::Message& state) {
    const auto& customer = static_cast<const schema::CustomerState&>(state);
    if (customer.status() != schema::CustomerState::ERASED || !trouble.ok()) return;
    trouble = keys_.erase(tenant, id);
  });
  return scanned.ok() ? trouble : scanned;
}

Result<LogPoint> PersonEraser::checkpoint() {
  const std::lock_guard lock(mutex_);
  return at_;
}

Status PersonEraser::apply(std::span<const TransactionPtr> batch) {
  for (const TransactionPtr& transaction : batch) {
    const schema::Record& record = transaction->record();
    for (int i = 0; i < transaction->event_count(); ++i) {
      if (record.events(i).type() != schema::Event::kCustomerErasedFieldNumber) continue;
      if (Status erased = keys_.erase(record.tenant(), record.events(i).stream_id()); !erased.ok()) return erased;
    }
  }
  const std::lock_guard lock(mutex_);
  TILL_ASSERT(batch.front()->position() == at_.position.next());
  at_ = batch.back()->point();
  return {};
}

}  // namespace till
