"""The API's description agrees with the contract's table of routes."""

import json
import os
import pathlib
import subprocess
from collections.abc import Iterator
from typing import Any

from support.case import ContractTest
from support.client import Api
from support.world import world

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINTER = ROOT / "build" / "linter" / "node_modules" / ".bin" / "redocly"
LINT_TIMEOUT_S = 120
# A test tells nobody of itself and asks nobody for news.
LINTER_SETTINGS = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
COMMANDS = {
    "UpsertStore": ("put", "/v1/stores/{store_id}"),
    "RegisterTerminal": ("put", "/v1/stores/{store_id}/terminals/{terminal_id}"),
    "SetStorePolicy": ("put", "/v1/stores/{store_id}/policy"),
    "UpsertProduct": ("put", "/v1/catalog/products/{sku}"),
    "RegisterCustomer": ("post", "/v1/customers"),
    "UpdateCustomer": ("put", "/v1/customers/{customer_id}"),
    "BlockCustomer": ("post", "/v1/customers/{customer_id}/block"),
    "UnblockCustomer": ("post", "/v1/customers/{customer_id}/unblock"),
    "SetConsent": ("put", "/v1/customers/{customer_id}/consents"),
    "MergeCustomers": ("post", "/v1/customers/{customer_id}/merge"),
    "UnmergeCustomer": ("post", "/v1/customers/{customer_id}/unmerge"),
    "PlaceLegalHold": ("post", "/v1/customers/{customer_id}/legal-hold"),
    "LiftLegalHold": ("post", "/v1/customers/{customer_id}/legal-hold/lift"),
    "EraseCustomer": ("post", "/v1/customers/{customer_id}/erase"),
    "ExportCustomerData": ("post", "/v1/customers/{customer_id}/exports"),
    "ReceiveStock": ("post", "/v1/inventory/receipts"),
    "AdjustStock": ("post", "/v1/inventory/adjustments"),
    "RingUpSale": ("post", "/v1/sales"),
    "VoidSale": ("post", "/v1/sales/{sale_id}/void"),
}
OTHERS = [("post", "/v1/batch"), ("get", "/v1/sales/{sale_id}"), ("get", "/v1/customers/{customer_id}"),
          ("get", "/v1/inventory/availability"), ("get", "/v1/dashboards/stores/{store_id}"),
          ("get", "/v1/dashboards/tenant"), ("get", "/v1/reports/sales"), ("get", "/v1/reports/tax"),
          ("get", "/v1/reports/top-products"), ("get", "/v1/reports/stock"), ("get", "/v1/reports/shrinkage"),
          ("get", "/v1/reports/sell-through"), ("get", "/v1/reports/gift-cards"), ("get", "/v1/reports/customers"),
          ("get", "/v1/reports/shifts"), ("get", "/v1/reports/loss-prevention"),
          ("get", "/v1/reports/shifts/{shift_id}/z"), ("get", "/v1/reports/shifts/{shift_id}/x"), ("get", "/livez"), ("get", "/readyz"),
          ("get", "/openapi.json"), ("get", "/asyncapi.json"), ("get", "/schemas/events.proto"), ("get", "/docs"),
          ("post", "/v1/terminals/{terminal_id}/sync"),
          ("get", "/v1/changes"),
          ("get", "/v1/sales/{sale_id}/receipt"),
          ("get", "/v1/returns/{return_id}/receipt"), ("get", "/v1/catalog/products"),
          ("get", "/v1/catalog/products/{sku}"), ("get", "/v1/inventory/low-stock"), ("get", "/v1/sessions"),
          ("get", "/v1/shifts"), ("post", "/v1/sessions/{session_id}/touch")]
FIELDS = {
    "UpsertStore": {"name"},
    "RegisterTerminal": {"name"},
    "SetStorePolicy": {"stock", "time_zone", "business_day_cutoff_hour"},
    "UpsertProduct": {"name", "category", "unit_price", "tax_code", "unit_cost"},
    "RegisterCustomer": {"customer_id", "name", "email", "phone"},
    "UpdateCustomer": {"name", "email", "phone", "expected_version"},
    "SetConsent": {"channel", "state"},
    "EraseCustomer": {"legal_basis", "forfeit"},
    "ReceiveStock": {"receipt_id", "store_id", "lines"},
    "AdjustStock": {"adjustment_id", "store_id", "sku", "delta", "reason"},
    "RingUpSale": {"sale_id", "store_id", "terminal_id", "terminal_seq", "occurred_at", "employee_id", "customer_id",
                   "lines", "taxes", "tenders", "change", "expected_total"},
    "VoidSale": {"reason"},
}


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


