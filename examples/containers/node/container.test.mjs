// Starts gcmock with Testcontainers, if a container engine runs. $GCMOCK_IMAGE is the image of this repository's Dockerfile.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { GenericContainer, Wait } from 'testcontainers';

let gcmock;
before(async () => {
  gcmock = await new GenericContainer(process.env.GCMOCK_IMAGE ?? 'gcmock:latest')
    .withExposedPorts(8080, 8443)
    .withEnvironment({ GCMOCK_ADMIN_TOKEN: 'none' })
    .withWaitStrategy(Wait.forLogMessage('gcmock listening on http://'))
    .start();
});
after(() => gcmock?.stop());

test('a container is ready when it says so', async () => {
  const uri = `http://${gcmock.getHost()}:${gcmock.getMappedPort(8080)}`;
  const me = await fetch(`${uri}/api/v2/users/me`, { headers: { authorization: 'Bearer any' } });
  assert.equal(me.status, 200);
});
