"""Thousands of connections, slow clients, large and ambiguous requests: clear answers, bounded memory, others go on."""

from __future__ import annotations

import heapq
import json
import random
import re
import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from support.check import PATIENCE_S, Skipped, check, equal, eventually
from support.http_client import Answer, Api
from support.meter import Meter
from support.program import Till
from support.shop import Command, Shop, draw_goods, make_sales, make_shop, ring_up, send_all
from support.throng import Guest, Throng, throng_at
from support.world import World

TENANT = "acme"
MIB = 1 << 20

# Bounds of the server that till.toml does not set.
HEADER_TIMEOUT_S = BODY_TIMEOUT_S = 10.0
IDLE_TIMEOUT_S = 75.0
HEADER_MOST = 16 << 10
BODY_MOST = 8 * MIB
BODIES_MOST = 256 * MIB  # of all connections together
FILES_OF_STORES = 2048  # that no connection gets

CONNECTIONS = 10_000
CONNECTIONS_LEAST = 2_000
SPARE_CONNECTIONS = 100  # for tills and probes
SLOW_HEADERS, SLOW_BODIES, SLOW_CHUNKS, STRANGERS, SLOW_READERS = 400, 150, 150, 100, 12
READER_BYTES = 16 * MIB  # more than the kernel keeps for a reader
IDLE_SAMPLE = 400
DRIP_S = (0.5, 2.0)
EARLIEST_CUT_S = HEADER_TIMEOUT_S / 2
LATEST_CUT_S = HEADER_TIMEOUT_S + 15
WAVES = 3
CLERK_PAUSE_S = 0.02
SALES_LEAST = 20  # in the time that a crowd takes
FILES_MORE_MOST = 64  # of the stores, meanwhile

CONNECTION_BYTES_MOST = 16 << 10  # of the server's memory, for each connection of the crowd
WAVE_BYTES_MOST = 16 * MIB  # that a later crowd of the same size may need more
BODIES_BYTES_MOST = BODIES_MOST * 5 // 2  # with what a growing body leaves behind
SALE_BYTES_MOST = 16 << 10  # that the server keeps of each sale meanwhile

CAP, CAP_CLIENTS, SINGLE_CLIENTS = 300, 700, 5
LARGE_BODIES, SENT_AGAIN = 48, 2


class Clerk(threading.Thread):
    """A till that rings up sale after sale on one connection, and has each accepted."""

    def __init__(self, till: Till, key: str, shop: Shop, draw: random.Random) -> None:
        super().__init__(name=shop.stores[0].terminals[0], daemon=True)
        self.took: list[float] = []
        self.trouble: BaseException | None = None
        self._api = Api(till.url, key, PATIENCE_S)
        self._shop, self._draw = shop, random.Random(draw.random())
        self._ending = threading.Event()

    def run(self) -> None:
        try:
            while not self._ending.wait(CLERK_PAUSE_S):
                self._sell()
        except BaseException as error:
            self.trouble = error
        finally:
            self._api.close()

    def _sell(self) -> None:
        number = len(self.took) + 1
        sale = f"{self.name}-{number}"
        body = ring_up(sale, self._shop.stores[0], self.name, number, draw_goods(self._shop, self._draw))
        start = time.monotonic()
        answer = self._api.request("POST", "/v1/sales", body, {"Idempotency-Key": sale})
        self.took.append(time.monotonic() - start)
        equal(answer.status, 201, f"a sale beside the crowd ({answer})")
        check(answer.headers.get("connection", "") != "close", "the connection of a till ends")

    def wait_for(self, more: int) -> None:
        """Until so many more sales are accepted."""
        wanted = len(self.took) + more
        eventually(lambda: self.trouble or len(self.took) >= wanted, PATIENCE_S, f"{more} more sales")
        self.check_alive()

    def check_alive(self) -> None:
        check(self.trouble is None, f"till {self.name}: {self.trouble!r}")

    def finish(self) -> None:
        self._ending.set()
        self.join(2 * PATIENCE_S)
        check(not self.is_alive(), f"till {self.name} still waits for an answer")
        self.check_alive()

    def figures(self) -> str:
        took = sorted(self.took)
        return f"{len(took)} sales meanwhile, median {took[len(took) // 2] * 1e3:.1f} ms, most {took[-1] * 1e3:.0f} ms"


