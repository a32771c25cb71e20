#!/usr/bin/env bash
# Two judges of the practice server that nobody of this project wrote: the official Pipedrive client, and Prism as a
# validating proxy in all the traffic of the end-to-end tests. Needs node; the second also needs the published OpenAPI
# files, in the folder named by DEALDECK_OPENAPI.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
program=${DEALDECK:-$root/target/debug/dealdeck}
openapi=${DEALDECK_OPENAPI:-$root/../shared/pipedrive-api}
work=$root/target/contract
export CONTRACT_MODULES=$work

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo "SKIPPED: the contract judges need node and npm" >&2
  exit 0
fi
mkdir -p "$work"
cp "$here/package.json" "$work/package.json"
[ -d "$work/node_modules/pipedrive" ] || (cd "$work" && npm install --no-audit --no-fund --no-package-lock --silent)

"$program" sandbox --port 0 --token judge --plan enterprise >"$work/sandbox.log" &
sandbox=$!
trap 'kill $sandbox ${proxy:-} 2>/dev/null || true' EXIT
until grep -q '^API token' "$work/sandbox.log"; do kill -0 $sandbox; sleep 0.1; done
url=$(grep -o 'http://127.0.0.1:[0-9]*' "$work/sandbox.log" | head -1)
node "$here/client.mjs" "$url" judge

if [ ! -f "$openapi/openapi-v2.yaml" ]; then
  echo "SKIPPED: the validating proxy needs the published OpenAPI files; name their folder in DEALDECK_OPENAPI" >&2
  exit 0
fi
node "$here/spec.mjs" "$openapi/openapi-v1.yaml" /api/v1 >"$work/v1.json"
node "$here/spec.mjs" "$openapi/openapi-v2.yaml" /api/v2 >"$work/v2.json"
node "$here/proxy.mjs" "$work/v1.json" "$work/v2.json" "$work/report.json" >"$work/proxy.log" 2>&1 &
proxy=$!
until grep -q '^listening' "$work/proxy.log"; do kill -0 $proxy; sleep 0.2; done
via=$(grep -o 'http://127.0.0.1:[0-9]*' "$work/proxy.log")
# Tests that have the server break the contract on purpose are left out.
(cd "$root" && DEALDECK_TEST_VIA="$via" cargo test --test e2e -- --skip breaks_contract)
kill -TERM $proxy
status=0; wait $proxy || status=$?
tail -n 20 "$work/proxy.log"
exit $status
