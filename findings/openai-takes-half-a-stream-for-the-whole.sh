#!/usr/bin/env bash
# openai@6.49.0: a streamed answer that ends before its last event, in order and without [DONE], is taken for a whole
# one: the loop ends without an error.
#
# Seen: a server that sends two of three tokens and ends the response cleanly, as one that shuts down does: for await
# ends, no error, and no chunk has had a finish_reason.
#
# Output: loop: { text: 'The answer is ', reason: null, error: 'none' }, helper: 'missing finish_reason for choice 0'
#
# One would guess otherwise: the protocol has an end mark of its own ([DONE], finish_reason), and the same SDK's
# helper chat.completions.stream() does raise an error for the same bytes.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund openai@6.49.0
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import OpenAI from 'openai';

const server = createServer((request, response) => {
  request.resume();
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const content of ['The answer ', 'is ']) {
    const chunk = { id: '1', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: { content }, finish_reason: null }] };
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  }
  response.end(); // the third token and [DONE] never come
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const client = new OpenAI({ apiKey: 'none', baseURL: `http://127.0.0.1:${server.address().port}/v1`, maxRetries: 0 });
const body = { model: 'm', messages: [{ role: 'user', content: 'question' }] };

async function read(open) {
  let text = '';
  let reason = null;
  try {
    for await (const { choices } of await open()) {
      text += choices[0].delta.content;
      reason = choices[0].finish_reason;
    }
    return { text, reason, error: 'none' };
  } catch (error) {
    return { text, reason, error: error.message };
  }
}
const loop = await read(() => client.chat.completions.create({ ...body, stream: true }));
const helper = await client.chat.completions.stream(body).finalChatCompletion().then(() => 'none', (error) => error.message);
console.log({ loop, helper });
assert.deepEqual(loop, { text: 'The answer is ', reason: null, error: 'none' });
assert.notEqual(helper, 'none');
process.exit();
PROGRAM
node program.mjs