@dataclass
class Place:
    """A server that trades, with one till at work."""

    till: Till
    key: str
    shop: Shop
    clerk: Clerk
    meter: Meter
    other_sales: int = 0  # that the test made

    def wait_for_connections(self, count: int) -> None:
        """Besides the till's own."""
        eventually(lambda: self.meter.connections() == count + 1, PATIENCE_S, f"{count} connections are open", 0.05)

    def check_peak(self, before: int, more: int, what: str) -> None:
        self.meter.check_peak(before, more + len(self.clerk.took) * SALE_BYTES_MOST, what)

    def head(self, line: str, *fields: str) -> bytes:
        """The header of a request that has a key."""
        return "\r\n".join([line, "Host: till", f"Authorization: Bearer {self.key}", *fields, "", ""]).encode()

    def sale(self, sale: Command, *fields: str, length: int = 0) -> bytes:
        """A whole request, or one whose body goes on to `length`."""
        body = json.dumps(sale.body).encode()
        return self.head("POST /v1/sales HTTP/1.1", "Content-Type: application/json", f"Idempotency-Key: {sale.key}",
                         f"Content-Length: {length or len(body)}", *fields) + body

    def finish(self) -> None:
        """The log has every accepted sale once, and no other."""
        self.clerk.finish()
        sales = [tenant["sales"] for tenant in self.till.ask("log", "stats")["tenants"] if tenant["tenant"] == TENANT]
        equal(sales, [len(self.clerk.took) + self.other_sales], "sales in the log")
        self.till.stop()


def open_place(world: World, draw: random.Random, terminals: int = 1, connections: int = 0) -> Place:
    till = world.till()
    if connections:
        config = till.data / "till.toml"
        text, found = re.subn(r"^# max_connections = \d+", f"max_connections = {connections}", config.read_text(),
                              flags=re.M)
        equal(found, 1, "http.max_connections in till.toml")
        config.write_text(text)
        check(till.ask("serve", "--check-config")["valid"], "the configuration is not valid")
    till.start()
    key = till.add_tenant(TENANT)
    shop = make_shop(1, 0, terminals, 12, 1000)
    api = Api(till.url, key)
    send_all(api, shop.setup())
    api.close()
    meter = Meter(till)
    eventually(lambda: meter.connections() == 0, PATIENCE_S, "no connection is open")
    place = Place(till, key, shop, Clerk(till, key, shop, draw), meter)
    place.clerk.start()
    place.clerk.wait_for(5)
    return place


