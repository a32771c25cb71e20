#!/usr/bin/env bash
# Two judges of the practice server that nobody of this project wrote: the official Pipedrive client, and Prism as a
# validating proxy in that client's traffic and in all the traffic of the end-to-end tests and of the commands. Needs
# node; the second also needs the published OpenAPI files, in the folder named by DEALDECK_OPENAPI.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."
openapi=${DEALDECK_OPENAPI:-$PWD/../shared/pipedrive-api}
export CONTRACT_MODULES=${CARGO_TARGET_DIR:-$PWD/target}/contract

skip() {
  echo "SKIPPED: $1" >&2
  exit 0
}

# Runs a command that ends when this script does.
run() {
  "$@" &
  child=$!
  wait $child
}
trap 'kill ${child:-} 2>/dev/null || true' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

command -v node >/dev/null && command -v npm >/dev/null || skip "the contract judges need node and npm"
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
# Both the client's traffic and the program's. Tests that have the server break the contract on purpose are left out, and
# what goes as fast as the limit allows, which it cannot by way of the proxy.
run node "$here/proxy.mjs" "$CONTRACT_MODULES/v1.json" "$CONTRACT_MODULES/v2.json" "$CONTRACT_MODULES/report.json" \
  bash -c '"$@" && cargo test --locked --test e2e --test cli -- --skip breaks_contract --skip five_hundred_deals' traffic "${client[@]}"
