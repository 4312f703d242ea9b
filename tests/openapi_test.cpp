#include "api/openapi.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

#include "api/json_document.h"
#include "api/problem.h"
#include "api/routes.h"
#include "api/wire_values.h"
#include "engine/utf8.h"

namespace till {
namespace {

void collect_references(const JsonValue& value, std::set<std::string>& out) {
  if (value.IsArray()) {
    for (const auto& item : value.GetArray()) collect_references(item, out);
  } else if (value.IsObject()) {
    for (const auto& member : value.GetObject()) {
      if (text_of(member.name) == "$ref" && member.value.IsString()) out.emplace(text_of(member.value));
      collect_references(member.value, out);
    }
  }
}

const JsonValue* at_pointer(const JsonValue& root, std::string_view pointer) {
  const JsonValue* value = &root;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    const std::string name(pointer.substr(0, end));
    pointer.remove_prefix(end);
    if (!value->IsObject() || !value->HasMember(name.c_str())) return nullptr;
    value = &(*value)[name.c_str()];
  }
  return value;
}

}  // namespace

TEST_CASE("the API description is whole", "[openapi]") {
  const std::string text = openapi_json("1.2.3");
  CHECK(is_utf8(text));
  rapidjson::Document root;
  root.Parse(text.c_str());
  REQUIRE_FALSE(root.HasParseError());
  CHECK(text_of(root["openapi"]) == "3.1.0");
  CHECK(text_of(root["info"]["version"]) == "1.2.3");

  std::set<std::string> references;
  collect_references(root, references);
  CHECK(references.size() > 20);
  for (const std::string& reference : references) {
    CAPTURE(reference);
    REQUIRE(reference.starts_with("#/"));
    CHECK(at_pointer(root, std::string_view(reference).substr(1)) != nullptr);
  }

  std::set<std::string> tags;
  for (const auto& tag : root["tags"].GetArray()) {
    CHECK_FALSE(text_of(tag["description"]).empty());
    CHECK(tags.emplace(text_of(tag["name"])).second);
  }
  for (const Route& route : all_routes()) {
    CAPTURE(route.group);
    CHECK(tags.contains(route.group));
  }

  std::set<std::string> operations;
  for (const auto& path : root["paths"].GetObject()) {
    for (const auto& operation : path.value.GetObject()) {
      CHECK(operations.emplace(text_of(operation.value["operationId"])).second);
      CHECK(operation.value.HasMember("responses"));
    }
  }
  CHECK(operations.size() == all_routes().size());
  for (const Route& route : all_routes()) CHECK(operations.contains(route.name));
  CHECK(openapi_json("1.2.3") == text);
}

TEST_CASE("commands are described as they are checked", "[openapi]") {
  rapidjson::Document root;
  root.Parse(openapi_json("1").c_str());
  const auto& schemas = root["components"]["schemas"];
  const auto names = [](const JsonValue& list) {
    std::set<std::string> out;
    for (const auto& item : list.GetArray()) out.emplace(text_of(item));
    return out;
  };
  CHECK(names(schemas["UpsertStore"]["required"]) == std::set<std::string>{"name"});
  CHECK(names(schemas["RingUpSale.Line"]["required"]) ==
        std::set<std::string>{"line_id", "sku", "quantity", "unit_price"});
  CHECK(names(schemas["Money"]["required"]) == std::set<std::string>{"amount", "currency"});
  CHECK_FALSE(schemas["RegisterCustomer"]["properties"].HasMember("sealed"));
  CHECK(schemas["RingUpSale"]["properties"]["lines"]["maxItems"].GetInt() == 499);
  CHECK(schemas["Tender"]["properties"]["reference"]["maxLength"].GetInt() == 128);
  CHECK(names(schemas["Tender"]["properties"]["type"]["enum"]).contains("GIFT_CARD"));
  CHECK_FALSE(names(schemas["Tender"]["properties"]["type"]["enum"]).contains("TYPE_UNSPECIFIED"));
  CHECK(schemas["UnitPrice"]["oneOf"].Size() == 2);
  CHECK(names(schemas["Dashboard"]["required"]).contains("sales"));
  CHECK(names(schemas["TaxReport.Row"]["required"]).contains("tax_code"));
  CHECK(names(schemas["ErrorCode"]["enum"]).contains("INSUFFICIENT_STOCK"));

  const auto& sale = root["paths"]["/v1/sales"]["post"];
  CHECK(text_of(sale["operationId"]) == "RingUpSale");
  CHECK(sale["responses"].HasMember("201"));
  CHECK(sale["responses"].HasMember("409"));
  CHECK(sale["requestBody"]["content"].HasMember("application/x-protobuf"));
  const auto& stock = root["paths"]["/v1/reports/stock"]["get"];
  CHECK(stock["responses"]["200"]["content"].HasMember("text/csv"));
  CHECK(stock["parameters"][1]["schema"]["maximum"].GetInt() == 1000);
  bool has_key = false;
  for (const auto& parameter : sale["parameters"].GetArray()) {
    has_key |= text_of(parameter["$ref"]) == "#/components/parameters/IdempotencyKey";
  }
  CHECK(has_key);
  CHECK(root["paths"]["/livez"]["get"]["security"].Empty());
}

TEST_CASE("the readable page names every route and code", "[openapi]") {
  const std::string page = docs_html("1.2.3");
  for (const Route& route : all_routes()) CHECK(page.find("id=\"" + route.name + "\"") != std::string::npos);
  const auto& codes = *schema::ErrorCode_descriptor();
  for (int i = 1; i < codes.value_count(); ++i) CHECK(page.find(codes.value(i)->name()) != std::string::npos);
  for (const char* foreign : {"<script", "src=", "http://", "https://", "@import"}) {
    CHECK(page.find(foreign) == std::string::npos);
  }
}

}  // namespace till
