#!/usr/bin/env bash
# pm2@7.0.4: a variable in an application's env block that is called like an option of PM2 replaces that option.
#
# Seen: with kill_timeout 5000, exec_mode 'fork' and instances 1 set, and env { kill_timeout: '400', exec_mode: 'cluster',
# instances: '2' }, PM2 runs a cluster and kills after 400 ms. env_production does the same when it is chosen.
#
# Output: { exec_mode: 'cluster', instances: '2', kill_timeout: '400' }
#
# One would guess otherwise: env is documented as the variables that appear in the application, options stand beside it, and
# nothing is logged.
set -euo pipefail
dir=$(mktemp -d)
export PM2_HOME="$dir/home"
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund pm2@7.0.4
trap 'npx pm2 kill > /dev/null 2>&1; rm -rf "$dir"' EXIT
echo 'setInterval(() => {}, 1000);' > app.js
cat > ecosystem.config.js <<'CONFIG'
module.exports = {
  apps: [
    {
      name: 'app',
      script: 'app.js',
      exec_mode: 'fork',
      instances: 1,
      kill_timeout: 5000,
      env: { kill_timeout: '400', exec_mode: 'cluster', instances: '2' },
    },
  ],
};
CONFIG
npx pm2 start ecosystem.config.js > /dev/null
npx pm2 jlist | tail -n 1 > list.json
node --input-type=commonjs -e "
const assert = require('node:assert/strict');
const [app] = JSON.parse(require('node:fs').readFileSync('list.json', 'utf8'));
const { exec_mode, instances, kill_timeout } = app.pm2_env;
console.log({ exec_mode, instances, kill_timeout });
assert.match(exec_mode, /^cluster/);
assert.equal(Number(kill_timeout), 400);
"
