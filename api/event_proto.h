// The messages of events as Protobuf text that stands alone: what a subscriber generates code from. Made from the
// descriptors, without the options that only this program reads, and without what no event holds. Deterministic. Thread
// safe; callers keep the text, making it takes milliseconds.
#pragma once

#include <string>

#include <google/protobuf/descriptor.h>

namespace till {

// A .proto file with till.schema.Event and every message below it.
std::string event_proto();

// The same with `member` as the only one that Event can hold: the bodies of that event's messages, which the whole file
// reads as well. Event is marked as the root for tools that look for one.
std::string event_proto(const google::protobuf::FieldDescriptor& member);

}  // namespace till
