// Sends messages at a rate. A refused user waits for Retry-After, and the counter `refused` has the limit that refused as a tag.
//
//   gcmock run --scenario messaging-tenant -- k6 run --no-usage-report -e RATE=200 -e DURATION=60s messages.js
//
// GCMOCK_CLIENT_ID and GCMOCK_CLIENT_SECRET are a client of the platform; `gcmock run` sets them. LIMITS are the names of limits
// that the summary shows apart, separated by commas.
import encoding from 'k6/encoding';
import http from 'k6/http';
import { Counter } from 'k6/metrics';
import { fail, sleep } from 'k6';

const uri = __ENV.GCMOCK_URI || 'http://127.0.0.1:8080';
const limits = (__ENV.LIMITS || 'messaging-send').split(',');
const rate = Number(__ENV.RATE || 200);
const ATTEMPTS = 5;

const refused = new Counter('refused');
const given_up = new Counter('given_up');
// k6 takes a 429 for a failed request otherwise.
http.setResponseCallback(http.expectedStatuses({ min: 200, max: 299 }, 429));

export const options = {
  scenarios: {
    messages: {
      executor: 'constant-arrival-rate',
      rate,
      timeUnit: '1s',
      duration: __ENV.DURATION || '60s',
      preAllocatedVUs: rate,
      // Users that wait for Retry-After send nothing, so the rate needs others in their place.
      maxVUs: rate * 40,
      gracefulStop: '5s',
    },
  },
  // A threshold makes k6 show the counter of a limit in its summary.
  thresholds: Object.fromEntries([
    ['http_req_failed', ['rate==0']],
    ...limits.map((limit) => [`refused{limit:${limit}}`, ['count>=0']]),
  ]),
};

export function setup() {
  const basic = encoding.b64encode(`${__ENV.GCMOCK_CLIENT_ID}:${__ENV.GCMOCK_CLIENT_SECRET}`);
  const answer = http.post(`${uri}/oauth/token`, { grant_type: 'client_credentials' }, { headers: { Authorization: `Basic ${basic}` } });
  if (answer.status !== 200) fail(`no token: ${answer.status} ${answer.body}`);
  return { token: answer.json('access_token') };
}

// gcmock says the limit's name in a header; the platform has its key in the body.
function limitOf(answer) {
  const named = /^name="([^"]*)"/.exec(answer.headers['Gcmock-Limit'] || '');
  return named ? named[1] : answer.json('limit.key') || 'unknown';
}

export default function ({ token }) {
  const body = JSON.stringify({ to: { id: `participant-${__VU}` }, text: 'hello' });
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const answer = http.post(`${uri}/api/v2/conversations/messages`, body, { headers });
    if (answer.status !== 429) return;
    refused.add(1, { limit: limitOf(answer) });
    // A spread, so that users that were refused together do not come back together.
    sleep(Number(answer.headers['Retry-After'] || 1) + Math.random());
  }
  given_up.add(1);
}
