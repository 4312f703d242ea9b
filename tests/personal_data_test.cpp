#include "api/personal_data.h"

#include <memory>
#include <string>
#include <utility>

#include <catch2/catch.hpp>

#include "api/pin_hash.h"
#include "api/wire_values.h"
#include "tests/temporary_directory.h"

namespace till::testing {
namespace {

class Keys {
 public:
  Keys() {
    auto opened = PersonKeys::open(directory_.path() + "/keys", Secret{1, 2, 3}, IfMissing::kMake);
    REQUIRE(opened.ok());
    keys_ = std::move(*opened);
  }
  PersonKeys& operator*() { return *keys_; }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<PersonKeys> keys_;
};

}  // namespace

TEST_CASE("personal fields of an employee are sealed under a key of their own", "[personal_data]") {
  Keys keys;
  schema::UpsertEmployee command;
  command.set_employee_id("ann");
  command.set_name("Ada Lovelace");
  CHECK(has_personal_fields(*command.GetDescriptor()));
  REQUIRE(seal_personal_fields(*keys, "acme", command).ok());
  CHECK(command.name().empty());
  CHECK(command.employee_id() == "ann");
  CHECK(command.sealed().find("Lovelace") == std::string::npos);
  CHECK(open_personal_data(*keys, "acme", employee_person("ann"), command.sealed())->name() == "Ada Lovelace");
  CHECK(open_personal_data(*keys, "zeta", employee_person("ann"), command.sealed())->name().empty());
}

TEST_CASE("an employee and a customer of the same id are two persons", "[personal_data]") {
  Keys keys;
  schema::UpsertEmployee employee;
  employee.set_employee_id("ann");
  employee.set_name("Ada");
  schema::RegisterCustomer customer;
  customer.set_customer_id("ann");
  customer.set_name("Eve");
  REQUIRE(seal_personal_fields(*keys, "acme", employee).ok());
  REQUIRE(seal_personal_fields(*keys, "acme", customer).ok());
  CHECK((*keys).counts().live == 2);
  CHECK_FALSE(open_personal_data(*keys, "acme", "ann", employee.sealed()).ok());
  REQUIRE((*keys).erase("acme", "ann").ok());
  CHECK(open_personal_data(*keys, "acme", "ann", customer.sealed())->name().empty());
  CHECK(open_personal_data(*keys, "acme", employee_person("ann"), employee.sealed())->name() == "Ada");
  // No id of a customer is the name of an employee's key.
  CHECK_FALSE(is_id(employee_person("ann")));
}

TEST_CASE("a PIN is known by its hash, which is worth nothing without the server's secret", "[personal_data]") {
  const PinHasher hasher(MasterSecret{1, 2, 3});
  const auto hash = hasher.hash("acme", "ann", "4711");
  REQUIRE(hash.ok());
  CHECK(hash->starts_with("$argon2id$"));
  CHECK(*hasher.hash("acme", "ann", "4711") != *hash);
  CHECK(hasher.matches("acme", "ann", "4711", *hash));
  CHECK_FALSE(hasher.matches("acme", "ann", "4712", *hash));
  CHECK_FALSE(hasher.matches("acme", "bob", "4711", *hash));
  CHECK_FALSE(hasher.matches("zeta", "ann", "4711", *hash));
  CHECK_FALSE(hasher.matches("acme", "ann", "4711", ""));
  CHECK_FALSE(hasher.matches("acme", "ann", "4711", std::string(1'000, 'x')));
  CHECK_FALSE(PinHasher(MasterSecret{9}).matches("acme", "ann", "4711", *hash));
}

TEST_CASE("secret fields are used up", "[personal_data]") {
  const PinHasher hasher(MasterSecret{1, 2, 3});
  schema::SetEmployeePin set;
  set.set_employee_id("ann");
  set.set_pin("4711");
  CHECK(has_secret_fields(*set.GetDescriptor()));
  REQUIRE(use_up_secret_fields(hasher, "acme", set).ok());
  CHECK(set.pin().empty());
  CHECK(hasher.matches("acme", "ann", "4711", set.pin_hash()));
  schema::StartSession start;
  start.set_pin("4711");
  start.set_session_id("n1");
  REQUIRE(use_up_secret_fields(hasher, "acme", start).ok());
  CHECK(start.pin().empty());
  CHECK(start.session_id() == "n1");
  schema::EndSession end;
  CHECK_FALSE(has_secret_fields(*end.GetDescriptor()));
  CHECK(use_up_secret_fields(hasher, "acme", end).ok());
}

}  // namespace till::testing
