#!/usr/bin/env node
// Holds an AsyncAPI document against the specification, and its messages against Protobuf.
//
// Usage: validate_asyncapi.mjs FILE
// Prints {version, channels, operations, messages, findings: [{severity, code, message, path}]}; severity is 0 of an
// error, 1 of a warning, more of advice. Exit: 0 there is neither error nor warning, 1 there is.
import { readFileSync } from "node:fs";

import { use } from "./packages.mjs";

const { Parser } = use("@asyncapi/parser");
const { ProtoBuffSchemaParser } = use("@asyncapi/protobuf-schema-parser");

const WARNING = 1;

const parser = new Parser();
parser.registerSchemaParser(ProtoBuffSchemaParser());
const { document, diagnostics } = await parser.parse(readFileSync(process.argv[2], "utf8"));
const findings = diagnostics.map(({ severity, code, message, path }) => ({
  severity, code, message: message.slice(0, 500), path: path.join("/"),
}));
const seen = document && {
  version: document.version(),
  channels: document.channels().length,
  operations: document.operations().length,
  messages: document.messages().length,
};
console.log(JSON.stringify({ ...seen, findings }));
process.exit(findings.some(({ severity }) => severity <= WARNING) ? 1 : 0);
