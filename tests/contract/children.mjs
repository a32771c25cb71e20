// Child processes of a contract test: none of them outlives it, however it ends.
import { spawn } from 'node:child_process';

const PATIENCE = 120_000;
const running = new Set();

/** Ends a program and all that it started. */
function end(child) {
  try {
    process.kill(-child.pid);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

process.on('exit', () => running.forEach(end));
for (const [signal, number] of [['SIGHUP', 1], ['SIGINT', 2], ['SIGTERM', 15]]) process.on(signal, () => process.exit(128 + number));

/** Starts a program in a process group of its own. */
export function start([command, ...args], options) {
  const child = spawn(command, args, { ...options, detached: true });
  child.on('spawn', () => running.add(child));
  child.on('exit', () => running.delete(child));
  return child;
}

/** Starts a server, and waits until its output says all of some things; gives what it says of them. */
export async function serve(command, ...said) {
  const child = start(command, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  return new Promise((ready, failed) => {
    const fail = (why) => failed(new Error(`${command.join(' ')}: ${why}\n${output}`));
    const timer = setTimeout(fail, PATIENCE, `not ready after ${PATIENCE / 1000} seconds`);
    child.on('error', (error) => fail(error.message));
    child.on('exit', (code, signal) => fail(`ended early with ${code ?? signal}`));
    // Keeps reading its output, or it would block.
    child.stdout.on('data', (text) => {
      if (!timer.hasRef()) return;
      output += text;
      const found = said.map((pattern) => output.match(pattern)?.[1]);
      if (found.every(Boolean)) {
        clearTimeout(timer.unref());
        ready(found);
      }
    });
  });
}
