#include "api/batch_codec.h"

#include <limits>
#include <utility>

#include "api/problem.h"
#include "engine/json_writer.h"

namespace till {
namespace {

schema::Problem one_error(std::string pointer, std::string_view code, std::string_view instance) {
  FieldErrors errors;
  errors.add(std::move(pointer), code);
  return make_problem(errors, instance);
}

BatchEntry entry_with(schema::Problem problem) {
  BatchEntry entry;
  entry.decoded.problem = std::move(problem);
  return entry;
}

// Looks at the key and the name; false where the entry has got its problem.
bool check_head(BatchEntry& entry, std::string_view instance) {
  if (entry.idempotency_key.empty()) {
    entry.decoded.problem = make_problem(schema::IDEMPOTENCY_KEY_MISSING, {}, instance);
    return false;
  }
  if (!is_idempotency_key(entry.idempotency_key)) {
    entry.decoded.problem = make_problem(schema::IDEMPOTENCY_KEY_INVALID, {}, instance);
    return false;
  }
  if (entry.command.empty()) {
    entry.decoded.problem = one_error("/command", field_code::kRequired, instance);
    return false;
  }
  entry.route = route_of_command(entry.command);
  if (entry.route == nullptr) {
    entry.decoded.problem = make_problem(schema::COMMAND_UNKNOWN, {}, instance);
    return false;
  }
  return true;
}

struct ItemMembers {
  const JsonValue* key = nullptr;
  const JsonValue* command = nullptr;
  const JsonValue* body = nullptr;
};

ItemMembers members_of(const JsonValue& item, FieldErrors& errors) {
  ItemMembers members;
  const FieldPath root;
  for (const auto& member : item.GetObject()) {
    const std::string_view name = text_of(member.name);
    const JsonValue** slot = name == "idempotency_key" ? &members.key
                             : name == "command"       ? &members.command
                             : name == "body"          ? &members.body
                                                       : nullptr;
    if (slot == nullptr) {
      errors.add(FieldPath(&root, name), field_code::kUnknownField);
    } else if (*slot != nullptr) {
      errors.add(FieldPath(&root, name), field_code::kDuplicateField);
    } else {
      *slot = &member.value;
    }
  }
  return members;
}

void take_text(const JsonValue* value, std::string_view pointer, std::string& out, FieldErrors& errors) {
  if (value == nullptr) return;
  if (value->IsString()) {
    out = text_of(*value);
  } else {
    errors.add(std::string(pointer), field_code::kWrongType);
  }
}

BatchEntry decode_item(const JsonValue& item, std::string_view instance) {
  if (!item.IsObject()) return entry_with(one_error("", field_code::kWrongType, instance));
  FieldErrors errors;
  const ItemMembers members = members_of(item, errors);
  BatchEntry entry;
  take_text(members.key, "/idempotency_key", entry.idempotency_key, errors);
  take_text(members.command, "/command", entry.command, errors);
  if (members.body == nullptr) {
    errors.add("/body", field_code::kRequired);
  } else if (!members.body->IsObject()) {
    errors.add("/body", field_code::kWrongType);
  }
  if (!errors.empty()) {
    entry.route = route_of_command(entry.command);
    entry.decoded.problem = make_problem(errors, instance);
    return entry;
  }
  if (check_head(entry, instance)) entry.decoded = decode_command_value(*entry.route, *members.body, instance);
  return entry;
}

DecodedBatch whole_refused(schema::Problem problem) {
  return {{}, std::move(problem)};
}

DecodedBatch decode_json_batch(std::string_view body, std::string_view instance) {
  JsonDocument document;
  if (const auto error = document.parse(body)) {
    return whole_refused(make_problem(schema::MALFORMED_BODY, error->detail, instance));
  }
  if (!document.root().IsObject()) return whole_refused(one_error("", field_code::kWrongType, instance));
  FieldErrors errors;
  const FieldPath root;
  const JsonValue* commands = nullptr;
  for (const auto& member : document.root().GetObject()) {
    const FieldPath place(&root, text_of(member.name));
    if (text_of(member.name) != "commands") {
      errors.add(place, field_code::kUnknownField);
    } else if (commands != nullptr) {
      errors.add(place, field_code::kDuplicateField);
    } else {
      commands = &member.value;
    }
  }
  if (commands != nullptr && !commands->IsArray()) {
    errors.add("/commands", field_code::kWrongType);
  } else if (commands == nullptr || commands->Empty()) {
    errors.add("/commands", field_code::kRequired);
  } else if (commands->Size() > kBatchCommandsMost) {
    errors.add("/commands", field_code::kTooManyItems);
  }
  if (!errors.empty()) return whole_refused(make_problem(errors, instance));
  DecodedBatch batch;
  batch.items.reserve(commands->Size());
  for (const JsonValue& item : commands->GetArray()) batch.items.push_back(decode_item(item, instance));
  return batch;
}

BatchEntry decode_item(const schema::BatchItem& item, std::string_view instance) {
  BatchEntry entry;
  entry.idempotency_key = item.idempotency_key();
  entry.command = item.command();
  if (!item.GetReflection()->GetUnknownFields(item).empty()) {
    entry.decoded.problem = one_error("", field_code::kUnknownField, instance);
  } else if (check_head(entry, instance)) {
    entry.decoded = decode_command_bytes(*entry.route, item.body(), instance);
  }
  return entry;
}

DecodedBatch decode_protobuf_batch(std::string_view body, std::string_view instance) {
  schema::Batch message;
  if (body.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()) ||
      !message.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return whole_refused(make_problem(schema::MALFORMED_BODY, "Not a till.schema.Batch.", instance));
  }
  if (!message.GetReflection()->GetUnknownFields(message).empty()) {
    return whole_refused(one_error("", field_code::kUnknownField, instance));
  }
  if (message.commands().empty()) return whole_refused(one_error("/commands", field_code::kRequired, instance));
  if (static_cast<std::size_t>(message.commands_size()) > kBatchCommandsMost) {
    return whole_refused(one_error("/commands", field_code::kTooManyItems, instance));
  }
  DecodedBatch batch;
  batch.items.reserve(static_cast<std::size_t>(message.commands_size()));
  for (const auto& item : message.commands()) batch.items.push_back(decode_item(item, instance));
  return batch;
}

}  // namespace

DecodedBatch decode_batch(WireForm form, std::string_view body, std::string_view instance) {
  return form == WireForm::kJson ? decode_json_batch(body, instance) : decode_protobuf_batch(body, instance);
}

BatchEntry decode_batch_item(std::string_view json, std::string_view instance) {
  JsonDocument document;
  if (const auto error = document.parse(json)) {
    return entry_with(make_problem(schema::MALFORMED_BODY, error->detail, instance));
  }
  return decode_item(document.root(), instance);
}

std::string encode_batch(WireForm form, std::span<const BatchOutcome> outcomes) {
  if (form == WireForm::kProtobuf) {
    schema::BatchResult result;
    for (const BatchOutcome& outcome : outcomes) {
      auto& item = *result.add_results();
      item.set_status(outcome.status);
      item.set_body(outcome.body);
    }
    return result.SerializeAsString();
  }
  std::string out;
  JsonWriter json(out);
  json.begin_object().array("results");
  for (const BatchOutcome& outcome : outcomes) {
    json.begin_object().key("status").number(std::uint64_t{outcome.status}).key("body").raw(outcome.body).end_object();
  }
  json.end_array().end_object();
  return out;
}

}  // namespace till
