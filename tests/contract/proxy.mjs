// A validating proxy in front of any number of practice servers: Prism checks each exchange against the published
// OpenAPI files, the request before it reaches the server, and the response before it reaches the program.
//
// Usage: node proxy.mjs ADAPTED_V1.json ADAPTED_V2.json REPORT.json COMMAND…
//
// The traffic must contain everything that dealdeck can create, change, delete and convert, so that each body is checked.
//
// Runs the command with DEALDECK_TEST_VIA set to the proxy's address, below which /s/PORT/api/… is the server on
// that port. Writes its observations to the report. Exits with 1 after a violation, or if there was no traffic.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { serve, start } from './children.mjs';

const [specOne, specTwo, report, ...command] = process.argv.slice(2);
const PORT = 'x-practice-port';
const EXCHANGE = 'x-practice-exchange';
const PROBLEM = 'stoplight.io/prism/errors';

const WRITES = [
  ...['deals', 'activities', 'persons', 'organizations'].flatMap((list) => [
    `POST v2/${list}`,
    `PATCH v2/${list}/{id}`,
    `DELETE v2/${list}/{id}`,
  ]),
  'POST v1/notes',
  'PUT v1/notes/{id}',
  'DELETE v1/notes/{id}',
  'POST v1/leads',
  'PATCH v1/leads/{id}',
  'DELETE v1/leads/{id}',
  'POST v2/leads/{id}/convert/deal',
  'POST v2/deals/{id}/convert/lead',
  'POST v1/webhooks',
  'DELETE v1/webhooks/{id}',
];

const kinds = new Map();
const violations = [];
let unanswered = 0;

async function listen(handle) {
  const server = http.createServer((request, response) => {
    handle(request, response).catch((error) => response.destroy(error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${server.address().port}`;
}

async function read(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

/** Passes a request on, and gives the answer with its body. */
async function forward(request, sent, url, headers) {
  const outgoing = http.request(url, { method: request.method, headers: { ...headers, 'accept-encoding': 'identity' } });
  outgoing.end(sent);
  const [answer] = await once(outgoing, 'response');
  return { status: answer.statusCode, headers: answer.headers, body: await read(answer) };
}

// Behind Prism: forwards to the practice server that the request names, and records the response.
const answered = new Map();
const back = await listen(async (request, response) => {
  const sent = await read(request);
  const { [PORT]: port, [EXCHANGE]: exchange, host, ...headers } = request.headers;
  try {
    const answer = await forward(request, sent, `http://127.0.0.1:${port}${request.url}`, headers);
    answered.set(exchange, answer.status);
    response.writeHead(answer.status, answer.headers).end(answer.body);
  } catch {
    // The test has stopped its server.
    answered.set(exchange, 'nothing');
    response.destroy();
  }
});

const prism = path.join(process.env.CONTRACT_MODULES, 'node_modules/.bin/prism');
const judge = async (spec) => {
  const [url] = await serve([prism, 'proxy', '--errors', '--port', '0', spec, back], /listening on (http:\S+:\d+)/);
  return url;
};
const [one, two] = await Promise.all([judge(specOne), judge(specTwo)]);
const judges = { v1: one, v2: two };

let exchanges = 0;
const front = await listen(async (request, response) => {
  const sent = await read(request);
  const violated = (problem) => {
    violations.push({ request: `${request.method} ${request.url}`, sent: sent.toString().slice(0, 500), problem });
  };
  const match = request.url.match(/^\/s\/(\d+)(\/api\/(v1|v2)(\/[^?]*).*)$/);
  if (!match) {
    violated('This is not below /api/v1 or /api/v2.');
    response.writeHead(404).end();
    return;
  }
  const [, port, target, version, route] = match;
  exchanges += 1;
  const exchange = `${exchanges}`;
  const kind = `${request.method} ${version}${route.replace(/\/([0-9a-f-]{36}|\d+)(?=\/|$)/g, '/{id}')}`;
  kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  const { host, ...headers } = request.headers;
  const answer = await forward(request, sent, judges[version] + target, { ...headers, [PORT]: port, [EXCHANGE]: exchange });
  const status = answered.get(exchange);
  answered.delete(exchange);
  if (status === 'nothing') {
    unanswered += 1;
    response.destroy();
    return;
  }
  const text = answer.body.toString();
  if (text.includes(PROBLEM)) violated(text.slice(0, 2000));
  else if (status !== answer.status) violated(`The server answered ${status}, and Prism ${answer.status}: ${text.slice(0, 500)}`);
  // Nothing here makes the server fail on purpose.
  else if (status >= 500) violated(`The server answered ${status}: ${text.slice(0, 500)}`);
  response.writeHead(answer.status, answer.headers).end(answer.body);
});

const child = start(command, { stdio: 'inherit', env: { ...process.env, DEALDECK_TEST_VIA: front } });
const [code] = await once(child, 'exit');

for (const kind of WRITES.filter((kind) => !kinds.has(kind))) {
  violations.push({ request: kind, sent: '', problem: 'This was never sent.' });
}
const seen = Object.fromEntries([...kinds].sort());
writeFileSync(report, JSON.stringify({ exchanges, unanswered, kinds: seen, violations }, null, 1));
console.log(`validating proxy: ${exchanges} exchanges of ${kinds.size} kinds, ${violations.length} violations`);
if (unanswered > 0) console.log(`  ${unanswered} had no response because the server was stopped`);
for (const { request, sent, problem } of violations.slice(0, 10)) console.log(`  ${request} ${sent}\n    ${problem}`);
process.exit(code === 0 && exchanges > 0 && violations.length === 0 ? 0 : 1);