@contextmanager
def many_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def affordable_connections() -> int:
    """As many as the server may have files for."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    count = CONNECTIONS
    if hard != resource.RLIM_INFINITY:
        count = min(count, hard - FILES_OF_STORES - SPARE_CONNECTIONS)
    if count < CONNECTIONS_LEAST:
        raise Skipped(f"the hard limit of {hard} open files leaves room for fewer than {CONNECTIONS_LEAST} connections")
    return count


@dataclass
class Slow:
    """A guest that sends `piece` now and then, for ever."""

    guest: Guest
    start: bytes
    piece: bytes
    began: float = 0.0


def slow_requests(place: Place, guests: list[Guest], draw: random.Random) -> list[Slow]:
    headers = place.head("GET /livez HTTP/1.1", "X-Slow: ").rstrip()
    post = "POST /v1/sales HTTP/1.1"
    length = place.head(post, f"Content-Length: {MIB}")
    chunks = place.head(post, "Transfer-Encoding: chunked")
    slow = [Slow(guest, headers[:draw.randint(1, len(headers))], b"x") for guest in guests[:SLOW_HEADERS]]
    slow += [Slow(guest, length, b" ") for guest in guests[SLOW_HEADERS:SLOW_HEADERS + SLOW_BODIES]]
    slow += [Slow(guest, chunks, b"1\r\n \r\n") for guest in guests[SLOW_HEADERS + SLOW_BODIES:]]
    return slow


def drip(throng: Throng, slow: list[Slow], draw: random.Random) -> None:
    """Until the server has ended each of them."""
    due: list[tuple[float, int]] = []
    for number, one in enumerate(slow):
        one.began = time.monotonic()
        throng.send(one.guest, one.start)
        heapq.heappush(due, (one.began + draw.uniform(*DRIP_S), number))
    deadline = time.monotonic() + LATEST_CUT_S + PATIENCE_S
    while due:
        throng.turn()
        now = time.monotonic()
        check(now < deadline, f"{len(due)} of {len(slow)} slow clients are not cut off")
        while due and due[0][0] <= now:
            number = heapq.heappop(due)[1]
            if not slow[number].guest.ended:
                throng.send(slow[number].guest, slow[number].piece)
                heapq.heappush(due, (now + draw.uniform(*DRIP_S), number))


def check_cut_off(slow: list[Slow]) -> str:
    """Each in time, and with a word; how long it took."""
    took = []
    for one in slow:
        answers = one.guest.answers()
        equal([(answer.status, answer.json["code"]) for answer in answers], [(408, "REQUEST_TIMEOUT")],
              f"answer to a client that began with {one.start[-40:]!r} and was slow")
        took.append(one.guest.answered - one.began)
        check(EARLIEST_CUT_S < took[-1] < LATEST_CUT_S, f"a slow client was cut off after {took[-1]:.1f} s")
    return f"{len(slow)} slow ones got 408 after {min(took):.1f} to {max(took):.1f} s"


def check_strangers(throng: Throng, guests: list[Guest]) -> None:
    """A slow body without a key is not waited for."""
    for guest in guests:
        throng.send(guest, f"POST /v1/sales HTTP/1.1\r\nHost: till\r\nContent-Length: {MIB}\r\n\r\n".encode())
    throng.turn_until(lambda: all(guest.ended for guest in guests), PATIENCE_S, "bodies without a key are refused")
    for guest in guests:
        equal([answer.status for answer in guest.answers()], [401], "answers without a key")


def check_served(throng: Throng, guests: list[Guest]) -> None:
    """Connections that were idle until now."""
    before = [len(guest.answers()) for guest in guests]
    for guest in guests:
        throng.send(guest, b"GET /livez HTTP/1.1\r\nHost: till\r\n\r\n")
    throng.turn_until(lambda: all(len(guest.answers()) > had for guest, had in zip(guests, before)), PATIENCE_S,
                      "idle connections are served")
    equal({answer.status for guest in guests for answer in guest.answers()}, {200}, "answers to idle connections")


def read_nothing(throng: Throng, readers: list[Guest]) -> None:
    """They ask for more than the kernel keeps for them."""
    ask = b"GET /openapi.json HTTP/1.1\r\nHost: till\r\n\r\n"
    probe = throng.open(1)[0]
    throng.send(probe, ask)
    throng.turn_until(probe.answers, PATIENCE_S, "/openapi.json")
    throng.leave(probe)
    for reader in readers:
        throng.set_deaf(reader, True)
        throng.send(reader, ask * (READER_BYTES // len(probe.received) + 1))


def check_readers_cut_off(throng: Throng, readers: list[Guest]) -> None:
    for reader in readers:
        throng.set_deaf(reader, False)
    throng.turn_until(lambda: all(reader.ended for reader in readers), PATIENCE_S, "slow readers are cut off")
    for reader in readers:
        check(len(reader.received) < READER_BYTES, "a client that did not read got all its answers")
        equal({answer.status for answer in reader.answers()} - {200}, set(), "answers to a slow reader")


def test_ten_thousand_connections(world: World) -> None:
    count = affordable_connections()
    draw = world.draw()
    place = open_place(world, draw, connections=count + SPARE_CONNECTIONS)
    meter = place.meter
    sockets, others = meter.files()
    before = meter.memory()
    with many_files(), throng_at(place.till.url) as throng:
        guests = throng.open(count - SLOW_READERS)
        draw.shuffle(guests)
        readers = throng.open(SLOW_READERS, receive_bytes=4096)
        place.wait_for_connections(count)
        idle = guests[SLOW_HEADERS + SLOW_BODIES + SLOW_CHUNKS + STRANGERS:]
        sample = draw.sample(idle, IDLE_SAMPLE)
        check_served(throng, sample[:IDLE_SAMPLE // 2])
        equal(meter.files()[0], sockets + count, "sockets of the server at the peak")
        sold = len(place.clerk.took)
        read_nothing(throng, readers)
        slow = slow_requests(place, guests[:SLOW_HEADERS + SLOW_BODIES + SLOW_CHUNKS], draw)
        check_strangers(throng, guests[len(slow):len(slow) + STRANGERS])
        drip(throng, slow, draw)
        told = check_cut_off(slow)
        eventually(lambda: meter.metric("till_http_timeouts_total") == len(slow) + len(readers), PATIENCE_S,
                   "slow readers are cut off")
        check_readers_cut_off(throng, readers)
        place.clerk.check_alive()
        check(len(place.clerk.took) - sold > SALES_LEAST, f"only {len(place.clerk.took) - sold} sales beside the crowd")
        check_served(throng, sample)
        place.check_peak(before, count * CONNECTION_BYTES_MOST, f"{count} connections")
        first_peak = meter.peak()
        if world.full:
            throng.turn_until(lambda: all(guest.ended for guest in idle), IDLE_TIMEOUT_S + PATIENCE_S,
                              "idle connections are closed")
            equal({answer.status for guest in idle for answer in guest.answers()}, {200}, "answers to idle connections")
        throng.leave_all()
        place.wait_for_connections(0)
        for _ in range(1, WAVES):
            throng.open(count)
            place.wait_for_connections(count)
            throng.leave_all()
            place.wait_for_connections(0)
    place.check_peak(first_peak, WAVE_BYTES_MOST, "a crowd like the first")
    eventually(lambda: meter.files()[0] == sockets, PATIENCE_S, "the sockets are closed")
    check(meter.files()[1] <= others + FILES_MORE_MOST, f"{meter.files()[1]} other files are open, {others} before")
    after = meter.memory()
    place.finish()
    world.note(f"{count} connections")
    world.note(told)
    world.note(place.clerk.figures())
    world.note(f"memory {before / MIB:.0f} MiB before, {first_peak / MIB:.0f} at the peak, {after / MIB:.0f} after "
               f"{WAVES} crowds")


def test_more_clients_than_connections(world: World) -> None:
    draw = world.draw()
    place = open_place(world, draw, connections=CAP)
    with throng_at(place.till.url) as throng:
        inside = throng.open(CAP - 1)
        place.wait_for_connections(len(inside))
        outside = throng.open(CAP_CLIENTS - CAP)
        for guest in draw.sample(outside, len(outside) // 2):
            throng.send(guest, b"GET /livez HTTP/1.1\r\nHost: till\r\n\r\n")
        throng.turn_until(lambda: all(guest.ended for guest in outside), PATIENCE_S,
                          "clients beyond the cap are closed")
        refusals = [answer for guest in outside for answer in guest.answers()]
        told = len(refusals)
        check(told > 0, "no client beyond the cap was told why")
        equal(sum(bool(guest.received) for guest in outside), told, "clients beyond the cap that were told something")
        for _ in range(SINGLE_CLIENTS):
            place.wait_for_connections(len(inside))
            guest = throng.open(1)[0]
            throng.turn_until(lambda: guest.ended, PATIENCE_S, "a client beyond the cap is closed")
            equal(len(guest.answers()), 1, "answers to a single client beyond the cap")
            refusals += guest.answers()
        for answer in refusals:
            equal((answer.status, answer.json["code"], answer.json["retryable"]), (503, "OVERLOADED", True),
                  f"answer beyond the cap ({answer})")
            check(int(answer.headers["retry-after"]) > 0, f"no Retry-After beyond the cap ({answer.headers})")
        place.clerk.wait_for(SALES_LEAST)
        check_served(throng, inside)
        for guest in inside[:CAP // 2]:
            throng.leave(guest)
        place.wait_for_connections(len(inside) - CAP // 2)
        check_served(throng, throng.open(CAP // 2))
    place.finish()
    world.note(f"{len(outside)} clients beyond a cap of {CAP}: {told} got 503, the others were closed")


def converse(throng: Throng, *parts: bytes | memoryview) -> list[Answer]:
    """All that one connection hears until the server ends it."""
    guest = throng.open(1)[0]
    throng.send(guest, *parts)
    throng.turn_until(lambda: guest.ended, PATIENCE_S, f"the server ends a connection: {bytes(parts[0][:300])!r}")
    answers = guest.answers()
    said = len(re.findall(rb"HTTP/1\.1 \d{3} ", guest.received))
    equal(said, len(answers), f"whole answers on one connection ({bytes(guest.received[:600])!r})")
    return answers


def check_refused(throng: Throng, status: int, code: str, what: str, *parts: bytes | memoryview) -> None:
    answers = converse(throng, *parts)
    equal([(answer.status, answer.json["code"]) for answer in answers], [(status, code)], what)
    equal(answers[0].headers.get("content-type"), "application/problem+json", what)
    equal(answers[0].headers.get("connection"), "close", what)


def ambiguous_requests(place: Place, inner: bytes) -> dict[str, bytes]:
    """Each could be read as one request, or as two of which the second is `inner`."""
    line = "GET /livez HTTP/1.1"
    chunks, chunked = b"0\r\n\r\n" + inner, "Transfer-Encoding: chunked"
    whole = f"Content-Length: {len(chunks)}"
    size = f"{len(inner):x}\r\n".encode()
    hidden = size + inner + b"\r\n0\r\n\r\n"

    def beside(*fields: str) -> bytes:
        return place.head(line, *fields) + chunks
    return {
        "length, then chunks": beside(whole, chunked),
        "a fold before the length": beside("Content-Length:\r\n 5"),
        "chunks, then length": beside(chunked, whole),
        "length that ends before the chunk's data": place.head(line, f"Content-Length: {len(size)}", chunked) + hidden,
        "length of 0, and chunks": place.head(line, "Content-Length: 0", chunked) + hidden,
        "two lengths": place.head(line, "Content-Length: 5", whole) + chunks,
        "a list of lengths": beside(f"Content-Length: 5, {len(chunks)}"),
        "a length with a sign": place.head(line, "Content-Length: +5") + chunks,
        "a negative length": place.head(line, "Content-Length: -5") + chunks,
        "a length in hex": place.head(line, "Content-Length: 0x5") + chunks,
        "a length beyond 64 bits": place.head(line, f"Content-Length: {(1 << 64) + 5}") + chunks,
        "a space before the colon": beside(whole, "Transfer-Encoding : chunked"),
        "a control character in the coding": beside(whole, "Transfer-Encoding: \x0bchunked"),
        "a folded coding": beside(whole, "Transfer-Encoding:\r\n chunked"),
        "a folded length": beside("Content-Length: 5\r\n 0"),
        "an unknown coding": beside(whole, "Transfer-Encoding: xchunked"),
        "two codings": beside(whole, "Transfer-Encoding: chunked, identity"),
        "chunked twice": beside(chunked, chunked),
        "chunks in HTTP/1.0": place.head("GET /livez HTTP/1.0", chunked, whole) + chunks,
        "a line that ends without CR": beside("X: 1\n" + chunked, whole),
        "a size with a sign": place.head(line, chunked) + b"+0\r\n\r\n" + inner,
        "a size in C's hex": place.head(line, chunked) + b"0x0\r\n\r\n" + inner,
        "a size beyond 64 bits": place.head(line, chunked) + b"1" + b"0" * 16 + b"\r\n\r\n" + inner,
        "a chunk longer than its size": place.head(line, chunked) + b"1\r\nabc\r\n0\r\n\r\n" + inner,
    }


def check_ambiguous(place: Place, throng: Throng, outer: Command, inner: Command, draw: random.Random) -> int:
    """How many ways were tried."""
    hidden = place.sale(inner, "Connection: close")
    read = f"/v1/sales/{inner.body['sale_id']}"
    requests = list(ambiguous_requests(place, hidden).items())
    draw.shuffle(requests)
    for what, data in requests:
        check_refused(throng, 400, "BAD_REQUEST", what, data)
    api = Api(place.till.url, place.key, PATIENCE_S)
    head = place.till.ask("log", "head")["position"]
    equal(api.get(read, head).status, 404, "the sale that was hidden behind other requests")
    # The same bytes where there is no doubt that they are a request.
    answers = converse(throng, place.sale(outer) + hidden)
    equal([answer.status for answer in answers], [201, 201], f"two requests sent at once ({answers})")
    equal(api.get(read, answers[1].json["position"]).status, 200, "the sale that was sent openly")
    api.close()
    return len(requests)


def check_oversized(place: Place, throng: Throng, sale: Command) -> None:
    get, post = "GET /livez HTTP/1.1", "POST /v1/sales HTTP/1.1"
    spaces = memoryview(b" " * (64 << 10))
    chunk = b"10000\r\n" + bytes(spaces) + b"\r\n"
    large = "HEADERS_TOO_LARGE"
    check_refused(throng, 431, large, "one large field", place.head(get, "X: " + "x" * HEADER_MOST))
    check_refused(throng, 431, large, "many fields", place.head(get, *["X: 12345678"] * (HEADER_MOST // 12)))
    check_refused(throng, 431, large, "a long target", place.head(f"GET /{'x' * HEADER_MOST} HTTP/1.1"))
    check_refused(throng, 431, large, "a header without an end", b"GET / HTTP/1.1\r\nX: ", b"x" * MIB)
    room = HEADER_MOST - len(place.head(get, "Connection: close", "X: "))
    answers = converse(throng, place.head(get, "Connection: close", "X: " + "x" * room))
    equal([answer.status for answer in answers], [200], "a header of exactly the limit")
    large = "BODY_TOO_LARGE"
    for length in (BODY_MOST + 1, 1 << 40, (1 << 64) - 1):
        check_refused(throng, 413, large, f"a length of {length}", place.head(post, f"Content-Length: {length}"))
    twice = 2 * BODY_MOST // len(spaces)
    check_refused(throng, 413, large, "a large body that comes",
                  place.head(post, f"Content-Length: {2 * BODY_MOST}"), *[spaces] * twice)
    check_refused(throng, 413, large, "chunks that add up", place.head(post, "Transfer-Encoding: chunked"),
                  *[chunk] * twice)
    check_refused(throng, 413, large, "one chunk", place.head(post, "Transfer-Encoding: chunked"), b"7fffffff\r\n",
                  *[spaces] * twice)
    request = place.sale(sale, "Connection: close", length=BODY_MOST)
    room = BODY_MOST - len(json.dumps(sale.body))
    answers = converse(throng, request, *[spaces] * (room // len(spaces)), spaces[:room % len(spaces)])
    equal([answer.status for answer in answers], [201], f"a body of exactly the limit ({answers})")


def test_oversized_and_ambiguous_requests(world: World) -> None:
    draw = world.draw()
    place = open_place(world, draw, terminals=4)
    sales = make_sales(place.shop, draw, 4)[1:]  # each the first of its terminal
    with throng_at(place.till.url) as throng:
        check_oversized(place, throng, sales[0])
        ways = check_ambiguous(place, throng, sales[1], sales[2], draw)
    place.other_sales = len(sales)
    place.finish()
    world.note(f"{ways} ambiguous requests")
    world.note(place.clerk.figures())


def test_large_bodies_at_once(world: World) -> None:
    draw = world.draw()
    place = open_place(world, draw, terminals=LARGE_BODIES + 1)
    sales = make_sales(place.shop, draw, LARGE_BODIES + 1)[1:]
    before = place.meter.memory()
    spaces = memoryview(b" " * MIB)

    def send(throng: Throng, guest: Guest, sale: Command) -> None:
        """All but the last byte."""
        room = BODY_MOST - len(json.dumps(sale.body)) - 1
        throng.send(guest, place.sale(sale, length=BODY_MOST), *[spaces] * (room // MIB), spaces[:room % MIB])

    with throng_at(place.till.url) as throng:
        guests = throng.open(LARGE_BODIES)
        for guest, sale in zip(guests, sales, strict=True):
            send(throng, guest, sale)
        fitting = BODIES_MOST // BODY_MOST
        throng.turn_until(lambda: sum(bool(guest.received) for guest in guests) >= LARGE_BODIES - fitting, PATIENCE_S,
                          "as many large bodies are refused as do not fit")
        place.clerk.wait_for(5)
        for guest in guests:
            throng.send(guest, b" ")
        throng.turn_until(lambda: all(guest.answers() for guest in guests), PATIENCE_S, "large bodies are answered")
        refused = []
        for guest, sale in zip(guests, sales, strict=True):
            answer = guest.answers()[0]
            if answer.status != 201:
                equal((answer.status, answer.json["code"], answer.json["retryable"]), (503, "OVERLOADED", True),
                      f"answer to one of many large bodies ({answer})")
                refused.append(sale)
        check(len(refused) < LARGE_BODIES, "no large body was served")
        for sale in refused[:SENT_AGAIN]:
            guest = throng.open(1)[0]
            send(throng, guest, sale)
            throng.send(guest, b" ")
            throng.turn_until(guest.answers, PATIENCE_S, "a large body alone is answered")
            equal(guest.answers()[0].status, 201, f"a large body that was refused, again ({guest.answers()[0]})")
            throng.leave(guest)
        place.check_peak(before, BODIES_BYTES_MOST, f"{LARGE_BODIES} bodies of {BODY_MOST} bytes")
        peak, after = place.meter.peak(), place.meter.memory()
    place.other_sales = LARGE_BODIES - len(refused) + SENT_AGAIN
    place.finish()
    world.note(f"{LARGE_BODIES - len(refused)} of {LARGE_BODIES} large bodies served at once")
    world.note(f"memory {before / MIB:.0f} MiB before, {peak / MIB:.0f} at the peak, {after / MIB:.0f} after")
    world.note(place.clerk.figures())
