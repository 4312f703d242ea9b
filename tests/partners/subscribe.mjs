#!/usr/bin/env node
// A partner's program: reads events by the client of its own choice and acknowledges them.
//
// Usage: subscribe.mjs --server HOST:PORT --user USER --password PASSWORD [--consumer NAME] [--stream TILL]
//                      [--domain till] [--count 1] [--seconds 20] [--proto FILE] [--live SUBJECT]
// Prints a JSON line for each message: {subject, headers, payload (base64), event?, sequence, redelivered}; `event` is
// the body as FILE describes it. With --live it subscribes to a subject instead of asking the consumer, and prints
// `listening` first.
// Exit: 0 as many came as were asked for, 3 fewer did in that time, 4 the server refused: {error} is the last line.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { use } from "./packages.mjs";

const { connect } = use("@nats-io/transport-node");
const { jetstream } = use("@nats-io/jetstream");
const protobuf = use("protobufjs");

const MISSING = 3;
const REFUSED = 4;

const text = (value) => ({ type: "string", ...(value === undefined ? {} : { default: value }) });
const { values: options } = parseArgs({
  options: {
    server: text(),
    user: text(),
    password: text(),
    consumer: text(),
    stream: text("TILL"),
    domain: text("till"),
    count: text("1"),
    seconds: text("20"),
    proto: text(),
    live: text(),
  },
});
const wanted = Number(options.count);
const deadline = Date.now() + Number(options.seconds) * 1000;

const Event = options.proto
  ? protobuf.parse(readFileSync(options.proto, "utf8"), { keepCase: true }).root.lookupType("till.schema.Event")
  : null;

const decoded = (body) => Event.toObject(Event.decode(body), { longs: String, enums: String, bytes: String });

function show(message) {
  const headers = {};
  for (const name of message.headers?.keys() ?? []) headers[name] = message.headers.get(name);
  const line = { subject: message.subject, headers, payload: Buffer.from(message.data).toString("base64") };
  if (Event) line.event = decoded(message.data);
  if (message.seq !== undefined) Object.assign(line, { sequence: message.seq, redelivered: message.redelivered });
  console.log(JSON.stringify(line));
}

async function pull(connection) {
  const js = jetstream(connection, { domain: options.domain });
  const consumer = await js.consumers.get(options.stream, options.consumer ?? options.user);
  let seen = 0;
  while (seen < wanted && Date.now() < deadline) {
    const expires = Math.max(1000, Math.min(5000, deadline - Date.now()));
    for await (const message of await consumer.fetch({ max_messages: wanted - seen, expires })) {
      show(message);
      // Waits until the server knows: what is acknowledged does not come again.
      if (!(await message.ackAck())) throw new Error("an acknowledgement was not answered");
      ++seen;
    }
  }
  return seen;
}

async function listen(connection) {
  let seen = 0;
  const subscription = connection.subscribe(options.live, { max: wanted });
  await connection.flush();
  console.log("listening");
  const timer = setTimeout(() => subscription.unsubscribe(), deadline - Date.now());
  for await (const message of subscription) {
    show(message);
    ++seen;
  }
  clearTimeout(timer);
  return seen;
}

async function main() {
  const connection = await connect({
    servers: options.server, user: options.user, pass: options.password, reconnect: false,
  });
  try {
    const seen = options.live ? await listen(connection) : await pull(connection);
    return seen < wanted ? MISSING : 0;
  } finally {
    await connection.close();
  }
}

main().then((status) => process.exit(status), (trouble) => {
  console.log(JSON.stringify({ error: String(trouble.message ?? trouble) }));
  process.exit(REFUSED);
});
