// Starts a gcmock for a test file, or uses the one that `gcmock run -- node --test` has started.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export async function startGcmock(...args) {
  if (process.env.GCMOCK_URI) return { uri: process.env.GCMOCK_URI, stop: async () => {} };
  const server = spawn(process.env.GCMOCK_BIN ?? 'gcmock', ['serve', '--listen', '127.0.0.1:0', ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  // The server prints the first line on stdout when it accepts requests.
  const ready = await new Promise((resolve, reject) => {
    createInterface({ input: server.stdout }).once('line', resolve);
    server.once('error', reject);
    ended.then((code) => reject(new Error(`gcmock ended with ${code}`)));
  });
  return {
    uri: ready.split(' ').at(-1),
    stop: async () => {
      server.kill('SIGTERM');
      await ended;
    },
  };
}

// Creates an organization for a test, and a token of it.
export async function newTenant(uri) {
  const json = { 'content-type': 'application/json' };
  const made = await (await fetch(`${uri}/__admin/tenants`, { method: 'POST', headers: json, body: '{}' })).json();
  const { id, secret } = made.clients[0];
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: secret });
  const token = await (await fetch(`${uri}/oauth/token`, { method: 'POST', body })).json();
  return { id: made.id, headers: { authorization: `Bearer ${token.access_token}` } };
}
