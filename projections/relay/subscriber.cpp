#include "projections/relay/subscriber.h"

#include <algorithm>

namespace till {
namespace {

constexpr std::size_t kSubscriberNameMost = 32;
constexpr std::string_view kConsumerInfo = "API.CONSUMER.INFO.";
constexpr std::string_view kConsumerNext = "API.CONSUMER.MSG.NEXT.";

// Everything here is of letters that need no escape.
std::string in_quotes(std::string_view text) {
  return '"' + std::string(text) + '"';
}

// "$JS.API.CONSUMER.INFO.TILL.<consumer>"; with a domain as its clients ask for it.
std::string consumer_request(std::string_view request, const RelayOptions& stream, std::string_view consumer,
                             std::string_view domain = {}) {
  std::string subject = "$JS.";
  if (!domain.empty()) subject.append(domain).append(".");
  return subject.append(request).append(stream.stream).append(".").append(consumer);
}

std::string acknowledgements(const RelayOptions& stream, std::string_view consumer) {
  return "$JS.ACK." + stream.stream + "." + std::string(consumer) + ".>";
}

// An import from the account of the stream, under another subject where one is given.
std::string import_of(std::string_view what, const std::string& subject, const std::string& as = {}) {
  std::string text = "    { " + std::string(what) + ": { account: " + in_quotes(kStreamAccount);
  text += ", subject: " + in_quotes(subject) + " }";
  if (!as.empty()) text += ", to: " + in_quotes(as);
  return text + " }\n";
}

}  // namespace

bool is_subscriber_name(std::string_view name) {
  return !name.empty() && name.size() <= kSubscriberNameMost && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

std::string subscriber_name(std::string_view tenant, std::string_view name) {
  return "subscriber_" + std::string(tenant) + "_" + std::string(name);
}

std::string subscriber_exports(const RelayOptions& stream) {
  std::string text = "[\n";
  text += "    { service: " + in_quotes(consumer_request(kConsumerInfo, stream, "*")) + " }\n";
  // One request brings many messages.
  text +=
      "    { service: " + in_quotes(consumer_request(kConsumerNext, stream, "*")) + ", response_type: \"stream\" }\n";
  text += "    { service: " + in_quotes(acknowledgements(stream, "*")) + " }\n";
  text += "    { stream: " + in_quotes(stream.subject_prefix + ".>") + " }\n";
  return text + "  ]";
}

std::string subscriber_account(const RelayOptions& stream, const Subscriber& subscriber) {
  const std::string consumer = subscriber_name(subscriber);
  const std::string subjects = stream.subject_prefix + "." + subscriber.tenant + ".>";
  const std::string info = consumer_request(kConsumerInfo, stream, consumer, kSubscriberDomain);
  const std::string next = consumer_request(kConsumerNext, stream, consumer, kSubscriberDomain);
  const std::string acknowledged = acknowledgements(stream, consumer);
  std::string text = in_quotes(consumer) + ": {\n  users: [ { user: " + in_quotes(consumer);
  text += ", password: " + in_quotes(subscriber.password_hash) + ", permissions: {\n";
  text +=
      "    publish: { allow: [" + in_quotes(info) + ", " + in_quotes(next) + ", " + in_quotes(acknowledged) + "] }\n";
  text += "    subscribe: { allow: [\"_INBOX.>\", " + in_quotes(subjects) + "] } } } ]\n";
  text += "  imports: [\n";
  text += import_of("service", consumer_request(kConsumerInfo, stream, consumer), info);
  text += import_of("service", consumer_request(kConsumerNext, stream, consumer), next);
  text += import_of("service", acknowledged);
  text += import_of("stream", subjects);
  return text + "  ]\n}\n";
}

}  // namespace till
