#!/usr/bin/env bash
# docker-file-parser@1.0.7: the lines of a here-document, which RUN writes into a script, come back as instructions of the
# image, its terminator too.
#
# Seen: a Dockerfile with one CMD, behind a RUN that writes a script with ENTRYPOINT and CMD in its text, has one ENTRYPOINT and
# two CMDs.
#
# Output: [ 'FROM', 'RUN', 'ENTRYPOINT', 'CMD', 'EOF', 'CMD' ]
#
# One would guess otherwise: here-documents have been part of the Dockerfile's stable syntax since 2022, and which CMD an image has is
# the first thing that a reader of its shutdown asks.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund docker-file-parser@1.0.7
cat > Dockerfile <<'DOCKERFILE'
FROM node:24
RUN <<EOF cat > /usr/local/share/example.Dockerfile
ENTRYPOINT ["npm", "start"]
CMD npm start
EOF
CMD ["node", "main.js"]
DOCKERFILE
cat > program.cjs <<'PROGRAM'
const assert = require('node:assert/strict');
const { readFileSync } = require('node:fs');
const { parse } = require('docker-file-parser');

const names = parse(readFileSync('Dockerfile', 'utf8')).map(({ name }) => name);
console.log(names);
assert.deepEqual(names, ['FROM', 'RUN', 'ENTRYPOINT', 'CMD', 'EOF', 'CMD']);
PROGRAM
node program.cjs
