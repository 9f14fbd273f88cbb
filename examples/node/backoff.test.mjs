// node --test examples/node
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { newTenant, startGcmock } from './gcmock.mjs';

let gcmock;
before(async () => {
  gcmock = await startGcmock('--clock', 'manual');
});
after(() => gcmock.stop());

test('the 181st call of a minute is refused, and waiting for Retry-After helps', async () => {
  const { headers } = await newTenant(gcmock.uri);
  const call = () => fetch(`${gcmock.uri}/api/v2/users?pageSize=1`, { headers });
  for (let n = 0; n < 180; n++) assert.equal((await call()).status, 200);
  const refused = await call();
  assert.equal(refused.status, 429);
  assert.equal((await refused.json()).limit.key, 'user.rate.per.minute');

  const by = `${refused.headers.get('retry-after')}s`;
  await fetch(`${gcmock.uri}/__admin/clock`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ action: 'advance', by }),
  });
  assert.equal((await call()).status, 200);
});

test('a change of a presence is sent on a notification channel', { skip: typeof WebSocket === 'undefined' }, async () => {
  const { headers } = await newTenant(gcmock.uri);
  const api = (method, path, body) =>
    fetch(`${gcmock.uri}/api/v2${path}`, {
      method,
      headers: { ...headers, 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    });
  const user = (await (await api('GET', '/users?pageSize=1')).json()).entities[0].id;
  const channel = await (await api('POST', '/notifications/channels')).json();
  await api('POST', `/notifications/channels/${channel.id}/subscriptions`, [{ id: `v2.users.${user}.presence` }]);

  const socket = new WebSocket(channel.connectUri);
  const heard = new Promise((resolve) => {
    socket.onmessage = ({ data }) => resolve(JSON.parse(data));
  });
  await new Promise((resolve) => {
    socket.onopen = resolve;
  });
  await api('PATCH', `/users/${user}/presences/purecloud`, { presenceDefinition: { systemPresence: 'Busy' } });
  assert.equal((await heard).topicName, `v2.users.${user}.presence`);
  socket.close();
});
