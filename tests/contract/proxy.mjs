// A validating proxy before any number of practice servers. A request to /s/PORT/api/… is judged by Prism against
// the published OpenAPI files, in both directions, on its way to the server on that port.
// Usage: node proxy.mjs ADAPTED_V1.json ADAPTED_V2.json REPORT
// Prints its address when it listens; on SIGTERM writes what it saw to REPORT and ends with 1 if anything was wrong.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const modules = process.env.CONTRACT_MODULES ?? process.cwd();
const [specOne, specTwo, report] = process.argv.slice(2);
const PORT_HEADER = 'x-practice-port';
const violations = [];
const judged = new Map();

const listen = (handler) => new Promise((ready) => {
  const server = http.createServer(handler);
  server.listen(0, '127.0.0.1', () => ready(server.address().port));
});

const body = async (stream) => {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
};

/** Passes a request on, and gives the answer with its body. */
async function forward(request, sent, port, target, headers) {
  return new Promise((done, failed) => {
    const outgoing = http.request({ host: '127.0.0.1', port, path: target, method: request.method, headers }, async (answer) => {
      try { done({ answer, received: await body(answer) }); } catch (error) { failed(error); }
    });
    outgoing.on('error', failed);
    outgoing.end(sent);
  });
}

// Behind the judges: to the practice server that the request names.
const back = await listen(async (request, response) => {
  try {
    const sent = await body(request);
    const { [PORT_HEADER]: port, host, ...headers } = request.headers;
    const { answer, received } = await forward(request, sent, port, request.url, { ...headers, 'accept-encoding': 'identity' });
    response.writeHead(answer.statusCode, answer.headers);
    response.end(received);
  } catch (error) {
    response.destroy(error);
  }
});

async function judge(spec) {
  const port = await listen(() => {}).then((free) => free + 1000 > 65_000 ? free - 1000 : free + 1000);
  const child = spawn(path.join(modules, 'node_modules/.bin/prism'), ['proxy', '--errors', '-h', '127.0.0.1', '-p', `${port}`, spec, `http://127.0.0.1:${back}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((ready, failed) => {
    child.on('exit', (code) => failed(new Error(`the judge ended with ${code}`)));
    child.stdout.on('data', (text) => { if (`${text}`.includes('Prism is listening')) ready(); });
  });
  child.removeAllListeners('exit');
  return { port, child };
}

const judges = { v1: await judge(specOne), v2: await judge(specTwo) };

const front = await listen(async (request, response) => {
  const match = request.url.match(/^\/s\/(\d+)(\/api\/(v1|v2)(\/[^?]*).*)$/);
  if (!match) {
    response.writeHead(404).end();
    return;
  }
  const [, port, target, version, route] = match;
  try {
    const sent = await body(request);
    const { host, ...headers } = request.headers;
    const { answer, received } = await forward(request, sent, judges[version].port, target, { ...headers, [PORT_HEADER]: port, 'accept-encoding': 'identity' });
    const kind = `${request.method} ${version} ${route.replace(/\/[0-9a-f-]{36}|\/\d+/g, '/{id}')}`;
    judged.set(kind, (judged.get(kind) ?? 0) + 1);
    const text = received.toString();
    // Prism answers a violation with a problem document of its own.
    if (text.includes('stoplight.io/prism/errors')) {
      violations.push({ request: `${request.method} ${target}`, sent: sent.toString().slice(0, 500), problem: text.slice(0, 2000) });
    }
    response.writeHead(answer.statusCode, answer.headers);
    response.end(received);
  } catch (error) {
    response.destroy(error);
  }
});

process.on('SIGTERM', () => {
  const total = [...judged.values()].reduce((sum, count) => sum + count, 0);
  writeFileSync(report, JSON.stringify({ total, judged: Object.fromEntries([...judged].sort()), violations }, null, 1));
  for (const { child } of Object.values(judges)) child.kill();
  console.log(`validating proxy: ${total} exchanges of ${judged.size} kinds, ${violations.length} violations`);
  for (const { request, problem } of violations.slice(0, 5)) console.log(`  ${request}\n    ${problem}`);
  process.exit(violations.length > 0 || total === 0 ? 1 : 0);
});
console.log(`listening on http://127.0.0.1:${front}`);
