// Adapts a published OpenAPI file to what the live API is known to do where the file is too narrow, so that a
// validating proxy judges the rest strictly. Usage: node spec.mjs FILE PREFIX > adapted.json
//
// - paths get the prefix under which they are served;
// - enums of query parameters that take comma-separated lists are dropped;
// - a property that is not required may be null in an answer: the live API sends null for what is not set, though
//   the file says so for some fields only.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const modules = process.env.CONTRACT_MODULES ?? process.cwd();
const { parse } = createRequire(path.join(modules, 'package.json'))('yaml');
const [file, prefix] = process.argv.slice(2);
const spec = parse(readFileSync(file, 'utf8'), { maxAliasCount: -1 });

spec.servers = [{ url: '/' }];
spec.paths = Object.fromEntries(Object.entries(spec.paths).map(([name, item]) => [prefix + name, item]));

const LISTS = new Set(['status', 'include_fields', 'item_types', 'fields']);
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** Lets the optional properties of a schema be null, all the way down. */
function loosen(schema, seen = new Set()) {
  if (!schema || typeof schema !== 'object' || seen.has(schema)) return;
  seen.add(schema);
  for (const key of ['allOf', 'anyOf', 'oneOf']) (schema[key] ?? []).forEach((part) => loosen(part, seen));
  loosen(schema.items, seen);
  if (typeof schema.additionalProperties === 'object') loosen(schema.additionalProperties, seen);
  const required = new Set(schema.required ?? []);
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    loosen(property, seen);
    if (name !== 'id' && !required.has(name) && property && typeof property === 'object') {
      property.nullable = true;
      if (property.enum && !property.enum.includes(null)) property.enum = [...property.enum, null];
    }
  }
}

for (const item of Object.values(spec.paths)) {
  for (const method of METHODS) {
    const operation = item[method];
    if (!operation) continue;
    // The token is checked by the server itself; the alternative by OAuth is not served.
    operation.security = [{ api_key: [] }];
    for (const parameter of [...(item.parameters ?? []), ...(operation.parameters ?? [])]) {
      if (LISTS.has(parameter.name) && parameter.schema) delete parameter.schema.enum;
    }
    for (const answer of Object.values(operation.responses ?? {})) {
      for (const content of Object.values(answer.content ?? {})) loosen(content.schema);
    }
  }
}
process.stdout.write(JSON.stringify(spec));
