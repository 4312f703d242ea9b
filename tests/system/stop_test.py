"""An orderly end, a second server for the same folder, and a disk that is nearly full."""

from __future__ import annotations

import shutil
import threading
import time
from dataclasses import dataclass

from support.check import check, equal, eventually
from support.http_client import Answer, Api, Unanswered
from support.log_fold import LogFold
from support.program import Till
from support.shop import Command, make_sales, make_shop, send_all
from support.world import World

TENANT = "acme"
CLIENTS = 6
BATCH = 250
DRAIN_MOST_S = 10.0
RESERVE_BYTES = 1 << 44


@dataclass
class InFlight:
    """A client that asks once more and says when its request was on the way and when the answer came."""

    api: Api
    commands: list[Command]
    sent: float = 0.0
    answer: Answer | None = None
    lost: str = ""

    def ask(self) -> None:
        try:
            self.api.send("POST", "/v1/batch", {"commands": [command.item() for command in self.commands]})
            self.sent = time.monotonic()
            self.answer = self.api.receive()
        except Unanswered as error:
            self.lost = str(error)


def test_sigterm_answers_what_is_in_flight(world: World) -> None:
    draw = world.draw()
    shop = make_shop(CLIENTS, 0, 1, 12, 100)
    till = world.till()
    till.start()
    key = till.add_tenant(TENANT)
    setup = Api(till.url, key)
    send_all(setup, shop.setup())
    sales = make_sales(shop, draw, CLIENTS * BATCH)
    clients = [InFlight(Api(till.url, key), sales[number::CLIENTS]) for number in range(CLIENTS)]
    for client in clients:
        equal(client.api.get("/livez").status, 200, "the connection is open")
    threads = [threading.Thread(target=client.ask) for client in clients]
    for thread in threads:
        thread.start()
    eventually(lambda: all(client.sent or client.lost for client in clients), 30, "all requests are on the way", 0.001)
    stopped_at = time.monotonic()
    till.terminate()
    status = till.wait_stopped(60)
    took = time.monotonic() - stopped_at
    for thread in threads:
        thread.join(60)
    equal(status, 0, "exit status after SIGTERM")
    check(took < DRAIN_MOST_S + 5, f"the end took {took:.1f} s")
    check(not (till.data / "serve.json").exists(), "serve.json is left")
    for client in clients:
        check(client.answer, f"a request in flight at SIGTERM got no answer: {client.lost}")
        assert client.answer
        equal(client.answer.status, 200, f"answer in flight ({client.answer})")
        equal({result["status"] for result in client.answer.json["results"]}, {201}, "results in flight")
    world.note(f"{took:.1f} s")
    setup.close()

    till.start()
    log = LogFold()
    log.extend(till.records())
    for client in clients:
        assert client.answer
        for command, result in zip(client.commands, client.answer.json["results"], strict=True):
            equal(log.by_key.get((TENANT, command.key)), log.number_of.get(result["body"]["position"]),
                  f"record of {command.key}")
    till.verify("read_cache")


def test_second_server_is_refused(world: World) -> None:
    till = world.till()
    till.start()
    second = Till(world.program, till.data)
    second.server_log = world.folder / "second.log"
    try:
        address = (till.data / "serve.json").read_bytes()
        done = second.run("serve", "--port", "0", timeout_s=60)
        equal(done.status, 1, f"exit status of a second server ({done})")
        check(str(till.data) in done.errors and len(done.errors.strip().splitlines()) == 1,
              f"one clear sentence that names the folder: {done}")
        equal((till.data / "serve.json").read_bytes(), address, "serve.json of the first server")
        equal(Api(till.url, "").get("/readyz").status, 200, "readiness of the first server")
    finally:
        second.close()
    till.stop()


def test_disk_reserve(world: World) -> None:
    shop = make_shop(1, 0, 1, 4, 100)
    till = world.till()
    till.start()
    key = till.add_tenant(TENANT)
    sales = make_sales(shop, world.draw(), 3)
    api = Api(till.url, key)
    send_all(api, shop.setup() + sales[:1])
    till.stop()
    config = (till.data / "till.toml").read_text()
    check(shutil.disk_usage(till.data).free < RESERVE_BYTES, "the disk of this machine is larger than the reserve")
    (till.data / "till.toml").write_text(config + f"\n[disk]\nreserve_bytes = {RESERVE_BYTES}\n"
                                         if "\n[disk]" not in config else
                                         config.replace("\n[disk]", f"\n[disk]\nreserve_bytes = {RESERVE_BYTES}\n", 1))
    till.start()
    api = Api(till.url, key)

    def ring_up() -> Answer:
        return api.request("POST", "/v1/sales", sales[1].body, {"Idempotency-Key": sales[1].key})
    answer = ring_up()
    equal((answer.status, answer.json["code"], answer.json["retryable"]), (507, "DISK_RESERVE_REACHED", True),
          "a sale while the reserve is reached")
    equal(api.get("/v1/inventory/availability", store_id="store-1", sku="sku-1").status, 200, "a read meanwhile")
    equal(api.get(f"/v1/sales/{sales[0].body['sale_id']}").status, 200, "a sale read meanwhile")
    head = till.ask("log", "head")["head"]
    till.stop()
    (till.data / "till.toml").write_text(config)
    till.start()
    api = Api(till.url, key)
    equal(ring_up().status, 201, "the same sale when there is space again")
    equal(till.ask("log", "head")["head"], head + 1, "head")
    till.verify("read_cache")
