#include "tests/scenario.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <google/protobuf/text_format.h>

#include "tests/memory_books.h"

namespace till::testing {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::TextFormat;

// One directive: its first word, the rest with all continuation lines.
struct Directive {
  int line = 0;
  std::string word;
  std::string rest;
};

std::string trim(const std::string& text) {
  const auto begin = text.find_first_not_of(" \n");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \n") - begin + 1);
}

std::vector<Directive> read_directives(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::vector<Directive> directives;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.empty() || line.front() == '#') continue;
    if (line.front() == ' ' || line.front() == '}') {
      if (directives.empty()) throw std::runtime_error("continuation without directive");
      directives.back().rest += "\n" + line;
      continue;
    }
    const auto space = line.find(' ');
    directives.push_back({number, line.substr(0, space), space == std::string::npos ? "" : line.substr(space + 1)});
  }
  return directives;
}

template <class Body>
Body parse(const std::string& text) {
  Body body;
  if (!TextFormat::ParseFromString(text, &body)) throw std::runtime_error("not a " + body.GetTypeName() + ": " + text);
  return body;
}

// Where a path such as "ring_up_sale.lines[1].sku" leads: the message that holds the last field, and that field.
struct Place {
  Message* message;
  const FieldDescriptor* field;
};

Place walk(Message& root, const std::string& path) {
  Message* message = &root;
  std::size_t begin = 0;
  while (true) {
    const auto end = path.find('.', begin);
    std::string step = path.substr(begin, end == std::string::npos ? end : end - begin);
    const auto bracket = step.find('[');
    const int index = bracket == std::string::npos ? -1 : std::stoi(step.substr(bracket + 1));
    step = step.substr(0, bracket);
    const FieldDescriptor* field = message->GetDescriptor()->FindFieldByName(step);
    if (field == nullptr) throw std::runtime_error("no field " + step + " in " + message->GetTypeName());
    if (end == std::string::npos) return {message, field};
    const Reflection& reflection = *message->GetReflection();
    message = index < 0 ? reflection.MutableMessage(message, field)
                        : reflection.MutableRepeatedMessage(message, field, index);
    begin = end + 1;
  }
}

// "ring_up_sale.lines 3": the list's last member three times more, with its place in the list for each '*' in it.
void repeat(Message& root, const std::string& rest) {
  std::istringstream words(rest);
  std::string path;
  int times = 0;
  words >> path >> times;
  const Place place = walk(root, path);
  const Reflection& reflection = *place.message->GetReflection();
  int size = reflection.FieldSize(*place.message, place.field);
  std::string pattern;
  TextFormat::PrintToString(reflection.GetRepeatedMessage(*place.message, place.field, size - 1), &pattern);
  for (; times > 0; --times, ++size) {
    std::string text = pattern;
    for (auto at = text.find('*'); at != std::string::npos; at = text.find('*')) {
      text.replace(at, 1, std::to_string(size));
    }
    TextFormat::ParseFromString(text, reflection.AddMessage(place.message, place.field));
  }
}

void change(Message& root, const Directive& directive) {
  if (directive.word == "clear") {
    const Place place = walk(root, trim(directive.rest));
    place.message->GetReflection()->ClearField(place.message, place.field);
    return;
  }
  const auto colon = directive.rest.find(':');
  if (colon == std::string::npos) throw std::runtime_error("a change is path: value");
  const Place place = walk(root, directive.rest.substr(0, colon));
  if (directive.word == "set") place.message->GetReflection()->ClearField(place.message, place.field);
  TextFormat::Parser parser;
  if (!parser.ParseFieldValueFromString(trim(directive.rest.substr(colon + 1)), place.field, place.message)) {
    throw std::runtime_error("not a value: " + directive.rest);
  }
}

