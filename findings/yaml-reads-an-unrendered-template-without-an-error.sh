#!/usr/bin/env bash
# yaml@2.9.1: a template of Helm that nobody has rendered parses without an error, js-yaml@5.5.0 refuses it: the braces are a map with
# a map for its key.
#
# Seen: replicas: {{ .Values.replicas }} is { replicas: { '{ .Values.replicas }': null } } to yaml, with no error and no
# warning of the document; js-yaml throws.
#
# Output: yaml: 0 errors, 0 warnings, object; js-yaml: throws
#
# One would guess otherwise: a check of manifests that goes by the parser's errors passes a whole chart, with a map where each number
# belongs.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund yaml@2.9.1 js-yaml@5.5.0
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import * as jsYaml from 'js-yaml';
import { parseDocument } from 'yaml';

const template = 'kind: Deployment\nspec:\n  replicas: {{ .Values.replicas }}\n';
const { errors, warnings } = parseDocument(template, { logLevel: 'error' });
const replicas = parseDocument(template, { logLevel: 'error' }).toJS().spec.replicas;
let other = 'reads it';
try {
  jsYaml.load(template);
} catch {
  other = 'throws';
}
console.log(`yaml: ${errors.length} errors, ${warnings.length} warnings, ${typeof replicas}; js-yaml: ${other}`);
assert.deepEqual([errors.length, warnings.length, typeof replicas, other], [0, 0, 'object', 'throws']);
PROGRAM
node program.mjs