class OpenApi(ContractTest):
    document: dict[str, Any]

    @classmethod
    def setUpClass(cls) -> None:
        cls.document = Api(world().up["url"], None).send("GET", "/openapi.json").json

    def resolve(self, node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            target: Any = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def operation(self, method: str, path: str) -> dict[str, Any]:
        return self.document["paths"][path][method]

    def test_is_openapi_3_1(self) -> None:
        self.assertTrue(self.document["openapi"].startswith("3.1"))

    def test_the_linter_finds_nothing(self) -> None:
        if not LINTER.exists():
            self.skipTest("the linter is not installed: ops/test installs it where npm is")
        file = self.world.scratch / "openapi.json"
        file.write_text(json.dumps(self.document, indent=1), encoding="utf-8")
        done = subprocess.run([LINTER, "lint", file, "--config", ROOT / "tests" / "openapi" / "redocly.yaml",
                               "--format=json"], capture_output=True, text=True, timeout=LINT_TIMEOUT_S, check=False,
                              env=os.environ | LINTER_SETTINGS)
        self.assertTrue(done.stdout, done.stderr)
        found = [f"{one['ruleId']}: {one['message']}" for one in json.loads(done.stdout)["problems"]]
        self.assertEqual((found, done.returncode), ([], 0), done.stderr)

    def test_needs_no_key(self) -> None:
        self.assertEqual(Api(self.world.up["url"], None).send("GET", "/openapi.json").status, 200)

    def test_every_reference_leads_somewhere(self) -> None:
        for reference in references(self.document):
            with self.subTest(reference):
                self.resolve({"$ref": reference})

    def test_every_command_has_its_route_and_name(self) -> None:
        for name, (method, path) in COMMANDS.items():
            with self.subTest(name):
                self.assertEqual(self.operation(method, path)["operationId"], name)

    def test_every_other_route_is_there(self) -> None:
        for method, path in OTHERS:
            with self.subTest(path):
                self.assertTrue(self.operation(method, path)["operationId"])

    def test_operation_ids_are_unique(self) -> None:
        names = [operation["operationId"] for path in self.document["paths"].values() for operation in path.values()]
        self.assertEqual(len(names), len(set(names)))

    def test_every_described_route_is_served(self) -> None:
        for path, operations in self.document["paths"].items():
            for method in operations:
                with self.subTest(f"{method} {path}"):
                    url = path.replace("{", "").replace("}", "")
                    answer = self.api("admin").send(method.upper(), url)
                    self.assertNotEqual(answer.status, 405, str(answer))
                    if answer.status == 404:  # no such thing, which is not: no such route
                        self.assertNotEqual(answer.json["code"], "ROUTE_NOT_FOUND", str(answer))

    def test_fields_of_commands(self) -> None:
        for name, fields in FIELDS.items():
            method, path = COMMANDS[name]
            body = self.resolve(self.operation(method, path)["requestBody"])
            schema = self.resolve(body["content"]["application/json"]["schema"])
            with self.subTest(name):
                self.assertLessEqual(fields, set(schema["properties"]))
                self.assertIs(schema.get("additionalProperties"), False)

    def test_commands_take_protobuf_too(self) -> None:
        for name, (method, path) in COMMANDS.items():
            with self.subTest(name):
                body = self.resolve(self.operation(method, path)["requestBody"])
                self.assertIn("application/x-protobuf", body["content"])

    def test_commands_require_the_idempotency_key(self) -> None:
        for name, (method, path) in COMMANDS.items():
            with self.subTest(name):
                parameters = [self.resolve(p) for p in self.operation(method, path)["parameters"]]
                key = next(p for p in parameters if p["name"] == "Idempotency-Key")
                self.assertTrue(key["required"] and key["in"] == "header")

    def test_commands_answer_201(self) -> None:
        for name, (method, path) in COMMANDS.items():
            with self.subTest(name):
                responses = self.operation(method, path)["responses"]
                self.assertIn("201", responses)
                errors = {"400", "401", "403", "409", "413", "415", "422", "429", "503", "507"}
                self.assertLessEqual(errors, set(responses))

    def test_path_parameters_are_described(self) -> None:
        for path, operations in self.document["paths"].items():
            for method, operation in operations.items():
                named = {p["name"] for p in map(self.resolve, operation.get("parameters", [])) if p["in"] == "path"}
                with self.subTest(f"{method} {path}"):
                    self.assertEqual(named, {part[1:-1] for part in path.split("/") if part.startswith("{")})

    def test_reads_take_a_position(self) -> None:
        for method, path in OTHERS[1:7]:
            with self.subTest(path):
                names = {self.resolve(p)["name"] for p in self.operation(method, path)["parameters"]}
                self.assertLessEqual({"Till-At-Least", "Prefer"}, names)

    def test_problem_is_described(self) -> None:
        problem = self.document["components"]["schemas"]["Problem"]
        self.assertLessEqual({"type", "title", "status", "detail", "instance", "code", "retryable", "errors"},
                             set(problem["properties"]))
