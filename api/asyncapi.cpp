#include "api/asyncapi.h"

#include <map>
#include <vector>

#include <google/protobuf/descriptor.h>

#include "api/event_proto.h"
#include "api/openapi_schemas.h"
#include "commands/retail_domain.h"
#include "commands/rules.h"
#include "engine/json_writer.h"
#include "projections/relay/relay_options.h"
#include "projections/relay/subscriber.h"
#include "schemas/events.pb.h"

namespace till {
namespace {

constexpr std::string_view kEventsDescription =
    "Every accepted event of a tenant, once and in the order of the log, in a JetStream stream. A subscriber gets a "
    "NATS "
    "user and a durable pull consumer of its own, both named subscriber_{tenant}_{name}, which show its tenant's "
    "subjects alone; its client names the JetStream domain `till`, pulls, and acknowledges each message. Delivery is "
    "at "
    "least once: remember ce-id where an event must not count twice. ce-tillversion orders the events of one entity. "
    "Bodies are serialized till.schema.Event messages; /schemas/events.proto has them all. Fields about persons are "
    "ciphertext.";
constexpr std::string_view kBodyType = "application/x-protobuf";
constexpr std::string_view kProtoFormat = "application/vnd.google.protobuf;version=3";
constexpr std::string_view kMessageIdPattern = "^[0-9a-f]{32}\\.[0-9]+\\.[0-9]+\\.[0-9]+$";

struct PublishedEvent {
  std::string name;  // "SaleCompleted"
  std::string kind;  // "sale"
  const google::protobuf::FieldDescriptor* member;
};

// In the order of the schema.
std::vector<PublishedEvent> published_events() {
  std::map<int, schema::Kind> kinds;
  for (const Aggregate& aggregate : retail_aggregates()) {
    for (const EventRule& rule : aggregate.events) kinds.emplace(rule.event, rule.kind);
  }
  std::vector<PublishedEvent> events;
  const auto& members = *schema::Event::descriptor();
  for (int i = 0; i < members.field_count(); ++i) {
    const auto kind = kinds.find(members.field(i)->number());
    if (kind == kinds.end()) continue;
    events.push_back({event_type_name(*members.field(i)), kind_type_name(kind->second), members.field(i)});
  }
  return events;
}

void write_nats_server(JsonWriter& json) {
  json.object("servers").object("nats").member("host", "{host}").member("protocol", "nats");
  json.member("description", "The NATS server that Till publishes to; its operator tells the address");
  json.object("variables").object("host").member("default", "127.0.0.1:4222");
  json.member("description", "Name or address, and port").end_object().end_object();
  json.array("security");
  write_reference(json, "#/components/securitySchemes/subscriber");
  json.end_array();
  json.object("x-jetstream").member("stream", RelayOptions().stream).member("domain", kSubscriberDomain);
  json.member("consumer", subscriber_name("{tenant}", "{name}")).end_object();
  json.end_object().end_object();
}

void write_channel(JsonWriter& json, const PublishedEvent& event) {
  json.object(event.name);
  json.member("address", RelayOptions().subject_prefix + ".{tenant}." + event.kind + "." + event.name);
  json.array("servers");
  write_reference(json, "#/servers/nats");
  json.end_array().object("parameters").key("tenant");
  write_reference(json, "#/components/parameters/tenant");
  json.end_object().object("messages").key(event.name);
  write_reference(json, "#/components/messages/" + event.name);
  json.end_object().end_object();
}

void write_receive_operation(JsonWriter& json, const PublishedEvent& event) {
  const std::string channel = "#/channels/" + event.name;
  json.object("receive" + event.name).member("action", "receive").key("channel");
  write_reference(json, channel);
  json.array("messages");
  write_reference(json, channel + "/messages/" + event.name);
  json.end_array().end_object();
}

void write_message(JsonWriter& json, const PublishedEvent& event) {
  json.object(event.name).member("name", event.name).member("title", event.name).member("contentType", kBodyType);
  json.array("tags").begin_object().member("name", event.kind).end_object().end_array();
  json.object("headers").member("type", "object").array("allOf");
  write_reference(json, "#/components/schemas/EventHeaders");
  json.begin_object().member("type", "object").object("properties");
  json.object("ce-type").member("const", "till." + event.name).end_object();
  json.object("ce-subject").member("type", "string").member("pattern", "^" + event.kind + "/").end_object();
  json.end_object().end_object().end_array().end_object();
  json.object("payload").member("schemaFormat", kProtoFormat).member("schema", event_proto(*event.member)).end_object();
  json.member("x-protobuf-message", schema::Event::descriptor()->full_name());
  json.member("x-protobuf-member", event.member->name());
  json.end_object();
}

void write_text_header(JsonWriter& json, std::string_view name, std::string_view description,
                       std::string_view rule = {}, std::string_view value = {}) {
  json.object(name).member("type", "string").member("description", description);
  if (!rule.empty()) json.member(rule, value);
  json.end_object();
}

void write_event_headers(JsonWriter& json) {
  json.object("EventHeaders").member("type", "object");
  json.member("description", "A CloudEvent 1.0 in binary mode. NATS adds fields of its own").object("properties");
  write_text_header(json, "Nats-Msg-Id", "log id, epoch, position, index in the transaction from 0; ce-id is the same",
                    "pattern", kMessageIdPattern);
  write_text_header(json, "ce-specversion", "Version of CloudEvents", "const", "1.0");
  write_text_header(json, "ce-id", "Names the event for ever", "pattern", kMessageIdPattern);
  write_text_header(json, "ce-source", "The log", "pattern", "^/till/[0-9a-f]{32}$");
  write_text_header(json, "ce-type", "till. and the event's name", "pattern", "^till\\.[A-Za-z0-9]+$");
  write_text_header(json, "ce-subject",
                    "Kind and id of the entity; other than visible ASCII, \" and % is percent-encoded", "pattern",
                    "^[a-z_]+/");
  write_text_header(json, "ce-time", "When the transaction was recorded, UTC", "format", "date-time");
  write_text_header(json, "ce-datacontenttype", "Of the body", "const", kBodyType);
  write_text_header(json, "ce-tilltenant", "The tenant", "pattern", "^[a-z0-9-]{1,32}$");
  write_text_header(json, "ce-tillposition", "The position as the API shows it, opaque");
  write_text_header(json, "ce-tillversion", "Version of the entity: from 1, without gaps", "pattern", "^[1-9][0-9]*$");
  write_text_header(json, "traceparent", "W3C trace context of the request, where it had one");
  write_text_header(json, "ce-traceparent", "The same");
  json.end_object().array("required");
  for (const std::string_view name :
       {"Nats-Msg-Id", "ce-specversion", "ce-id", "ce-source", "ce-type", "ce-subject", "ce-time", "ce-datacontenttype",
        "ce-tilltenant", "ce-tillposition", "ce-tillversion"}) {
    json.string(name);
  }
  json.end_array().end_object();
}

void write_event_components(JsonWriter& json, const std::vector<PublishedEvent>& events) {
  json.object("components").object("securitySchemes").object("subscriber").member("type", "userPassword");
  json.member("description", "Made by `till subscribers add`, which shows the password once").end_object().end_object();
  json.object("parameters").object("tenant");
  json.member("description", "The tenant: a subscriber sees one alone").end_object().end_object();
  json.object("schemas");
  write_event_headers(json);
  json.end_object().object("messages");
  for (const PublishedEvent& event : events) write_message(json, event);
  json.end_object().end_object();
}

}  // namespace

std::string asyncapi_json(std::string_view version) {
  const std::vector<PublishedEvent> events = published_events();
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("asyncapi", "3.0.0").object("info").member("title", "Till events");
  json.member("version", version).member("description", kEventsDescription).end_object();
  json.member("defaultContentType", kBodyType);
  write_nats_server(json);
  json.object("channels");
  for (const PublishedEvent& event : events) write_channel(json, event);
  json.end_object().object("operations");
  for (const PublishedEvent& event : events) write_receive_operation(json, event);
  json.end_object();
  write_event_components(json, events);
  json.end_object();
  return out;
}

}  // namespace till
