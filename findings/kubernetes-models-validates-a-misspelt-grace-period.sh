#!/usr/bin/env bash
# kubernetes-models@5.1.0: validate() of a Deployment passes a misspelt terminationGracePeriodSeconds, and refuses a wrong type
# of the right one.
#
# Seen: terminationGracePeriod: 60 in a pod is valid; terminationGracePeriodSeconds: '60' is not.
#
# Output: misspelt: valid, wrong type: refused
#
# One would guess otherwise: the models are made from Kubernetes' own schema, whose API server names an unknown field (a warning of
# kubectl, an error with strict validation), and a check before a deploy that passes it leaves the pod with its 30 s.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund kubernetes-models@5.1.0
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { Deployment } from 'kubernetes-models/apps/v1';

const verdict = (pod) => {
  const labels = { app: 'orders' };
  const deployment = new Deployment({
    metadata: { name: 'orders' },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'orders', image: 'orders:1' }], ...pod } },
    },
  });
  try {
    deployment.validate();
    return 'valid';
  } catch {
    return 'refused';
  }
};
const misspelt = verdict({ terminationGracePeriod: 60 });
const wrongType = verdict({ terminationGracePeriodSeconds: '60' });
console.log(`misspelt: ${misspelt}, wrong type: ${wrongType}`);
assert.deepEqual([misspelt, wrongType], ['valid', 'refused']);
PROGRAM
node program.mjs
