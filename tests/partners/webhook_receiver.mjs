#!/usr/bin/env node
// A partner's receiver of webhooks: verifies every request by the package `standardwebhooks`, keeps it, and answers as
// it is told.
//
// Usage: webhook_receiver.mjs --secrets FILE --store FILE [--port 0] [--status 200] [--location URL] [--delay-s 0]
//                             [--fail-first 0] [--now SECONDS]
// Prints `ready PORT`. FILE of the secrets is read at each request: one `whsec_…` a line, each of them is tried.
// Every request is one line of the store, written before it is answered:
//   {id, timestamp, verified, secret (number of its line, from 0), error, method, path, headers, body, status, at}
// POST /control {path?, status?, location?, delay_s?, fail_first?} changes how requests are answered from then on; with
// a path only those to it. The first `fail_first` requests get 500. --now is the clock that timestamps are held to.
import { appendFileSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

import { use } from "./packages.mjs";

const { Webhook } = use("standardwebhooks");

const BODY_BYTES_MOST = 4 << 20;

const text = (value) => ({ type: "string", ...(value === undefined ? {} : { default: value }) });
const { values: options } = parseArgs({
  options: {
    secrets: text(),
    store: text(),
    port: text("0"),
    status: text("200"),
    location: text(""),
    "delay-s": text("0"),
    "fail-first": text("0"),
    now: text(),
  },
});

const usual = {
  status: Number(options.status),
  location: options.location,
  delay_s: Number(options["delay-s"]),
  fail_first: Number(options["fail-first"]),
};
const byPath = new Map();

// The package asks the clock itself.
function atTime(seconds, run) {
  if (seconds === undefined) return run();
  const clock = Date.now;
  Date.now = () => Number(seconds) * 1000;
  try {
    return run();
  } finally {
    Date.now = clock;
  }
}

function verify(headers, body) {
  const secrets = readFileSync(options.secrets, "utf8").split("\n").filter((line) => line.trim());
  let error = "no secret";
  for (const [secret, line] of secrets.entries()) {
    try {
      atTime(options.now, () => new Webhook(line.trim()).verify(body, headers, { jsonParse: false }));
      return { verified: true, secret, error: "" };
    } catch (trouble) {
      error = trouble.message;
    }
  }
  return { verified: false, secret: -1, error };
}

async function read(request) {
  const parts = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += part.length;
    if (bytes > BODY_BYTES_MOST) throw new Error("the body is too large");
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function control(body) {
  const { path, ...change } = JSON.parse(body);
  if (path === undefined) {
    Object.assign(usual, change);
  } else {
    byPath.set(path, { ...(byPath.get(path) ?? usual), ...change });
  }
}

function statusOf(how) {
  if (how.fail_first <= 0) return how.status;
  --how.fail_first;
  return 500;
}

async function answer(request, response) {
  const body = await read(request);
  if (request.method === "POST" && request.url === "/control") {
    control(body);
    response.writeHead(200).end();
    return;
  }
  const how = byPath.get(request.url) ?? usual;
  const status = statusOf(how);
  const line = {
    id: request.headers["webhook-id"] ?? "",
    timestamp: request.headers["webhook-timestamp"] ?? "",
    ...verify(request.headers, body),
    method: request.method,
    path: request.url,
    headers: request.headers,
    body,
    status,
    at: Date.now() / 1000,
  };
  appendFileSync(options.store, `${JSON.stringify(line)}\n`);
  if (how.delay_s > 0) await sleep(how.delay_s * 1000);
  response.writeHead(status, how.location ? { Location: how.location } : {}).end();
}

const server = createServer((request, response) => {
  answer(request, response).catch((trouble) => {
    console.error(trouble);
    response.writeHead(400).end();
  });
});
server.listen(Number(options.port), "127.0.0.1", () => console.log(`ready ${server.address().port}`));