// "2026-03-02T10:00:00Z" in microseconds.
std::int64_t parse_time(const std::string& text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (std::sscanf(text.c_str(), "%d-%d-%dT%d:%d:%dZ", &year, &month, &day, &hour, &minute, &second) != 6) {
    throw std::runtime_error("not a time: " + text);
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  const std::chrono::sys_seconds time = std::chrono::sys_days(date) + std::chrono::hours(hour) +
                                        std::chrono::minutes(minute) + std::chrono::seconds(second);
  return std::chrono::microseconds(time.time_since_epoch()).count();
}

void read_kinds(const std::string& rest, std::set<std::uint16_t>& kinds) {
  std::istringstream words(rest);
  for (std::string word; words >> word;) {
    schema::Kind kind{};
    if (!schema::Kind_Parse(word, &kind)) throw std::runtime_error("no kind " + word);
    kinds.insert(static_cast<std::uint16_t>(kind));
  }
}

schema::Scope parse_scope(const std::string& name) {
  schema::Scope scope{};
  if (!schema::Scope_Parse(name, &scope)) throw std::runtime_error("no scope " + name);
  return scope;
}

void read_rejection(const std::string& rest, Scenario& scenario) {
  std::istringstream words(rest);
  words >> scenario.reject;
  for (std::string word; words >> word;) {
    if (word.front() == '/')
      scenario.pointer = word;
    else if (word == "expected")
      words >> scenario.expected;
    else
      throw std::runtime_error("not a rejection: " + rest);
  }
}

// Reads the directives of one file; the background is what every scenario of the file starts from.
class FileReader {
 public:
  explicit FileReader(std::string file) : file_(std::move(file)) {}

  std::vector<Scenario> read(const std::vector<Directive>& directives) {
    for (const Directive& directive : directives) {
      try {
        take(directive);
      } catch (const std::exception& trouble) {
        throw std::runtime_error(file_ + ":" + std::to_string(directive.line) + ": " + trouble.what());
      }
    }
    return std::move(scenarios_);
  }

 private:
  Scenario& current() { return scenarios_.empty() ? background_ : scenarios_.back(); }

  void take(const Directive& directive) {
    const std::string& word = directive.word;
    Scenario& scenario = current();
    if (word == "scenario")
      begin(directive);
    else if (word == "at")
      now_us_ = scenario.when.at_us = parse_time(trim(directive.rest));
    else if (word == "given")
      scenario.given.push_back({now_us_, parse<schema::Command>(directive.rest), {}, {}});
    else if (word == "when")
      scenario.when = {now_us_, parse<schema::Command>(directive.rest), {}, {}};
    else if (word == "set" || word == "add" || word == "clear")
      change(scenario.when.command, directive);
    else if (word == "repeat")
      repeat(scenario.when.command, directive.rest);
    else if (word == "bound")
      scenario.when.bound_terminal = trim(directive.rest);
    else if (word == "scope")
      scenario.when.scope = parse_scope(trim(directive.rest));
    else if (word == "finds")
      read_kinds(directive.rest, scenario.finds);
    else if (word == "fresh")
      scenario.given.clear();
    else if (word == "sent")
      scenario.given.push_back({now_us_, scenario.when.command, {}, {}});
    else if (word == "then")
      scenario.then.push_back(parse<schema::Event>(directive.rest));
    else if (word == "answer")
      scenario.answer = parse<schema::Answer>(directive.rest);
    else if (word == "business_date")
      scenario.business_date = std::stoi(directive.rest);
    else if (word == "again")
      scenario.again = trim(directive.rest);
    else if (word == "reject")
      read_rejection(directive.rest, scenario);
    else
      throw std::runtime_error("unknown directive " + word);
  }

  void begin(const Directive& directive) {
    if (scenarios_.empty()) background_us_ = now_us_;
    Scenario scenario = background_;
    now_us_ = background_us_;
    scenario.when.at_us = now_us_;
    scenario.file = file_;
    scenario.name = trim(directive.rest);
    scenario.line = directive.line;
    scenarios_.push_back(std::move(scenario));
  }

  std::string file_;
  Scenario background_;
  std::int64_t now_us_ = kTestStartUs;
  std::int64_t background_us_ = kTestStartUs;
  std::vector<Scenario> scenarios_;
};

std::string value_text(const Message& message, const FieldDescriptor* field, int index) {
  std::string text;
  TextFormat::PrintFieldValueToString(message, field, index, &text);
  return text;
}

std::string field_difference(const Message& wanted, const Message& actual, const FieldDescriptor* field, int index) {
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    const Reflection& mine = *wanted.GetReflection();
    const Reflection& other = *actual.GetReflection();
    return index < 0 ? first_difference(mine.GetMessage(wanted, field), other.GetMessage(actual, field))
                     : first_difference(mine.GetRepeatedMessage(wanted, field, index),
                                        other.GetRepeatedMessage(actual, field, index));
  }
  const std::string a = value_text(wanted, field, index);
  const std::string b = value_text(actual, field, index);
  return a == b ? "" : "wanted " + a + ", is " + b;
}

}  // namespace

std::string first_difference(const Message& wanted, const Message& actual) {
  std::vector<const FieldDescriptor*> fields;
  wanted.GetReflection()->ListFields(wanted, &fields);
  for (const FieldDescriptor* field : fields) {
    const int size = field->is_repeated() ? wanted.GetReflection()->FieldSize(wanted, field) : -1;
    if (field->is_repeated() && actual.GetReflection()->FieldSize(actual, field) != size) {
      return field->name() + ": wanted " + std::to_string(size) + " members";
    }
    if (field->containing_oneof() != nullptr && !actual.GetReflection()->HasField(actual, field)) {
      return field->name() + " is not there";
    }
    // A single field counts as one member with the index -1.
    for (int i = field->is_repeated() ? 0 : -1; i < std::max(size, 0); ++i) {
      const std::string difference = field_difference(wanted, actual, field, i);
      if (!difference.empty()) return field->name() + ": " + difference;
    }
  }
  return {};
}

std::vector<Scenario> read_scenarios(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".scenario") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  std::vector<Scenario> scenarios;
  for (const auto& path : paths) {
    for (Scenario& scenario : FileReader(path.filename().string()).read(read_directives(path))) {
      scenarios.push_back(std::move(scenario));
    }
  }
  return scenarios;
}

}  // namespace till::testing
