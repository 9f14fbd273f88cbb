// What the scenario of messages.yml does at a 429.
const ATTEMPTS = 5;

// gcmock says the limit's name in a header; the platform has its key in the body.
function limitOf(response) {
  const named = /^name="([^"]*)"/.exec(response.headers['gcmock-limit'] ?? '');
  if (named) return named[1];
  try {
    return JSON.parse(response.body).limit.key;
  } catch {
    return 'unknown';
  }
}

function begin(context, events, done) {
  Object.assign(context.vars, { attempt: 0, wait: 0 });
  done();
}

function noteRefusal(request, response, context, events, next) {
  context.vars.attempt += 1;
  context.vars.wait = 0;
  if (response.statusCode === 429) {
    events.emit('counter', `refused.${limitOf(response)}`, 1);
    context.vars.wait = Number(response.headers['retry-after'] ?? 1);
  }
  next();
}

// A spread is added, so that users that were refused together do not come back together.
function waitForRetryAfter(context, events, done) {
  const { wait } = context.vars;
  if (wait > 0) setTimeout(done, (wait + Math.random()) * 1000);
  else done();
}

function again(context, next) {
  next(context.vars.wait > 0 && context.vars.attempt < ATTEMPTS);
}

module.exports = { begin, noteRefusal, waitForRetryAfter, again };
