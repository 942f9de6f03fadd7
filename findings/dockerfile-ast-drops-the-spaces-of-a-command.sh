#!/usr/bin/env bash
# dockerfile-ast@0.7.1: the value of a string in a JSON instruction comes without its spaces.
#
# Seen: CMD ["sh", "-c", "exec node server.js"]: the third string's getJSONValue() is "execnodeserver.js". The text of
# its range in the document is right.
#
# Output: values: [ 'sh', '-c', 'execnodeserver.js' ] text: "exec node server.js"
#
# One would guess otherwise: getJSONStrings() is there for the JSON form, its values are those of JSON, and a space
# inside of quotes is one. A check for a shell or a package manager in front of the application reads no command at all.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund dockerfile-ast@0.7.1
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { DockerfileParser } from 'dockerfile-ast';

const line = 'CMD ["sh", "-c", "exec node server.js"]';
const strings = DockerfileParser.parse(`FROM node:24\n${line}\n`).getCMDs()[0].getJSONStrings();
const values = strings.map((string) => string.getJSONValue());
const { start, end } = strings[2].getRange();
const text = line.slice(start.character, end.character);
console.log('values:', values, 'text:', text);
assert.deepEqual(values, ['sh', '-c', 'execnodeserver.js']);
assert.equal(text, '"exec node server.js"');
PROGRAM
node program.mjs
