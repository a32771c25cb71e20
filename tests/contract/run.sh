#!/usr/bin/env bash
# Checks the practice server with two independent tools: the official Pipedrive client, and Prism as a validating proxy
# in the traffic of that client, of the end-to-end tests and of the commands. Needs node; the second also needs the
# published OpenAPI files, in the folder named by DEALDECK_OPENAPI.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."
openapi=${DEALDECK_OPENAPI:-$PWD/../shared/pipedrive-api}
export CONTRACT_MODULES=${CARGO_TARGET_DIR:-$PWD/target}/contract

skip() {
  echo "SKIPPED: $1" >&2
  exit 0
}

# Runs a command that is killed when this script ends.
run() {
  "$@" &
  child=$!
  wait $child
}
trap 'kill ${child:-} 2>/dev/null || true' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

command -v node >/dev/null && command -v npm >/dev/null || skip "the contract tests need node and npm"
mkdir -p "$CONTRACT_MODULES"
if ! cmp -s "$here/package.json" "$CONTRACT_MODULES/installed.json"; then
  cp "$here/package.json" "$CONTRACT_MODULES/package.json"
  run npm install --prefix "$CONTRACT_MODULES" --no-audit --no-fund --no-package-lock --loglevel=error
  cp "$here/package.json" "$CONTRACT_MODULES/installed.json"
fi

client=(node "$here/client.mjs" cargo run --locked --quiet -- sandbox --port 0 --token judge --plan enterprise)
run "${client[@]}"

[ -f "$openapi/openapi-v1.yaml" ] && [ -f "$openapi/openapi-v2.yaml" ] ||
  skip "the validating proxy needs the published OpenAPI files; name their folder in DEALDECK_OPENAPI"
for version in v1 v2; do
  node "$here/spec.mjs" "$openapi/openapi-$version.yaml" "/api/$version" >"$CONTRACT_MODULES/$version.json"
done
# The traffic of the client and of the program. Skips tests that make the server break the contract on purpose, and the
# one that runs at the rate limit, which the proxy is too slow for.
run node "$here/proxy.mjs" "$CONTRACT_MODULES/v1.json" "$CONTRACT_MODULES/v2.json" "$CONTRACT_MODULES/report.json" \
  bash -c '"$@" && cargo test --locked --test e2e --test cli -- --skip breaks_contract --skip a_bulk_move' traffic "${client[@]}"
