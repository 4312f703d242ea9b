"""The receiver of webhooks that other tests take as a judge, judged by what Standard Webhooks publishes."""

from __future__ import annotations

import urllib.error
import urllib.request

from support.check import equal
from support.webhook_receiver import WebhookReceiver
from support.world import World

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
MESSAGE = "msg_p5jXN8AQM9LWM0D4loKWxJek"
SENT_AT = 1614265330
BODY = '{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
TIMEOUT_S = 30.0


def post(receiver: WebhookReceiver, body: str = BODY, *, signature: str = SIGNATURE, path: str = "/hook") -> int:
    headers = {"webhook-id": MESSAGE, "webhook-timestamp": str(SENT_AT), "webhook-signature": signature}
    request = urllib.request.Request(receiver.url(path), body.encode(), headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as answer:
        return answer.code


def test_receiver_verifies_the_published_vector(world: World) -> None:
    receiver = world.webhook_receiver(OTHER_SECRET, now=SENT_AT + 60)
    post(receiver)
    receiver.use_secrets(OTHER_SECRET, SECRET)
    post(receiver)
    post(receiver, BODY + " ")
    post(receiver, signature=f"v1,{'A' * 43}= {SIGNATURE}")
    receiver.use_secrets(SECRET)
    post(receiver)
    seen = receiver.deliveries()
    equal([one.verified for one in seen], [False, True, False, True, True], "what is verified")
    equal([one.secret for one in seen], [-1, 1, -1, 1, 0], "the secret that fits")
    equal({one.id for one in seen}, {MESSAGE}, "ids")
    equal([one.body for one in seen], [BODY, BODY, BODY + " ", BODY, BODY], "bodies")


def test_receiver_knows_an_old_message(world: World) -> None:
    receiver = world.webhook_receiver(SECRET, now=SENT_AT + 3600)
    post(receiver)
    equal([(one.verified, one.secret) for one in receiver.deliveries()], [(False, -1)], "an hour later")


def test_receiver_answers_as_it_is_told(world: World) -> None:
    receiver = world.webhook_receiver(SECRET, now=SENT_AT)
    receiver.control(fail_first=2)
    equal([post(receiver) for _ in range(3)], [500, 500, 200], "the first two fail")
    receiver.control("/gone", status=410)
    equal([post(receiver, path="/gone"), post(receiver)], [410, 200], "one path alone is gone")
    equal([one.status for one in receiver.deliveries("/gone")], [410], "what came to that path")
